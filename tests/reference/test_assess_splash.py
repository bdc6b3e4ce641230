"""Spent stages flown by the simulator fall where stated; it shares no code with the estimate."""

from dataclasses import dataclass

import numpy as np
import pytest
from scipy.stats import binom, chi2

from signalfire.assess.splash import Spent
from signalfire.basis.instant import Instant
from signalfire.basis.kernel import Floats
from signalfire.picture.estimate import PlaceEstimate, StateEstimate
from signalfire.sim import _kernels as k
from signalfire.sim.flight import Boost, fly_boost
from signalfire.space.geodesy import Geodetic, azimuth_rad, distance_m, enu_from_ecef, geodetic

START = Instant(1_500_000_000 * 10**9)
PAD = Geodetic.from_degrees(39.66, 124.71)
SEEN_S = 8.0
"""How long after burn-out free flight is settled."""
NOTICED_S = 4.0
SIGMA = np.array([150.0] * 3 + [8.0] * 3)
RUNS = 240


@dataclass(frozen=True)
class Fall:
    """One true stage, and what is stated of it."""

    stated: PlaceEstimate
    inside: bool
    late_sigmas: float


def fallen(
    start: Floats, axes: Floats, ballistic_kg_m2: float, wind: Floats
) -> tuple[Floats, float]:
    """State and time of a true body on the ellipsoid."""
    plan = np.zeros(k.PLAN_LENGTH)
    plan[k.DRAG_FREE] = 1.0 / ballistic_kg_m2
    plan[k.WIND_EAST], plan[k.WIND_NORTH] = wind
    work, now, after, t_s = np.empty((5, 6)), start.copy(), np.empty(6), 0.0
    while geodetic(now[:3]).altitude_m > 0.0:
        k.step(1e6, now, 0.5, axes, plan, k.FREE, work, after)
        now[:] = after
        t_s += 0.5
    return now, t_s


def one(chance: np.random.Generator) -> Fall:
    """A made-up boost, and a stage of it with all that is not known drawn at random."""
    burn_s = float(chance.uniform(70.0, 140.0))
    boost = Boost(
        burn_s=burn_s,
        thrust_g=((0.0, 1.5), (1.0, float(chance.uniform(3.0, 6.0)))),
        rise_s=8.0,
        lean_rad=float(chance.uniform(0.5, 1.1)),
        azimuth_rad=float(chance.uniform(1.2, 3.2)),
    )
    path = fly_boost(PAD, boost)
    columns = np.hstack([path.position_ecef_m, path.velocity_ecef_m_s]).T

    def at(t_s: float) -> Floats:
        return np.array([np.interp(t_s, path.t_s, column) for column in columns])

    parted_s = burn_s + float(chance.uniform(0.0, SEEN_S))
    start = at(parted_s)
    start[3:] += 10.0 * chance.standard_normal(3)
    up = start[:3] / np.linalg.norm(start[:3])
    axes = np.vstack([enu_from_ecef(geodetic(start[:3]))[:2], up])
    coefficient = float(np.exp(chance.uniform(np.log(60.0), np.log(1_500.0))))
    wind = np.array([25.0, 0.0]) + 15.0 * chance.standard_normal(2)
    end, fall_s = fallen(start, axes, coefficient, wind)
    seen = at(burn_s + SEEN_S) + SIGMA * chance.standard_normal(6)
    spent = Spent(
        StateEstimate(START.later(burn_s + SEEN_S), seen, np.diag(SIGMA**2)),
        START.later(burn_s + NOTICED_S - 10.0),
        START.later(burn_s + SEEN_S),
    )
    stated = spent.impact
    assert isinstance(stated, PlaceEstimate)
    there = geodetic(end[:3])
    away_m, bearing = distance_m(stated.place, there), azimuth_rad(stated.place, there)
    offset = away_m * np.array([np.sin(bearing), np.cos(bearing)])
    ee, en, nn = stated.covariance_east_north_m2
    distance2 = offset @ np.linalg.inv(np.array([[ee, en], [en, nn]])) @ offset
    late_s = parted_s + fall_s - stated.time.elapsed_s(since=START)
    return Fall(stated, bool(distance2 <= chi2.ppf(0.9, 2)), late_s / stated.time_sigma_s)


@pytest.fixture(scope="module")
def falls() -> list[Fall]:
    chance = np.random.default_rng(20160207)
    return [one(chance) for _ in range(RUNS)]


def test_nine_stages_of_ten_fall_into_their_ellipse(falls: list[Fall]) -> None:
    """Within what chance allows once in a thousand: an exact binomial bound on either side."""
    inside = sum(fall.inside for fall in falls)
    least, most = binom.ppf([0.0005, 0.9995], RUNS, 0.9)
    assert least <= inside <= most, inside


def test_nine_in_ten_fall_within_the_stated_time(falls: list[Fall]) -> None:
    inside = sum(abs(fall.late_sigmas) <= 1.645 for fall in falls)
    least, most = binom.ppf([0.0005, 0.9995], RUNS, 0.9)
    assert least <= inside <= most, inside
