"""Three nations, two of which release events without states to the third, which sees nothing."""

import json
from pathlib import Path
from typing import Any

import pytest

from signalfire.cli.assemble import load_sensors
from signalfire.cli.scenarios import packaged_agreement, packaged_sensors
from signalfire.sim import checkers

OWNERS = {str(s.sensor): str(s.nation) for s in load_sensors(packaged_sensors())}


def decoded(bodies: list[bytes]) -> list[dict[str, Any]]:
    return [json.loads(body) for body in bodies]


def told_to(nation: str, recording: Path, stage: Any, folder: Path, **form: str) -> Any:
    """The play without the nation's own sensors, under an agreement of one form."""
    words = form.get("form", 'form = "event_only"')
    path = folder / "events.toml"
    path.write_text(packaged_agreement().read_text().replace('form = "full"', words))
    lines = recording.read_bytes().splitlines()
    kept = [line for line in lines if OWNERS[json.loads(line)["sensor"]] != nation]
    assert kept
    return stage(path).play(kept)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("told")


COARSE = 'form = "coarse"\nround_position_m = 20000.0\nround_time_s = 5.0'


@pytest.mark.parametrize("form", ['form = "event_only"', COARSE.replace("\n", "\n")])
def test_a_nation_that_is_told_events_alone_has_one_common_view_and_warns_to_the_all_clear(
    short: Any, stage: Any, folder: Path, form: str
) -> None:
    """Korea sees nothing itself; others tell it where the short flight comes down."""
    if form.startswith('form = "coarse"'):
        words = packaged_agreement().read_text().replace('kinds = ["track", ', "kinds = [")
        assert words != packaged_agreement().read_text()
    told = told_to("KOR", short.recording, stage, folder, form=form)
    shown = decoded(told.lines["KOR", "picture"])
    assert checkers.unsound_lines(shown) == []
    common = [line for line in shown if line["view"] == "common"]
    named = [line for line in common if "unknown" not in line["impact"]]
    assert named
    alive = {line["event"] for line in named if line["superseded_by"] is None}
    assert len(alive) == 1
    statuses = [line["status"] for line in decoded(told.lines["KOR", "warnings"])]
    assert statuses[0] == "initial" and statuses[-1] == "all_clear"
    assert "cancel" not in statuses
