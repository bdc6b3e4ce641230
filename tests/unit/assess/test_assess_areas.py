"""Areas: every place is in the area that people would say it is in, and nothing else is."""

import csv
import json
import math
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import shape

from signalfire.assess import _area_kernels
from signalfire.assess.areas import BAND_RAD, AreaTable
from signalfire.basis.errors import BadInput
from signalfire.basis.identity import NationId
from signalfire.basis.instant import Instant
from signalfire.picture.footprint import Footprint

DATA = Path(__file__).resolve().parents[3] / "src" / "signalfire" / "data" / "areas"
OUTLINES = (DATA / "admin1.geojson").read_text(encoding="utf-8")
NAMES = (DATA / "areas.csv").read_text(encoding="utf-8")
TABLE = AreaTable.read(OUTLINES, NAMES)
SHAPES = [shape(feature["geometry"]) for feature in json.loads(OUTLINES)["features"]]

# Seats of government of the 47 prefectures in the order of their codes, as any atlas has them,
# rounded to 0.01 deg; written down without regard to the outlines that are tested.
PREFECTURAL_OFFICES = (
    (43.06, 141.35), (40.82, 140.74), (39.70, 141.15), (38.27, 140.87), (39.72, 140.10),
    (38.24, 140.36), (37.75, 140.47), (36.34, 140.45), (36.57, 139.88), (36.39, 139.06),
    (35.86, 139.65), (35.60, 140.12), (35.69, 139.69), (35.45, 139.64), (37.90, 139.02),
    (36.70, 137.21), (36.59, 136.63), (36.07, 136.22), (35.66, 138.57), (36.65, 138.18),
    (35.39, 136.72), (34.98, 138.38), (35.18, 136.91), (34.73, 136.51), (35.00, 135.87),
    (35.02, 135.76), (34.69, 135.52), (34.69, 135.18), (34.69, 135.83), (34.23, 135.17),
    (35.50, 134.24), (35.47, 133.05), (34.66, 133.93), (34.40, 132.46), (34.19, 131.47),
    (34.07, 134.56), (34.34, 134.04), (33.84, 132.77), (33.56, 133.53), (33.61, 130.42),
    (33.25, 130.30), (32.74, 129.87), (32.79, 130.74), (33.24, 131.61), (31.91, 131.42),
    (31.56, 130.56), (26.21, 127.68),
)  # fmt: skip

PLACES = {
    "Rishiri": (45.18, 141.24, "JP-01"),
    "Okushiri": (42.16, 139.45, "JP-01"),
    "Sado": (38.03, 138.37, "JP-15"),
    "Oki": (36.25, 133.30, "JP-32"),
    "Tsushima": (34.40, 129.30, "JP-42"),
    "Iki": (33.78, 129.72, "JP-42"),
    "Amami": (28.35, 129.50, "JP-46"),
    "Yakushima": (30.35, 130.50, "JP-46"),
    "Ishigaki": (24.40, 124.18, "JP-47"),
    "Yonaguni": (24.46, 122.99, "JP-47"),
    "Minamidaito": (25.84, 131.24, "JP-47"),
    "Chichijima": (27.07, 142.21, "JP-13"),
    "Hachijo": (33.11, 139.79, "JP-13"),
    "Minamitorishima": (24.287, 153.98, "JP-13"),
    "Seoul": (37.567, 126.978, "KR-11"),
    "Busan": (35.18, 129.075, "KR-26"),
    "Daegu": (35.871, 128.601, "KR-27"),
    "Incheon": (37.456, 126.705, "KR-28"),
    "Baengnyeong": (37.97, 124.65, "KR-28"),
    "Yeonpyeong": (37.66, 125.70, "KR-28"),
    "Gwangju": (35.16, 126.852, "KR-29"),
    "Daejeon": (36.35, 127.385, "KR-30"),
    "Ulsan": (35.539, 129.311, "KR-31"),
    "Suwon": (37.263, 127.029, "KR-41"),
    "Chuncheon": (37.881, 127.73, "KR-42"),
    "Cheongju": (36.642, 127.489, "KR-43"),
    "Hongseong": (36.60, 126.66, "KR-44"),
    "Jeonju": (35.824, 127.148, "KR-45"),
    "Mokpo": (34.812, 126.392, "KR-46"),
    "Andong": (36.568, 128.73, "KR-47"),
    "Ulleung": (37.50, 130.87, "KR-47"),
    "Changwon": (35.228, 128.681, "KR-48"),
    "Jeju": (33.50, 126.531, "KR-49"),
    "Sejong": (36.48, 127.289, "KR-50"),
    "Pyongyang": (39.02, 125.75, "KP-01"),
    "Kumgangsan": (38.66, 128.10, "KP-07"),
    "Wonsan": (39.15, 127.44, "KP-07"),
    "Sinuiju": (40.10, 124.40, "KP-03"),
    "Chongjin": (41.80, 129.77, "KP-09"),
}
NOWHERE = {
    "Sea of Japan": (40.0, 134.0),
    "Tsugaru Strait": (41.40, 140.55),
    "Pacific": (38.0, 150.0),
    "Yellow Sea": (36.0, 123.0),
    "Vladivostok": (43.12, 131.89),
    "south pole": (-90.0, 0.0),
}


def code_at(lat_deg: float, lon_deg: float) -> str | None:
    index = int(TABLE.locate(np.radians(lat_deg), np.radians(lon_deg)))
    return None if index < 0 else TABLE.areas[index].area


@pytest.mark.parametrize("number", range(1, 48))
def test_each_prefectural_office_is_in_its_prefecture(number: int) -> None:
    assert code_at(*PREFECTURAL_OFFICES[number - 1]) == f"JP-{number:02d}"


@pytest.mark.parametrize("place", PLACES)
def test_a_city_or_island_is_where_people_say_it_is(place: str) -> None:
    lat_deg, lon_deg, code = PLACES[place]
    assert code_at(lat_deg, lon_deg) == code


@pytest.mark.parametrize("place", NOWHERE)
def test_the_sea_and_other_countries_are_no_area(place: str) -> None:
    assert code_at(*NOWHERE[place]) is None


def test_the_codes_are_those_of_iso_3166_2() -> None:
    # Source: ISO 3166-2:JP (47 prefectures) and ISO 3166-2:KR (17 cities and provinces).
    japan = [area.area for area in TABLE.areas_of(NationId("JPN"))]
    korea = [area.area for area in TABLE.areas_of(NationId("KOR"))]
    assert japan == [f"JP-{number:02d}" for number in range(1, 48)]
    assert korea == [f"KR-{n}" for n in (11, *range(26, 32), *range(41, 51))]
    assert TABLE.areas_of(NationId("USA")) == ()


def test_no_two_areas_of_a_nation_share_a_name() -> None:
    for language in ("ja", "ko", "en"):
        named = Counter((area.nation, getattr(area.name, language)) for area in TABLE.areas)
        assert max(named.values()) == 1


def test_the_packaged_outlines_are_valid_and_do_not_overlap() -> None:
    assert all(outline.is_valid for outline in SHAPES)
    tree = shapely.STRtree(SHAPES)
    for first, second in zip(*tree.query(SHAPES, predicate="intersects"), strict=True):
        if first < second:
            # Along a common border rounding leaves slivers of at most a hectare or so.
            assert SHAPES[first].intersection(SHAPES[second]).area < 1e-6


def test_random_points_are_where_an_independent_library_has_them() -> None:
    draw = np.random.default_rng(20170914)
    lat_deg, lon_deg = draw.uniform(24.0, 46.0, 40_000), draw.uniform(122.0, 146.0, 40_000)
    pairs = shapely.STRtree(SHAPES).query(shapely.points(lon_deg, lat_deg), predicate="within")
    expected = np.full(lat_deg.shape, -1)
    expected[pairs[0][::-1]] = pairs[1][::-1]
    found = TABLE.locate(np.radians(lat_deg), np.radians(lon_deg))
    np.testing.assert_array_equal(found, expected)


def test_not_even_the_smallest_island_vanishes() -> None:
    for index, outline in enumerate(SHAPES):
        points = [part.representative_point() for part in outline.geoms]
        lat_deg, lon_deg = (np.array([getattr(point, axis) for point in points]) for axis in "yx")
        found = TABLE.locate(np.radians(lat_deg), np.radians(lon_deg))
        assert set(found.tolist()) == {index}


def test_what_is_no_number_is_nowhere() -> None:
    odd = np.array([np.nan, np.inf, -np.inf, 0.6])
    assert TABLE.locate(odd, np.array([2.4, 2.4, 2.4, np.nan])).tolist() == [-1, -1, -1, -1]


def square(code: str, west: float, south: float, size: float = 1.0) -> dict[str, object]:
    ring = [[west, south], [west + size, south], [west + size, south + size], [west, south + size]]
    geometry = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    return {"type": "Feature", "properties": {"code": code}, "geometry": geometry}


def text_of(*features: dict[str, object]) -> str:
    return json.dumps({"type": "FeatureCollection", "features": list(features)})


HEADER = "code,nation,name_ja,name_ko,name_en,lat_deg,lon_deg\n"
ROW_A = "X-1,JPN,甲,갑,Alpha,0.5,0.5\n"
ROW_B = "X-2,KOR,乙,을,Bravo,0.5,1.5\n"
PAIR = text_of(square("X-1", 0.0, 0.0), square("X-2", 1.0, 0.0))


@given(north=st.floats(0.0, 1.0, exclude_max=True))
def test_a_point_on_a_common_border_is_in_exactly_one_area(north: float) -> None:
    table = AreaTable.read(PAIR, HEADER + ROW_A + ROW_B)
    assert int(table.locate(np.radians(north), np.radians(1.0))) == 1


def test_an_outline_may_be_given_as_one_polygon_or_open_rings() -> None:
    feature = square("X-1", 0.0, 0.0)
    feature["geometry"]["coordinates"][0].pop()  # type: ignore[index]
    table = AreaTable.read(text_of(feature), HEADER + ROW_A)
    assert int(table.locate(np.radians(0.2), np.radians(0.9))) == 0
    assert int(table.locate(np.radians(0.2), np.radians(1.1))) == -1


@pytest.mark.parametrize(
    ("outlines", "names", "complaint"),
    [
        ("not json", HEADER + ROW_A, "not GeoJSON"),
        ("[" * 5_000, HEADER + ROW_A, "not GeoJSON"),
        ('{"features":[{"geometry":null}]}', HEADER + ROW_A, r"properties\.code"),
        (PAIR, HEADER + ROW_A, "'X-2' is not in the table"),
        (text_of(square("X-1", 0.0, 0.0)), HEADER + ROW_A + ROW_B, "X-2 has none"),
        (PAIR, HEADER + ROW_A + ROW_A, "line 3: X-1: give each area once"),
        (PAIR, HEADER + ROW_A.replace("갑", ""), "a name in ja, ko and en"),
        (PAIR, HEADER + ROW_A.replace("JPN", "Japan"), "line 2: not a nation"),
        (PAIR, HEADER + ROW_A.replace("0.5", "north"), "line 2: could not convert"),
        (PAIR, "code,nation\n", "no column name_ja"),
        (
            PAIR,
            HEADER + ROW_A + ROW_B.replace("1.5", "2.5"),
            "X-2: its point",
        ),
        (text_of(square("X-1", 170.0, 0.0, 20.0)), HEADER + ROW_A, "X-1: give a Polygon"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_and_the_cure_named(
    outlines: str, names: str, complaint: str
) -> None:
    with pytest.raises(BadInput, match=complaint):
        AreaTable.read(outlines, names)


def test_a_ring_of_three_points_is_refused() -> None:
    feature = square("X-1", 0.0, 0.0)
    feature["geometry"]["coordinates"] = [[[0, 0], [1, 1], [0, 0]]]  # type: ignore[index]
    with pytest.raises(BadInput, match="at least four"):
        AreaTable.read(text_of(feature), HEADER + ROW_A)


def test_the_packaged_table_says_where_each_outline_came_from() -> None:
    rows = list(csv.DictReader(NAMES.splitlines()))
    assert len(rows) == len(TABLE.areas) == 74
    assert all(row["source_name"] for row in rows)


def test_the_compiled_kernels_are_the_written_ones() -> None:
    draw = np.random.default_rng(5)
    o = TABLE.outlines
    outlines = (o.south_rad, BAND_RAD, o.bands, o.groups, o.group_area, o.group_extent_rad)
    lat, lon = np.radians(draw.uniform(33, 39, 60)), np.radians(draw.uniform(125, 133, 60))
    found = [np.empty(60, dtype=np.int64) for _ in range(2)]
    _area_kernels.locate(lon, lat, *outlines, o.edges_rad, found[0])
    _area_kernels.locate.py_func(lon, lat, *outlines, o.edges_rad, found[1])  # type: ignore[attr-defined]
    np.testing.assert_array_equal(*found)
    assert (found[0] >= 0).any() and (found[0] < 0).any()
    x = np.linspace(0.0, 1.0, 12) * math.radians(9.0) + math.radians(125.0)
    y = np.radians(np.linspace(36.5, 38.2, 12))
    time, count = np.arange(12.0)[None, :], np.array([12])
    written = _area_kernels.overfly.py_func  # type: ignore[attr-defined]
    times = []
    for overfly in (_area_kernels.overfly, written):
        first, last = (
            np.full((1, len(TABLE.areas)), np.inf),
            np.full((1, len(TABLE.areas)), -np.inf),
        )
        overfly(x[None, :], y[None, :], time, count, *outlines, o.edges_rad, first, last)
        times.append((first, last))
    np.testing.assert_array_equal(*times)
    assert np.isfinite(times[0][0]).sum() >= 3


@given(seed=st.integers(0, 2**32 - 1))
def test_a_flight_is_over_the_areas_that_an_independent_library_finds(seed: int) -> None:
    draw = np.random.default_rng(seed)
    lon_deg = np.sort(draw.uniform(124.0, 146.0, 3)) + np.array([0.0, 1e-3, 2e-3])
    lat_deg = draw.uniform(26.0, 45.0, 3)
    footprint = Footprint(
        Instant(0),
        lon_deg[None, :].copy(),
        np.radians(lat_deg)[None, :],
        np.radians(lon_deg)[None, :],
        np.zeros((1, 3)),
        np.array([3]),
    )
    first_s, last_s = TABLE.overflown_s(footprint)
    track = shapely.LineString(np.column_stack([lon_deg, lat_deg]))
    for index, outline in enumerate(SHAPES):
        over = track.intersection(outline)
        if over.is_empty:
            assert not np.isfinite(first_s[0, index])
        else:
            # Time runs with longitude here, so the extent of the part above is the window.
            window = (first_s[0, index], last_s[0, index])
            assert window == pytest.approx((over.bounds[0], over.bounds[2]), abs=1e-6)
