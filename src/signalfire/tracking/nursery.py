"""What no track took: recent fixes and lines of sight, and pairs that may be objects."""

from collections import deque

import numpy as np

from signalfire.basis.instant import NS_PER_S
from signalfire.basis.kernel import Integers
from signalfire.tracking import _kernels as k
from signalfire.tracking import _start_kernels as starts
from signalfire.tracking.initiate import Fix, Look, crossed
from signalfire.tracking.measurement import INFRARED_NUMBERS
from signalfire.tracking.scan import Scan
from signalfire.tracking.settings import TrackingSettings

FIXES_MAX = 2_000
"""Fixes remembered; beyond it the oldest go of the sensor that has the most."""
_SIGHTS_MAX = 500


class Nursery:
    """Recent fixes and lines of sight that belong to no track yet."""

    def __init__(self, settings: TrackingSettings) -> None:
        self._settings = settings
        self._known = _room(0)
        self._sights: deque[Look] = deque(maxlen=_SIGHTS_MAX)

    def fixes(self, scan: Scan, left: Integers) -> starts.Fixes:
        """The places that some detections of a scan show, with the lines that are remembered.

        The lines of sight among them are remembered; the fixes by ``remember``.
        """
        is_plot = scan.records[left, k.KIND] > INFRARED_NUMBERS
        plots = left[is_plot]
        fixes = _room(len(plots))
        starts.fix_plots(
            scan.at_ns, scan.records, scan.numbers, scan.paths, plots, scan.sensor, scan.period_s,
            fixes,
        )  # fmt: skip
        looks = [scan.look(int(place)) for place in left[~is_plot]]
        met = [fix for look in looks for fix in self._crossings(look)]
        self._sights.extend(looks)
        return _joined(fixes, _columns(met, scan.sensor)) if met else fixes

    def pairs(self, fixes: starts.Fixes) -> Integers:
        """Pairs (remembered fix, one of ``fixes``) that may be one object, shape (n, 2)."""
        settings = self._settings
        rules = starts.Rules(
            settings.pair_gap_min_s, settings.pair_gap_max_s, settings.patience_ratio,
            settings.speed_max_m_s, settings.pairs_max,
        )  # fmt: skip
        room = min(len(fixes.time) * settings.pairs_max, settings.tentative_max)
        found = np.empty((room, 2), dtype=np.int64)
        return found[: starts.pair(self._known, fixes, rules, room, found)]

    @property
    def known(self) -> starts.Fixes:
        """The fixes that are remembered."""
        return self._known

    def remember(self, fixes: starts.Fixes) -> None:
        """Remember fixes; beyond the room, the oldest go of those sensors that have most."""
        joined = _joined(self._known, fixes)
        if len(joined.time) > FIXES_MAX:
            joined = _where(joined, _fair(joined.sensor, FIXES_MAX))
        self._known = joined

    def forget(self, before_ns: int) -> None:
        """Let go of what is older."""
        if len(self._known.time) and self._known.time.min() < before_ns:
            self._known = _where(self._known, np.flatnonzero(self._known.time >= before_ns))
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


def _fair(sensors: Integers, room: int) -> Integers:
    """The places that are kept, in order: of each sensor the latest, and as even as can be."""
    names, counts = np.unique(sensors, return_counts=True)
    share = fair_share(counts, room)
    kept = [np.flatnonzero(sensors == name)[-share:] for name in names]
    return np.sort(np.concatenate(kept))


def fair_share(counts: Integers, room: int) -> int:
    """The largest share such that all fit if none of ``counts`` is granted more; one at least."""
    left, share = room, 0
    for place, count in enumerate(np.sort(counts).tolist()):
        share = left // (len(counts) - place)
        if count > share:
            break
        left -= count
    return max(share, 1)


def _room(rows: int) -> starts.Fixes:
    looks = (rows, starts.LOOKS)
    return starts.Fixes(
        time=np.zeros(rows, dtype=np.int64),
        first=np.zeros(rows, dtype=np.int64),
        place=np.zeros((rows, 3)),
        covariance=np.zeros((rows, 3, 3)),
        sigma=np.zeros(rows),
        period=np.zeros(rows),
        sensor=np.zeros(rows, dtype=np.int64),
        looks=np.zeros(rows, dtype=np.int64),
        look_time=np.zeros(looks, dtype=np.int64),
        look_number=np.zeros(looks, dtype=np.int64),
        look_path=np.zeros(looks, dtype=np.int64),
        look_period=np.zeros(looks),
        look_record=np.zeros((*looks, k.RECORD)),
    )


def _columns(fixes: list[Fix], sensor: int) -> starts.Fixes:
    """Fixes from lines of sight, as columns."""
    made = _room(len(fixes))
    for n, fix in enumerate(fixes):
        made.time[n], made.first[n], made.sensor[n] = fix.at_ns, fix.first_ns, sensor
        made.place[n], made.covariance[n] = fix.place, fix.covariance
        made.sigma[n], made.period[n], made.looks[n] = fix.sigma_m, fix.period_s, len(fix.looks)
        for m, look in enumerate(sorted(fix.looks, key=lambda look: (look.at_ns, look.number))):
            made.look_time[n, m], made.look_number[n, m] = look.at_ns, look.number
            made.look_path[n, m], made.look_period[n, m] = look.path, look.period_s
            made.look_record[n, m] = look.record
    return made


def _joined(one: starts.Fixes, other: starts.Fixes) -> starts.Fixes:
    return starts.Fixes(*(np.concatenate(parts) for parts in zip(one, other, strict=True)))


def _where(fixes: starts.Fixes, places: Integers) -> starts.Fixes:
    return starts.Fixes._make(column[places] for column in fixes)
