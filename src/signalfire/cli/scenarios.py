"""Scenarios and flights from files and from the packaged record, with everything they name."""

from dataclasses import dataclass
from pathlib import Path

from signalfire.basis.errors import BadInput
from signalfire.cli.assemble import load_sensors
from signalfire.formats.native.scenario import read_scenario
from signalfire.picture.detection import Sensor
from signalfire.picture.scenario import Scenario
from signalfire.rim.files import read_file
from signalfire.rim.packaged import packaged_folder, packaged_text
from signalfire.sim.record import Flight, find_flight, read_flights
from signalfire.sim.scenario import Simulation, fly_scenario, scenario_for_flight, simulate
from signalfire.sim.trajectory import Flown


@dataclass(frozen=True)
class Performance:
    """A scenario with its sensors, the true flights, and what the sensors report of them."""

    scenario: Scenario
    sensors_path: Path
    sensors: tuple[Sensor, ...]
    objects: tuple[Flown, ...]
    simulation: Simulation


def packaged_sensors() -> Path:
    """The packaged sensors of the three nations."""
    return packaged_folder() / "sensors" / "trilateral.toml"


def packaged_agreement() -> Path:
    """The packaged trilateral agreement, unsigned."""
    return packaged_folder() / "agreements" / "trilateral.toml"


def documented_flights() -> tuple[Flight, ...]:
    """The packaged record."""
    return read_flights(packaged_text("flights.csv"))


def scenario_of_flight(flight: str) -> Scenario:
    """The exercise of one documented flight. Raises BadInput for an unknown id."""
    found = find_flight(documented_flights(), flight)
    return scenario_for_flight(found, sensors=str(packaged_sensors()))


def load_scenario(path: Path) -> Scenario:
    """A scenario file. Raises BadInput naming file, entry, field and cure."""
    try:
        return read_scenario(read_file(path, what="scenario").decode())
    except UnicodeDecodeError as error:
        raise BadInput(f"scenario {path}: not UTF-8 text: write it as TOML") from error
    except BadInput as error:
        text = str(error)
        raise BadInput(text if str(path) in text else f"scenario {path}: {text}") from error


def perform(scenario: Scenario, base: Path, *, seed: int) -> Performance:
    """Fly everything and let the sensors look; paths in the scenario are relative to ``base``.

    Raises BadInput for files that are missing or cannot be used.
    """
    sensors_path = base / scenario.sensors
    sensors = load_sensors(sensors_path)
    truths = {
        each.truth: read_file(base / each.truth, what="truth").decode(errors="replace")
        for each in scenario.objects
        if each.truth is not None
    }
    objects = fly_scenario(scenario, documented_flights(), truths)
    simulation = simulate(scenario, sensors, objects, seed=seed)
    return Performance(scenario, sensors_path, sensors, objects, simulation)
