"""Bodies that the air slows, and bodies that turn in it: lift is seen, drag is not taken for it."""

import math

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from signalfire.picture.track import Track, TrackStatus
from signalfire.space.geodesy import Geodetic, enu_from_ecef, geodetic
from signalfire.tracking.settings import TrackingSettings

LIFT_DRAG_RATIO = 2.5


def falling(world, speed_m_s, dive_deg, beta_kg_m2, turn=None):
    """A body that comes down through 60 km off the coast, until near the ground; and when that is.

    ``turn``: height of its beginning (m), lift (m/s2), for how long (s), up or aside.
    """
    start = Geodetic.from_degrees(38.5, 131.0, 60_000.0)
    dive = math.radians(dive_deg)
    velocity = speed_m_s * enu_from_ecef(start).T @ [math.cos(dive), 0.0, -math.sin(dive)]
    begun_s = []

    def slope(t: float, y: np.ndarray) -> np.ndarray:
        altitude_m, speed = geodetic(y[:3]).altitude_m, float(np.linalg.norm(y[3:]))
        density = 1.225 * math.exp(-max(altitude_m, 0.0) / 7_000.0)
        drag, push = 0.5 * density * speed**2 / beta_kg_m2, np.zeros(3)
        if turn is not None and not begun_s and altitude_m < turn[0]:
            begun_s.append(t)
        if begun_s and begun_s[0] <= t < begun_s[0] + turn[2]:
            ahead, up = y[3:] / speed, y[:3] / np.linalg.norm(y[:3])
            aside = np.cross(ahead, up)
            aside /= np.linalg.norm(aside)
            push = turn[1] * (aside if turn[3] == "aside" else np.cross(aside, ahead))
            drag = max(drag, turn[1] / LIFT_DRAG_RATIO)
        push = push - drag * y[3:] / speed
        return np.concatenate([y[3:], world.free_acceleration(y[:3], y[3:]) + push])

    def is_low(t: float, y: np.ndarray) -> float:
        return geodetic(y[:3]).altitude_m - 2_000.0

    is_low.terminal = True
    at_first = np.concatenate([start.ecef_m(), velocity])
    path = solve_ivp(
        slope, (0.0, 400.0), at_first, events=is_low, dense_output=True, max_step=0.2, rtol=1e-6
    )
    return path.sol, float(path.t[-1])


def played(world, truth, end_s: float, seed: int) -> list[tuple[Track, ...]]:
    """What the tracker shows at every second, from two near radars that miss one plot in twenty."""
    # Looked back at every second, not only when the filter is in doubt, which chance decides.
    settings = TrackingSettings(doubt_probability=0.0)
    radars = [world.radar("A", 38.0, 130.6), world.radar("B", 39.1, 132.3)]
    tracker, draw = world.tracker(*radars, settings=settings), np.random.default_rng(seed)
    plots = []
    for radar, first_s in zip(radars, (0.1, 0.55), strict=True):
        times_s = [t for t in np.arange(first_s, end_s, 1.0) if draw.random() < 0.95]
        plots += [world.look(radar, float(t), truth(float(t)), draw) for t in times_s]
    shown = []
    for plot in sorted((p for p in plots if p), key=lambda plot: plot.received_at):
        while plot.received_at > world.start.later(len(shown) + 1.0):
            tracker.tick(world.start.later(len(shown) + 1.0))
            shown.append(tracker.tracks())
        tracker.take([plot], plot.received_at)
    return shown


@pytest.mark.parametrize(
    ("speed_m_s", "dive_deg", "turn"),
    [
        (1_300.0, 35.0, (45_000.0, 10.0, 30.0, "up")),
        (1_300.0, 35.0, (30_000.0, 40.0, 15.0, "up")),
        (1_300.0, 35.0, (20_000.0, 80.0, 8.0, "up")),
        (1_300.0, 35.0, (20_000.0, 80.0, 8.0, "aside")),
        (2_300.0, 40.0, (20_000.0, 150.0, 5.0, "up")),
        (2_300.0, 12.0, (35_000.0, 25.0, 40.0, "aside")),
    ],
)
def test_a_body_that_turns_in_the_air_is_one_track_and_seen_to_turn(
    world, speed_m_s, dive_deg, turn
) -> None:
    truth, end_s = falling(world, speed_m_s, dive_deg, 6_000.0, turn)
    shown = played(world, truth, end_s, seed=3)
    assert {track.track for tracks in shown for track in tracks} == {"T-JPN-1-1"}
    (last,) = shown[-1]
    assert last.status is TrackStatus.CONFIRMED
    assert end_s - last.last_observed_at.elapsed_s(since=world.start) < 5.0
    assert max(track.thrust_probability for tracks in shown for track in tracks) > 0.9


@pytest.mark.parametrize("beta_kg_m2", [3_000.0, 5_000.0, 20_000.0])
def test_what_only_the_air_holds_back_is_not_taken_to_be_driven(world, beta_kg_m2) -> None:
    """The nominal body has 9,000 kg/m2: a light one is held back by 100 m/s2 more than that."""
    truth, end_s = falling(world, 2_600.0, 50.0, beta_kg_m2)
    for seed in range(4):
        shown = played(world, truth, end_s, seed)
        assert len(shown) > 20
        driven_s = [
            second for second, tracks in enumerate(shown[15:])
            for track in tracks if track.thrust_probability > 0.5
        ]  # fmt: skip
        assert driven_s == []
