"""What leaves is built from the list: nothing rides along, and rounding stays honest."""

import copy
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalfire.basis.canonical import canonical
from signalfire.basis.identity import EventId, NationId, TrackId
from signalfire.basis.instant import NS_PER_S, Instant
from signalfire.basis.utc import instant_from_utc
from signalfire.formats.native import content, reading
from signalfire.formats.native.content import EventMessage
from signalfire.picture.estimate import PlaceEstimate, StateEstimate
from signalfire.picture.event import Assessment, ClassBelief, Phase, TrackReport
from signalfire.picture.marking import Kind
from signalfire.picture.pedigree import Motion, Pedigree
from signalfire.release.agreement import Form, Share
from signalfire.release.redact import ALLOWED, Unfit, redact
from signalfire.space.geodesy import Geodetic, distance_m

KOR, JPN = NationId("KOR"), NationId("JPN")
NOW = Instant(1_505_426_257 * NS_PER_S)
FULL = Share("t@1#1", KOR, (JPN,), (Kind.TRACK,), Form.FULL)
EVENT_ONLY = Share("t@1#1", KOR, (JPN,), (Kind.TRACK,), Form.EVENT_ONLY)

steps_m = st.sampled_from([100.0, 5_000.0, 50_000.0])
steps_s = st.sampled_from([0.5, 5.0, 60.0])
coarses = st.builds(
    lambda position_m, time_s: Share(
        "t@1#1", KOR, (JPN,), (Kind.TRACK,), Form.COARSE, position_m, time_s
    ),
    steps_m,
    steps_s,
)
instants = st.integers(0, 10**13).map(lambda ns: Instant(NOW.tai_ns + ns))


def _aloft(draw: np.random.Generator) -> Any:
    """A place above the ground, anywhere."""
    direction = draw.normal(size=3)
    return direction / np.linalg.norm(direction) * draw.uniform(6.5e6, 4e7)


def state_of(seed: int, at: Instant) -> StateEstimate:
    draw = np.random.default_rng(seed)
    root = draw.normal(size=(6, 6)) * np.array([300.0, 300.0, 300.0, 9.0, 9.0, 9.0])[:, None]
    mean = np.concatenate([_aloft(draw), draw.normal(size=3) * 2e3])
    return StateEstimate(at, mean, root @ root.T)


states = st.builds(state_of, st.integers(0, 2**32 - 1), instants)
places = st.builds(
    lambda latitude, longitude, at: PlaceEstimate(latitude, longitude, (9e6, 1e6, 4e6), at, 3.0),
    st.floats(-1.2, 1.2),
    st.floats(-3.1, 3.1),
    instants,
)


def event_of(state: StateEstimate, launch: PlaceEstimate, impact: PlaceEstimate) -> Any:
    event = EventId("E-KOR-1-1")
    belief = ClassBelief((0.5, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0))
    assessment = Assessment(
        event, KOR, Phase.BALLISTIC, belief, state, launch, impact, 1.23456e6, 41.7, 612.3, 2,
        state.valid_at,
    )  # fmt: skip
    return content.event_content(EventMessage(assessment, (event,), None, False))


def track_of(state: StateEstimate) -> Any:
    report = TrackReport(
        TrackId("T-KOR-1-1"), EventId("E-KOR-1-1"), Phase.BALLISTIC, state, 0.1, state.valid_at
    )
    return content.track_contents([report])[0]


EXAMPLES: dict[Kind, Any] = {
    Kind.TRACK: track_of(state_of(1, NOW)),
    Kind.EVENT: event_of(
        state_of(2, NOW),
        PlaceEstimate(0.7, 2.2, (9e6, 1e6, 4e6), NOW, 3.0),
        PlaceEstimate(0.6, 2.6, (9e6, 1e6, 4e6), NOW, 3.0),
    ),
    Kind.WARNING: {
        "id": "W-KOR-1-1", "issuer": "KOR", "at": "a", "status": "initial", "references": None,
        "event": "E-KOR-1-1", "realm": "test:x",
        "areas": [{"id": "KR-42", "kind": "impact", "window": ["a", "b"],
                   "name": {"ja": "j", "ko": "k", "en": "e"}}],
        "window": ["a", "b"], "confidence": 0.5, "observed_fraction": 0.5, "witnesses": 1,
        "reason": "r", "text": {"ja": "j", "ko": "k", "en": "e"},
    },
    Kind.STATUS: {"sensors_available": 1, "sensors_total": 2, "epoch": 1, "reliable_count": 0,
                  "journal_head": "0" * 64},
    Kind.RECEIPT: {"received": [["JPN-1", 1, 1]]},
    Kind.AGREEMENT: {"name": "t", "version": 1, "sha256": "0" * 64, "action": "in_force",
                     "nation": "KOR"},
}  # fmt: skip


def dicts_in(value: Any) -> list[dict[str, Any]]:
    """Every dict at every depth."""
    inner = value.values() if isinstance(value, dict) else value
    if isinstance(value, str | bytes) or not isinstance(value, dict | list | tuple):
        return []
    found = [each for entry in inner for each in dicts_in(entry)]
    return [value, *found] if isinstance(value, dict) else found


def keys_in(value: Any) -> set[str]:
    return {key for each in dicts_in(value) for key in each}


def test_every_kind_that_can_be_shared_is_tried_here() -> None:
    assert EXAMPLES.keys() == ALLOWED.keys()


@pytest.mark.parametrize("kind", EXAMPLES)
def test_the_full_form_is_the_whole_of_well_formed_content(kind: Kind) -> None:
    assert canonical(redact(kind, EXAMPLES[kind], FULL)) == canonical(EXAMPLES[kind])


def test_no_list_has_a_field_for_a_sensor_a_path_or_its_place() -> None:
    words = {
        word for kind in EXAMPLES for key in keys_in(EXAMPLES[kind]) for word in key.split("_")
    }
    assert not words & {
        "sensor",
        "site",
        "path",
        "radar",
        "infrared",
        "range",
        "azimuth",
        "sigma_m",
    }
    # A heartbeat counts sensors and names none.
    assert {key for key in keys_in(EXAMPLES[Kind.STATUS]) if "sensor" in key} == {
        "sensors_available", "sensors_total"
    }  # fmt: skip


_smuggled = st.sampled_from(["sensor", "path", "site_ecef_m", "position", "x", "sensor_id", ""])
_values = st.sampled_from(["SMUGGLED", ["SMUGGLED"], {"sensor": "SMUGGLED"}, 4.2e42])


@given(
    kind=st.sampled_from(list(EXAMPLES)),
    share=st.sampled_from([FULL, EVENT_ONLY]) | coarses,
    plan=st.lists(st.tuples(st.integers(0, 200), _smuggled, _values), min_size=1, max_size=6),
)
def test_nothing_that_is_not_in_the_list_comes_out(
    kind: Kind, share: Share, plan: list[tuple[int, str, Any]]
) -> None:
    laden = copy.deepcopy(EXAMPLES[kind])
    for place, key, value in plan:
        carriers = dicts_in(laden)
        carriers[place % len(carriers)][key] = copy.deepcopy(value)
    plain, out = redact(kind, EXAMPLES[kind], share), redact(kind, laden, share)
    assert out == plain
    assert out is None or (b"SMUGGLED" not in canonical(out) and b"4.2e42" not in canonical(out))


@given(kind=st.sampled_from(list(EXAMPLES)), place=st.integers(0, 500))
def test_a_dict_in_place_of_a_value_is_never_released(kind: Kind, place: int) -> None:
    """No leaf of a list takes a structure, so nothing can hide in one."""
    laden = copy.deepcopy(EXAMPLES[kind])
    carriers = [(each, key) for each in dicts_in(laden) for key in each]
    carrier, key = carriers[place % len(carriers)]
    carrier[key] = {"sensor": "GP-B"}
    with pytest.raises(Unfit):
        redact(kind, laden, FULL)


def test_event_only_keeps_the_event_without_its_state_and_has_no_tracks() -> None:
    assert redact(Kind.TRACK, EXAMPLES[Kind.TRACK], EVENT_ONLY) is None
    out = redact(Kind.EVENT, EXAMPLES[Kind.EVENT], EVENT_ONLY)
    assert out is not None and out["state"] is None
    assert canonical(out["impact"]) == canonical(EXAMPLES[Kind.EVENT]["impact"])
    assert reading.read_event(canonical(out)).assessment.state is None


def on_grid(value: float, step: float) -> bool:
    return abs(value / step - round(value / step)) < 1e-6


@given(state=states, share=coarses)
def test_a_coarse_track_stands_on_the_grid_and_can_be_read(
    state: StateEstimate, share: Share
) -> None:
    out = redact(Kind.TRACK, track_of(state), share)
    assert out is not None and share.round_position_m and share.round_time_s
    (got,) = reading.read_tracks(canonical(out))
    assert all(on_grid(float(v), share.round_position_m) for v in got.state.position_ecef_m)
    for at in (got.state.valid_at, got.last_observed_at):
        assert at.tai_ns % round(share.round_time_s * NS_PER_S) == 0
        assert at <= state.valid_at
        assert state.valid_at.elapsed_s(since=at) < share.round_time_s


@given(state=states, share=coarses)
def test_coarse_covariance_is_wider_in_every_direction(state: StateEstimate, share: Share) -> None:
    (got,) = reading.read_tracks(canonical(redact(Kind.TRACK, track_of(state), share)))
    added = got.state.covariance - state.covariance
    scale = np.sqrt(np.diagonal(added))
    assert np.linalg.eigvalsh(added / np.outer(scale, scale))[0] > -1e-9


def test_coarse_rounding_errs_by_no_more_than_the_covariance_says() -> None:
    """The error of a free flight of known truth, normalised by what was added: chi-square, 6 to 6.

    Truth only, no estimation error: the covariance before rounding is made negligible.
    """
    share = Share("t@1#1", KOR, (JPN,), (Kind.TRACK,), Form.COARSE, 5_000.0, 5.0)
    draw = np.random.default_rng(3)
    normalised = []
    for _ in range(400):
        at = Instant(NOW.tai_ns + int(draw.integers(0, 10**12)))
        mean = np.concatenate([_aloft(draw), draw.normal(size=3) * 2e3])
        state = StateEstimate(at, mean, np.eye(6) * 1e-4)
        (got,) = reading.read_tracks(canonical(redact(Kind.TRACK, track_of(state), share)))
        elapsed_s = at.elapsed_s(since=got.state.valid_at)
        truth = mean[:3] - elapsed_s * mean[3:]
        error = got.state.mean[:3] - truth
        inverse = np.linalg.inv(got.state.covariance[:3, :3])
        normalised.append(error @ inverse @ error)
    assert 2.6 < np.mean(normalised) < 3.4


@given(launch=places, impact=places, share=coarses)
def test_coarse_places_move_by_less_than_a_step_and_say_so(
    launch: PlaceEstimate, impact: PlaceEstimate, share: Share
) -> None:
    out = redact(Kind.EVENT, event_of(state_of(3, NOW), launch, impact), share)
    assert out is not None and share.round_position_m and share.round_time_s
    got = reading.read_event(canonical(out)).assessment
    for told, true in ((got.launch, launch), (got.impact, impact)):
        assert isinstance(told, PlaceEstimate)
        moved_m = distance_m(
            Geodetic(true.latitude_rad, true.longitude_rad),
            Geodetic(told.latitude_rad, told.longitude_rad),
        )
        assert moved_m <= 1.05 * share.round_position_m / math.sqrt(2.0) + 1.0
        assert abs(told.time.elapsed_s(since=true.time)) <= 0.5 * share.round_time_s + 1e-6
        widened_m2 = share.round_position_m**2 / 12.0
        assert told.covariance_east_north_m2 == pytest.approx(
            (9e6 + widened_m2, 1e6, 4e6 + widened_m2)
        )
        assert told.time_sigma_s == pytest.approx(math.hypot(3.0, share.round_time_s / 12**0.5))
    assert got.apogee_m is not None and on_grid(got.apogee_m, share.round_position_m)
    assert got.observed_s <= 41.7


def test_a_coarse_event_tells_nothing_of_the_time_of_a_look() -> None:
    share = Share("t@1#1", KOR, (JPN,), (Kind.EVENT,), Form.COARSE, 5_000.0, 5.0)
    out = redact(Kind.EVENT, EXAMPLES[Kind.EVENT], share)
    assert out is not None
    step_ns = 5 * NS_PER_S
    texts = [out["last_observed_at"], out["state"]["valid_at"], out["launch"]["time"]]
    assert all(instant_from_utc(text).tai_ns % step_ns == 0 for text in texts)


def test_a_rounded_state_has_no_pedigree_any_more() -> None:
    """Whoever gets it must take its rounding for one error, not for one error a report."""
    report = TrackReport(
        TrackId("T-KOR-1-1"), EventId("E-KOR-1-1"), Phase.BALLISTIC, state_of(1, NOW), 0.1, NOW,
        Pedigree(is_from_own_sensors=True, motion=Motion(1e-4, 5.0, 1e-5, 6e3, 2e3)),
    )  # fmt: skip
    whole = content.track_contents([report])[0]
    share = Share("t@1#1", KOR, (JPN,), (Kind.TRACK,), Form.COARSE, 5_000.0, 5.0)
    rounded = redact(Kind.TRACK, whole, share)
    full = redact(Kind.TRACK, whole, FULL)
    assert rounded is not None and rounded["tracks"][0]["pedigree"] is None
    assert full is not None and full["tracks"][0]["pedigree"] == whole["tracks"][0]["pedigree"]
