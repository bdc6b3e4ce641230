"""The present picture of one or several nations, as objects by key. Pure bookkeeping.

Keys: ``KOR/view/<event>/<view>``, ``KOR/trail/<event>/<view>/<part>``, ``KOR/link/<partner>``,
``KOR/node``. An object is reckoned and encoded when somebody looks, once for all who look.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np

from signalfire.basis.errors import Malformed
from signalfire.basis.limits import EVENTS_SHOWN_MAX
from signalfire.web.views import Drawn, Line, point, utc_s, view_object

TRAIL_PART_POINTS = 50
"""Points of one part of a trail; a full part never changes again, so it is sent once."""
TRAIL_SPACING_S = 1.0
TRAIL_SPACING_PART = 1.0 / 200.0
"""Points thin out with age of the flight: at least 1 s, at least 1/200 of the time flown."""
_PLACE_NUMBERS = ("lat_deg", "lon_deg", "semi_major_m", "semi_minor_m", "azimuth_deg")
_PICTURE_KEYS = (
    "class",
    "from",
    "impact",
    "launch",
    "observed_fraction",
    "phase",
    "witnesses",
)


def _require_complete(line: Line) -> None:
    """Raise KeyError or ValueError for a picture line that could not be drawn."""
    utc_s(line["at"])
    for name in _PICTURE_KEYS:
        line[name]
    for place in (line["launch"], line["impact"]):
        if "unknown" not in place:
            utc_s(place["time"])
            numbers = {**place, **place["ellipse_p90"]}
            for name in _PLACE_NUMBERS:
                float(numbers[name])


@dataclass
class _Trail:
    """Where one view has seen one event; points as in ``views.point`` plus 1 if observed."""

    observed_fraction: float = -1.0
    observed_at: str = ""
    is_observed: bool = True
    points: list[list[float]] = field(default_factory=list)

    def take(self, line: Line) -> int | None:
        """Follow the line; the number of the part that grew, or None."""
        fraction = float(line["observed_fraction"])
        # Time under observation stands still while an object is only extrapolated.
        self.is_observed = fraction != self.observed_fraction and line["phase"] != "lost"
        self.observed_fraction = fraction
        if self.is_observed or not self.observed_at:
            self.observed_at = line["at"]
        state = line.get("state")
        if not isinstance(state, Mapping) or "position_ecef_m" not in state:
            return None
        at_utc_s = utc_s(state["valid_at"])
        if self.points:
            flown_s = at_utc_s - self.points[0][3]
            if at_utc_s - self.points[-1][3] < max(TRAIL_SPACING_S, flown_s * TRAIL_SPACING_PART):
                return None
        ecef_m = np.array(state["position_ecef_m"], dtype=np.float64)
        self.points.append([*point(ecef_m, at_utc_s=at_utc_s), int(self.is_observed)])
        return (len(self.points) - 1) // TRAIL_PART_POINTS

    def part(self, number: int) -> list[list[float]]:
        return self.points[number * TRAIL_PART_POINTS : (number + 1) * TRAIL_PART_POINTS]


class Board:
    """Objects by key, fed with lines of the contract (a node) or with ready objects (a relay)."""

    def __init__(self) -> None:
        self._lines: dict[str, tuple[str, Line]] = {}
        self._trails: dict[str, _Trail] = {}
        self._ready: dict[str, Drawn] = {}
        self._encoded: dict[str, bytes] = {}
        self._events: dict[tuple[str, str], set[str]] = {}

    def take(self, nation: str, stream: str, line: Line) -> tuple[str, ...]:
        """Follow one line; the keys that changed or went.

        Raises Malformed when the line lacks what its stream promises; nothing has changed then.
        """
        try:
            if stream == "picture":
                return self._take_view(nation, line)
            if stream == "links":
                return self.merge({f"{nation}/link/{line['partner']}": self._link(nation, line)})
            if stream in ("sent", "withheld"):
                return self._count(nation, stream, line)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise Malformed(
                f"a line of {stream} for the page of {nation} lacks or misuses {error}"
            ) from error
        return ()

    def merge(self, objects: Mapping[str, Drawn], gone: Iterable[str] = ()) -> tuple[str, ...]:
        """Set ready objects and drop others; the keys touched."""
        for key, value in objects.items():
            self._ready[key] = dict(value)
            self._encoded.pop(key, None)
        dropped = tuple(gone)
        for key in dropped:
            self._drop(key)
        return (*objects, *dropped)

    def adopt(self, nation: str, objects: Mapping[str, Drawn]) -> tuple[str, ...]:
        """Replace all that is shown for one nation, save its node object; the keys touched."""
        mine = [k for k in self.shown() if k.startswith(f"{nation}/") and k != f"{nation}/node"]
        return self.merge(objects, [key for key in mine if key not in objects])

    def shown(self) -> tuple[str, ...]:
        """The keys of all objects that are shown now."""
        return (*self._ready, *self._lines, *self._parts())

    def encoded(self, key: str) -> bytes | None:
        """The object as JSON bytes; None when there is none (any more)."""
        body = self._encoded.get(key)
        if body is None:
            value = self._object(key)
            if value is None:
                return None
            body = self._encoded[key] = msgspec.json.encode(value)
        return body

    def _take_view(self, nation: str, line: Line) -> tuple[str, ...]:
        event, name = (
            f"{nation}/view/{line['event']}",
            f"{line['event']}/{line['view']}",
        )
        key = f"{nation}/view/{name}"
        _require_complete(line)
        trail = self._trails.get(f"{nation}/trail/{name}") or _Trail()
        part = trail.take(line)
        self._trails[f"{nation}/trail/{name}"] = trail
        self._lines[key] = (nation, line)
        self._encoded.pop(key, None)
        changed = [key]
        if part is not None:
            changed.append(f"{nation}/trail/{name}/{part}")
            self._encoded.pop(changed[-1], None)
        self._events.setdefault((nation, event), set()).add(name)
        return (*changed, *self._forget_oldest(nation))

    def _forget_oldest(self, nation: str) -> list[str]:
        shown = [pair for pair in self._events if pair[0] == nation]
        if len(shown) <= EVENTS_SHOWN_MAX:
            return []

        def is_over(pair: tuple[str, str]) -> bool:
            lines = [self._lines[f"{nation}/view/{name}"][1] for name in self._events[pair]]
            return all(x["phase"] == "ended" or x.get("superseded_by") for x in lines)

        oldest = next((pair for pair in shown if is_over(pair)), shown[0])
        gone: list[str] = []
        for name in sorted(self._events.pop(oldest)):
            trail = f"{nation}/trail/{name}"
            gone += [f"{nation}/view/{name}", *self._parts_of(trail)]
            self._trails.pop(trail, None)
        for key in gone:
            self._drop(key)
        return gone

    def _drop(self, key: str) -> None:
        self._ready.pop(key, None)
        self._lines.pop(key, None)
        self._encoded.pop(key, None)

    def _parts_of(self, trail: str) -> list[str]:
        count = -(-len(self._trails[trail].points) // TRAIL_PART_POINTS)
        return [f"{trail}/{number}" for number in range(count)]

    def _parts(self) -> list[str]:
        return [part for trail in self._trails for part in self._parts_of(trail)]

    def _object(self, key: str) -> Drawn | None:
        if key in self._ready:
            return self._ready[key]
        if key in self._lines:
            nation, line = self._lines[key]
            trail = self._trails[key.replace("/view/", "/trail/", 1)]
            return view_object(
                nation,
                line,
                is_observed=trail.is_observed,
                observed_at=trail.observed_at,
            )
        name, _, number = key.rpartition("/")
        found = self._trails.get(name)
        if found is None or not number.isdigit():
            return None
        points = found.part(int(number))
        return {"kind": "trail", "points": points} if points else None

    def _link(self, nation: str, line: Line) -> Drawn:
        before = self._ready.get(f"{nation}/link/{line['partner']}", {})
        counts = {name: before.get(name, {}) for name in ("sent", "withheld")}
        return {**counts, **line, "kind": "link", "nation": nation}

    def _count(self, nation: str, stream: str, line: Line) -> tuple[str, ...]:
        partner, kind = str(line["recipient"]), str(line["kind"])
        before: dict[str, Any] = self._ready.get(f"{nation}/link/{partner}") or {
            "kind": "link", "nation": nation, "partner": partner, "sent": {}, "withheld": {},
        }  # fmt: skip
        counts = dict(before.get(stream, {}))
        counts[kind] = counts.get(kind, 0) + int(line.get("count", 1))
        return self.merge({f"{nation}/link/{partner}": {**before, stream: counts}})
