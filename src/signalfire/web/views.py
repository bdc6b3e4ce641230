"""From the lines of the contract to what a screen draws. Pure: lines in, plain objects out.

A screen is told only what the node says. The one thing reckoned here is how a state goes on in
free flight (the arc ahead, at true altitude), and it is drawn only where it ends at the impact that
the node itself predicts.

Points of a path are ``[lon_deg, lat_deg, altitude_m, utc_s]`` (``utc_s`` = POSIX seconds), points
of a ring ``[lon_deg, lat_deg]``. Rings run by rising azimuth (clockwise seen from above).
"""

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np
from pyproj import Geod

from signalfire.basis.kernel import Floats
from signalfire.motion.free_flight import DRAG_NOMINAL_M2_KG, descend
from signalfire.picture.estimate import Unknown
from signalfire.space.geodesy import geodetic

Line = Mapping[str, Any]
Drawn = dict[str, Any]

RING_POINTS = 72
ARC_POINTS_MAX = 96
RING_RADIUS_MAX_M = 9.0e6
"""A ring is drawn up to about a quarter of the Earth's girth; the words give the true size."""
ARC_MISS_MAX_M = 100_000.0
"""An arc that ends further than this, and than twice the ellipse, from the impact is not drawn."""
_WGS84 = Geod(ellps="WGS84")


def utc_s(text: str) -> float:
    """POSIX seconds of an ISO 8601 UTC text of the contract."""
    return datetime.fromisoformat(text).timestamp()


def point(position_ecef_m: Floats, *, at_utc_s: float) -> list[float]:
    """One point of a path, rounded to about ten metres and a tenth of a second."""
    place = geodetic(position_ecef_m)
    return [
        round(place.lon_deg, 4),
        round(place.lat_deg, 4),
        round(place.altitude_m),
        round(at_utc_s, 1),
    ]


def ring(place: Line) -> list[list[float]]:
    """The closed 90 % ellipse of a launch or impact as a ring of geodesics from its centre.

    The distance at angle t from the major axis is a b / sqrt((b cos t)^2 + (a sin t)^2).
    """
    ellipse = place["ellipse_p90"]
    major_m = min(max(float(ellipse["semi_major_m"]), 1.0), RING_RADIUS_MAX_M)
    minor_m = min(max(float(ellipse["semi_minor_m"]), 1.0), RING_RADIUS_MAX_M)
    azimuth_deg = np.linspace(0.0, 360.0, RING_POINTS, endpoint=False)
    angle_rad = np.radians(azimuth_deg - float(ellipse["azimuth_deg"]))
    reach_m = major_m * minor_m / np.hypot(minor_m * np.cos(angle_rad), major_m * np.sin(angle_rad))
    centre = np.ones(RING_POINTS)
    lon_deg, lat_deg, _ = _WGS84.fwd(
        float(place["lon_deg"]) * centre,
        float(place["lat_deg"]) * centre,
        azimuth_deg,
        reach_m,
    )
    corners = [
        [round(float(lon), 5), round(float(lat), 5)]
        for lon, lat in zip(lon_deg, lat_deg, strict=True)
    ]
    return [*corners, corners[0]]


def arc_ahead(state: Line) -> list[list[float]]:
    """The free flight from a state to the ellipsoid, thinned; empty when it does not come down.

    The first point is the state itself, the last the ground.
    """
    start = np.array([*state["position_ecef_m"], *state["velocity_ecef_m_s"]], dtype=np.float64)
    descent = descend(start, drag_m2_kg=DRAG_NOMINAL_M2_KG)
    if isinstance(descent, Unknown) or len(descent.path) < 2:
        return []
    path, rows = descent.path, len(descent.path)
    # Even steps of time draw an even curve; the rows themselves crowd near the ground.
    wanted_s = np.linspace(0.0, path[rows - 1, 0], min(rows, ARC_POINTS_MAX))
    chosen = np.unique(np.searchsorted(path[:, 0], wanted_s - 1e-9))
    begin_s = utc_s(state["valid_at"])
    return [point(path[i, 1:4], at_utc_s=begin_s + float(path[i, 0])) for i in chosen]


def arc_to_impact(line: Line) -> list[list[float]]:
    """The arc ahead, if the line's own impact lies at its end; else nothing.

    Under thrust and in manoeuvring flight the free arc leads elsewhere, and showing it would say
    more than is known.
    """
    state, impact = line.get("state"), line["impact"]
    if not _has_state(state) or "unknown" in impact or line["phase"] == "ended":
        return []
    arc = arc_ahead(state)  # type: ignore[arg-type]
    if not arc:
        return []
    end = arc[-1]
    miss_m = _WGS84.inv(end[0], end[1], float(impact["lon_deg"]), float(impact["lat_deg"]))[2]
    allowed_m = max(2.0 * float(impact["ellipse_p90"]["semi_major_m"]), ARC_MISS_MAX_M)
    return arc if miss_m <= allowed_m else []


def place_object(place: Line) -> Drawn:
    """A launch or impact with its ring, or the reason why there is none."""
    if "unknown" in place:
        return {"unknown": str(place["unknown"])}
    return {**place, "ring": ring(place)}


def position_object(state: Line | None) -> Drawn | None:
    """Where the object is, in degrees and metres, with speed and the size of the error."""
    if not _has_state(state):
        return None
    assert state is not None
    lon_deg, lat_deg, altitude_m, _ = point(
        np.array(state["position_ecef_m"], dtype=np.float64), at_utc_s=0.0
    )
    upper = state.get("covariance_upper") or []
    variance_m2 = upper[0] + upper[6] + upper[11] if len(upper) == 21 else None
    return {
        "lat_deg": lat_deg,
        "lon_deg": lon_deg,
        "altitude_m": altitude_m,
        "speed_m_s": round(math.hypot(*state["velocity_ecef_m_s"]), 1),
        "sigma_m": None if variance_m2 is None else round(math.sqrt(max(variance_m2, 0.0)), 1),
        "valid_at": state["valid_at"],
    }


def view_object(nation: str, line: Line, *, is_observed: bool, observed_at: str) -> Drawn:
    """One event as one view of one nation has it, ready to draw."""
    ended = line["phase"] == "ended" or line.get("superseded_by") is not None
    return {
        "kind": "view",
        "nation": nation,
        "event": line["event"],
        "view": line["view"],
        "at": line["at"],
        "from": list(line["from"]),
        "members": list(line.get("members", ())),
        "superseded_by": line.get("superseded_by"),
        "phase": line["phase"],
        "class": dict(line["class"]),
        "apogee_m": line.get("apogee_m"),
        "observed_fraction": line["observed_fraction"],
        "witnesses": line["witnesses"],
        "is_observed": is_observed,
        "observed_at": observed_at,
        "position": position_object(line.get("state")),
        "objects": [position_object(state) for state in line.get("objects", ())],
        "arc": [] if ended else arc_to_impact(line),
        "launch": place_object(line["launch"]),
        "impact": place_object(line["impact"]),
        "debris": [place_object(place) for place in line.get("debris", ())],
    }


def warning_object(nation: str, stream: str, line: Line) -> Drawn:
    """A warning as a list shows it: whose page, issued or received, by whom, and the line."""
    issuer = str(line["id"]).split("-")[1] if str(line["id"]).count("-") >= 2 else nation
    return {
        "nation": nation,
        "stream": "issued" if stream == "warnings" else "received",
        "issuer": issuer,
        "line": dict(line),
    }


def _has_state(state: Line | None) -> bool:
    return isinstance(state, Mapping) and "position_ecef_m" in state
