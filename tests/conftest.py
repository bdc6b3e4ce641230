"""How every test runs: repeatable by default, searching on demand (`make fuzz`).

And what many tests look at: whole scenarios, flown and replayed once for all of them.
"""

import contextlib
import io
import json
import math
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, Phase, settings

from signalfire.cli.main import main
from signalfire.cli.scenarios import documented_flights, packaged_agreement, packaged_sensors
from signalfire.sim.flight import fly
from signalfire.sim.record import find_flight
from signalfire.sim.trajectory import Flown
from signalfire.sim.truth import read_truth, truth_lines
from signalfire.space.geodesy import Geodetic

_CALM = (HealthCheck.too_slow, HealthCheck.data_too_large)

settings.register_profile(
    "repeatable",
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=60,
    suppress_health_check=_CALM,
)
settings.register_profile(
    "search",
    deadline=None,
    max_examples=2_000,
    phases=tuple(Phase),
    suppress_health_check=_CALM,
)
settings.load_profile(os.environ.get("SIGNALFIRE_HYPOTHESIS", "repeatable"))

EXERCISES = Path(__file__).resolve().parent.parent / "exercises"
NATIONS = ("JPN", "KOR", "USA")


@dataclass(frozen=True)
class Ran:
    """A command that ended: its exit status, and what it printed."""

    status: int
    out: str
    err: str


def run_command(*words: object) -> Ran:
    """One command of signalfire, in this process."""
    out, err = io.StringIO(), io.StringIO()
    with (
        patch.object(sys, "argv", ["signalfire", *map(str, words)]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        pytest.raises(SystemExit) as ended,
    ):
        main()
        sys.exit(0)
    return Ran(int(ended.value.code or 0), out.getvalue(), err.getvalue())


@dataclass(frozen=True)
class Played:
    """A recording, the truth behind it, and what every nation wrote of it."""

    folder: Path
    recording: Path
    truth: Path

    def bodies(self, nation: str, stream: str) -> list[bytes]:
        return (self.folder / nation / f"{stream}.jsonl").read_bytes().splitlines()

    def lines(self, nation: str, stream: str) -> list[dict[str, Any]]:
        return [json.loads(body) for body in self.bodies(nation, stream)]

    def objects(self) -> tuple[Flown, ...]:
        return read_truth(self.truth.read_text())


def simulated(folder: Path, scenario: Path) -> Path:
    """What the sensors report of a scenario; the truth lies beside it."""
    recording = folder / "detections.jsonl"
    ran = run_command("simulate", scenario, "--out", recording, "--truth", folder / "truth.csv")
    assert ran.status == 0, ran.err
    return recording


def played(recording: Path) -> Played:
    """Replay a recording beside which its truth lies."""
    folder = recording.parent
    ran = run_command(
        "replay", recording, "--sensors", packaged_sensors(),
        "--agreement", packaged_agreement(), "--out", folder / "records",
    )  # fmt: skip
    assert ran.status == 0, ran.err
    return Played(folder / "records", recording, folder / "truth.csv")


@pytest.fixture(scope="session")
def signalfire() -> Callable[..., Ran]:
    """Runs one command of signalfire, in this process."""
    return run_command


@pytest.fixture(scope="session")
def hokkaido_recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The flight of the README, over Hokkaido, as the sensors report it."""
    folder = tmp_path_factory.mktemp("hokkaido")
    return simulated(folder, EXERCISES / "hokkaido-2017-09-14.toml")


@pytest.fixture(scope="session")
def hokkaido(hokkaido_recording: Path) -> Played:
    """The flight of the README, replayed."""
    return played(hokkaido_recording)


@pytest.fixture(scope="session")
def short_scenario(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An invented flight of five minutes, 300 km from the Pyongyang plain to the south coast."""
    folder = tmp_path_factory.mktemp("scenario")
    flight = replace(
        find_flight(documented_flights(), "2017-03-05-er-scud"),
        missile_class="SRBM",
        launch=Geodetic.from_degrees(39.0, 125.8),
        azimuth_rad=math.radians(165.0),
        range_m=300e3,
        apogee_m=90e3,
    )
    path = fly(flight)
    truth = "\n".join(truth_lines([Flown("short", flight.lift_off, path)]))
    (folder / "short.csv").write_text(f"{truth}\n")
    scenario = folder / "short.toml"
    scenario.write_text(
        f"""format = 1
realm = "exercise:short"
start = "2017-03-05T22:33:30Z"
sensors = "{packaged_sensors()}"
[[object]]
truth = "short.csv"
lift_off = "2017-03-05T22:34:00Z"
burnout_t_s = {path.burnout_t_s}
"""
    )
    return scenario


@pytest.fixture(scope="session")
def short(tmp_path_factory: pytest.TempPathFactory, short_scenario: Path) -> Played:
    """The invented short flight, replayed: Korea warns, from the first word to the all-clear."""
    return played(simulated(tmp_path_factory.mktemp("short"), short_scenario))
