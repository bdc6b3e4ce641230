"""How noisy radars really are, told from how rough their paths of smooth flights look.

Each radar by itself: no other, no bias and no estimate is in it, so that a track that was led
astray blames nobody else. Thrust is smooth between plots but where it begins and ends; what falls
through the air, or turns in it, is left out.
"""

from collections import deque

import numpy as np

from signalfire.basis.instant import NS_PER_S
from signalfire.basis.kernel import Floats
from signalfire.tracking import _registration_kernels as k
from signalfire.tracking._kernels import RECORD
from signalfire.tracking.settings import TrackingSettings

_MEDIAN_CHI2 = 0.454936
"""Median of a chi-square variable with one degree of freedom."""
_WAYS = 3
_AS_STATED: Floats = np.ones(_WAYS)


class Noise:
    """By how much radars understate their noise; ``take`` and ``end`` change it."""

    def __init__(self, radars: int, settings: TrackingSettings) -> None:
        self._settings = settings.noise
        self._altitude_min_m = settings.registration.altitude_min_m
        self._climb_least_m_s = settings.climb_least_m_s
        self._lately: dict[tuple[int, int], list[tuple[int, Floats]]] = {}
        self._squares: list[deque[tuple[int, Floats]]] = [
            deque(maxlen=self._settings.kept) for _ in range(radars)
        ]
        self._ratios: list[Floats | None] = [_AS_STATED] * radars
        """None where new squares have not been looked at."""

    def take(self, flight: int, radar: int, at_ns: int, record: Floats) -> None:
        """Learn from a plot as it was measured; one older than the flight's last is left out."""
        settings = self._settings
        lately = self._lately.setdefault((flight, radar), [])
        if lately and at_ns <= lately[-1][0]:
            return
        # A view of it would keep its whole scan.
        lately.append((at_ns, record.copy()))
        while at_ns - lately[0][0] > settings.span_max_s * NS_PER_S:
            lately.pop(0)
        if len(lately) < settings.looks:
            return
        squares = np.empty(_WAYS)
        records = np.array([each for _, each in lately]).reshape(-1, RECORD)
        altitude_m, climb_m_s = k.roughness(
            records, np.array([at for at, _ in lately]), squares
        )  # fmt: skip
        lately.pop(0)
        is_smooth = altitude_m > self._altitude_min_m or climb_m_s > self._climb_least_m_s
        if is_smooth and np.isfinite(squares).all():
            self._squares[radar].append((at_ns, squares))
            self._ratios[radar] = None

    def end(self, flight: int) -> None:
        """A flight is over."""
        for key in [key for key in self._lately if key[0] == flight]:
            del self._lately[key]

    def widened(self, radar: int, at_ns: int, records: Floats) -> Floats:
        """Plots of a radar (n, RECORD) with the noise that it is held to have."""
        ratios = self._ratios_at(radar, at_ns)
        if ratios is _AS_STATED:
            return records
        records = records.copy()
        k.widen_each(records, ratios)
        return records

    def ratios(self, radar: int) -> tuple[float, float, float]:
        """Its sigmas over those that it states: range, azimuth, elevation; never below 1."""
        along, aside, across = self._settled(radar).tolist()
        return along, aside, across

    def _ratios_at(self, radar: int, at_ns: int) -> Floats:
        seen = self._squares[radar]
        while seen and at_ns - seen[0][0] > self._settings.forgotten_s * NS_PER_S:
            seen.popleft()
            self._ratios[radar] = None
        return self._settled(radar)

    def _settled(self, radar: int) -> Floats:
        known = self._ratios[radar]
        if known is None:
            known = self._ratios[radar] = self._told([each for _, each in self._squares[radar]])
        return known

    def _told(self, squares: list[Floats]) -> Floats:
        least = [ratio for looks, ratio in self._settings.ratios_least if len(squares) >= looks]
        if not least:
            return _AS_STATED
        ratios = np.sqrt(np.median(np.array(squares), axis=0) / _MEDIAN_CHI2)
        is_far = ratios >= min(least)
        return np.where(is_far, ratios, 1.0) if is_far.any() else _AS_STATED
