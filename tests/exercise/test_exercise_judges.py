"""The judges find what was put there: each is shown a good record, then one with a fault in it."""

import json
from copy import deepcopy
from typing import Any

import pytest

from signalfire.basis.utc import instant_from_utc, utc_text
from signalfire.sim import checkers


@pytest.fixture
def warnings(short: Any) -> list[dict[str, Any]]:
    """A chain as it was played, and after its first warning an update that says the same."""
    first, *rest = deepcopy(short.lines("KOR", "warnings"))
    at = utc_text(instant_from_utc(first["at"]).later(2.0))
    update = {**first, "id": "W-KOR-1-50", "status": "update", "references": first["id"], "at": at}
    rest[0]["references"] = update["id"]
    found = [first, update, *rest]
    assert checkers.broken_chains(found) == []
    return found


@pytest.fixture(scope="module")
def picture(short: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = short.lines("KOR", "picture")
    return found


def test_a_warning_that_is_missing_or_there_twice_is_found(warnings: Any) -> None:
    assert checkers.undelivered(warnings, warnings) == checkers.repeated(warnings) == []
    assert len(checkers.undelivered(warnings, warnings[1:])) == 1
    assert len(checkers.repeated([*warnings, warnings[0]])) == 1


@pytest.mark.parametrize(
    ("place", "change", "what"),
    [
        (0, {"references": "W-KOR-1-9"}, "initial that references"),
        (1, {"references": None}, "update that references None"),
        (-1, {"references": "W-KOR-1-1"}, "is not the last of its chain"),
        (-1, {"at": "2017-03-05T22:50:00.000Z"}, "all-clear"),
        (0, {"at": "2017-03-05T22:59:00.000Z"}, "its time was over"),
        (0, {"window": ["2017-03-05T22:36:00.000Z", "2017-03-05T22:37:00.000Z"]}, "window"),
        (0, {"confidence": 1.0}, "confidence"),
        (0, {"areas": []}, "no area"),
        (0, {"text": {"ja": "", "ko": "x", "en": "x"}}, "languages"),
    ],
)
def test_a_broken_chain_is_found(warnings: Any, place: int, change: Any, what: str) -> None:
    lines = deepcopy(warnings)
    lines[place].update(change)
    assert any(what in finding for finding in checkers.broken_chains(lines))


def test_a_chain_without_an_end_is_found(warnings: Any) -> None:
    assert any("no all-clear" in each for each in checkers.broken_chains(warnings[:-1]))


def test_a_late_or_missing_warning_of_an_area_is_found(warnings: Any) -> None:
    first = instant_from_utc(warnings[0]["at"])
    area = warnings[0]["areas"][0]["id"]
    assert checkers.not_warned_in_time(warnings, {area: first.later(1.0)}) == []
    [late] = checkers.not_warned_in_time(warnings, {area: first.later(-1.0)})
    [never] = checkers.not_warned_in_time(warnings, {"JP-47": first})
    assert "1.0 s after" in late and "never" in never


@pytest.mark.parametrize(
    "change",
    [
        {"class": {"SRBM": 1.0}},
        {"class": {name: 0.2 for name in checkers.CLASSES}},
        {"class": {**dict.fromkeys(checkers.CLASSES, 0.0), "SRBM": 1.1, "unknown": -0.1}},
        {"observed_fraction": 1.2},
    ],
)
def test_an_unsound_line_is_found(picture: Any, change: dict[str, Any]) -> None:
    [line] = picture[-1:]
    assert checkers.unsound_lines([line]) == []
    assert len(checkers.unsound_lines([{**line, **change}])) == 1


def test_a_state_of_another_moment_and_a_silent_second_are_found(picture: Any) -> None:
    middle = [line for line in picture if line["view"] == "common"]
    second = next(
        line for line in middle[40:] if line["at"].endswith(".000Z") and "valid_at" in line["state"]
    )
    stale = {**second, "state": {**second["state"], "valid_at": "2017-03-05T22:00:00.000Z"}}
    assert len(checkers.unsound_lines([stale])) == 1
    assert checkers.silent_seconds(middle) == []
    quiet = [line for line in middle if line["at"] != second["at"]]
    assert len(checkers.silent_seconds(quiet)) == 1


def test_a_second_event_of_one_missile_and_an_event_of_nothing_are_found(
    short: Any, picture: Any
) -> None:
    names, wrong = checkers.names_of_objects(picture, short.objects())
    assert wrong == [] and len(names) == 1
    ghost = [{**line, "event": "E-USA-1-9"} for line in picture]
    assert any(
        "both" in each for each in checkers.names_of_objects(picture + ghost, short.objects())[1]
    )
    settled = [{**line, "superseded_by": "E-KOR-1-1"} for line in ghost[-1:]]
    assert checkers.names_of_objects(picture + ghost + settled, short.objects())[1] == []
    far = json.loads(json.dumps(ghost))
    for line in far:
        if "position_ecef_m" in line["state"]:
            line["state"]["position_ecef_m"][2] += 500e3
    found = checkers.names_of_objects(picture + far, short.objects())[1]
    assert any("nothing flew there" in each for each in found)
    assert "no event" in checkers.names_of_objects([], short.objects())[1][0]


def test_names_that_differ_between_nations_are_found() -> None:
    same = {"JPN": {"a": "E-KOR-1-1"}, "KOR": {"a": "E-KOR-1-1"}}
    assert checkers.differing_names(same) == []
    assert len(checkers.differing_names({**same, "USA": {"a": "E-USA-1-1"}})) == 1
    assert len(checkers.differing_names({**same, "USA": {}})) == 1
