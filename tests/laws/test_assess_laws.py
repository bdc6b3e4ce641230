"""Laws of the assessment: nothing raises, nothing is conjured up, energy stays what it is."""

import math
import platform

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signalfire.assess import _flight_kernels, _kernels
from signalfire.assess.assessor import assess_state
from signalfire.assess.boost import BY_MOTION, BY_STATE
from signalfire.assess.impact import predict_impact
from signalfire.assess.observed import Observed, Remembered
from signalfire.assess.settings import DEFAULT_SETTINGS
from signalfire.basis.identity import NationId, NodeId, event_id
from signalfire.basis.instant import Instant
from signalfire.basis.kernel import COMPILED
from signalfire.picture.estimate import PlaceEstimate, StateEstimate, Unknown
from signalfire.picture.event import Phase
from signalfire.space.geodesy import Geodetic, enu_from_ecef

START = Instant(1_800_000_000 * 10**9)
altitudes_m = st.floats(-500.0, 2_000e3)
speeds_m_s = st.floats(0.0, 12_000.0)
angles_rad = st.floats(-math.pi / 2, math.pi / 2)
azimuths_rad = st.floats(0.0, 2.0 * math.pi)
latitudes_deg = st.floats(-90.0, 90.0)
sigmas = st.floats(0.1, 300.0)


def state(
    altitude_m: float, speed_m_s: float, angle_rad: float, azimuth_rad: float, lat_deg: float
) -> np.ndarray:
    place = Geodetic.from_degrees(lat_deg, 127.0, altitude_m)
    level = math.cos(angle_rad) * speed_m_s
    ahead = [level * math.sin(azimuth_rad), level * math.cos(azimuth_rad)]
    up_m_s = math.sin(angle_rad) * speed_m_s
    return np.concatenate([place.ecef_m(), enu_from_ecef(place).T @ np.array([*ahead, up_m_s])])


states = st.builds(state, altitudes_m, speeds_m_s, angles_rad, azimuths_rad, latitudes_deg)
high_states = st.builds(
    state,
    st.floats(160e3, 800e3),
    st.floats(1_500.0, 6_500.0),
    st.floats(0.3, 1.5),
    azimuths_rad,
    st.floats(-80.0, 80.0),
)


def covariance(sigma: float) -> np.ndarray:
    return np.diag([(30.0 * sigma) ** 2] * 3 + [sigma**2] * 3)


@given(
    mean=states,
    sigma=sigmas,
    thrust_probability=st.floats(0.0, 1.0),
    is_free=st.booleans(),
    observed_s=st.floats(0.0, 600.0),
    after_s=st.floats(0.0, 5_000.0),
)
@settings(max_examples=150)
def test_every_state_is_assessed_and_beliefs_sum_to_one(
    mean: np.ndarray,
    sigma: float,
    thrust_probability: float,
    is_free: bool,
    observed_s: float,
    after_s: float,
) -> None:
    observed = Observed(
        event=event_id(NodeId("KOR-1"), 1),
        author=NationId("KOR"),
        state=StateEstimate(START, mean, covariance(sigma)),
        thrust_probability=thrust_probability,
        free_flight_seen=is_free,
        launch=Unknown("not asked"),
        observed_s=observed_s,
        witnesses=1,
        last_observed_at=START,
    )
    result = assess_state(observed, START.later(after_s))
    found = result.assessment
    assert sum(found.belief.probability) == pytest.approx(1.0)
    assert max(found.belief.probability) < 1.0 or found.belief.by_name()["unknown"] == 1.0
    if isinstance(found.impact, PlaceEstimate):
        assert math.isfinite(found.impact.ellipse_p90.semi_major_m)
        limit_m = DEFAULT_SETTINGS.semi_major_lift_max_m
        assert 0.0 < found.impact.ellipse_p90.semi_major_m <= limit_m
        assert found.impact.time >= START
        assert found.impact.time_sigma_s > 0.0
    if result.prediction is not None:
        result.prediction.footprint()


looks = st.lists(
    st.tuples(st.floats(0.0, 1.0), st.booleans(), st.floats(500.0, 68e3), st.floats(-1.2, 1.2)),
    min_size=2,
    max_size=12,
)


@given(looks=looks, step_s=st.floats(0.5, 4.0))
@settings(max_examples=60, deadline=None)
def test_a_manoeuvre_in_the_air_and_free_flight_are_never_unseen(
    looks: list[tuple[float, bool, float, float]], step_s: float
) -> None:
    before: Remembered | None = None
    for k, (thrust_probability, is_free, altitude_m, angle_rad) in enumerate(looks):
        at = START.later(k * step_s)
        mean = state(altitude_m, 1_200.0, angle_rad, 0.5, 39.0)
        observed = Observed(
            event=event_id(NodeId("KOR-1"), 1),
            author=None,
            state=StateEstimate(at, mean, covariance(3.0)),
            thrust_probability=thrust_probability,
            free_flight_seen=is_free,
            launch=Unknown("not asked"),
            observed_s=20.0,
            witnesses=1,
            last_observed_at=at,
            before=before,
        )
        result = assess_state(observed, at)
        now_is = result.remembered
        if before is not None and before.motion is Phase.MANOEUVRING:
            assert now_is.motion is Phase.MANOEUVRING
        elif before is not None and before.motion is not Phase.BOOST and step_s * k < 3.0:
            assert now_is.motion in (Phase.BALLISTIC, Phase.REENTRY)
        if now_is.motion is Phase.BOOST:
            assert isinstance(result.assessment.impact, Unknown)
        before = now_is


@given(mean=high_states, sigma=st.floats(0.1, 5.0), factor=st.floats(1.1, 4.0))
def test_knowing_less_never_makes_the_ellipse_smaller(
    mean: np.ndarray, sigma: float, factor: float
) -> None:
    impacts = [
        predict_impact(StateEstimate(START, mean, covariance(s)), DEFAULT_SETTINGS).impact
        for s in (sigma, factor * sigma)
    ]
    if isinstance(impacts[0], Unknown):
        assert isinstance(impacts[1], Unknown)
    elif isinstance(impacts[1], PlaceEstimate):
        small, large = (impact.covariance_east_north_m2 for impact in impacts)  # type: ignore[union-attr]
        assert large[0] + large[2] > small[0] + small[2]


@given(mean=high_states)
def test_energy_and_sea_level_speed_stay_the_same_above_the_air(mean: np.ndarray) -> None:
    path = np.empty((4_000, 7))
    rows, _, _ = _kernels.fly(
        mean, np.array([1e-4, 0.0, 0.0, 0.0, 0.0, 0.0]), 4.0, 4.0, 9_000.0, path
    )
    values = np.empty((2, _kernels.NUMBERS))
    heights_m = np.linalg.norm(path[:rows, 1:4], axis=1) - 6_378_137.0
    aloft = np.flatnonzero(heights_m > 155e3)
    if rows == 0 or len(aloft) < 2:
        return
    for k, row in enumerate((aloft[0], aloft[-1])):
        _kernels.shape(path[row, 1:], values[k])
    # J2 is worth 0.1 % of mu / a to the Kepler orbit; the speed at sea level knows of it, and what
    # is left is the integrator's.
    assert values[0, 4] == pytest.approx(values[1, 4], abs=1.5e-3 * 6.25e7)
    assert values[0, 6] ** 2 == pytest.approx(values[1, 6] ** 2, abs=1e-6 * 6.25e7)


@given(mean=high_states, share=st.floats(0.1, 0.9))
def test_a_flight_resumed_midway_ends_at_the_same_place(mean: np.ndarray, share: float) -> None:
    air = np.array([1.0 / 8_000.0, 0.1, -0.05, 0.02, -0.03, 0.01])
    path, rest = np.empty((4_000, 7)), np.empty((4_000, 7))
    rows, time_s, _ = _kernels.fly(mean, air, 4.0, 4.0, 9_000.0, path)
    if rows == 0:
        return
    middle = int(share * (rows - 1))
    more, rest_s, _ = _kernels.fly(path[middle, 1:].copy(), air, 4.0, 4.0, 9_000.0, rest)
    assert more > 0
    assert path[middle, 0] + rest_s == pytest.approx(time_s, abs=0.05)
    np.testing.assert_allclose(rest[more - 1, 1:4], path[rows - 1, 1:4], atol=60.0)


@given(mean=high_states)
@settings(max_examples=10)
def test_the_compiled_kernels_are_the_written_ones(mean: np.ndarray) -> None:
    air = np.array([1.0 / 8_000.0, 0.3, -0.2, 0.02, -0.03, 0.01])
    paths = np.zeros((2, 300, 7))
    ended = [
        fly(mean, air, 20.0, 20.0, 4_000.0, path)
        for fly, path in zip((_kernels.fly, _kernels.fly.py_func), paths, strict=True)  # type: ignore[attr-defined]
    ]
    np.testing.assert_allclose(ended[0], ended[1], rtol=1e-9)
    np.testing.assert_allclose(paths[0], paths[1], rtol=1e-9, atol=1e-6)
    numbers = np.zeros((2, _kernels.NUMBERS))
    for shape, out in zip((_kernels.shape, _kernels.shape.py_func), numbers, strict=True):  # type: ignore[attr-defined]
        shape(mean, out)
    np.testing.assert_allclose(numbers[0], numbers[1], rtol=1e-9)
    moving = np.append(mean, [3.0, -2.0, 5.0])
    for family in (BY_STATE, BY_MOTION):
        outs = np.zeros((2, 8))
        for back, out in zip((_kernels.liftoff, _kernels.liftoff.py_func), outs, strict=True):  # type: ignore[attr-defined]
            back(moving, family.features, family.age, family.run, out)
        np.testing.assert_allclose(outs[0], outs[1], rtol=1e-9)


@given(mean=high_states, drag_kg_m2=st.floats(3_000.0, 20_000.0))
@settings(max_examples=20, deadline=None)
def test_flights_side_by_side_end_where_each_ends_alone(
    mean: np.ndarray, drag_kg_m2: float
) -> None:
    draw = np.random.default_rng(3)
    points = np.zeros((37, _kernels.SPREAD))
    points[:, :7] = draw.normal(size=(37, 7))
    points[5:, 7:] = 0.05 * draw.normal(size=(32, 4))
    across = draw.normal(size=(2, 3))
    root = np.linalg.cholesky(covariance(1.0))
    air = np.array([1.0 / drag_kg_m2, 0.4, 1.0])
    ends, rows = np.full((37, 4), np.nan), np.zeros((37, 900, 4))
    count = np.zeros(37, dtype=np.int64)
    _flight_kernels.fly_blocks(
        mean, root, air, across, points, 8.0, 9_000.0, 4.0, ends, rows, count
    )
    path, state, flown = np.empty((4_000, 7)), np.empty(6), np.empty(6)
    for s in range(37):
        _kernels.displaced(mean, root, air, across, points[s], state, flown)
        used, time_s, _ = _kernels.fly(state, flown, 8.0, 4.0, 9_000.0, path)
        if used == 0:
            assert count[s] == 0 and np.isnan(ends[s]).all()
            continue
        assert ends[s, 0] == pytest.approx(time_s, abs=0.02)
        np.testing.assert_allclose(ends[s, 1:], path[used - 1, 1:4], atol=20.0)
        last = rows[s, : count[s]]
        np.testing.assert_array_equal(last[-1], ends[s])
        assert np.all(np.diff(last[:, 0]) > 0.0)


def test_the_side_by_side_code_becomes_vector_instructions() -> None:
    """Where the processor has them: a change that made it scalar would be four times slower.

    Compiled anew, as what comes from the cache cannot be looked into.
    """
    if not COMPILED or platform.machine() != "x86_64":
        pytest.skip("no compiler, or a processor whose vectors have other names")
    fly = numba.njit(error_model="numpy", fastmath=False)(_flight_kernels.fly_blocks.py_func)  # type: ignore[attr-defined]
    fly(
        np.array([6.4e6, 0.0, 0.0, 0.0, 100.0, 0.0]), np.eye(6), np.full(3, 1e-4),
        np.zeros((2, 3)), np.zeros((1, _kernels.SPREAD)), 8.0, 100.0, 4.0, np.zeros((1, 4)),
        np.zeros((1, 0, 4)), np.zeros(1, dtype=np.int64),
    )  # fmt: skip
    code = "".join(fly.inspect_asm().values())
    if "vsqrtpd" not in code and "sqrtpd" not in code:
        pytest.fail("no packed square roots: the lanes are flown one by one")


@given(mean=high_states, sigma=sigmas)
def test_a_root_is_one(mean: np.ndarray, sigma: float) -> None:
    draw = np.random.default_rng(int(sigma * 1e3))
    half = draw.normal(size=(6, 6)) * sigma
    whole = half @ half.T
    root = np.empty((6, 6))
    _kernels.root_of(whole, root)
    np.testing.assert_allclose(root @ root.T, whole, rtol=1e-6, atol=1e-9 * whole.max())


@given(latitude=st.floats(-1.57, 1.57), longitude=st.floats(-3.1, 3.1), height=st.floats(0.0, 1e7))
def test_the_quick_ground_point_is_the_exact_one(
    latitude: float, longitude: float, height: float
) -> None:
    x, y, z = Geodetic(latitude, longitude, height).ecef_m()
    found = _kernels.ground_of(float(x), float(y), float(z))
    assert found[0] == pytest.approx(latitude, abs=1.6e-7)
    assert found[1] == pytest.approx(longitude, abs=1e-6)
    assert found[2] == pytest.approx(height, abs=0.01)


def test_a_cubic_is_found_again_from_its_positions_and_velocities() -> None:
    draw = np.random.default_rng(4)
    curve = draw.normal(size=(4, 3)) * np.array([[1e4], [1e3], [30.0], [1.0]])
    after_s = np.linspace(-10.0, 12.0, 9)
    powers = np.array([after_s**k / math.factorial(k) for k in range(4)])
    speeds = np.array([np.zeros(9), np.ones(9), after_s, after_s**2 / 2.0])
    means = np.hstack([powers.T @ curve, speeds.T @ curve])
    root = draw.normal(size=(9, 6, 6)) + 3.0 * np.eye(6)
    weights = root @ root.swapaxes(1, 2)
    information, pointed = np.zeros((12, 12)), np.zeros(12)
    _kernels.cubic_terms(after_s, means, weights, information, pointed)
    np.testing.assert_allclose(np.linalg.solve(information, pointed), curve.ravel(), rtol=1e-7)
