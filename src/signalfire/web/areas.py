"""The outlines of the areas that a warning may name, made small enough for a screen."""

from functools import lru_cache
from importlib.resources import files
from typing import Any

import msgspec
import shapely
from shapely.geometry import mapping, shape

SIMPLIFIED_DEG = 0.01
"""Outlines may move by about one kilometre: less than a pixel at the scales of the page."""
_EMPTY: dict[str, Any] = {"type": "FeatureCollection", "features": []}


@lru_cache(maxsize=1)
def areas_json() -> bytes:
    """The packaged areas as GeoJSON bytes; without any when the package has none."""
    source = files("signalfire") / "data" / "areas" / "admin1.geojson"
    if not source.is_file():
        return msgspec.json.encode(_EMPTY)
    collection = msgspec.json.decode(source.read_bytes())
    features = [small for feature in collection["features"] if (small := _small(feature))]
    return msgspec.json.encode({"type": "FeatureCollection", "features": features})


def _small(feature: dict[str, Any]) -> dict[str, Any] | None:
    area = feature.get("id") or feature["properties"].get("id")
    outline = shape(feature["geometry"]).simplify(SIMPLIFIED_DEG)
    outline = shapely.set_precision(outline, 1e-4)
    if area is None or outline.is_empty:
        return None
    names = feature["properties"].get("name")
    return {
        "type": "Feature",
        "id": area,
        "properties": {"name": names},
        "geometry": mapping(shapely.normalize(outline)),
    }
