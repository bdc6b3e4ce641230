"""Areas of a country, and which of them a missile threatens.

An area is warned as a whole: the unit is the first administrative level (ISO 3166-2), as in the
public warning systems of both countries that this was written for.
"""

import csv
import io
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from signalfire.assess import _area_kernels
from signalfire.basis.errors import BadInput, Malformed
from signalfire.basis.identity import AreaId, NationId, nation_id
from signalfire.basis.instant import Instant
from signalfire.basis.kernel import Floats, Integers
from signalfire.picture.footprint import Footprint
from signalfire.picture.warning import Texts
from signalfire.space.geodesy import Geodetic

BAND_RAD = math.radians(0.05)
"""Height of the bands of latitude by which edges are sorted: about one edge in two spans two."""
COLUMNS = ("code", "nation", "name_ja", "name_ko", "name_en", "lat_deg", "lon_deg")
"""What the table of areas must have; further columns are for people."""


@dataclass(frozen=True, slots=True)
class Area:
    """One area: its code, whose it is, its names, and a point that lies inside it."""

    area: AreaId
    nation: NationId
    name: Texts
    inside: Geodetic


@dataclass(frozen=True)
class Outlines:
    """The edges of all areas, sorted for the kernels (see ``_area_kernels``); radians."""

    south_rad: float
    bands: Integers
    groups: Integers
    group_area: Integers
    group_extent_rad: Floats
    edges_rad: Floats


@dataclass(frozen=True)
class AreaTable:
    """All areas that this installation knows, of every nation.

    Outlines are taken as straight in longitude and latitude between their points, and are then
    exact: a point on a border that two areas share lies in one of them only, an island counts
    however small. Where outlines overlap, the area earlier in the table has the ground.
    """

    areas: tuple[Area, ...]
    outlines: Outlines

    @classmethod
    def read(cls, geojson_text: str | bytes, table_text: str) -> "AreaTable":
        """Read outlines (GeoJSON, RFC 7946, property ``code``) and the table of names (CSV).

        Raises BadInput, naming area and cure, when either cannot be read, when an area has no
        outline or an outline no area, or when the point given for an area lies outside it.
        """
        areas = _read_areas(table_text)
        rings = _read_rings(geojson_text, [area.area for area in areas])
        table = cls(areas, _sort_edges(rings))
        inside = table.locate(
            np.array([area.inside.latitude_rad for area in areas]),
            np.array([area.inside.longitude_rad for area in areas]),
        )
        for index, (area, found) in enumerate(zip(areas, inside, strict=True)):
            if found != index:
                raise BadInput(
                    f"area {area.area}: its point lies outside its outline: correct lat_deg, "
                    "lon_deg or the outline"
                )
        return table

    def locate(self, latitude_rad: Floats, longitude_rad: Floats) -> Integers:
        """The index in ``areas`` of the area that holds each point, -1 for none; any shape.

        Longitudes in [-pi, pi].
        """
        latitude_rad, longitude_rad = np.broadcast_arrays(latitude_rad, longitude_rad)
        found = np.empty(latitude_rad.size, dtype=np.int64)
        o = self.outlines
        _area_kernels.locate(
            np.ascontiguousarray(longitude_rad, dtype=np.float64).reshape(-1),
            np.ascontiguousarray(latitude_rad, dtype=np.float64).reshape(-1),
            o.south_rad, BAND_RAD, o.bands, o.groups, o.group_area, o.group_extent_rad,
            o.edges_rad, found,
        )  # fmt: skip
        return found.reshape(latitude_rad.shape)

    def overflown_s(self, footprint: Footprint) -> tuple[Floats, Floats]:
        """When each sample flight is first and last above each area: seconds after the start.

        Two arrays, flights by areas; inf and -inf where a flight touches an area nowhere. The
        ground track is straight in longitude and latitude between samples: over 30 km at latitude
        45 deg that is within 20 m of the geodesic.
        """
        shape = (footprint.samples, len(self.areas))
        first_s, last_s = np.full(shape, np.inf), np.full(shape, -np.inf)
        o = self.outlines
        _area_kernels.overfly(
            np.ascontiguousarray(footprint.longitude_rad),
            np.ascontiguousarray(footprint.latitude_rad),
            np.ascontiguousarray(footprint.time_s),
            np.ascontiguousarray(footprint.count),
            o.south_rad, BAND_RAD, o.bands, o.groups, o.group_area, o.group_extent_rad,
            o.edges_rad, first_s, last_s,
        )  # fmt: skip
        return first_s, last_s

    def areas_of(self, nation: NationId) -> tuple[Area, ...]:
        """The areas of one nation, in the order of the table."""
        return tuple(area for area in self.areas if area.nation == nation)


@dataclass(frozen=True, slots=True)
class AreaThreat:
    """What one missile may do to one area, counted over the ``samples`` flights of a footprint.

    ``hit_probability``: it comes down inside; ``affected_probability``: it comes down inside or
    flies over. Both are the mean of the Jeffreys posterior, (k + 1/2)/(S + 1) for k of S flights
    (Brown, Cai and DasGupta 2001, Statistical Science 16, 101-133), so never 0 nor 1: S flights
    resolve no more than 1/S. Bit s of ``touched_by`` says that flight s is one of the k.
    ``window`` holds the middle 90 % of the times over the area: its end is the upper 95 % time.
    """

    area: AreaId
    name: Texts
    hit_probability: float
    affected_probability: float
    window: tuple[Instant, Instant]
    touched_by: int
    samples: int
    is_debris: bool = False
    """What comes down is a part that came off, not the missile."""


def _read_areas(table_text: str) -> tuple[Area, ...]:
    """The rows of the table."""
    reader = csv.DictReader(io.StringIO(table_text, newline=""))
    missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
    if missing:
        raise BadInput(f"table of areas: no column {missing[0]}: give {', '.join(COLUMNS)}")
    areas: dict[str, Area] = {}
    for row in reader:
        try:
            code = row["code"]
            place = Geodetic.from_degrees(float(row["lat_deg"]), float(row["lon_deg"]))
            nation = nation_id(row["nation"])
        except (Malformed, TypeError, ValueError) as error:
            raise BadInput(f"table of areas, line {reader.line_num}: {error}") from error
        names = Texts(row["name_ja"] or "", row["name_ko"] or "", row["name_en"] or "")
        if not (code and names.ja and names.ko and names.en) or code in areas:
            raise BadInput(
                f"table of areas, line {reader.line_num}: {code or 'no code'}: "
                "give each area once, with its code and a name in ja, ko and en"
            )
        areas[code] = Area(AreaId(code), nation, names, place)
    return tuple(areas.values())


def _read_rings(geojson_text: str | bytes, codes: Sequence[str]) -> list[list[Floats]]:
    """The rings of each area in the order of ``codes``: arrays (N, 2) of longitude, latitude."""
    try:
        features = json.loads(geojson_text)["features"]
        named = [(feature["properties"]["code"], feature["geometry"]) for feature in features]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadInput(
            "outlines of areas: not GeoJSON with features that have properties.code"
        ) from error
    rings: dict[str, list[Floats]] = {code: [] for code in codes}
    for code, geometry in named:
        if code not in rings:
            raise BadInput(f"outlines of areas: {code!r} is not in the table: add it there")
        rings[code] += _rings_of(code, geometry)
    for code, found in rings.items():
        if not found:
            raise BadInput(f"outlines of areas: {code} has none: add its polygon")
    return [rings[code] for code in codes]


def _rings_of(code: str, geometry: object) -> Iterator[Floats]:
    try:
        if not isinstance(geometry, dict):
            raise TypeError
        is_single = {"Polygon": True, "MultiPolygon": False}[geometry["type"]]
        coordinates = geometry["coordinates"]
        for polygon in [coordinates] if is_single else coordinates:
            for ring in polygon:
                points = np.radians(np.array(ring, dtype=np.float64)[:, :2])
                if len(points) < 4 or not bool((np.abs(points) <= (np.pi, 0.5 * np.pi)).all()):
                    raise ValueError
                yield points
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise BadInput(
            f"outlines of areas: {code}: give a Polygon or MultiPolygon, rings of at least four "
            "points in degrees, longitude first"
        ) from error


def _sort_edges(rings: list[list[Floats]]) -> Outlines:
    """Sort every edge into the bands of latitude that it touches, and there by area."""
    edges_rad, areas = [], []
    for index, of_area in enumerate(rings):
        for ring in of_area:
            closed = ring if np.array_equal(ring[0], ring[-1]) else np.vstack([ring, ring[:1]])
            edges_rad.append(np.hstack([closed[:-1], closed[1:]]))
            areas.append(np.full(len(closed) - 1, index))
    edge_rad, area = np.vstack(edges_rad), np.concatenate(areas)
    low_rad = np.minimum(edge_rad[:, 1], edge_rad[:, 3])
    high_rad = np.maximum(edge_rad[:, 1], edge_rad[:, 3])
    south_rad = float(low_rad.min()) - 0.5 * BAND_RAD
    first = ((low_rad - south_rad) / BAND_RAD).astype(np.int64)
    spans = ((high_rad - south_rad) / BAND_RAD).astype(np.int64) - first + 1
    copy = np.repeat(np.arange(len(edge_rad)), spans)
    band = first[copy] + np.arange(len(copy)) - np.repeat(np.cumsum(spans) - spans, spans)
    order = np.lexsort((area[copy], band))
    copy, band = copy[order], band[order]
    begins = np.flatnonzero(np.diff(band * len(rings) + area[copy], prepend=-1))
    return Outlines(
        south_rad,
        np.searchsorted(band[begins], np.arange(int(band[-1]) + 2)).astype(np.int64),
        np.append(begins, len(copy)).astype(np.int64),
        area[copy][begins].astype(np.int64),
        np.column_stack(
            [
                np.minimum.reduceat(np.minimum(edge_rad[copy, 0], edge_rad[copy, 2]), begins),
                np.maximum.reduceat(np.maximum(edge_rad[copy, 0], edge_rad[copy, 2]), begins),
            ]
        ),
        np.ascontiguousarray(edge_rad[copy]),
    )
