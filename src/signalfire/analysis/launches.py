"""Launches that might be: places, bearings and kinds of flight, and the true path of each."""

import csv
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from signalfire.basis.errors import BadInput
from signalfire.basis.instant import Instant
from signalfire.sim.flight import fly
from signalfire.sim.record import Flight
from signalfire.sim.trajectory import Trajectory
from signalfire.space.geodesy import Geodetic, distance_m

AREA_RADIUS_M = 60_000.0
"""Documented launch sites this near to a more used one are one launch area: an hour's drive."""
SITES_MAX = 200


@dataclass(frozen=True, slots=True)
class LaunchArea:
    """A place that missiles are launched from."""

    name: str
    place: Geodetic


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of flight. The class gives the burn time; burn-out follows from the flight."""

    name: str
    missile_class: str
    range_m: float
    apogee_m: float


KINDS = (
    Kind("SRBM 300 km", "SRBM", 300e3, 85e3),
    Kind("SRBM 600 km", "SRBM", 600e3, 150e3),
    Kind("SRBM 600 km low", "SRBM", 600e3, 95e3),
    Kind("MRBM 1,200 km", "MRBM", 1_200e3, 300e3),
    Kind("MRBM 1,200 km low", "MRBM", 1_200e3, 190e3),
    Kind("IRBM 3,700 km", "IRBM", 3_700e3, 770e3),
    Kind("IRBM lofted", "IRBM", 800e3, 2_100e3),
    Kind("ICBM lofted", "ICBM", 1_000e3, 4_500e3),
)
"""Apogees: a fourth of the range is the flattest way of least energy on a flat Earth; low ones lie
just above what lift alone explains (``sim.record.MANOEUVRE_RATIO``). IRBM and lofted: rounded from
flights of the packaged record (2017-09-14, 2017-05-14, 2017-11-28)."""


@dataclass(frozen=True, slots=True)
class Launch:
    """One launch that might be."""

    area: LaunchArea
    kind: Kind
    azimuth_rad: float

    def fly(self) -> Trajectory:
        """The true path, by the simulator's own model.

        Raises BadInput when no flight of that class has the kind's range and apogee from there.
        """
        return fly(_flight(self))


def areas_of_the_record(flights: Iterable[Flight]) -> tuple[LaunchArea, ...]:
    """The places that documented flights came from, near ones as one, from west to east.

    The most used site gives an area its name and place; what lies within ``AREA_RADIUS_M`` of it
    belongs to it.
    """
    used = Counter((flight.site, flight.launch) for flight in flights)
    areas: list[LaunchArea] = []
    for (name, place), _ in sorted(used.items(), key=lambda item: (-item[1], item[0][0])):
        if all(distance_m(place, area.place) > AREA_RADIUS_M for area in areas):
            areas.append(LaunchArea(name, place))
    return tuple(sorted(areas, key=lambda area: area.place.longitude_rad))


def read_sites(csv_text: str) -> tuple[LaunchArea, ...]:
    """Launch areas of a table with the columns ``name``, ``lat_deg`` and ``lon_deg``.

    Raises BadInput, naming the row, when it cannot be used.
    """
    areas: list[LaunchArea] = []
    for number, row in enumerate(csv.DictReader(csv_text.splitlines()), start=2):
        try:
            latitude, longitude = float(row["lat_deg"]), float(row["lon_deg"])
            name = row["name"].strip()
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BadInput(
                f"row {number}: needs name, lat_deg and lon_deg, both numbers; correct it"
            ) from error
        if not (abs(latitude) <= 90.0 and abs(longitude) <= 360.0 and name):
            raise BadInput(f"row {number}: no name, or no place on Earth; correct it")
        areas.append(LaunchArea(name, Geodetic.from_degrees(latitude, longitude)))
    if not areas or len(areas) > SITES_MAX:
        raise BadInput(f"{len(areas)} sites; give 1 to {SITES_MAX}, one a row below the header")
    if len({area.name for area in areas}) < len(areas):
        raise BadInput("two sites have one name; give each its own")
    return tuple(areas)


def launches(
    areas: Sequence[LaunchArea], azimuths_rad: Sequence[float], kinds: Sequence[Kind] = KINDS
) -> Iterator[Launch]:
    """Every kind of flight from every area in every direction."""
    for area in areas:
        for kind in kinds:
            for azimuth_rad in azimuths_rad:
                yield Launch(area, kind, azimuth_rad)


def _flight(launch: Launch) -> Flight:
    """The launch as an entry of a record, which is what the simulator flies."""
    kind = launch.kind
    return Flight(
        flight=f"{kind.name} from {launch.area.name}, {math.degrees(launch.azimuth_rad):.0f} deg",
        record_id="",
        date_text="",
        lift_off=Instant(0),
        time_is_published=False,
        missile=kind.name,
        missile_class=kind.missile_class,
        manoeuvre="",
        site=launch.area.name,
        launch=launch.area.place,
        apogee_m=kind.apogee_m,
        range_m=kind.range_m,
        azimuth_rad=launch.azimuth_rad,
        azimuth_is_published=True,
        flight_time_s=None,
        landing="",
        outcome="",
        source="",
        licence="",
    )
