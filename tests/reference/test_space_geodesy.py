"""Coordinates and geodesics against published numbers."""

import numpy as np
import pytest

from signalfire.space import geodesy
from signalfire.space.geodesy import Geodetic, geodetic


def degrees(whole: float, minutes: float, seconds: float) -> float:
    """Degrees of an angle written in degrees, minutes and seconds; the sign of ``whole`` counts."""
    return float(np.copysign(abs(whole) + minutes / 60.0 + seconds / 3600.0, whole))


# IOGP Publication 373-7-2 (EPSG guidance note 7-2), geographic/geocentric conversions, method 9602:
# 53d48'33.820"N 2d07'46.380"E 73.0 m.
EPSG_GEODETIC = (degrees(53, 48, 33.820), degrees(2, 7, 46.380), 73.0)
EPSG_ECEF_M = (3771793.968, 140253.342, 5124304.349)


def test_geodetic_to_geocentric_as_in_the_guidance_note() -> None:
    place = Geodetic.from_degrees(*EPSG_GEODETIC)
    np.testing.assert_allclose(place.ecef_m(), EPSG_ECEF_M, atol=2e-3)


def test_geocentric_to_geodetic_as_in_the_guidance_note() -> None:
    place = geodetic(np.array(EPSG_ECEF_M))
    np.testing.assert_allclose([place.lat_deg, place.lon_deg], EPSG_GEODETIC[:2], atol=2e-8)
    assert place.altitude_m == pytest.approx(73.0, abs=2e-3)


def test_wellington_to_salamanca_as_geographiclib_documents_it() -> None:
    # GeographicLib documentation, examples of the inverse problem: 19959679.267 m.
    start, end = Geodetic.from_degrees(-41.32, 174.81), Geodetic.from_degrees(40.96, -5.50)
    assert geodesy.distance_m(start, end) == pytest.approx(19959679.267, abs=1e-3)


def test_twenty_thousand_kilometres_from_perth_as_geographiclib_documents_it() -> None:
    # GeographicLib documentation, examples of the direct problem: 32.11195529, -63.95925278.
    end = geodesy.destination(
        Geodetic.from_degrees(-32.06, 115.74), azimuth_rad=np.radians(225.0), distance_m=20_000e3
    )
    np.testing.assert_allclose([end.lat_deg, end.lon_deg], [32.11195529, -63.95925278], atol=6e-9)


def test_flinders_peak_to_buninyong_as_in_the_geodetic_datum_of_australia() -> None:
    # GDA technical manual, worked example of Vincenty's formulae: 54972.271 m, 306d52'05.37". Its
    # ellipsoid (GRS 80) differs from WGS 84 by 0.1 mm in the polar axis.
    flinders = Geodetic.from_degrees(degrees(-37, 57, 3.72030), degrees(144, 25, 29.52440))
    buninyong = Geodetic.from_degrees(degrees(-37, 39, 10.15610), degrees(143, 55, 35.38390))
    assert geodesy.distance_m(flinders, buninyong) == pytest.approx(54972.271, abs=1e-3)
    azimuth_deg = np.degrees(geodesy.azimuth_rad(flinders, buninyong))
    assert azimuth_deg == pytest.approx(degrees(306, 52, 5.37), abs=2e-6)
