"""The coasting model against real boosters: measured altitude and speed of two public webcasts.

Source: see ``data/PROVENANCE.md``. From the first minute of coast a start is fitted (height, speed,
angle above the horizon); the rest of the coast is predicted and compared. The heading is not in the
data; over some hundred kilometres it hardly matters (planned headings are used).
"""

from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import least_squares

from signalfire.motion import _kernels
from signalfire.motion.free_flight import DRAG_NOMINAL_M2_KG
from signalfire.space.geodesy import Geodetic, enu_from_ecef, geodetic

DATA = Path(__file__).parent / "data"
PAD = Geodetic.from_degrees(28.6, -80.6)


def coast(start: np.ndarray, azimuth_deg: float, times_s: np.ndarray) -> np.ndarray:
    """Height and speed at the times, from (height, speed, angle above the horizon) at the first."""
    height_m, speed_m_s, climb = start
    azimuth = np.radians(azimuth_deg)
    ahead = [np.sin(azimuth) * np.cos(climb), np.cos(azimuth) * np.cos(climb), np.sin(climb)]
    place = Geodetic(PAD.latitude_rad, PAD.longitude_rad, height_m).ecef_m()
    state = np.concatenate([place, enu_from_ecef(PAD).T @ np.array(ahead) * speed_m_s])
    rows = []
    for elapsed_s in np.diff(times_s, prepend=times_s[0]):
        moved = np.empty(6)
        _kernels.propagate(state, DRAG_NOMINAL_M2_KG, elapsed_s, 1.0, moved)
        state = moved
        rows.append([geodetic(state[:3]).altitude_m, np.linalg.norm(state[3:])])
    return np.array(rows)


@pytest.mark.parametrize(
    ("name", "azimuth_deg", "begin_s", "end_s", "apogee_m"),
    [
        # After cut-off at 158 s and separation, before the entry burn at 390 s.
        ("f9_bulgariasat1_stage1.csv", 95.0, 170.0, 385.0, 119e3),
        # After the boost-back burn that ends at 210 s, before the entry burn at 431 s.
        ("f9_nrol76_stage1.csv", 240.0, 215.0, 430.0, 166e3),
    ],
)
def test_the_coast_of_a_real_booster_is_predicted_from_its_first_minute(
    name: str, azimuth_deg: float, begin_s: float, end_s: float, apogee_m: float
) -> None:
    shown = np.genfromtxt(DATA / name, delimiter=",", names=True)
    shown = shown[(shown["time_s"] >= begin_s) & (shown["time_s"] <= end_s)]
    measured = np.column_stack([shown["altitude_m"], shown["speed_mps"]])
    first = shown["time_s"] <= begin_s + 60.0

    def misfit(start: np.ndarray) -> np.ndarray:
        flown = coast(start, azimuth_deg, shown["time_s"][first][::5])
        return ((flown - measured[first][::5]) / [500.0, 3.0]).ravel()

    guess = np.array([*measured[0], 0.6])
    start = least_squares(misfit, guess, x_scale=[1e3, 10.0, 0.01]).x
    flown = coast(start, azimuth_deg, shown["time_s"])
    altitude_rms_m, speed_rms_m_s = np.sqrt(np.mean((flown - measured) ** 2, axis=0))
    assert altitude_rms_m < 500.0  # half of the step in which it is shown
    assert speed_rms_m_s < 1.5
    assert abs(flown[:, 0].max() - apogee_m) < 1_000.0
