"""Hot things that are no launch, played through a tracker: how many of them raise an event."""

import numpy as np

from hot_things import LASTS_S, START, afterburner, hot_spot, orbiting, satellite_at, seen_by
from signalfire.assess.evidence import evidence
from signalfire.basis.identity import node_id
from signalfire.tracking.settings import TrackingSettings
from signalfire.tracking.tracker import Tracker

KINDS = {
    "spot": "a fire that stands still, a glint that wanders",
    "dash": "level flight at up to 980 m/s",
    "gain": "level flight, gaining speed",
    "turn": "a turn of 5 g",
    "pull": "a pull-up to 45 degrees at Mach 1.0 to 1.4",
    "zoom": "a zoom to 60 degrees at Mach 1.6 to 2.2",
    "dive": "a dive of 40 degrees",
    "orbit": "a satellite in orbit",
}
"""What is played, by the names of ``hot_things.py``."""
DRAWS = 40
SEED = 3
APART_DEG = 60.0


def raised(kind: str, *, satellites: int) -> int:
    """How many of forty draws of a kind are an event to one infrared satellite, or to two."""
    return sum(_is_event(kind, number, satellites) for number in range(DRAWS))


def _is_event(kind: str, number: int, satellites: int) -> bool:
    draw = np.random.default_rng([SEED, number])
    make = {"spot": hot_spot, "orbit": orbiting}.get(kind, afterburner)
    flown = make(f"{kind}-{number}", draw)
    first_deg = float(draw.uniform(75.0, 180.0))
    second_deg = first_deg + (APART_DEG if first_deg < 125.0 else -APART_DEG)
    sensors = [satellite_at(first_deg, "IR-1"), satellite_at(second_deg, "IR-2")][:satellites]
    sights = [sight for sensor in sensors for sight in seen_by(sensor, [flown], SEED)]
    sights.sort(key=lambda sight: (sight.received_at, sight.sensor))
    known = {sensor.sensor: sensor for sensor in sensors}
    tracker = Tracker(node_id("KOR-1"), known, TrackingSettings())
    for second in range(1, round(LASTS_S) + 4):
        now = START.later(float(second))
        while sights and sights[0].received_at <= now:
            tracker.take([sights.pop(0)], now)
        tracker.tick(now)
        if any(evidence(track).is_missile for track in tracker.tracks()):
            return True
    return False
