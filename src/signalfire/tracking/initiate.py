"""How tracks begin: places from plots and crossed lines of sight, and pairs of places."""

import math
from collections import deque
from dataclasses import dataclass

import numpy as np

from signalfire.basis.instant import NS_PER_S
from signalfire.basis.kernel import Floats, Integers
from signalfire.space.geodesy import geodetic
from signalfire.tracking import _kernels as k
from signalfire.tracking.measurement import place_of
from signalfire.tracking.settings import TrackingSettings

_FIXES_MAX = 2_000
_SIGHTS_MAX = 500
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
    measured: tuple[int, Floats] | None = None
    """Instant and record as they came, where what a radar is off by has been taken out."""


@dataclass(frozen=True, eq=False)
class Fix:
    """A place where something was, from one plot or from crossed lines of sight.

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


@dataclass(frozen=True, eq=False)
class Start:
    """Two fixes that may be one object, and the velocity that this would mean, shape (3,)."""

    first: Fix
    second: Fix
    velocity_ecef_m_s: Floats


def fix_of_plot(look: Look) -> Fix:
    """The place that a radar plot shows."""
    place, covariance = place_of(look.record)
    return Fix(look.at_ns, place, covariance, (look,), math.sqrt(np.trace(covariance)))


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
    if not np.linalg.cond(information) < 1e8:
        return None
    covariance = np.linalg.inv(information)
    place = covariance @ weighted
    miss = sum(
        float((place - site) @ part @ (place - site))
        for (site, _), part in zip(lines, across, strict=True)
    )
    return place, 0.5 * (covariance + covariance.T), miss


class Nursery:
    """Recent fixes and lines of sight that belong to no track yet."""

    def __init__(self, settings: TrackingSettings) -> None:
        self._settings = settings
        self._fixes: deque[Fix] = deque(maxlen=_FIXES_MAX)
        self._sights: deque[Look] = deque(maxlen=_SIGHTS_MAX)

    def starts(self, looks: list[Look]) -> list[Start]:
        """Tracks that the looks of one scan may begin, with what is remembered; remembers them."""
        fixes = []
        for look in looks:
            if look.record[k.KIND] > 2:
                fixes.append(fix_of_plot(look))
            else:
                fixes.extend(self._crossings(look))
        starts = []
        if fixes and self._fixes:
            times_ns = np.array([known.at_ns for known in self._fixes])
            places = np.array([known.place for known in self._fixes])
            sigmas_m = np.array([known.sigma_m for known in self._fixes])
            starts = [s for fix in fixes for s in self._pairs(fix, times_ns, places, sigmas_m)]
        self._sights.extend(look for look in looks if look.record[k.KIND] == 2)
        self._fixes.extend(fixes)
        return starts

    def forget(self, before_ns: int) -> None:
        """Let go of what is older."""
        while self._fixes and self._fixes[0].at_ns < before_ns:
            self._fixes.popleft()
        while self._sights and self._sights[0].at_ns < before_ns:
            self._sights.popleft()

    def _crossings(self, look: Look) -> list[Fix]:
        reach_ns = self._settings.sight_gap_max_s * NS_PER_S
        site = look.record[k.SITE : k.SITE + 3]
        fixes = []
        for other in self._sights:
            if other.sensor == look.sensor or abs(other.at_ns - look.at_ns) > reach_ns:
                continue
            if np.array_equal(other.record[k.SITE : k.SITE + 3], site):
                continue
            fix = crossed(other, look, self._settings)
            if fix is not None:
                fixes.append(fix)
        return fixes

    def _pairs(self, fix: Fix, times_ns: Integers, places: Floats, sigmas_m: Floats) -> list[Start]:
        """Earlier fixes that ``fix`` may continue, slowest motion first."""
        settings = self._settings
        gap_max_s = max(settings.pair_gap_max_s, settings.patience_ratio * fix.period_s)
        gaps_s = (fix.first_ns - times_ns) / NS_PER_S
        whole_s = np.maximum((fix.at_ns - times_ns) / NS_PER_S, settings.pair_gap_min_s)
        distances_m = np.linalg.norm(fix.place - places, axis=1)
        slack_m = 3.0 * np.hypot(sigmas_m, fix.sigma_m)
        speeds_m_s = distances_m / whole_s
        possible = (gaps_s >= settings.pair_gap_min_s) & (gaps_s <= gap_max_s)
        possible &= distances_m <= settings.speed_max_m_s * whole_s + slack_m
        chosen = np.flatnonzero(possible)
        chosen = chosen[np.argsort(speeds_m_s[chosen], kind="stable")][: settings.pairs_max]
        velocities = (fix.place - places) / whole_s[:, np.newaxis]
        return [Start(self._fixes[i], fix, velocities[i]) for i in chosen.tolist()]
