"""The bound: what batches of numbers say by another way, and what no bound may break."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from signalfire.analysis.bound import (
    UNSEEN,
    Motion,
    Prior,
    Register,
    Watched,
    along,
    in_view,
    landing,
    one_step,
    slopes_of,
)
from signalfire.basis.identity import NationId, SensorId
from signalfire.motion._kernels import propagate
from signalfire.motion.free_flight import descend
from signalfire.picture.detection import AngleSigma, RadarSigma, Sensor, SensorKind
from signalfire.space.geodesy import Geodetic, enu_from_ecef, geodetic
from signalfire.space.sight import sight

NO_AIR = Motion(drag_m2_kg=0.0)


def sensor(kind: SensorKind, place: Geodetic) -> Sensor:
    is_radar = kind is SensorKind.RADAR
    return Sensor(
        sensor=SensorId(f"S{place.longitude_rad:.3f}"),
        nation=NationId("JPN"),
        kind=kind,
        path="p",
        site_ecef_m=tuple(place.ecef_m()),
        sigma=RadarSigma(50.0, 1e-3, 1e-3) if is_radar else AngleSigma(2e-5),
        range_max_m=2e6,
        elevation_min_rad=math.radians(1.0),
        period_s=1.0,
    )


WEST = sensor(SensorKind.RADAR, Geodetic.from_degrees(36.6, 127.5, 200.0))
EAST = sensor(SensorKind.RADAR, Geodetic.from_degrees(35.77, 135.22, 100.0))
ABOVE = sensor(SensorKind.INFRARED, Geodetic.from_degrees(0.0, 110.0, 35_786e3))


def flow(t: float, y: np.ndarray) -> np.ndarray:
    """Gravity with J2 in axes that turn, from constants written down here."""
    mu, radius, oblateness, turn = 3.986004418e14, 6378137.0, 1.082626684e-3, 7.292115e-5
    x, v = y[:3], y[3:]
    r = np.linalg.norm(x)
    s = 5.0 * (x[2] / r) ** 2
    k = 1.5 * oblateness * mu * radius**2 / r**5
    pull = -mu * x / r**3 - k * x * np.array([1 - s, 1 - s, 3 - s])
    spin = np.array([0.0, 0.0, turn])
    return np.concatenate([v, pull - 2 * np.cross(spin, v) - np.cross(spin, np.cross(spin, x))])


def flown(state: np.ndarray, times_s: np.ndarray) -> np.ndarray:
    return solve_ivp(
        flow, (times_s[0], times_s[-1]), state, "DOP853", t_eval=times_s, rtol=1e-12, atol=1e-7
    ).y.T


@pytest.fixture(scope="module")
def aloft() -> np.ndarray:
    """A state 160 km above the sea, outside the air."""
    place = Geodetic.from_degrees(38.95, 128.0, 160e3)
    ahead = enu_from_ecef(place).T @ np.array([2_000.0, -200.0, 900.0])
    return np.concatenate([place.ecef_m(), ahead])


def numbers(who: Sensor, state: np.ndarray) -> np.ndarray:
    """What the sensor would measure, each in sigmas, azimuth times the cosine of elevation."""
    site = np.array(who.site_ecef_m)
    seen = sight(site, state[:3])
    return np.array(
        [
            seen.range_m / 50.0,
            seen.azimuth_rad / 1e-3,
            seen.elevation_rad / 1e-3,
        ]
    )


def test_the_bound_is_that_of_one_great_least_squares_fit(aloft: np.ndarray) -> None:
    """Another way: derivatives of all numbers by the first state, by differences, all at once."""
    times_s = np.arange(0.0, 40.0, 0.5)
    looks = np.arange(len(times_s)) % 2
    states = flown(aloft, times_s)
    prior = Prior(1e5, 1e3)
    watched = Watched(times_s, states, looks, [WEST, EAST])
    ours = along(watched, motion=NO_AIR, prior=prior)[-1]

    steps = np.array([10.0] * 3 + [0.1] * 3)
    paths = [
        (flown(aloft + step * axis, times_s), flown(aloft - step * axis, times_s))
        for step, axis in zip(steps, np.eye(6), strict=True)
    ]
    sensors = [WEST, EAST]
    slopes = [
        np.stack(
            [
                (numbers(sensors[look], up[k]) - numbers(sensors[look], down[k])) / (2 * step)
                for (up, down), step in zip(paths, steps, strict=True)
            ],
            axis=1,
        )
        for k, look in enumerate(looks)
    ]
    information = np.diag([1e5**-2.0] * 3 + [1e3**-2.0] * 3) + sum(h.T @ h for h in slopes)
    last = np.stack(
        [(up[-1] - down[-1]) / (2 * h) for (up, down), h in zip(paths, steps, strict=True)], axis=1
    )
    other = last @ np.linalg.inv(information) @ last.T
    np.testing.assert_allclose(np.sqrt(np.diag(ours)), np.sqrt(np.diag(other)), rtol=1e-4)
    scale = np.sqrt(np.outer(np.diag(other), np.diag(other)))
    np.testing.assert_allclose(ours / scale, other / scale, atol=1e-4)


@pytest.mark.parametrize("who", [WEST, ABOVE])
def test_derivatives_are_those_of_the_line_of_sight(who: Sensor, aloft: np.ndarray) -> None:
    by_place, by_register, variance = slopes_of(who, aloft[None])
    site = np.array(who.site_ecef_m)
    offset = aloft[:3] - site
    ahead = offset / np.linalg.norm(offset)
    directions = by_place[0, -2:] * np.linalg.norm(offset)
    np.testing.assert_allclose(directions @ directions.T, np.eye(2), atol=1e-12)
    np.testing.assert_allclose(directions @ ahead, 0.0, atol=1e-12)
    # A clock wrong by one second moves every number as far as the flight does in one, backwards.
    np.testing.assert_allclose(by_register[0, :, 3], -by_place[0] @ aloft[3:], rtol=1e-12)
    assert variance.shape == (1, 3 if who is WEST else 2)


def spread(watched: Watched, **more: object) -> np.ndarray:
    return np.trace(along(watched, motion=NO_AIR, **more)[:, :3, :3], axis1=1, axis2=2)


def test_more_eyes_and_better_registers_never_make_it_worse(aloft: np.ndarray) -> None:
    times_s = np.arange(0.0, 60.0)
    states = flown(aloft, times_s)
    both = Watched(np.repeat(times_s, 2), np.repeat(states, 2, axis=0),
                   np.tile([0, 1], 60), [WEST, EAST])  # fmt: skip
    one = Watched(times_s, states, np.zeros(60, dtype=np.int64), [WEST])
    register = Register(50.0, 1e-3, 1e-3, 0.1)
    loose = Watched(both.times_s, states.repeat(2, axis=0), both.looks, both.sensors,
                    [register, Register()])  # fmt: skip
    assert np.all(spread(both)[1::2] < spread(one))
    assert np.all(spread(loose) >= spread(both) * (1 - 1e-9))
    # The errors in register are found, and the other sensor is what finds them.
    found = along(loose, motion=NO_AIR)[-1, 6:, 6:]
    assert np.all(np.sqrt(np.diag(found)) < register.sigmas)
    alone = Watched(times_s, states, one.looks, one.sensors, [register])
    unfound = along(alone, motion=NO_AIR)[-1, 6:, 6:]
    assert np.all(np.diag(found) < np.diag(unfound))


def test_a_look_that_sees_nothing_only_lets_time_pass(aloft: np.ndarray) -> None:
    times_s = np.arange(0.0, 30.0)
    states = flown(aloft, times_s)
    looks = np.where(times_s % 3 == 0, 0, UNSEEN)
    with_gaps = along(Watched(times_s, states, looks, [WEST]), motion=NO_AIR)[::3]
    seen = along(
        Watched(times_s[::3], states[::3], np.zeros(10, dtype=np.int64), [WEST]), motion=NO_AIR
    )
    scale = np.sqrt(np.einsum("nii->ni", seen))
    np.testing.assert_allclose(
        with_gaps / (scale[:, :, None] * scale[:, None]),
        seen / (scale[:, :, None] * scale[:, None]),
        atol=1e-5,
    )


@given(st.integers(1, 6), st.floats(1e-3, 1e3), st.integers(0, 2**31))
def test_one_step_adds_information(size: int, variance: float, seed: int) -> None:
    draw = np.random.default_rng(seed)
    root = draw.normal(size=(size, size))
    prior = root @ root.T + np.eye(size)
    f = np.eye(size) + 0.1 * draw.normal(size=(size, size))
    h = draw.normal(size=(2, size))
    after = one_step(
        prior, transition=f, noise=np.eye(size), slopes=h, variances=np.full(2, variance)
    )
    expected = np.linalg.inv(np.linalg.inv(f @ prior @ f.T + np.eye(size)) + h.T @ h / variance)
    np.testing.assert_allclose(after, expected, rtol=1e-6, atol=1e-9)


def test_what_is_in_view_is_what_the_owner_states() -> None:
    over = [Geodetic.from_degrees(36.6, 127.5 + east, 300e3).ecef_m() for east in (0.1, 10.0, 30.0)]
    low = Geodetic.from_degrees(36.6, 137.5, 10e3).ecef_m()
    behind = Geodetic.from_degrees(0.0, -70.0, 300e3).ecef_m()
    assert in_view(WEST, np.array([*over, low])).tolist() == [True, True, False, False]
    assert in_view(ABOVE, np.array([*over, behind])).tolist() == [True, True, True, False]


def test_the_bound_on_the_ground_is_the_spread_of_falls(aloft: np.ndarray) -> None:
    draw = np.random.default_rng(5)
    root = np.diag([200.0] * 3 + [3.0] * 3)
    spread = landing(aloft, root @ root, drag_m2_kg=0.0)
    assert spread is not None
    ends = np.array(
        [
            descend(aloft + root @ draw.normal(size=6), drag_m2_kg=0.0).path[-1, 1:4]
            for _ in range(400)
        ]
    )
    level = enu_from_ecef(geodetic(ends.mean(axis=0)))[:2]
    ratios = np.linalg.eigvals(np.linalg.solve(spread, np.cov((ends @ level.T).T)))
    assert np.all(np.abs(ratios.real - 1.0) < 0.25)


def test_what_never_comes_down_has_no_bound_on_the_ground() -> None:
    place = Geodetic.from_degrees(0.0, 0.0, 500e3)
    away = np.concatenate([place.ecef_m(), [12_000.0, 0.0, 0.0]])
    assert landing(away, np.eye(6), drag_m2_kg=0.0) is None


def test_drag_that_is_not_known_is_found_in_the_air_and_only_there(aloft: np.ndarray) -> None:
    """Its bound is that of a fit of seven numbers, the falls flown anew with another drag."""
    place = Geodetic.from_degrees(38.95, 128.0, 30e3)
    ahead = enu_from_ecef(place).T @ np.array([2_000.0, -200.0, -900.0])
    low = np.concatenate([place.ecef_m(), ahead])
    times_s, drag = np.arange(0.0, 20.0, 0.5), 1.0 / 6_000.0
    unknown = Motion(drag, drag_sigma_fraction=0.5)

    def path(state: np.ndarray, drag_m2_kg: float) -> np.ndarray:
        states = [state]
        for _ in times_s[1:]:
            out = np.empty(6)
            propagate(states[-1], drag_m2_kg, 0.5, 0.1, out)
            states.append(out)
        return np.array(states)

    looks = np.zeros(len(times_s), dtype=np.int64)
    found = along(Watched(times_s, path(low, drag), looks, [WEST]), motion=unknown,
                  prior=Prior(1e4, 1e3))[-1]  # fmt: skip
    steps = np.array([10.0] * 3 + [0.1] * 3 + [0.01])
    slopes = np.empty((len(times_s), 3, 7))
    for i, step in enumerate(steps):
        ends = []
        for side in (step, -step):
            moved = low + side * np.eye(7)[i, :6]
            states = path(moved, drag * (1.0 + (side if i == 6 else 0.0)))
            ends.append(np.array([numbers(WEST, state) for state in states]))
        slopes[:, :, i] = (ends[0] - ends[1]) / (2.0 * step)
    prior = np.diag([1e4**-2.0] * 3 + [1e3**-2.0] * 3 + [0.5**-2.0])
    other = np.linalg.inv(prior + np.einsum("nai,naj->ij", slopes, slopes))
    assert math.sqrt(found[6, 6]) == pytest.approx(math.sqrt(other[6, 6]), rel=0.01)
    assert math.sqrt(found[6, 6]) < 0.25, "found in the air"
    above = along(Watched(times_s, flown(aloft, times_s), looks, [WEST]), motion=unknown)
    assert math.sqrt(above[-1, 6, 6]) == pytest.approx(0.5)
