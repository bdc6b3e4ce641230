"""A plausible day for the page: one flight over Hokkaido, as lines of three nations' nodes.

Notional throughout: the arc has the published apogee and range of 2017-09-14, everything else
(burn, errors, who sees what when) is made up to exercise the page. Pure: no clock, no chance.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from scipy.optimize import least_squares

from signalfire.basis.instant import Instant
from signalfire.basis.utc import instant_from_utc, utc_text
from signalfire.motion import _kernels as motion
from signalfire.space.geodesy import Geodetic, destination, distance_m, enu_from_ecef, geodetic

LIFT_OFF = instant_from_utc("2017-09-14T21:57:00Z")
LAUNCH = Geodetic.from_degrees(39.2002, 125.6733)
AZIMUTH_RAD = math.radians(68.3)
APOGEE_M, RANGE_M = 770_000.0, 3_700_000.0
BURN_S, BURNOUT_ALTITUDE_M, BURNOUT_DOWNRANGE_M = 150.0, 140_000.0, 130_000.0
DRAG = 1.0 / 8000.0
EVENT = "E-KOR-1-17"
REALM = "exercise:EX1"
NATIONS = ("JPN", "KOR", "USA")
SEES = {"KOR": (60, 420), "JPN": (170, 760), "USA": (75, 940)}
"""From and to which second after lift-off each nation's own sensors see it."""
SHIFT_M = {"KOR": (2500.0, -3500.0), "JPN": (-6000.0, 3000.0), "USA": (3500.0, 5000.0)}
PARTNERS = {"KOR": ("USA",), "JPN": ("USA",), "USA": ("JPN", "KOR")}
AREAS = (
    ("JP-01", "北海道", "홋카이도", "Hokkaido", 432, 540),
    ("JP-02", "青森県", "아오모리현", "Aomori", 430, 500),
)
Line = dict[str, Any]


@dataclass(frozen=True)
class Flight:
    """States once a second from lift-off, shape (n, 6), and when and where it comes down."""

    states: np.ndarray[Any, Any]
    impact: Geodetic
    impact_t_s: float
    apogee_m: float


@lru_cache(maxsize=1)
def flight() -> Flight:
    """Burn as a cubic from the pad to burnout; free fall from there, fitted to apogee and range."""
    below = destination(LAUNCH, azimuth_rad=AZIMUTH_RAD, distance_m=BURNOUT_DOWNRANGE_M)
    burnout = Geodetic(below.latitude_rad, below.longitude_rad, BURNOUT_ALTITUDE_M)
    axes = enu_from_ecef(burnout).T
    path = np.empty((4096, 7))

    def fall(speed_km_s: float, climb_rad: float) -> tuple[np.ndarray[Any, Any], int, float, float]:
        level = math.cos(climb_rad)
        enu = np.array(
            [level * math.sin(AZIMUTH_RAD), level * math.cos(AZIMUTH_RAD), math.sin(climb_rad)]
        )
        state = np.concatenate([burnout.ecef_m(), axes @ enu * speed_km_s * 1e3])
        rows, time_s, apogee_m = motion.fall(state, DRAG, 0.0, 7200.0, path)
        return state, rows, time_s, apogee_m

    def misses(x: np.ndarray[Any, Any]) -> list[float]:
        _, rows, _, apogee_m = fall(x[0], x[1])
        reach_m = distance_m(LAUNCH, geodetic(path[rows - 1, 1:4]))
        return [(apogee_m - APOGEE_M) / 1e4, (reach_m - RANGE_M) / 1e4]

    found = least_squares(misses, [5.2, 0.7], diff_step=1e-4)
    state, rows, time_s, apogee_m = fall(found.x[0], found.x[1])
    end = geodetic(path[rows - 1, 1:4])
    states = [*_burn(state)]
    moved = np.empty(6)
    for second in range(1, int(time_s)):
        motion.propagate(state, DRAG, float(second), 1.0, moved)
        states.append(moved.copy())
    return Flight(np.array(states), end, BURN_S + time_s, apogee_m)


def _burn(end: np.ndarray[Any, Any]) -> Iterator[np.ndarray[Any, Any]]:
    start = LAUNCH.ecef_m()
    for second in range(int(BURN_S) + 1):
        u = second / BURN_S
        a, b = 3 * u**2 - 2 * u**3, (u**3 - u**2) * BURN_S
        da, db = (6 * u - 6 * u**2) / BURN_S, 3 * u**2 - 2 * u
        step = end[:3] - start
        yield np.concatenate([start + a * step + b * end[3:], da * step + db * end[3:]])


def at(t_s: float) -> Instant:
    return LIFT_OFF.later(t_s)


def picture_lines(nation: str, t_s: int) -> list[Line]:
    """What one node writes about the event at a whole second after lift-off."""
    lines = []
    partners = [n for n in NATIONS if n == nation or n in PARTNERS[nation]]
    if nation in ("JPN", "KOR"):
        partners = sorted({*partners, "JPN", "KOR"})
    sources = [n for n in partners if t_s >= SEES[n][0]]
    if not sources:
        return []
    if t_s >= SEES[nation][0]:
        lines.append(_line(nation, f"national:{nation}", [nation], t_s))
    for other in sources:
        if other != nation and t_s >= SEES[other][0] + 1:
            lines.append(_line(nation, f"national:{other}", [other], t_s))
    lines.append(_line(nation, "common", sources, t_s))
    return lines


def _line(nation: str, view: str, sources: list[str], t_s: int) -> Line:
    truth = flight()
    seen_s = _observed_s(sources, t_s)
    shift_m = np.mean([SHIFT_M[n] for n in sources], axis=0) * math.exp(-seen_s / 300.0)
    is_down = t_s >= truth.impact_t_s
    state = truth.states[min(t_s, len(truth.states) - 1)].copy()
    here = geodetic(state[:3])
    state[:3] += enu_from_ecef(here).T @ np.array([*shift_m, 0.0])
    sigma_m = 300.0 + 6000.0 * math.exp(-seen_s / 60.0)
    return {
        "format": 1,
        "at": utc_text(at(t_s), 0),
        "nation": nation,
        "event": EVENT,
        "members": [EVENT],
        "superseded_by": None,
        "view": view,
        "from": sources,
        "phase": _phase(sources, t_s, is_down=is_down),
        "class": _belief(seen_s),
        "state": {
            "valid_at": utc_text(at(t_s), 0),
            "position_ecef_m": state[:3].tolist(),
            "velocity_ecef_m_s": state[3:].tolist(),
            "covariance_upper": _diagonal(sigma_m),
        },
        "launch": _launch(seen_s, shift_m),
        "impact": _impact(t_s, seen_s, shift_m),
        "apogee_m": truth.apogee_m if seen_s > 40 else None,
        "observed_fraction": round(seen_s / truth.impact_t_s, 4),
        "witnesses": len(sources) + ("USA" in sources),
    }


def _observed_s(sources: list[str], t_s: int) -> float:
    spans = sorted((SEES[n][0], min(t_s, SEES[n][1])) for n in sources)
    total, reached = 0.0, 0.0
    for begin, end in spans:
        total += max(0.0, end - max(begin, reached))
        reached = max(reached, end)
    return total


def _phase(sources: list[str], t_s: int, *, is_down: bool) -> str:
    if is_down:
        return "ended"
    if t_s < BURN_S:
        return "boost"
    if t_s > max(SEES[n][1] for n in sources):
        return "lost"
    return "ballistic" if t_s < 1010 else "reentry"


def _belief(seen_s: float) -> dict[str, float]:
    sure = 1.0 - math.exp(-seen_s / 90.0)
    rest = 1.0 - 0.95 * sure
    belief = {"SRBM": 0.0, "MRBM": 0.4 * rest, "IRBM": 0.95 * sure, "ICBM": 0.25 * rest}
    return {**belief, "SLV": 0.05 * rest, "manoeuvring": 0.0, "unknown": 0.3 * rest}


def _diagonal(sigma_m: float) -> list[float]:
    upper = [0.0] * 21
    for index in (0, 6, 11):
        upper[index] = sigma_m**2
    for index in (15, 18, 20):
        upper[index] = (sigma_m / 50.0) ** 2
    return upper


def _moved(place: Geodetic, shift_m: np.ndarray[Any, Any], gain: float) -> Geodetic:
    distance = float(np.hypot(*shift_m)) * gain
    azimuth_rad = math.atan2(float(shift_m[0]), float(shift_m[1]))
    return destination(place, azimuth_rad=azimuth_rad, distance_m=distance)


def _launch(seen_s: float, shift_m: np.ndarray[Any, Any]) -> Line:
    if seen_s < 8:
        return {"unknown": "observed for less than 8 s"}
    place = _moved(LAUNCH, shift_m, 1.0)
    major_m = 5_000.0 + 22_000.0 * math.exp(-seen_s / 60.0)
    return _place(place, 0.0, major_m, ratio=0.5, azimuth_deg=68.0, sigma_s=3.0)


def _impact(t_s: int, seen_s: float, shift_m: np.ndarray[Any, Any]) -> Line:
    if t_s < BURN_S:
        return {"unknown": "still thrusting: the impact point cannot be known"}
    if seen_s < 20:
        return {"unknown": "observed for less than 20 s of free flight"}
    place = _moved(flight().impact, shift_m, 6.0)
    major_m = 9_000.0 + 260_000.0 * math.exp(-seen_s / 95.0)
    return _place(place, flight().impact_t_s, major_m, ratio=0.3, azimuth_deg=80.0, sigma_s=4.0)


def _place(
    place: Geodetic, t_s: float, major_m: float, *, ratio: float, azimuth_deg: float, sigma_s: float
) -> Line:
    ellipse = {
        "semi_major_m": round(major_m),
        "semi_minor_m": round(major_m * ratio),
        "azimuth_deg": azimuth_deg,
    }
    return {
        "lat_deg": place.lat_deg,
        "lon_deg": place.lon_deg,
        "time": utc_text(at(t_s), 3),
        "time_sigma_s": sigma_s,
        "ellipse_p90": ellipse,
    }


def warning_lines(t_s: int) -> list[Line]:
    """What Japan issues at a whole second: initial, update, all-clear."""
    if t_s == 200:
        return [_warning(1, "initial", None, t_s, AREAS)]
    if t_s == 300:
        return [_warning(2, "update", "W-JPN-1-1", t_s, AREAS[:1])]
    if t_s == 620:
        return [_warning(3, "all_clear", "W-JPN-1-2", t_s, AREAS[:1])]
    return []


def cancelled_warning(t_s: int) -> list[Line]:
    """Another chain of Japan's: given and taken back."""
    first = _warning(11, "initial", None, t_s, AREAS[1:])
    second = _warning(12, "cancel", "W-JPN-1-11", t_s + 20, AREAS[1:])
    return [first, {**second, "reason": "The track rested on one sensor that was withdrawn."}]


def _warning(number: int, status: str, before: str | None, t_s: int, areas: Any) -> Line:
    windows = [[utc_text(at(begin), 0), utc_text(at(end), 0)] for *_, begin, end in areas]
    texts = {
        "initial": (
            "ミサイル発射。北海道などの上空を通過する可能性があります。"
            "建物の中、又は地下に避難してください。",
            "미사일 발사. 홋카이도 등 상공을 통과할 가능성이 있습니다. "
            "건물 안이나 지하로 대피하십시오.",
            "Missile launched. It may pass over Hokkaido and Aomori. Take shelter indoors or "
            "underground.",
        ),
        "update": (
            "ミサイルは北海道の上空を通過する見込みです。引き続き避難してください。",
            "미사일이 홋카이도 상공을 통과할 것으로 예상됩니다. 계속 대피하십시오.",
            "The missile is expected to pass over Hokkaido. Stay sheltered.",
        ),
        "cancel": (
            "先ほどの警報は取り消します。ミサイルは確認されませんでした。",
            "앞서 발령한 경보를 취소합니다. 미사일은 확인되지 않았습니다.",
            "The earlier warning is cancelled. No missile was confirmed.",
        ),
        "all_clear": (
            "ミサイルは通過しました。避難の必要はなくなりました。",
            "미사일이 통과했습니다. 대피가 더 이상 필요하지 않습니다.",
            "The missile has passed. There is no longer any need to shelter.",
        ),
    }
    ja, ko, en = texts[status]
    return {
        "format": 1,
        "at": utc_text(at(t_s), 0),
        "id": f"W-JPN-1-{number}",
        "status": status,
        "references": before,
        "event": EVENT,
        "realm": REALM,
        "areas": [
            {
                "id": area,
                "kind": "overflight",
                "window": window,
                "name": {"ja": ja_name, "ko": ko_name, "en": en_name},
            }
            for (area, ja_name, ko_name, en_name, *_), window in zip(areas, windows, strict=True)
        ],
        "window": [min(w[0] for w in windows), max(w[1] for w in windows)],
        "confidence": 0.87,
        "observed_fraction": round(t_s * 0.6 / flight().impact_t_s, 3),
        "witnesses": 3,
        "reason": "Overflight probability 0.87 is above the threshold 0.1.",
        "text": {"ja": ja, "ko": ko, "en": en},
    }


def link_lines(nation: str, t_s: int) -> list[Line]:
    """The state of a node's links."""
    return [
        {
            "format": 1,
            "at": utc_text(at(t_s), 0),
            "partner": partner,
            "state": "up",
            "heard_at": utc_text(at(t_s - 0.4), 3),
            "waiting": 0,
        }
        for partner in NATIONS
        if partner != nation
    ]


def lines_until(nation: str, t_s: int) -> Iterator[tuple[int, str, Line]]:
    """All that a node has written by a second after lift-off: (now_ns, stream, line)."""
    for second in range(50, t_s + 1):
        now_ns = at(second).tai_ns
        for line in picture_lines(nation, second):
            yield now_ns, "picture", line
        for line in warning_lines(second):
            yield now_ns, "warnings" if nation == "JPN" else "received", line
        if second % 5 == 0 or second == t_s:
            for line in link_lines(nation, second):
                yield now_ns, "links", line
