"""Record lines: the reference's own examples, key by key."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalfire.basis.identity import AreaId, EventId, NationId, WarningId
from signalfire.basis.instant import Instant
from signalfire.basis.realm import Realm
from signalfire.basis.utc import instant_from_utc
from signalfire.formats.decoded import Fault
from signalfire.formats.native.content import Retraction
from signalfire.formats.native.lines import (
    Sent,
    WithheldCount,
    class_fields,
    picture_line,
    refused_line,
    retraction_line,
    sent_line,
    warning_line,
    withheld_line,
)
from signalfire.picture.estimate import PlaceEstimate, StateEstimate, Unknown
from signalfire.picture.event import Assessment, ClassBelief, EventView, MissileClass, Phase
from signalfire.picture.marking import Kind
from signalfire.picture.warning import AreaKind, Texts, WarnedArea, Warning, WarningStatus

AT = instant_from_utc("2017-09-14T21:57:30.5Z")
JPN, KOR = NationId("JPN"), NationId("KOR")
BELIEF = ClassBelief((0.0, 0.1, 0.2, 0.6, 0.0, 0.0, 0.1))
LAUNCH = PlaceEstimate(
    math.radians(40.6), math.radians(126.4), (9e6, 1e6, 1e6), AT, time_sigma_s=4.0
)


def view(state: StateEstimate | None = None) -> EventView:
    event = EventId("E-KOR-1-17")
    assessment = Assessment(
        event, None, Phase.BALLISTIC, BELIEF, state, LAUNCH, Unknown("still under power"),
        3.7e6, 42.0, 100.0, 2, AT,
    )  # fmt: skip
    members = (event, EventId("E-JPN-1-4"))
    return EventView(event, members, None, "common", (JPN, KOR), assessment)


def test_the_picture_line_has_every_key_of_the_reference_in_its_order() -> None:
    state = StateEstimate(AT, np.arange(6.0), np.eye(6))
    line = json.loads(picture_line(view(state), now=AT, nation=JPN))
    assert list(line) == [
        "format", "at", "nation", "event", "members", "superseded_by", "view", "from", "phase",
        "class", "state", "launch", "impact", "apogee_m", "observed_fraction", "witnesses",
    ]  # fmt: skip
    assert line["format"] == 1 and line["at"] == "2017-09-14T21:57:30.500Z"
    assert line["members"] == ["E-KOR-1-17", "E-JPN-1-4"] and line["from"] == ["JPN", "KOR"]
    assert line["class"] == {
        "SRBM": 0.0, "MRBM": 0.1, "IRBM": 0.2, "ICBM": 0.6, "SLV": 0.0, "manoeuvring": 0.0,
        "unknown": 0.1,
    }  # fmt: skip
    assert line["state"]["position_ecef_m"] == [0.0, 1.0, 2.0]
    assert line["state"]["velocity_ecef_m_s"] == [3.0, 4.0, 5.0]
    assert len(line["state"]["covariance_upper"]) == 21
    assert line["launch"]["lat_deg"] == pytest.approx(40.6)
    assert line["launch"]["lon_deg"] == pytest.approx(126.4)
    assert list(line["launch"]["ellipse_p90"]) == ["semi_major_m", "semi_minor_m", "azimuth_deg"]
    assert line["launch"]["ellipse_p90"]["azimuth_deg"] == pytest.approx(82.98, abs=0.01)
    assert line["impact"] == {"unknown": "still under power"}
    assert line["observed_fraction"] == 0.42


def test_where_parts_come_down_stands_last_and_only_where_there_are_any() -> None:
    line = json.loads(picture_line(replace(view(), debris=(LAUNCH,)), now=AT, nation=JPN))
    assert list(line)[-1] == "debris" and "objects" not in line
    assert line["debris"] == [line["launch"]]


def test_a_state_that_was_not_shared_says_so() -> None:
    line = json.loads(picture_line(view(), now=AT, nation=JPN))
    assert list(line["state"]) == ["unknown"]


def test_numpy_numbers_are_written_as_numbers() -> None:
    state = StateEstimate(AT, np.arange(6.0), np.eye(6))
    odd = view(state)
    object.__setattr__(odd.assessment, "apogee_m", np.float64(1.5))
    assert json.loads(picture_line(odd, now=AT, nation=JPN))["apogee_m"] == 1.5


def warning() -> Warning:
    window = (AT, AT.later(60.0))
    name = Texts("北海道", "홋카이도", "Hokkaido")
    return Warning(
        WarningId("W-JPN-1-3"), JPN, AT, WarningStatus.INITIAL, None, EventId("E-KOR-1-17"),
        Realm("test:x"), (WarnedArea(AreaId("JP-01"), AreaKind.OVERFLIGHT, window, name),), window,
        0.93, 0.42, 2, "overflight", Texts("a", "b", "c"),
    )  # fmt: skip


def test_the_warning_line_is_that_of_the_reference() -> None:
    window = ["2017-09-14T21:57:30.500Z", "2017-09-14T21:58:30.500Z"]
    assert json.loads(warning_line(warning())) == {
        "format": 1, "at": "2017-09-14T21:57:30.500Z", "id": "W-JPN-1-3", "status": "initial",
        "references": None, "event": "E-KOR-1-17", "realm": "test:x",
        "areas": [{"id": "JP-01", "kind": "overflight", "window": window,
                   "name": {"ja": "北海道", "ko": "홋카이도", "en": "Hokkaido"}}],
        "window": window, "confidence": 0.93, "observed_fraction": 0.42, "witnesses": 2,
        "reason": "overflight", "text": {"ja": "a", "ko": "b", "en": "c"},
    }  # fmt: skip


def test_the_sent_line_shows_the_very_bytes_that_were_hashed() -> None:
    body = '{"b":1,"name":"北"}'.encode()
    line = sent_line(Sent(AT, JPN, Kind.EVENT, 12, "trilateral@3#2", body))
    assert body in line
    read = json.loads(line)
    assert list(read) == ["at", "recipient", "kind", "sequence", "rule", "sha256", "content"]
    # sha256sum of the bytes above, by coreutils.
    assert read["sha256"] == "09a06aeef9a69fff391d8b721e6bd793beb2919d1e452278ac8a988d7fc4b560"


def test_the_other_lines_are_those_of_the_reference() -> None:
    withheld = WithheldCount(AT, JPN, Kind.DETECTION, "no rule", None, 7)
    assert json.loads(withheld_line(withheld)) == {
        "at": "2017-09-14T21:57:30.500Z", "recipient": "JPN", "kind": "detection",
        "reason": "no rule", "rule": None, "count": 7,
    }  # fmt: skip
    refused = refused_line(Fault(17, "GP-B", "range_m", "not a finite number"))
    assert refused == (
        b'{"line":17,"sensor":"GP-B","field":"range_m","reason":"not a finite number"}'
    )
    first, second = WarningId("W-JPN-1-3"), WarningId("W-JPN-1-4")
    assert json.loads(retraction_line(Retraction(second, first, "object_lost", AT))) == {
        "format": 1, "at": "2017-09-14T21:57:30.500Z", "id": second, "status": "cancel",
        "references": first, "reason": "object_lost",
    }  # fmt: skip


@given(st.lists(st.floats(0.0, 1.0), min_size=7, max_size=7).filter(lambda p: sum(p) > 1e-3))
def test_written_class_probabilities_sum_to_one_and_stay_close(weights: list[float]) -> None:
    belief = ClassBelief(tuple(weight / sum(weights) for weight in weights))
    written = class_fields(belief)
    assert list(written) == [kind.value for kind in MissileClass]
    assert sum(round(value * 1_000_000) for value in written.values()) == 1_000_000
    assert sum(written.values()) == pytest.approx(1.0, abs=1e-12)
    for value, exact in zip(written.values(), belief.probability, strict=True):
        assert value == pytest.approx(exact, abs=1.01e-6)


def test_instants_are_written_with_milliseconds() -> None:
    line = json.loads(withheld_line(WithheldCount(Instant(0), JPN, Kind.NOTE, "", None, 1)))
    assert line["at"] == "1969-12-31T23:59:50.000Z"
