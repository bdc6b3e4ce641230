"""Spent stages flown by the simulator fall where stated; it shares no code with the estimate.

And one that was announced: the zone of the first stage of the space launch of 2012-12-12, as North
Korea gave it to the International Maritime Organization (Yonhap, 2012-12-03; coordinates in
https://allthingsnuclear.org/north-korea-gives-location-of-splashdown-zones-begins-assembling-rocket/).
Lift-off 09:49 and the first fall 09:58 JST, by the Japanese government on the day
(https://www.northkoreatech.org/2012/12/12/north-korea-launches-rocket/).
"""

from dataclasses import dataclass

import numpy as np
import pytest
from scipy.optimize import brentq
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


ZONE_DEG = ((35.735, 124.508), (35.735, 124.906), (34.977, 124.542), (34.979, 124.936))
SOHAE = Geodetic.from_degrees(39.66, 124.705)
FELL_S = (8.0 * 60.0, 10.0 * 60.0)
"""09:58 less 09:49, each to the minute."""
BURN_S = 120.0
"""Of such a first stage: class value."""


def burnt_out(altitude_m: float, climb_rad: float, speed_m_s: float) -> PlaceEstimate:
    """What is stated of a stage of a launcher 60 km out towards the zone."""
    middle = Geodetic.from_degrees(*np.mean(ZONE_DEG, axis=0))
    bearing = azimuth_rad(SOHAE, middle)
    out_rad = 60e3 / 6.37e6
    place = Geodetic(
        SOHAE.latitude_rad + out_rad * np.cos(bearing), SOHAE.longitude_rad, altitude_m
    )
    level_m_s = speed_m_s * np.cos(climb_rad)
    velocity = enu_from_ecef(place).T @ np.array(
        [level_m_s * np.sin(bearing), level_m_s * np.cos(bearing), speed_m_s * np.sin(climb_rad)]
    )
    state = StateEstimate(
        START.later(BURN_S + SEEN_S),
        np.concatenate([place.ecef_m(), velocity]),
        np.diag(SIGMA**2),
    )
    found = Spent(state, START.later(BURN_S - 2.0), START.later(BURN_S + SEEN_S)).impact
    assert isinstance(found, PlaceEstimate)
    return found


@pytest.mark.parametrize("altitude_m", [70e3, 90e3])
@pytest.mark.parametrize("climb_deg", [25.0, 35.0, 45.0])
def test_a_stage_sent_to_an_announced_zone_is_stated_within_it(
    altitude_m: float, climb_deg: float
) -> None:
    """Whoever flies knows the spread of the stage: ours, aimed at the middle, is no wider."""
    corners = [Geodetic.from_degrees(*corner) for corner in ZONE_DEG]
    middle = Geodetic.from_degrees(*np.mean(ZONE_DEG, axis=0))

    def beyond_m(speed_m_s: float) -> float:
        stated = burnt_out(altitude_m, np.radians(climb_deg), speed_m_s).place
        return distance_m(SOHAE, stated) - distance_m(SOHAE, middle)

    speed_m_s = float(brentq(beyond_m, 1_000.0, 3_000.0, xtol=1.0))
    stated = burnt_out(altitude_m, np.radians(climb_deg), speed_m_s)
    ellipse = stated.ellipse_p90
    assert 34.979 < stated.place.lat_deg < 35.735 and 124.542 < stated.place.lon_deg < 124.906
    assert ellipse.semi_major_m < 0.5 * distance_m(corners[0], corners[2])
    assert ellipse.semi_minor_m < 0.5 * distance_m(corners[0], corners[1])
    fell_s = stated.time.elapsed_s(since=START)
    allowed_s = 1.645 * stated.time_sigma_s
    assert FELL_S[0] - allowed_s < fell_s < FELL_S[1] + allowed_s
