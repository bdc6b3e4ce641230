"""Where it comes down: the point, its ellipse, the samples, and when nothing is said."""

import math
from dataclasses import replace

import numpy as np
import pytest

from signalfire.assess.impact import likely_lift_ratio_sigma, predict_impact
from signalfire.assess.settings import DEFAULT_SETTINGS
from signalfire.basis.instant import Instant
from signalfire.picture.estimate import PlaceEstimate, StateEstimate, Unknown
from signalfire.space.geodesy import Geodetic, distance_m, enu_from_ecef

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
    np.testing.assert_allclose(prediction.path[-1, 1:4], impact.place.ecef_m(), atol=1.0)
    assert impact.time == START.later(float(prediction.path[-1, 0]))
    assert np.all(np.diff(prediction.path[:, 0]) > 0.0)


def test_the_ellipse_grows_with_the_covariance() -> None:
    small, large = landed(state(200e3, 3_000.0, 43.0)), landed(state(200e3, 3_000.0, 43.0, 5.0))
    assert large.ellipse_p90.semi_major_m > 3.0 * small.ellipse_p90.semi_major_m
    assert large.time_sigma_s > small.time_sigma_s


def test_a_perfectly_known_state_still_has_an_ellipse() -> None:
    seen = state(200e3, 3_000.0, 43.0, 1e-6)
    assert landed(seen).ellipse_p90.semi_minor_m > 10.0


def test_a_low_path_may_use_lift_and_its_ellipse_says_so() -> None:
    low = landed(state(30e3, 1_500.0, 15.0))
    no_lift = replace(DEFAULT_SETTINGS, lift_ratio_sigma=DEFAULT_SETTINGS.trim_ratio_sigma)
    stiff = predict_impact(state(30e3, 1_500.0, 15.0), no_lift).impact
    assert isinstance(stiff, PlaceEstimate)
    assert low.ellipse_p90.semi_major_m > 3.0 * stiff.ellipse_p90.semi_major_m


def test_lift_fades_between_low_and_high_paths() -> None:
    sigmas = [likely_lift_ratio_sigma(h, DEFAULT_SETTINGS) for h in (2e4, 6.5e4, 9e4, 1.1e5, 1e6)]
    assert sigmas[0] == sigmas[1] == DEFAULT_SETTINGS.lift_ratio_sigma
    assert sigmas[1] > sigmas[2] > sigmas[3]
    assert sigmas[3] == sigmas[4] == DEFAULT_SETTINGS.trim_ratio_sigma


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
        assert np.all(steps_s > 0.0) and steps_s.max() <= 6.0


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
