"""Where it comes down: the point, its ellipse, the samples, and when nothing is said."""

import math
import warnings
from dataclasses import replace

import numpy as np
import pytest

from signalfire.assess import _kernels
from signalfire.assess.drag import Drag
from signalfire.assess.impact import (
    FLIGHT_MAX_S,
    GROUND_SIGMA_M,
    MAY_GLIDE,
    ImpactPrediction,
    Known,
    _holding,
    _smallest,
    lift_available_m_s2,
    predict_impact,
)
from signalfire.assess.lift import PathShape, lift_prior_probability, lift_probability
from signalfire.assess.push import push_of
from signalfire.assess.settings import DEFAULT_SETTINGS
from signalfire.basis.instant import Instant
from signalfire.picture.estimate import CHI2_2_P90, PlaceEstimate, StateEstimate, Unknown
from signalfire.space.geodesy import Geodetic, distance_m, enu_from_ecef, geodetic

START = Instant(1_800_000_000 * 10**9)


def state(
    altitude_m: float, speed_m_s: float, path_angle_deg: float, scale: float = 1.0
) -> StateEstimate:
    place = Geodetic.from_degrees(39.0, 127.0, altitude_m)
    angle = math.radians(path_angle_deg)
    ahead = np.array([math.cos(angle), 0.1, math.sin(angle)])
    velocity = enu_from_ecef(place).T @ (ahead / np.linalg.norm(ahead) * speed_m_s)
    covariance = np.diag([100.0**2] * 3 + [3.0**2] * 3) * scale**2
    return StateEstimate(START, np.concatenate([place.ecef_m(), velocity]), covariance)


def landed(seen: StateEstimate) -> PlaceEstimate:
    impact = predict_impact(seen, DEFAULT_SETTINGS).impact
    assert isinstance(impact, PlaceEstimate)
    return impact


def test_the_path_runs_from_the_state_to_the_impact() -> None:
    seen = state(70e3, 3_000.0, 43.0)
    prediction = predict_impact(seen, DEFAULT_SETTINGS)
    impact = landed(seen)
    np.testing.assert_allclose(prediction.path[0, 1:], seen.mean)
    # The mean of the falls lies beside the expected one: a body that brakes hard falls far short.
    away_m = distance_m(geodetic(prediction.path[-1, 1:4]), impact.place)
    assert 0.0 < away_m < 0.3 * impact.ellipse_p90.semi_major_m
    late_s = impact.time.elapsed_s(since=START.later(float(prediction.path[-1, 0])))
    assert 0.0 < late_s < 0.5 * impact.time_sigma_s
    assert np.all(np.diff(prediction.path[:, 0]) > 0.0)


def test_the_ellipse_grows_with_the_covariance() -> None:
    small, large = landed(state(200e3, 3_000.0, 43.0)), landed(state(200e3, 3_000.0, 43.0, 5.0))
    assert large.ellipse_p90.semi_major_m > 3.0 * small.ellipse_p90.semi_major_m
    assert large.time_sigma_s > small.time_sigma_s


def test_what_is_known_perfectly_to_the_ground_is_known_no_better_than_the_ground() -> None:
    seen = state(5.0, 2_000.0, -80.0, 1e-6)
    least_m = math.sqrt(CHI2_2_P90) * GROUND_SIGMA_M
    assert landed(seen).ellipse_p90.semi_minor_m == pytest.approx(least_m, rel=0.01)
    assert landed(state(200e3, 3_000.0, 43.0, 1e-6)).ellipse_p90.semi_minor_m > 2.0 * least_m


@pytest.mark.parametrize("path_angle_deg", [-60.0, -80.0, -89.0])
def test_the_wind_pushes_a_steep_fall_as_it_would_any_other(path_angle_deg: float) -> None:
    # A fast body drifts by the integral of rho w h dh / (2 beta v) = w m0 H / (2 beta v), m0 the
    # 10,330 kg of air above a square metre, H the 7.4 km of their mean height.
    seen = state(60e3, 5_000.0, path_angle_deg, 1e-6)
    heavy = Drag(1.0 / 15_000.0, 0.05)
    prediction = predict_impact(seen, DEFAULT_SETTINGS, Known(drag=heavy))
    assert isinstance(prediction.impact, PlaceEstimate) and prediction.lift_probability == 0.0
    slant = math.sin(math.radians(-path_angle_deg))
    drift_m = float(prediction.air[2]) * 10_330.0 * 7_400.0 / (2.0 * 15_000.0) / slant**2
    across_m = math.hypot(drift_m, GROUND_SIGMA_M) * math.sqrt(CHI2_2_P90)
    assert prediction.impact.ellipse_p90.semi_minor_m == pytest.approx(across_m, rel=0.25)


@pytest.mark.parametrize("path_angle_deg", [-5.0, -45.0, -90.0])
def test_pushes_lie_across_the_path_one_of_them_level(path_angle_deg: float) -> None:
    seen = state(50e3, 3_000.0, path_angle_deg)
    prediction = predict_impact(seen, DEFAULT_SETTINGS)
    ratio, axes = push_of(prediction.path, DEFAULT_SETTINGS)
    np.testing.assert_allclose(axes @ axes.T, np.eye(2), atol=1e-9)
    heights_m = [geodetic(row).altitude_m for row in prediction.path[:, 1:4]]
    windy = int(np.flatnonzero(np.array(heights_m) > DEFAULT_SETTINGS.wind_altitude_m + 50.0)[-1])
    row = prediction.path[windy]
    speed_m_s = float(np.linalg.norm(row[4:]))
    np.testing.assert_allclose(axes @ row[4:] / speed_m_s, 0.0, atol=0.03)
    assert axes[1] @ row[1:4] / np.linalg.norm(row[1:4]) == pytest.approx(0.0, abs=0.03)
    assert ratio > DEFAULT_SETTINGS.wind_sigma_m_s / speed_m_s * 0.99
    np.testing.assert_allclose(prediction.across, ratio * axes)


def test_a_state_that_is_no_state_has_no_place_and_warns_of_nothing() -> None:
    seen = state(200e3, 3_000.0, 43.0)
    wild = StateEstimate(START, seen.mean, seen.covariance * 1e12)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert isinstance(predict_impact(wild, DEFAULT_SETTINGS).impact, Unknown)
        for shape in (np.full((3, 3), np.nan), np.diag([np.inf, 1.0, 1.0])):
            assert _holding(shape, np.zeros((4, 3)), np.full(4, 0.25)) is None
        lost = np.full((4, 3), np.nan)
        assert _holding(np.eye(3), lost, np.full(4, 0.25)) is None
        assert _smallest([None, None]) is None


def flown_offsets(prediction: ImpactPrediction, falls: int) -> np.ndarray:
    """East, north (m) of falls from the named place: state, drag, wind as assumed, no lift."""
    draw = np.random.default_rng(7)
    seen, air = prediction.state, prediction.air
    root = np.linalg.cholesky(seen.covariance)
    impact = prediction.impact
    assert isinstance(impact, PlaceEstimate)
    east_north = enu_from_ecef(impact.place)[:2]
    offsets = np.empty((falls, 2))
    path = np.empty((2_000, 7))
    for row in offsets:
        drag = float(air[0]) * math.exp(float(air[1]) * math.sqrt(3.0) * draw.uniform(-1.0, 1.0))
        if draw.random() < DEFAULT_SETTINGS.light_probability:
            lightest = DEFAULT_SETTINGS.light_coefficient_min_kg_m2
            ratio = DEFAULT_SETTINGS.ballistic_coefficient_min_kg_m2 / lightest
            drag = ratio ** -draw.random() / lightest
        push = draw.standard_normal(2) @ prediction.across
        mean = seen.mean + root @ draw.standard_normal(6)
        moved = np.array([drag, 0.0, 0.0, *push])
        rows, _, _ = _kernels.fly(mean, moved, 10.0, 2.0, FLIGHT_MAX_S, path)
        row[:] = east_north @ (path[rows - 1, 1:4] - impact.place.ecef_m())
    return offsets


@pytest.mark.parametrize(
    ("altitude_m", "path_angle_deg", "scale"),
    [(200e3, 43.0, 0.02), (200e3, 43.0, 1.0), (150e3, -20.0, 0.1), (120e3, -60.0, 0.02)],
)
def test_nine_of_ten_falls_that_are_assumed_lie_in_the_ellipse(
    altitude_m: float, path_angle_deg: float, scale: float
) -> None:
    # Where the drag decides, the covariance alone would make an ellipse that holds all of them.
    prediction = predict_impact(state(altitude_m, 3_000.0, path_angle_deg, scale), DEFAULT_SETTINGS)
    assert isinstance(prediction.impact, PlaceEstimate) and prediction.lift_probability < 0.005
    ee, en, nn = prediction.impact.covariance_east_north_m2
    inverse = np.linalg.inv(np.array([[ee, en], [en, nn]]))
    offsets = flown_offsets(prediction, 1_000)
    inside = np.einsum("ni,ij,nj->n", offsets, inverse, offsets) < 4.605
    assert 0.86 < inside.mean() < 0.94


def test_what_may_have_failed_flies_longer_and_hardly_widens_the_ellipse() -> None:
    seen = state(200e3, 3_000.0, 43.0, 0.1)
    sound = predict_impact(seen, replace(DEFAULT_SETTINGS, light_probability=0.0))
    either = predict_impact(seen, DEFAULT_SETTINGS)
    assert isinstance(sound.impact, PlaceEstimate) and isinstance(either.impact, PlaceEstimate)
    small, large = sound.impact.ellipse_p90, either.impact.ellipse_p90
    assert small.semi_major_m < large.semi_major_m < 1.2 * small.semi_major_m
    path = np.empty((2_000, 7))
    drag = np.array([1.0 / 600.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    rows, _, _ = _kernels.fly(seen.mean, drag, 10.0, 2.0, FLIGHT_MAX_S, path)
    assert sound.fall_max_s < path[rows - 1, 0] < either.fall_max_s


def test_wind_pushes_a_slow_body_further_aside_than_a_fast_one() -> None:
    slow, fast = (
        float(predict_impact(state(100e3, speed, -40.0), DEFAULT_SETTINGS).air[2])
        for speed in (1_000.0, 5_000.0)
    )
    assert slow > 1.5 * fast > 1.5 * DEFAULT_SETTINGS.trim_ratio_sigma


def test_a_low_path_may_use_lift_and_its_ellipse_says_so() -> None:
    low = landed(state(30e3, 1_000.0, 15.0))
    no_lift = replace(DEFAULT_SETTINGS, lift_ratio_max=0.0, trim_ratio_sigma=0.0)
    stiff = predict_impact(state(30e3, 1_000.0, 15.0), no_lift).impact
    assert isinstance(stiff, PlaceEstimate)
    assert low.ellipse_p90.semi_major_m > 10.0 * stiff.ellipse_p90.semi_major_m
    assert low.ellipse_p90.semi_minor_m > 3.0 * stiff.ellipse_p90.semi_minor_m


def glide_m(seen: StateEstimate, lift_ratio: float) -> float:
    """How far beyond the ballistic impact a steady lift-to-drag ratio carries."""
    drag = 1.0 / DEFAULT_SETTINGS.ballistic_coefficient_kg_m2
    ends = []
    for up in (0.0, lift_ratio):
        path = np.empty((4_000, 7))
        lifted = np.array([drag, up, 0.0, 0.0, 0.0, 0.0])
        rows, _, _ = _kernels.fly(seen.mean, lifted, 10.0, 2.0, FLIGHT_MAX_S, path)
        ends.append(geodetic(path[rows - 1, 1:4]))
    return distance_m(*ends)


@pytest.mark.parametrize(
    ("altitude_m", "speed_m_s", "path_angle_deg"),
    [(30e3, 1_000.0, 15.0), (45e3, 1_300.0, 10.0), (25e3, 1_300.0, 20.0), (20e3, 1_000.0, -15.0)],
)
def test_the_ellipse_of_a_low_flat_flight_reaches_as_far_as_lift_carries(
    altitude_m: float, speed_m_s: float, path_angle_deg: float
) -> None:
    seen = state(altitude_m, speed_m_s, path_angle_deg)
    reach_m = glide_m(seen, DEFAULT_SETTINGS.lift_ratio_max)
    assert reach_m < landed(seen).ellipse_p90.semi_major_m < 1.6 * reach_m


def test_a_depressed_flight_has_a_long_ellipse_about_its_fall() -> None:
    seen = state(45e3, 2_200.0, 8.0)
    prediction = predict_impact(seen, DEFAULT_SETTINGS)
    impact = prediction.impact
    assert isinstance(impact, PlaceEstimate)
    ellipse = impact.ellipse_p90
    assert DEFAULT_SETTINGS.semi_major_max_m < ellipse.semi_major_m
    assert ellipse.semi_major_m > 2.0 * ellipse.semi_minor_m
    assert distance_m(impact.place, geodetic(prediction.path[-1, 1:4])) < 10e3


def test_a_path_does_not_become_a_gliders_by_an_apogee_just_above_the_air() -> None:
    below, above = (
        predict_impact(state(50e3, 1_000.0, angle), DEFAULT_SETTINGS) for angle in (25.5, 26.8)
    )
    assert below.apogee_m is not None and above.apogee_m is not None
    assert below.apogee_m < 60e3 < above.apogee_m < 61.5e3
    assert above.lift_probability == pytest.approx(below.lift_probability, abs=0.02)


def test_a_fast_glide_is_not_named_but_its_corridor_is_known() -> None:
    prediction = predict_impact(state(40e3, 2_600.0, 8.0), DEFAULT_SETTINGS)
    assert prediction.impact == Unknown(MAY_GLIDE)
    footprint = prediction.footprint()
    assert footprint is not None and footprint.samples == 64
    longest_s = float(footprint.time_s.max())
    assert longest_s > 1.5 * float(prediction.path[-1, 0])
    assert prediction.fall_max_s > 1.5 * float(prediction.path[-1, 0])


def test_an_expired_forecast_threatens_nothing() -> None:
    prediction = predict_impact(state(200e3, 3_000.0, 43.0), DEFAULT_SETTINGS)
    assert prediction.footprint() is not None
    assert replace(prediction, is_expired=True).footprint() is None


def test_where_many_flights_may_stay_up_no_footprint_is_drawn() -> None:
    fast = state(300e3, 7_300.0, 0.0, 60.0)
    assert predict_impact(fast, DEFAULT_SETTINGS).footprint() is None


def prior(apogee_m: float, dive_deg: float, steepness_ratio: float) -> float:
    shape = PathShape(apogee_m, math.radians(dive_deg), steepness_ratio)
    return lift_prior_probability(DEFAULT_SETTINGS, shape)


def test_lift_is_the_less_likely_the_higher_and_steeper_the_path() -> None:
    most, some = DEFAULT_SETTINGS.lift_flat_probability, DEFAULT_SETTINGS.lift_steep_probability
    low = [prior(apogee_m, 90.0, 0.1) for apogee_m in (2e4, 6.5e4, 9e4, 1.1e5, 1e6)]
    assert low[0] == low[1] == most > low[2] > low[3] == low[4] == 0.0
    shallow = [prior(2e5, dive_deg, 0.1) for dive_deg in (2.0, 7.0, 10.0, 13.0, 60.0)]
    assert shallow[0] == shallow[1] == most > shallow[2] > shallow[3] == shallow[4] == 0.0
    steep = [prior(4e4, 90.0, ratio) for ratio in (0.1, 0.2, 0.25, 0.28, 0.5)]
    assert steep[0] == steep[1] == most > steep[2] > steep[3] == steep[4] == some > 0.0


def test_a_body_that_does_not_use_the_lift_it_could_have_is_ballistic() -> None:
    def later(lift_unused_m_s2: float, *, is_manoeuvring: bool = False) -> float:
        return lift_probability(
            DEFAULT_SETTINGS,
            PathShape(apogee_m=45e3, dive_rad=1.0, steepness_ratio=0.12),
            lift_unused_m_s2=lift_unused_m_s2,
            is_manoeuvring=is_manoeuvring,
        )

    falling = [later(unused) for unused in (0.0, 3.0, 10.0, 30.0, 60.0)]
    assert falling == sorted(falling, reverse=True)
    assert falling[0] == DEFAULT_SETTINGS.lift_flat_probability and falling[-1] < 0.02
    assert later(60.0, is_manoeuvring=True) == DEFAULT_SETTINGS.lift_flat_probability


def test_air_lifts_what_falls_into_it() -> None:
    deep, high = state(20e3, 1_500.0, -40.0), state(60e3, 1_500.0, -40.0)
    assert lift_available_m_s2(deep, DEFAULT_SETTINGS) > 20.0
    assert lift_available_m_s2(high, DEFAULT_SETTINGS) < 1.0
    assert lift_available_m_s2(state(20e3, 1_500.0, 40.0), DEFAULT_SETTINGS) == 0.0


def test_the_ellipse_of_a_low_flight_shrinks_once_it_has_fallen_without_lift() -> None:
    seen = state(22e3, 1_300.0, -30.0)
    sizes_m = []
    for unused in (0.0, 80.0):
        known = Known(apogee_m=45e3, steepness_ratio=0.12, lift_unused_m_s2=unused)
        impact = predict_impact(seen, DEFAULT_SETTINGS, known).impact
        assert isinstance(impact, PlaceEstimate)
        sizes_m.append(impact.ellipse_p90.semi_major_m)
    assert sizes_m[1] < 0.1 * sizes_m[0]


def test_a_shallow_entry_from_above_the_air_may_be_a_gliders() -> None:
    glider = state(140e3, 5_000.0, 0.0)
    assert predict_impact(glider, DEFAULT_SETTINGS).impact == Unknown(MAY_GLIDE)
    assert landed(state(140e3, 5_000.0, 30.0)).ellipse_p90.semi_major_m < 50e3


def test_the_air_on_the_way_down_does_not_make_a_high_flight_a_low_one() -> None:
    slowed = state(14e3, 1_000.0, -25.0)
    forgotten = predict_impact(slowed, DEFAULT_SETTINGS)
    known = predict_impact(slowed, DEFAULT_SETTINGS, Known(apogee_m=300e3))
    assert known.apogee_m == 300e3

    def size_m(prediction: ImpactPrediction) -> float:
        assert isinstance(prediction.impact, PlaceEstimate)
        return prediction.impact.ellipse_p90.semi_major_m

    assert size_m(known) < 0.1 * size_m(forgotten)


def test_what_was_seen_to_manoeuvre_may_do_so_again_on_any_path() -> None:
    seen = state(40e3, 1_500.0, -40.0)
    falling = predict_impact(seen, DEFAULT_SETTINGS, Known(apogee_m=300e3)).impact
    pulling = predict_impact(
        seen, DEFAULT_SETTINGS, Known(apogee_m=300e3, is_manoeuvring=True)
    ).impact
    assert isinstance(falling, PlaceEstimate) and isinstance(pulling, PlaceEstimate)
    assert pulling.ellipse_p90.semi_major_m > 10.0 * falling.ellipse_p90.semi_major_m


def test_what_stays_in_orbit_has_no_impact() -> None:
    prediction = predict_impact(state(400e3, 7_400.0, 0.0), DEFAULT_SETTINGS)
    assert isinstance(prediction.impact, Unknown) and "orbit" in prediction.impact.reason
    assert prediction.footprint() is None and prediction.apogee_m is None


def test_too_little_knowledge_is_said_and_not_drawn() -> None:
    prediction = predict_impact(state(300e3, 6_500.0, 30.0, 60.0), DEFAULT_SETTINGS)
    assert isinstance(prediction.impact, Unknown)


def test_the_apogee_is_the_same_before_and_after_it() -> None:
    seen = state(200e3, 3_000.0, 60.0)
    prediction = predict_impact(seen, DEFAULT_SETTINGS)
    top = int(np.argmax(np.linalg.norm(prediction.path[:, 1:4], axis=1)))
    row = prediction.path[(top + len(prediction.path)) // 2]
    later = StateEstimate(START.later(float(row[0])), row[1:].copy(), seen.covariance.copy())
    after = predict_impact(later, DEFAULT_SETTINGS).apogee_m
    assert prediction.apogee_m is not None and after is not None
    # J2, which Kepler's orbit leaves out, moves the apogee by some kilometres.
    assert after == pytest.approx(prediction.apogee_m, abs=4e3)


def test_the_footprint_has_the_spread_that_the_ellipse_has() -> None:
    seen = state(200e3, 3_500.0, 45.0, 2.0)
    impact = landed(seen)
    footprint = predict_impact(seen, DEFAULT_SETTINGS).footprint()
    assert footprint is not None and footprint.samples == 64
    rows = np.arange(footprint.samples)
    last = footprint.count - 1
    north_m = (footprint.latitude_rad[rows, last] - impact.latitude_rad) * 6_371e3
    east_m = (footprint.longitude_rad[rows, last] - impact.longitude_rad) * 6_371e3
    east_m *= math.cos(impact.latitude_rad)
    ee, en, nn = impact.covariance_east_north_m2
    inverse = np.linalg.inv(np.array([[ee, en], [en, nn]]))
    distance2 = np.einsum("is,ij,js->s", [east_m, north_m], inverse, [east_m, north_m])
    assert 0.8 <= np.mean(distance2 < 4.605) <= 1.0
    assert 1.5 < distance2.mean() < 2.6
    time_s = footprint.time_s[rows, last]
    assert time_s.std() == pytest.approx(impact.time_sigma_s, rel=0.3)


def test_every_sample_ends_on_the_ground_and_repeats_its_end() -> None:
    footprint = predict_impact(state(200e3, 3_500.0, 45.0), DEFAULT_SETTINGS).footprint()
    assert footprint is not None
    for k, count in enumerate(footprint.count):
        assert abs(footprint.altitude_m[k, count - 1]) < 1.0
        assert np.all(footprint.altitude_m[k, count - 1 :] == footprint.altitude_m[k, count - 1])
        steps_s = np.diff(footprint.time_s[k, :count])
        assert np.all(steps_s > 0.0) and steps_s.max() <= 10.0


def test_the_same_state_has_the_same_footprint() -> None:
    seen = state(200e3, 3_500.0, 45.0)
    first, second = (predict_impact(seen, DEFAULT_SETTINGS).footprint() for _ in range(2))
    assert first is not None and second is not None
    np.testing.assert_array_equal(first.latitude_rad, second.latitude_rad)


def test_a_covariance_with_a_rounding_error_is_flown() -> None:
    seen = state(200e3, 3_500.0, 45.0)
    covariance = seen.covariance.copy()
    covariance[0, 1] = covariance[1, 0] = covariance[0, 0] * (1.0 + 1e-12)
    assert isinstance(
        predict_impact(StateEstimate(START, seen.mean.copy(), covariance), DEFAULT_SETTINGS).impact,
        PlaceEstimate,
    )


def test_an_impact_across_the_date_line_lies_where_the_path_ends() -> None:
    place = Geodetic.from_degrees(20.0, 178.0, 200e3)
    velocity = enu_from_ecef(place).T @ np.array([2_500.0, 0.0, 1_500.0])
    mean = np.concatenate([place.ecef_m(), velocity])
    seen = StateEstimate(START, mean, np.diag([100.0**2] * 3 + [3.0**2] * 3))
    impact = landed(seen)
    assert impact.longitude_rad < 0.0
    assert distance_m(place, impact.place) < 2_000e3
