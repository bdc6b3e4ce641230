"""Places from crossed lines of sight."""

import math
from dataclasses import dataclass

import numpy as np

from signalfire.basis.definite import inverse
from signalfire.basis.instant import NS_PER_S
from signalfire.basis.kernel import Floats
from signalfire.space.geodesy import geodetic
from signalfire.tracking import _kernels as k
from signalfire.tracking.settings import TrackingSettings

_MISS_GATE = 13.1
"""Chi-square with one degree of freedom, 0.9997: two lines that miss each other by more do not
meet."""
_CROSSING_SIGMA_MAX_M = 30_000.0
"""Lines that are almost parallel cross nowhere in particular."""


@dataclass(frozen=True, eq=False)
class Look:
    """One detection that no track took; times in nanoseconds since the tracker's epoch."""

    at_ns: int
    record: Floats
    number: int
    sensor: int
    period_s: float
    path: int = 0
    """The code of the path it came by."""


@dataclass(frozen=True, eq=False)
class Fix:
    """A place where something was, from crossed lines of sight.

    ``place`` (3,) and ``covariance`` (3, 3) are valid at ``at_ns``, that of the latest look;
    ``sigma_m`` is the root of the covariance's trace.
    """

    at_ns: int
    place: Floats
    covariance: Floats
    looks: tuple[Look, ...]
    sigma_m: float

    @property
    def first_ns(self) -> int:
        """When the earliest of its looks was."""
        return min(look.at_ns for look in self.looks)

    @property
    def period_s(self) -> float:
        """Longest nominal time between looks of its sensors."""
        return max(look.period_s for look in self.looks)


def crossed(one: Look, other: Look, settings: TrackingSettings) -> Fix | None:
    """The place where two lines of sight meet, or None when they do not.

    Least squares over the distances from both lines, each as wide as its angle makes it there; the
    earlier one also as wide as the object may have moved since.
    """
    earlier, later = sorted((one, other), key=lambda look: (look.at_ns, look.number))
    moved_m = settings.sight_speed_sigma_m_s * (later.at_ns - earlier.at_ns) / NS_PER_S
    looks = ((earlier, moved_m), (later, 0.0))
    lines = [(x.record[k.SITE : k.SITE + 3], x.record[k.ALONG : k.ALONG + 3]) for x, _ in looks]
    lengths_m = [float(np.linalg.norm(site)) for site, _ in lines]
    # Twice, as the width of a line depends on how far along it they meet.
    for _ in range(2):
        sigmas_m = [
            math.hypot(look.record[k.S_ASIDE] * length_m, extra_m)
            for (look, extra_m), length_m in zip(looks, lengths_m, strict=True)
        ]
        met = _meeting(lines, sigmas_m)
        if met is None:
            return None
        place, covariance, miss = met
        lengths_m = [float((place - site) @ along) for site, along in lines]
        if min(lengths_m) <= 0.0:
            return None
    sigma_m = math.sqrt(np.trace(covariance))
    if miss > _MISS_GATE or sigma_m > _CROSSING_SIGMA_MAX_M:
        return None
    if not -5.0 * sigma_m < geodetic(place).altitude_m < settings.sight_altitude_max_m:
        return None
    return Fix(later.at_ns, place, covariance, (earlier, later), sigma_m)


def _meeting(
    lines: list[tuple[Floats, Floats]], sigmas_m: list[float]
) -> tuple[Floats, Floats, float] | None:
    """Where lines (point, direction) meet, how sure, and by what chi-square they miss."""
    information, weighted = np.zeros((3, 3)), np.zeros(3)
    across = [
        (np.eye(3) - np.outer(along, along)) / sigma_m**2
        for (_, along), sigma_m in zip(lines, sigmas_m, strict=True)
    ]
    for (site, _), part in zip(lines, across, strict=True):
        information += part
        weighted += part @ site
    covariance = inverse(information)
    if covariance is None:
        return None
    place = covariance @ weighted
    miss = sum(
        float((place - site) @ part @ (place - site))
        for (site, _), part in zip(lines, across, strict=True)
    )
    return place, 0.5 * (covariance + covariance.T), miss
