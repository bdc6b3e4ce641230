"""The flight of the README: 2017-09-14, over Hokkaido, as three nations see it."""

import math
from typing import Any

import pytest

from signalfire.basis.instant import Instant
from signalfire.basis.utc import instant_from_utc
from signalfire.cli.assemble import load_areas
from signalfire.sim import checkers
from signalfire.sim.score import score
from signalfire.space.geodesy import Geodetic, distance_m

NATIONS = ("JPN", "KOR", "USA")
CAPE_ERIMO = Geodetic.from_degrees(41.93, 143.24)
LIFT_OFF = instant_from_utc("2017-09-14T21:57:00Z")


def in_flight(lines: list[dict[str, Any]], view: str = "common") -> list[dict[str, Any]]:
    return [line for line in lines if line["view"] == view and line["phase"] != "ended"]


def arrival_over_hokkaido(flown: Any, table: Any) -> Instant:
    """When the true path first stands above Hokkaido."""
    rows = score([], [], [flown], table=table).rows
    assert rows == ()
    for t_s in range(0, int(flown.trajectory.end_t_s)):
        place = flown.trajectory.at([float(t_s)])[0]
        if above(table, "JP-01", place):
            return flown.lift_off.later(float(t_s))
    raise AssertionError("it never passes over Hokkaido")


def above(table: Any, area: str, position_ecef_m: Any) -> bool:
    import shapely

    from signalfire.space.geodesy import geodetic

    below = geodetic(position_ecef_m)
    [found] = [each for each in table.areas if each.area == area]
    return bool(shapely.contains_xy(found.shape, below.lon_deg, below.lat_deg))
