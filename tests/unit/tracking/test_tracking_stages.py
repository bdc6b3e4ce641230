"""A next stage that is lit weakly after a pause: free flight is not believed too soon, nor late."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from signalfire.picture.track import Track
from signalfire.space.geodesy import Geodetic, enu_from_ecef

BURN_S = 60.0
PAUSE_S = 8.0
HOT_END_S = 130.0


def rising(world, next_m_s2: float):
    """A climb from 80 km on, pushed with 30 m/s2; after a pause weakly along the path, or not."""
    start = Geodetic.from_degrees(38.5, 129.0, 80_000.0)
    velocity = enu_from_ecef(start).T @ [1_500.0, 0.0, 1_200.0]

    def slope(t: float, y: np.ndarray) -> np.ndarray:
        push = 30.0 if t < BURN_S else (next_m_s2 if t > BURN_S + PAUSE_S else 0.0)
        along = y[3:] / np.linalg.norm(y[3:])
        return np.concatenate([y[3:], world.free_acceleration(y[:3], y[3:]) + push * along])

    at_first = np.concatenate([start.ecef_m(), velocity])
    return solve_ivp(
        slope, (0.0, HOT_END_S), at_first, dense_output=True, max_step=0.2, rtol=1e-8
    ).sol


def shown(world, truth, sensors, seed: int) -> list[Track | None]:
    """The one track at every second; None before it is confirmed."""
    tracker, draw = world.tracker(*sensors), np.random.default_rng(seed)
    looks = []
    for number, sensor in enumerate(sensors):
        for t in np.arange(0.1 + 0.3 * number, HOT_END_S, sensor.period_s):
            looks.append(world.look(sensor, float(t), truth(float(t)), draw))
    found: list[Track | None] = []
    for look in sorted((seen for seen in looks if seen), key=lambda seen: seen.received_at):
        while look.received_at > world.start.later(len(found) + 1.0):
            tracker.tick(world.start.later(len(found) + 1.0))
            found.append(tracker.tracks()[0] if tracker.tracks() else None)
        tracker.take([look], look.received_at)
    return found


def far(world):
    return [world.radar("A", 36.0, 133.0), world.radar("B", 34.5, 137.0)]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_weak_next_stage_after_a_pause_is_never_taken_for_free_flight(world, seed) -> None:
    tracks = shown(world, rising(world, 10.0), far(world), seed)
    free = [n for n, track in enumerate(tracks) if track is not None and track.free_flight_seen]
    assert free == []


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_free_flight_is_believed_within_half_a_minute_and_stays(world, seed) -> None:
    tracks = shown(world, rising(world, 0.0), far(world), seed)
    free = [n + 1.0 for n, track in enumerate(tracks) if track and track.free_flight_seen]
    assert BURN_S + PAUSE_S < free[0] < BURN_S + 30.0
    assert len(free) == len(tracks) - (round(free[0]) - 1)


def test_while_heat_is_seen_an_engine_works(world) -> None:
    sensors = [world.satellite("W", 110.0), world.satellite("E", 150.0)]
    for track in shown(world, rising(world, 0.0), [*far(world), *sensors], 1):
        if track is not None and len(track.paths) == 4:
            assert track.thrust_probability >= 0.99
            assert not track.free_flight_seen
