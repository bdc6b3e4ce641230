"""Lines of a nation's records, as the judge reads them: decoded JSON in, values out."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from signalfire.basis.errors import BadInput, Malformed
from signalfire.basis.identity import minted_by, nation_of
from signalfire.basis.instant import Instant
from signalfire.basis.kernel import Floats
from signalfire.basis.utc import instant_from_utc
from signalfire.picture.estimate import Ellipse
from signalfire.space.geodesy import Geodetic, azimuth_rad, distance_m


@dataclass(frozen=True, slots=True)
class SaidPlace:
    """A launch or an impact as a line states it."""

    place: Geodetic
    time: Instant
    time_sigma_s: float
    ellipse_p90: Ellipse

    def error_m(self, truth: Geodetic) -> float:
        """How far the truth lies from what was said, along the ground."""
        return distance_m(self.place, truth)

    def holds(self, truth: Geodetic) -> bool:
        """Whether the truth lies within the stated ellipse."""
        return self.rim_distance2(truth) <= 1.0

    def rim_distance2(self, truth: Geodetic) -> float:
        """Squared distance of the truth in units of the stated ellipse: 1 lies on its rim."""
        away_m = distance_m(self.place, truth)
        if away_m == 0.0:
            return 0.0
        turn = azimuth_rad(self.place, truth) - self.ellipse_p90.azimuth_rad
        along, across = away_m * math.cos(turn), away_m * math.sin(turn)
        major_m = max(self.ellipse_p90.semi_major_m, 1e-9)
        minor_m = max(self.ellipse_p90.semi_minor_m, 1e-9)
        return (along / major_m) ** 2 + (across / minor_m) ** 2


@dataclass(frozen=True)
class PictureLine:
    """What the judge needs of one line of ``picture.jsonl``; None where the line says unknown."""

    at: Instant
    nation: str
    event: str
    view: str
    superseded_by: str | None
    position: tuple[Instant, Floats] | None
    launch: SaidPlace | None
    impact: SaidPlace | None


@dataclass(frozen=True, slots=True)
class WarningLine:
    """What the judge needs of one line of ``warnings.jsonl``."""

    at: Instant
    nation: str
    event: str
    status: str
    areas: tuple[str, ...]


def read_picture(lines: Iterable[Mapping[str, Any]]) -> Iterator[PictureLine]:
    """Raises BadInput, naming the line, when one has not the form of the reference."""
    for number, line in enumerate(lines, start=1):
        try:
            yield PictureLine(
                at=instant_from_utc(line["at"]),
                nation=str(line["nation"]),
                event=str(line["event"]),
                view=str(line["view"]),
                superseded_by=line["superseded_by"],
                position=_position(line["state"]),
                launch=_place(line["launch"]),
                impact=_place(line["impact"]),
            )
        except (KeyError, TypeError, ValueError, Malformed) as error:
            raise BadInput(f"picture: line {number} cannot be scored ({error!r})") from error


def read_warnings(lines: Iterable[Mapping[str, Any]]) -> Iterator[WarningLine]:
    """Raises BadInput, naming the line, when one has not the form of the reference."""
    for number, line in enumerate(lines, start=1):
        try:
            yield WarningLine(
                at=instant_from_utc(line["at"]),
                nation=nation_of(minted_by(line["id"])),
                event=str(line["event"]),
                status=str(line["status"]),
                areas=tuple(str(area["id"]) for area in line["areas"]),
            )
        except (KeyError, TypeError, ValueError, Malformed) as error:
            raise BadInput(f"warnings: line {number} cannot be scored ({error!r})") from error


def _position(state: Mapping[str, Any] | None) -> tuple[Instant, Floats] | None:
    if state is None or "unknown" in state:
        return None
    place_m = np.array(state["position_ecef_m"], dtype=float)
    if place_m.shape != (3,) or not np.isfinite(place_m).all():
        raise ValueError("position_ecef_m is not three finite numbers")
    return instant_from_utc(state["valid_at"]), place_m


def _place(said: Mapping[str, Any] | None) -> SaidPlace | None:
    if said is None or "unknown" in said:
        return None
    ellipse = said["ellipse_p90"]
    return SaidPlace(
        place=Geodetic.from_degrees(float(said["lat_deg"]), float(said["lon_deg"])),
        time=instant_from_utc(said["time"]),
        time_sigma_s=float(said["time_sigma_s"]),
        ellipse_p90=Ellipse(
            float(ellipse["semi_major_m"]),
            float(ellipse["semi_minor_m"]),
            math.radians(float(ellipse["azimuth_deg"])),
        ),
    )
