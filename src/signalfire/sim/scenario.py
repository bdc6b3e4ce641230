"""From a written scenario and a seed to what truly flies and what the sensors report of it."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from signalfire.basis.errors import BadInput
from signalfire.basis.instant import Instant
from signalfire.basis.realm import Realm
from signalfire.picture.detection import Detection, Sensor, SensorKind
from signalfire.picture.scenario import EventKind, Scenario, ScenarioObject
from signalfire.sim.flight import fly
from signalfire.sim.record import Flight, find_flight
from signalfire.sim.sensors import Watch, detections
from signalfire.sim.trajectory import Flown
from signalfire.sim.truth import read_truth, with_burnout

LEAD_S = 30.0
"""A flight's own scenario begins this long before lift-off."""


@dataclass(frozen=True)
class Simulation:
    """What was reported, in order of receipt, the truth behind it, and what needs saying."""

    detections: tuple[Detection, ...]
    objects: tuple[Flown, ...]
    notes: tuple[str, ...]


def scenario_for_flight(flight: Flight, *, sensors: str) -> Scenario:
    """The exercise in which one documented flight flies at its own time before given sensors."""
    return Scenario(
        realm=Realm(f"exercise:{flight.flight}"),
        start=flight.lift_off.later(-LEAD_S),
        sensors=sensors,
        objects=(ScenarioObject(flight=flight.flight, truth=None, lift_off=flight.lift_off),),
    )


def fly_scenario(
    scenario: Scenario, flights: Sequence[Flight], truths: Mapping[str, str]
) -> tuple[Flown, ...]:
    """Fly every object of a scenario; ``truths`` holds the text of each truth file by its path.

    Objects are named by flight id or path; a second one of the same name is ``#2``.

    Raises BadInput for an unknown flight, a truth file that was not handed in or cannot be read.
    """
    flown: list[Flown] = []
    for item in scenario.objects:
        name = item.flight or item.truth or ""
        count = sum(1 for other in flown if other.name.partition("#")[0] == name)
        unique = name if count == 0 else f"{name}#{count + 1}"
        if item.flight is not None:
            trajectory = fly(find_flight(flights, item.flight))
        elif name in truths:
            objects = read_truth(truths[name], name=name, lift_off=item.lift_off)
            if len(objects) != 1:
                raise BadInput(f"truth {name}: holds {len(objects)} objects; give one file each")
            trajectory = objects[0].trajectory
        else:
            raise BadInput(f"truth {name}: the file is not there; correct its path")
        if item.burnout_t_s is not None:
            trajectory = with_burnout(trajectory, item.burnout_t_s)
        flown.append(Flown(unique, item.lift_off, trajectory))
    return tuple(flown)


def simulate(
    scenario: Scenario, sensors: Sequence[Sensor], objects: Sequence[Flown], *, seed: int
) -> Simulation:
    """What the sensors report from the scenario's start until the last object's end.

    Acts on ``sensor_down`` and ``sensor_up``; the notes name every event that it passes over, and
    every assumption. Same scenario, sensors and seed give the same detections.

    Raises BadInput when an event names a sensor that is not there.
    """
    end = max((flown.ends_at for flown in objects), default=scenario.start)
    outages = _outages(scenario, sensors, end)
    notes = [f"{flown.name}: {label}" for flown in objects for label in flown.trajectory.labels]
    notes += [
        f"{flown.name}: burnout is not known, infrared sensors do not report it"
        for flown in objects
        if flown.trajectory.burnout_t_s is None
    ]
    notes += [
        f"passed over: {event.do.value} {event.who} at {event.at_s:g} s"
        for event in scenario.events
        if not event.do.is_of_a_sensor
    ]
    found: list[Detection] = []
    for sensor in sensors:
        if sensor.site_ecef_m is None:
            notes.append(f"{sensor.sensor}: a moving platform without a place is not simulated")
            continue
        if sensor.kind is SensorKind.RADAR and sensor.range_max_m is None:
            notes.append(f"{sensor.sensor}: a radar without range_max_m is not simulated")
            continue
        watch = Watch(sensor, (scenario.start, end), outages.get(sensor.sensor, ()))
        found += detections(watch, objects, seed=seed)
    found.sort(key=lambda plot: (plot.received_at, plot.sensor, plot.observed_at))
    return Simulation(tuple(found), tuple(objects), tuple(notes))


def _outages(
    scenario: Scenario, sensors: Sequence[Sensor], end: Instant
) -> dict[str, tuple[tuple[Instant, Instant], ...]]:
    """When each sensor is down; one that does not come back is down until the end."""
    known = [str(sensor.sensor) for sensor in sensors]
    down: dict[str, Instant] = {}
    outages: dict[str, list[tuple[Instant, Instant]]] = {}
    for event in scenario.events:
        if not event.do.is_of_a_sensor:
            continue
        if event.who not in known:
            near = difflib.get_close_matches(event.who, known, n=1)
            cure = f"did you mean {near[0]}?" if near else f"known are {', '.join(known[:8])} ..."
            raise BadInput(f"event: who = {event.who!r} is no sensor of this scenario: {cure}")
        at = scenario.start.later(event.at_s)
        if event.do is EventKind.SENSOR_DOWN:
            down.setdefault(event.who, at)
        elif event.who in down:
            outages.setdefault(event.who, []).append((down.pop(event.who), at))
    for who, since in down.items():
        outages.setdefault(who, []).append((since, end.later(1.0)))
    return {who: tuple(spans) for who, spans in outages.items()}
