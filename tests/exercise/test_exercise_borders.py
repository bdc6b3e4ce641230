"""What left each nation, read whole: nothing that the agreement withholds."""

import json
import math
from collections import Counter
from hashlib import sha256
from typing import Any

import pytest

from signalfire.cli.assemble import load_sensors
from signalfire.cli.scenarios import packaged_agreement, packaged_sensors
from signalfire.sim import checkers

NATIONS = ("JPN", "KOR", "USA")
AGREED = checkers.Agreed.read(packaged_agreement().read_text())


@pytest.fixture(scope="module", params=["hokkaido", "short"])
def played(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def secrets() -> checkers.Secrets:
    sites = [sensor.site_ecef_m for sensor in load_sensors(packaged_sensors())]
    return checkers.Secrets.read(
        packaged_sensors().read_text(), [site for site in sites if site is not None]
    )


@pytest.mark.parametrize("nation", NATIONS)
def test_a_rule_of_the_agreement_lets_everything_go_where_it_went(played: Any, nation: str) -> None:
    sent = played.lines(nation, "sent")
    assert len(sent) > 500
    assert {line["recipient"] for line in sent} == set(NATIONS) - {nation}
    assert {"track", "event", "status"} <= {line["kind"] for line in sent}
    assert checkers.not_agreed(nation, sent, AGREED) == []


@pytest.mark.parametrize("nation", NATIONS)
def test_no_field_leaves_that_is_not_in_the_list(played: Any, nation: str) -> None:
    assert checkers.unlisted_fields(played.lines(nation, "sent")) == []


@pytest.mark.parametrize("nation", NATIONS)
def test_no_word_and_no_place_of_a_sensor_leaves(
    played: Any, secrets: checkers.Secrets, nation: str
) -> None:
    assert len(secrets.words) > 40 and len(secrets.sites_ecef_m) > 25
    assert checkers.secrets_told(played.lines(nation, "sent"), secrets) == []


@pytest.mark.parametrize("nation", NATIONS)
def test_digests_are_of_what_left_and_numbers_run_without_a_gap(played: Any, nation: str) -> None:
    assert checkers.wrong_digests(played.bodies(nation, "sent")) == []
    assert checkers.broken_sequences(played.lines(nation, "sent")) == []


@pytest.mark.parametrize("nation", NATIONS)
def test_a_track_goes_once_a_second_and_when_its_phase_changes(played: Any, nation: str) -> None:
    assert checkers.sent_too_often(played.lines(nation, "sent")) == []


@pytest.mark.parametrize("nation", NATIONS)
def test_what_is_told_of_tracks_and_events_is_the_nations_own(played: Any, nation: str) -> None:
    for line in played.lines(nation, "sent"):
        content = line["content"]
        if line["kind"] == "track":
            assert all(each["track"].startswith(f"T-{nation}-") for each in content["tracks"])
        elif line["kind"] == "event":
            assert content["author"] == nation
            assert content["state"] is None
        elif line["kind"] == "warning":
            assert content["issuer"] == nation


@pytest.mark.parametrize("nation", NATIONS)
def test_every_detection_is_counted_as_withheld_from_every_partner(
    played: Any, nation: str
) -> None:
    owners = {str(s.sensor): str(s.nation) for s in load_sensors(packaged_sensors())}
    recorded = (json.loads(line) for line in played.recording.read_bytes().splitlines())
    count = sum(owners[line["sensor"]] == nation for line in recorded)
    withheld: Counter[str] = Counter()
    for line in played.lines(nation, "withheld"):
        assert line["kind"] == "detection" and line["rule"] is None and line["reason"]
        withheld[line["recipient"]] += line["count"]
    assert count > 0
    assert withheld == {partner: count for partner in NATIONS if partner != nation}


def test_withheld_counts_come_once_a_second_for_each_cause(played: Any) -> None:
    for nation in NATIONS:
        keys = [
            (line["at"], line["recipient"], line["kind"], line["reason"], line["rule"])
            for line in played.lines(nation, "withheld")
        ]
        assert len(keys) == len(set(keys))
        assert all(at.endswith(".000Z") for at, *_ in keys)


# The judges themselves: they find what was put there.


def sent_line(**changed: Any) -> dict[str, Any]:
    content = {"tracks": [{"track": "T-KOR-1-1", "event": "E-KOR-1-1", "phase": "boost"}]}
    return {
        "at": "2017-09-14T21:58:00.000Z",
        "recipient": "JPN",
        "kind": "track",
        "sequence": 1,
        "rule": "trilateral@3#2",
        "content": content,
        **changed,
    }


def test_the_judge_of_rules_finds_a_line_without_one() -> None:
    assert checkers.not_agreed("KOR", [sent_line()], AGREED) == []
    for wrong in ({"rule": "trilateral@3#1"}, {"kind": "detection"}, {"recipient": "PRK"}):
        assert len(checkers.not_agreed("KOR", [sent_line(**wrong)], AGREED)) == 1
    assert len(checkers.not_agreed("JPN", [sent_line()], AGREED)) == 1


def test_the_judge_of_fields_finds_one_at_any_depth() -> None:
    content = {"tracks": [{"track": "T-KOR-1-1", "state": {"valid_at": "", "sensor": "GP-B"}}]}
    [found] = checkers.unlisted_fields([sent_line(content=content)])
    assert "tracks[].state.sensor" in found
    assert checkers.unlisted_fields([sent_line()]) == []


@pytest.mark.parametrize(
    "hidden",
    [
        {"note": ["seen by GP-B at dawn"]},
        {"deep": [{"a": 36.7, "b": 127.2}]},
        {"deep": {"x": [math.radians(36.7), math.radians(127.2)]}},
        {"p": [-3101239.0, 4082010.0, 3790210.0]},
    ],
)
def test_the_judge_of_secrets_finds_a_word_and_a_place(hidden: Any) -> None:
    at = {"id": "GP-B", "path": "kor-1", "lat_deg": 36.7, "lon_deg": 127.2}
    text = "\n".join(["[[sensor]]", *(f"{key} = {value!r}" for key, value in at.items())])
    secrets = checkers.Secrets.read(text, [(-3101239.5, 4082010.4, 3790210.1)])
    assert checkers.secrets_told([sent_line()], secrets) == []
    assert len(checkers.secrets_told([sent_line(content=hidden)], secrets)) == 1


def test_the_judge_of_numbers_finds_a_gap_a_repeat_and_other_bytes() -> None:
    lines = [sent_line(), sent_line(sequence=3), sent_line(sequence=3), sent_line(recipient="USA")]
    assert len(checkers.broken_sequences(lines)) == 2
    content = b'{"a":0.00001}'
    for digest, count in ((sha256(content).hexdigest(), 0), ("0" * 64, 1)):
        fields = sent_line(sha256=digest)
        fields.pop("content")
        fields["content"] = "X"
        line = json.dumps(fields, separators=(",", ":"))
        assert len(checkers.wrong_digests([line.encode().replace(b'"X"', content)])) == count
    twice = [sent_line(), sent_line(sequence=2), sent_line(sequence=3, recipient="USA")]
    assert len(checkers.sent_too_often(twice)) == 1
