"""Places, frames and sights: there and back again."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalfire.space import _kernels
from signalfire.space.geodesy import (
    Geodetic,
    azimuth_rad,
    destination,
    distance_m,
    enu_from_ecef,
    geodetic,
)
from signalfire.space.sight import Sight, sight, target_ecef_m

latitudes = st.floats(-89.9, 89.9)
longitudes = st.floats(-179.9, 179.9)
heights = st.floats(-5e3, 5e6)


@given(latitudes, longitudes, heights)
def test_a_place_comes_back_from_its_coordinates(lat: float, lon: float, height: float) -> None:
    place = Geodetic.from_degrees(lat, lon, height)
    again = geodetic(place.ecef_m())
    assert again.altitude_m == pytest.approx(height, abs=1e-6)
    np.testing.assert_allclose(again.ecef_m(), place.ecef_m(), atol=1e-6)


@pytest.mark.parametrize("lat", [-90.0, 90.0])
def test_the_poles_are_places_like_others(lat: float) -> None:
    place = Geodetic.from_degrees(lat, 0.0, 1234.0)
    assert geodetic(place.ecef_m()).altitude_m == pytest.approx(1234.0, abs=1e-6)
    assert _kernels.altitude_of(*place.ecef_m()) == pytest.approx(1234.0, abs=1e-3)


@given(latitudes, longitudes, heights)
def test_the_quick_height_is_the_height(lat: float, lon: float, height: float) -> None:
    ecef_m = Geodetic.from_degrees(lat, lon, height).ecef_m()
    assert _kernels.altitude_of(*ecef_m) == pytest.approx(height, abs=2e-3)


@given(latitudes, longitudes)
def test_local_axes_are_a_rotation_and_up_is_up(lat: float, lon: float) -> None:
    place = Geodetic.from_degrees(lat, lon)
    rotation = enu_from_ecef(place)
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-14)
    assert np.linalg.det(rotation) == pytest.approx(1.0)
    higher = Geodetic.from_degrees(lat, lon, 1000.0)
    rise = rotation @ (higher.ecef_m() - place.ecef_m())
    np.testing.assert_allclose(rise, [0.0, 0.0, 1000.0], atol=1e-6)


@given(latitudes, longitudes, st.floats(1e3, 4e6), st.floats(0.0, 6.28), st.floats(-0.3, 1.57))
def test_a_sight_leads_back_to_its_target(
    lat: float, lon: float, far: float, azimuth: float, elevation: float
) -> None:
    site = Geodetic.from_degrees(lat, lon, 100.0).ecef_m()
    target = target_ecef_m(site, Sight(far, azimuth, elevation))
    seen = sight(site, target)
    assert seen.range_m == pytest.approx(far)
    np.testing.assert_allclose(target_ecef_m(site, seen), target, atol=1e-5)


def test_north_is_zero_and_east_a_quarter_turn() -> None:
    site = Geodetic.from_degrees(36.0, 127.0)
    north = Geodetic.from_degrees(36.1, 127.0).ecef_m()
    east = Geodetic.from_degrees(36.0, 127.1).ecef_m()
    above = Geodetic.from_degrees(36.0, 127.0, 5e3).ecef_m()
    assert np.cos(sight(site.ecef_m(), north).azimuth_rad) == pytest.approx(1.0, abs=1e-6)
    assert sight(site.ecef_m(), east).azimuth_rad == pytest.approx(np.pi / 2, abs=1e-2)
    assert sight(site.ecef_m(), above).elevation_rad == pytest.approx(np.pi / 2, abs=1e-6)
    assert sight(site.ecef_m(), site.ecef_m()).range_m == 0.0


@given(latitudes, longitudes, st.floats(0.0, 6.28), st.floats(1e3, 1e7))
def test_a_geodesic_ends_where_it_says(lat: float, lon: float, azimuth: float, far: float) -> None:
    start = Geodetic.from_degrees(lat, lon)
    end = destination(start, azimuth_rad=azimuth, distance_m=far)
    assert distance_m(start, end) == pytest.approx(far, rel=1e-9)
    turned = (azimuth_rad(start, end) - azimuth + np.pi) % (2 * np.pi) - np.pi
    assert abs(turned) < 1e-6


@pytest.mark.parametrize("name", ["ecef_from_geodetic", "geodetic_from_ecef", "altitude_of"])
def test_the_compiled_space_kernel_is_the_written_one(name: str) -> None:
    kernel = getattr(_kernels, name)
    arguments = {
        "ecef_from_geodetic": (0.6, 2.2, 1e5),
        "geodetic_from_ecef": (-3.1e6, 4.2e6, 3.9e6),
        "altitude_of": (-3.1e6, 4.2e6, 3.9e6),
    }[name]
    np.testing.assert_allclose(kernel(*arguments), kernel.py_func(*arguments), rtol=1e-13)
