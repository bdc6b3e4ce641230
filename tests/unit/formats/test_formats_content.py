"""What crosses a border: written, read back exactly; anything else is refused by its field."""

import contextlib
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalfire.basis.canonical import canonical
from signalfire.basis.errors import LimitExceeded, PeerError
from signalfire.basis.identity import AreaId, EventId, NationId, NodeId, TrackId, WarningId
from signalfire.basis.instant import Instant
from signalfire.basis.limits import BULLETIN_BYTES_MAX, RELEASED_TRACKS_MAX
from signalfire.basis.realm import Realm
from signalfire.formats.native import content, reading
from signalfire.formats.native.content import EventMessage, Notice, Receipt, Retraction, Status
from signalfire.picture.estimate import PlaceEstimate, StateEstimate, Unknown
from signalfire.picture.event import Assessment, ClassBelief, Phase, TrackReport
from signalfire.picture.pedigree import Motion, Pedigree
from signalfire.picture.warning import AreaKind, Texts, WarnedArea, Warning, WarningStatus

KOR, JPN = NationId("KOR"), NationId("JPN")
_NOW = Instant(1_505_426_257 * 10**9)

instants = st.integers(63_072_010 * 10**9, 2**61).map(Instant)
seeds = st.integers(0, 2**32 - 1)
events = st.integers(1, 999).map(lambda number: EventId(f"E-KOR-1-{number}"))
phases = st.sampled_from(Phase)
reasons = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
texts = st.builds(Texts, reasons, reasons, reasons)
fractions = st.floats(0.0, 1.0)
durations = st.floats(0.0, 7200.0)


def state_of(seed: int, at: Instant) -> StateEstimate:
    draw = np.random.default_rng(seed)
    root = draw.normal(size=(6, 6)) * np.array([300.0, 300.0, 300.0, 9.0, 9.0, 9.0])[:, None]
    direction = draw.normal(size=3)
    place = direction / np.linalg.norm(direction) * draw.uniform(6.4e6, 4e7)
    mean = np.concatenate([place, draw.normal(size=3) * 2e3])
    return StateEstimate(at, mean, root @ root.T)


states = st.builds(state_of, seeds, instants)
places = st.builds(
    lambda latitude, longitude, seed, at, sigma: PlaceEstimate(
        latitude, longitude, (1e6 + seed % 7, (seed % 1000) * 1.0, 4e6), at, sigma
    ),
    st.floats(-1.57, 1.57),
    st.floats(-3.14, 3.14),
    seeds,
    instants,
    st.floats(0.001, 7200.0),
) | st.builds(Unknown, reasons)
beliefs = st.lists(st.integers(1, 99), min_size=7, max_size=7).map(
    lambda weights: ClassBelief(tuple(weight / sum(weights) for weight in weights))
)
reports = st.builds(
    TrackReport,
    st.integers(1, 99).map(lambda number: TrackId(f"T-KOR-1-{number}")),
    events,
    phases,
    states,
    fractions,
    instants,
)
assessments = st.builds(
    Assessment,
    events,
    st.just(KOR),
    phases,
    beliefs,
    st.none() | states,
    places,
    places,
    st.none() | st.floats(0.0, 5e6),
    durations,
    st.none() | durations,
    st.integers(0, 30),
    instants,
)
messages = st.builds(
    lambda assessment, others, by, ended: EventMessage(
        assessment, (assessment.event, *others), by, ended
    ),
    assessments,
    st.lists(events, max_size=4),
    st.none() | events,
    st.booleans(),
)
windows = st.tuples(instants, instants).map(lambda pair: (min(pair), max(pair)))
warning_ids = st.integers(1, 99).map(lambda number: WarningId(f"W-JPN-1-{number}"))
warnings = st.builds(
    Warning,
    warning_ids,
    st.just(JPN),
    instants,
    st.sampled_from(WarningStatus),
    st.none() | warning_ids,
    events,
    st.just(Realm("exercise:EX-1")),
    st.lists(
        st.builds(WarnedArea, st.just(AreaId("JP-01")), st.sampled_from(AreaKind), windows, texts),
        max_size=3,
    ).map(tuple),
    windows,
    fractions,
    fractions,
    st.integers(0, 30),
    reasons,
    texts,
)


def same_state(one: StateEstimate | None, two: StateEstimate | None) -> bool:
    if one is None or two is None:
        return one is two
    return (
        one.valid_at == two.valid_at
        and bool(np.array_equal(one.mean, two.mean))
        and one.covariance_upper == two.covariance_upper
    )


@given(st.lists(reports, min_size=1, max_size=3))
def test_tracks_are_read_as_they_were_written(sent: list[TrackReport]) -> None:
    (batch,) = content.track_contents(sent)
    for one, two in zip(sent, reading.read_tracks(canonical(batch)), strict=True):
        assert same_state(one.state, two.state)
        plain = (one.track, one.event, one.phase, one.thrust_probability, one.last_observed_at)
        assert plain == (
            two.track, two.event, two.phase, two.thrust_probability, two.last_observed_at
        )  # fmt: skip


@given(messages)
def test_an_event_is_read_as_it_was_written(sent: EventMessage) -> None:
    got = reading.read_event(canonical(content.event_content(sent)))
    assert (got.members, got.superseded_by, got.has_ended) == (
        sent.members, sent.superseded_by, sent.has_ended
    )  # fmt: skip
    for name in Assessment.__dataclass_fields__:
        one, two = getattr(sent.assessment, name), getattr(got.assessment, name)
        assert same_state(one, two) if name == "state" else one == two, name


@given(warnings)
def test_a_warning_is_read_as_it_was_written(sent: Warning) -> None:
    assert reading.read_warning(canonical(content.warning_content(sent))) == sent


def test_the_small_messages_are_read_as_they_were_written() -> None:
    status = Status(3, 4, 2, 17, "ab" * 32)
    assert reading.read_status(canonical(content.status_content(status))) == status
    receipts = tuple(Receipt(NodeId("KOR-1"), 1, sequence) for sequence in range(1, 1201))
    batches = content.receipt_contents(receipts)
    assert len(batches) == 3
    read = [receipt for batch in batches for receipt in reading.read_receipts(canonical(batch))]
    assert tuple(read) == receipts
    notice = Notice("trilateral", 3, "cd" * 32, "withdrawn", JPN)
    assert reading.read_notice(canonical(content.notice_content(notice))) == notice
    bare = {"id": "W-JPN-1-4", "references": "W-JPN-1-3", "status": "cancel",
            "reason": "object_lost", "at": "2017-09-14T22:00:00Z"}  # fmt: skip
    retraction = reading.read_warning(canonical(bare))
    assert isinstance(retraction, Retraction) and retraction.references == "W-JPN-1-3"


def test_a_full_batch_fits_into_a_bulletin() -> None:
    widest = state_of(1, _NOW)
    report = TrackReport(
        TrackId("T-KOR-9999-999999999999"), EventId("E-KOR-9999-999999999999"), Phase.MANOEUVRING,
        widest, 1.0 / 3.0, _NOW,
        Pedigree(is_from_own_sensors=False, motion=Motion(*[1.0 / 3.0] * 5)),
    )  # fmt: skip
    batches = content.track_contents([report] * (RELEASED_TRACKS_MAX + 1))
    assert [len(batch["tracks"]) for batch in batches] == [RELEASED_TRACKS_MAX, 1]
    assert len(canonical(batches[0])) < BULLETIN_BYTES_MAX - 1024


def track(**fields: Any) -> bytes:
    """A well-formed batch of one track with fields of its state set."""
    report = TrackReport(
        TrackId("T-KOR-1-1"), EventId("E-KOR-1-1"), Phase.BOOST,
        StateEstimate(_NOW, np.array([4e6, 3e6, 4e6, 1e3, 1e3, 1e3]), np.eye(6)), 0.5, _NOW,
    )  # fmt: skip
    (batch,) = content.track_contents([report])
    batch["tracks"][0]["state"] |= fields
    return canonical(batch)


def upper(covariance: Any) -> list[float]:
    return [float(value) for value in np.asarray(covariance)[np.triu_indices(6)]]


def _correlated() -> Any:
    """Every pair almost wholly against every other: impossible for three or more."""
    return np.eye(6) * 1.9 - 0.9


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"position_ecef_m": [5.1e7, 0.0, 0.0]}, "position_ecef_m: inside the Earth or beyond"),
        ({"position_ecef_m": [0.0, 0.0, 0.0]}, "position_ecef_m: inside the Earth or beyond"),
        ({"velocity_ecef_m_s": [2e4, 0.0, 0.0]}, "velocity_ecef_m_s: faster"),
        ({"position_ecef_m": [1.0, 2.0]}, "position_ecef_m: expected array of length 3"),
        ({"position_ecef_m": [1.0, 2.0, None]}, r"position_ecef_m\[2\]: expected float"),
        ({"covariance_upper": [1.0] * 20}, "covariance_upper: expected array of length"),
        ({"covariance_upper": upper(-np.eye(6))}, "covariance_upper: a variance"),
        ({"covariance_upper": upper(np.zeros((6, 6)))}, "covariance_upper: a variance"),
        ({"covariance_upper": upper(np.eye(6) * 1e17)}, "covariance_upper: a variance"),
        ({"covariance_upper": upper(np.full((6, 6), 2.0) - np.eye(6))}, "correlation beyond"),
        ({"covariance_upper": upper(_correlated())}, "negative in some direction"),
        ({"valid_at": "soon"}, "valid_at: not a UTC time"),
        ({"sensor": "GP-B"}, "state.sensor: unknown key"),
    ],
)
def test_a_state_that_cannot_be_is_refused(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(PeerError, match=said):
        reading.read_tracks(track(**fields))


def test_the_plain_state_is_accepted() -> None:
    assert len(reading.read_tracks(track())) == 1


def test_too_many_and_too_long_are_limits() -> None:
    one = json.loads(track())["tracks"]
    with pytest.raises(LimitExceeded, match="tracks"):
        reading.read_tracks(canonical({"tracks": one * (RELEASED_TRACKS_MAX + 1)}))
    with pytest.raises(LimitExceeded):
        reading.read_tracks(b" " * (BULLETIN_BYTES_MAX + 1))


def test_a_key_twice_is_refused_and_spacing_is_not() -> None:
    body = track()
    assert reading.read_tracks(json.dumps(json.loads(body), indent=1).encode())
    twice = body.replace(b'"phase":"boost"', b'"phase":"lost","phase":"boost"')
    with pytest.raises(PeerError, match="each key once"):
        reading.read_tracks(twice)


READERS = (
    reading.read_tracks,
    reading.read_event,
    reading.read_warning,
    reading.read_status,
    reading.read_receipts,
    reading.read_notice,
)


@given(body=st.binary(max_size=200), reader=st.sampled_from(READERS))
def test_any_bytes_are_read_or_refused(body: bytes, reader: Any) -> None:
    with pytest.raises(PeerError):
        reader(body)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=6,
)


@given(sent=messages, field=st.sampled_from(list(range(15))), value=_json)
def test_an_event_with_any_one_field_replaced_is_read_or_refused(
    sent: EventMessage, field: int, value: Any
) -> None:
    form = content.event_content(sent)
    form[list(form)[field]] = value
    body = json.dumps(form).encode()
    with contextlib.suppress(PeerError):
        assert isinstance(reading.read_event(body), EventMessage)


@given(sent=warnings, place=st.integers(0, 10_000), byte=st.integers(0, 255))
def test_a_damaged_warning_is_read_or_refused(sent: Warning, place: int, byte: int) -> None:
    body = bytearray(canonical(content.warning_content(sent)))
    body[place % len(body)] = byte
    with contextlib.suppress(PeerError):
        assert isinstance(reading.read_warning(bytes(body)), Warning | Retraction)


def test_probabilities_that_do_not_sum_to_one_are_refused() -> None:
    belief = ClassBelief((1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0))
    assessment = Assessment(
        EventId("E-KOR-1-1"), KOR, Phase.BOOST, belief, None, Unknown("x"), Unknown("y"), None,
        1.0, None, 1, _NOW,
    )  # fmt: skip
    form = content.event_content(EventMessage(assessment, (assessment.event,), None, False))
    form["class"]["IRBM"] = 0.5
    with pytest.raises(PeerError, match="class: the probabilities"):
        reading.read_event(canonical(form))
    form["class"]["IRBM"] = 0.0
    form["members"] = ["E-KOR-1-2"]
    with pytest.raises(PeerError, match="members: the event itself"):
        reading.read_event(canonical(form))


def test_the_common_view_is_never_made_into_content() -> None:
    belief = ClassBelief((1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0))
    common = Assessment(
        EventId("E-KOR-1-1"), None, Phase.BOOST, belief, None, Unknown("x"), Unknown("y"), None,
        1.0, None, 1, _NOW,
    )  # fmt: skip
    with pytest.raises(AssertionError):
        content.event_content(EventMessage(common, (common.event,), None, False))


def test_pedigree_comes_over_the_border_whole_and_may_be_absent() -> None:
    motion = Motion(1.0 / 7_000.0, 5.0, 1e-5, 6_000.0, 2_000.0)
    report = TrackReport(
        TrackId("T-KOR-1-1"), EventId("E-KOR-1-1"), Phase.BOOST, state_of(1, _NOW), 0.5, _NOW,
        Pedigree(is_from_own_sensors=True, motion=motion),
    )  # fmt: skip
    (batch,) = content.track_contents([report])
    (read,) = reading.read_tracks(canonical(batch))
    assert read.pedigree == report.pedigree
    del batch["tracks"][0]["pedigree"]
    (read,) = reading.read_tracks(canonical(batch))
    assert read.pedigree is None
    batch["tracks"][0]["pedigree"] = {
        **content.track_contents([report])[0]["tracks"][0]["pedigree"],
        "forced_along_m2_s3": -1.0,
    }
    with pytest.raises(PeerError, match="forced_along_m2_s3"):
        reading.read_tracks(canonical(batch))
