"""Three nations, two of which release events without states to the third, which sees nothing."""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from signalfire.cli.assemble import load_sensors
from signalfire.cli.scenarios import packaged_agreement, packaged_sensors
from signalfire.sim import checkers

OWNERS = {str(s.sensor): str(s.nation) for s in load_sensors(packaged_sensors())}
EVENT_ONLY = 'form = "event_only"'
COARSE = 'form = "coarse"\nround_position_m = 20000.0\nround_time_s = 5.0'
SETTLED_S = 5
"""Three ticks of agreement make two events one; what is then told takes another."""


@pytest.mark.parametrize("form", [EVENT_ONLY, COARSE], ids=["event only", "coarse"])
def test_a_nation_that_is_told_events_alone_warns_of_one_missile_to_the_all_clear(
    short: Any, stage: Any, tmp_path: Path, form: str
) -> None:
    """Korea sees nothing itself; others tell it where the short flight comes down."""
    words = packaged_agreement().read_text().replace('form = "full"', form)
    path = tmp_path / "events.toml"
    path.write_text(words.replace('"track", ', ""))
    lines = short.recording.read_bytes().splitlines()
    told = stage(path).play([line for line in lines if OWNERS[json.loads(line)["sensor"]] != "KOR"])
    shown = [json.loads(line) for line in told.lines["KOR", "picture"]]
    assert checkers.unsound_lines(shown) == []
    common = [line for line in shown if line["view"] == "common"]
    assert common and all("unknown" in line["state"] for line in common)
    named: dict[str, set[str]] = defaultdict(set)
    for line in common:
        if "unknown" not in line["impact"] and line["superseded_by"] is None:
            named[line["at"][:19]].add(line["event"])
    assert any(line["from"] == ["JPN", "USA"] for line in common)
    assert sum(len(events) > 1 for events in named.values()) <= SETTLED_S
    assert len(named[max(named)]) == 1
    warnings = [json.loads(line) for line in told.lines["KOR", "warnings"]]
    statuses = [(line["event"], line["status"]) for line in warnings]
    assert statuses[0][1] == "initial" and statuses[-1][1] == "all_clear"
    assert {area["kind"] for line in warnings for area in line["areas"]} == {"impact"}
