"""Detections of one nation's sensors to tracks: the way through is ``take``."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np

from signalfire.basis.identity import NodeId, SensorId, track_id
from signalfire.basis.instant import NS_PER_S, Instant
from signalfire.basis.kernel import Flags, Floats, Integers
from signalfire.basis.limits import TRACKS_MAX
from signalfire.picture.detection import Detection, Sensor
from signalfire.picture.table import CONFIRMED, FREE, LOST, TENTATIVE
from signalfire.picture.track import Track
from signalfire.tracking import _kernels as k
from signalfire.tracking import _ring_kernels as ring
from signalfire.tracking import _scan_kernels as kernels
from signalfire.tracking.alone import Alone
from signalfire.tracking.arrivals import Arrivals, Paths, Quota
from signalfire.tracking.associate import best_of_each, shared_out
from signalfire.tracking.bank import SIFTED_MAX, FilterBank
from signalfire.tracking.bias import SensorBias
from signalfire.tracking.lookback import Lookback
from signalfire.tracking.measurement import INFRARED_NUMBERS, Gaps, Refusal, records
from signalfire.tracking.nursery import Nursery, fair_share
from signalfire.tracking.registration import Registration
from signalfire.tracking.scan import DETECTION_BITS, Brought, Measured, Scan, Wanted
from signalfire.tracking.settings import TrackingSettings
from signalfire.tracking.stories import Stories
from signalfire.tracking.strays import Stray, Strays, by_scan
from signalfire.tracking.upkeep import Upkeep

_TIME_LIMIT_NS = 2**62
"""Instants further than this (146 years) from the first one do not fit the columns."""
_PLACE_IN_SCAN = (1 << DETECTION_BITS) - 1
_NUMBERS_OF_A_STATE = 6
_NUMBERS_OF_A_START = 8
"""No pair of fixes alone gives more."""


class Tracker:
    """The tracks of one node, from the detections of its own nation's sensors.

    ``take`` and ``tick`` change it, in the order in which they are called and by nothing else;
    detections may come late, out of order and more than once. ``counts`` says what became of them.
    """

    def __init__(
        self, node: NodeId, sensors: Mapping[SensorId, Sensor], settings: TrackingSettings
    ) -> None:
        self._node = node
        self._sensors = dict(sensors)
        self._names = sorted(self._sensors)
        self._index = {sensor: index for index, sensor in enumerate(self._names)}
        self._settings = settings
        self._bank = FilterBank(settings, TRACKS_MAX)
        self._nursery = Nursery(settings)
        self._upkeep = Upkeep(self._bank, settings)
        self._lookback = Lookback(self._bank, settings)
        self._registration = Registration([self._sensors[n] for n in self._names], settings)
        periods_s = [sensor.period_s or 0.0 for sensor in self._sensors.values()]
        reach_s = max(
            settings.pair_gap_max_s, settings.patience_ratio * max(periods_s, default=0.0)
        )
        # What came this long ago pairs with nothing, even with what is a few seconds late.
        self._memory_ns = round((reach_s + settings.pair_gap_max_s) * NS_PER_S)
        self._counts: Counter[str] = Counter()
        self._unheard: Counter[tuple[SensorId, str]] = Counter()
        self._epoch: Instant | None = None
        self._arrivals = Arrivals()
        self._quota = Quota(settings.quota_per_s)
        self._paths = Paths()
        self._stories = Stories(self._bank, self._registration, self._paths)
        self._strays = Strays()
        self._alone = Alone(self._bank, self._stories, settings)
        self._serial = 0
        self._confirmed = 0

    @property
    def counts(self) -> dict[str, int]:
        """What became of the detections and the tracks, by reason, in alphabetical order.

        ``used`` by a confirmed track; ``unassociated``, no track took it when it came (it may have
        begun one since, and counts as used then); ``late``, ``repeated``, ``refused: <reason>``;
        and of tracks ``confirmed``, ``dropped: <reason>``.
        """
        return dict(sorted(self._counts.items()))

    @property
    def unheard(self) -> dict[tuple[SensorId, str], int]:
        """How many detections of which sensor were not even tried, by reason; in order."""
        return dict(sorted(self._unheard.items()))

    def take(self, detections: Sequence[Detection], now: Instant) -> None:
        """Take detections in order of arrival.

        Those that share sensor and instant are one scan: each of them is another object. Hand
        over what came together in one call; a scan that comes in parts is assigned part by part,
        which may swap close objects. Bad ones are refused and counted; nothing is raised.
        """
        self._epoch = self._epoch or now
        for (sensor, observed_at), scan in groupby(
            detections, key=lambda detection: (detection.sensor, detection.observed_at)
        ):
            self._admit(sensor, list(scan), observed_at, now)

    def take_records(
        self, sensor: SensorId, observed_at: Instant, rows: Floats, now: Instant
    ) -> None:
        """Take one scan of a known sensor as rows of numbers, shape (n, RECORD).

        ``measurement.records`` makes them, and has refused what is no measurement.
        """
        self._epoch = self._epoch or now
        known = self._sensors[sensor]
        paths = np.full(len(rows), self._paths.code(known.path))
        if (at_ns := self._timely(sensor, len(rows), observed_at, now)) is not None:
            self._enter(rows, paths, known, at_ns, now.tai_ns // NS_PER_S)

    def tick(self, now: Instant) -> None:
        """Let time pass: tracks without detections are lost, and in the end dropped."""
        if self._epoch is None:
            return
        now_ns = now.tai_ns - self._epoch.tai_ns
        if abs(now_ns) > _TIME_LIMIT_NS:
            return
        for row, reason in self._upkeep.overdue(now_ns):
            self._drop(row, reason)
        for older, younger in self._upkeep.duplicates():
            self._merge(older, younger)
        self._upkeep.lose(now_ns)
        for row in self._lookback.worth_a_look().tolist():
            if self._lookback.has_news(row, self._stories.burn(row), now_ns):
                self._stories.change(row)
        self._settle(self._strays.older(now_ns - round(self._settings.stray_hold_s * NS_PER_S)))
        self._nursery.forget(now_ns - self._memory_ns)

    def tracks(self) -> tuple[Track, ...]:
        """Confirmed and lost tracks, in the order in which they were confirmed."""
        return () if self._epoch is None else self._stories.tracks(self._epoch)

    def registration(self) -> tuple[SensorBias, ...]:
        """What each radar is held to be off by, in the order of names. Not to be shared."""
        return self._registration.biases()

    # Detections.

    def _admit(
        self, name: SensorId, scan: list[Detection], observed_at: Instant, now: Instant
    ) -> None:
        """Take the usable detections of one scan; the others are counted."""
        at_ns = self._timely(name, len(scan), observed_at, now)
        if at_ns is None:
            return
        sensor = self._sensors.get(name)
        found = records(scan, sensor, self._gaps(sensor))
        for refusal in found.refused:
            self._pass_over(name, f"refused: {refusal}", 1)
        if sensor is not None and len(found.rows):
            paths = self._paths.codes([scan[i].path for i in found.which.tolist()])
            self._enter(found.rows, paths, sensor, at_ns, now.tai_ns // NS_PER_S)

    def _timely(
        self, sensor: SensorId, count: int, observed_at: Instant, now: Instant
    ) -> int | None:
        """When it was since the epoch; None, and counted, where it is too late or too early."""
        assert self._epoch is not None
        at_ns = observed_at.tai_ns - self._epoch.tai_ns
        age_s = now.elapsed_s(since=observed_at)
        if age_s < -self._settings.ahead_max_s or abs(at_ns) > _TIME_LIMIT_NS:
            self._pass_over(sensor, f"refused: {Refusal.CLOCK}", count)
            return None
        if age_s > self._settings.late_max_s:
            self._pass_over(sensor, "late", count)
            return None
        return at_ns

    def _pass_over(self, sensor: SensorId, reason: str, many: int) -> None:
        """Count detections that are not tried."""
        if many:
            self._counts[reason] += many
            self._unheard[sensor, reason] += many

    def _gaps(self, sensor: Sensor | None) -> Gaps:
        settings = self._settings
        period_s = (sensor.period_s if sensor else None) or settings.period_unknown_s
        return Gaps(period_s, max(settings.gap_counted_s, 3.0 * period_s))

    def _enter(
        self, rows: Floats, paths: Integers, sensor: Sensor, at_ns: int, second: int
    ) -> None:
        """Number the detections of one scan, leave out the repeats, and assign the others."""
        index = self._index[sensor.sensor]
        quota = self._quota.take(index, len(rows), second)
        self._pass_over(sensor.sensor, f"refused: {Refusal.QUOTA}", len(rows) - quota.heard)
        numbered = self._arrivals.number(index, at_ns, rows[: quota.heard])
        self._count("repeated", numbered.repeated)
        self._count("refused: too many in one scan", numbered.too_many)
        fresh = numbered.fresh
        if len(fresh) == 0:
            return
        measured = Measured(at_ns, rows[fresh])
        known = self._registration.corrected(index, measured)
        period_s = self._gaps(sensor).period_s
        within = int(np.searchsorted(fresh, quota.full))
        self._scan(Scan(
            known.at_ns, index, period_s, known.records, numbered.numbers, paths[fresh], within,
            measured,
        ))  # fmt: skip

    def _count(self, what: str, many: int) -> None:
        if many:
            self._counts[what] += many

    def _scan(self, scan: Scan) -> None:
        """One scan: known tracks first, then those in the making, then new ones."""
        self._settle(self._strays.before(scan))
        settings = self._settings
        left = np.arange(len(scan.records))
        known = self._brought(scan, left, CONFIRMED, LOST)
        # Plots that nobody wants may show what was thought improbable: thrust again, or lift.
        for wanted in (
            Wanted(settings.mode_probability_min, settings.crowd_max),
            Wanted(0.0, settings.crowd_late_max),
        ):
            pairs, costs, crowded = self._bank.candidates(known, scan.records, left, wanted)
            shared = shared_out(pairs, costs, len(known.rows))
            self._count("assigned greedily", shared.greedy)
            dealt = self._give(known.where(shared.given[:, 0]), shared.given[:, 1], scan)
            left = _without(left, shared.given[dealt, 1], scan)
            if len(left) == 0:
                return
            is_served = np.zeros(len(known.rows), dtype=np.bool_)
            is_served[shared.given[:, 0]] = True
            known, crowded = known.where(~is_served).alone(), crowded[~is_served]
        self._count("crowded gates", int(crowded.sum()))
        left = self._give_along(known, scan, left)
        # Beyond its quota a sensor is heard for the sake of the tracks that it may hold alone.
        self._count(f"refused: {Refusal.QUOTA}", int((left >= scan.within).sum()))
        left = left[left < scan.within]
        left = self._without_misregistered(known, scan, left)
        if len(left) == 0:
            return
        self._begin_with(scan, left)

    def _give_along(self, known: Brought, scan: Scan, left: Integers) -> Integers:
        """What remains when tracks have chosen that one satellite sees: unsure along its line."""
        wide = known.where(np.isin(known.rows, self._alone.rows))
        if len(wide.rows) == 0 or len(left) == 0:
            return left
        wanted = Wanted(0.0, self._settings.crowd_late_max, self._settings.lone.gate_sigma_max_m)
        pairs, costs, _ = self._bank.candidates(wide, scan.records, left, wanted)
        given = shared_out(pairs, costs, len(wide.rows)).given
        dealt = self._give(wide.where(given[:, 0]), given[:, 1], scan)
        return _without(left, given[dealt, 1], scan)

    def _begin_with(self, scan: Scan, left: Integers) -> None:
        """What no known track took: for those in the making, then for new ones."""
        trial = self._brought(scan, left, TENTATIVE)
        pairs, costs, _ = self._bank.candidates(
            trial, scan.records, left, Wanted(0.0, self._settings.crowd_late_max)
        )
        given = best_of_each(pairs, costs, len(trial.rows))
        trial = trial.where(given[:, 0])
        dealt = self._give(trial, given[:, 1], scan)
        is_settled = dealt & (self._bank.table.numbers[trial.rows] > _NUMBERS_OF_A_START)
        spoken_for = np.unique(given[is_settled, 1])
        self._confirm()
        self._count("unassociated", len(left) - len(spoken_for))
        left = _without(left, spoken_for, scan)
        self._start(scan, left)

    def _brought(self, scan: Scan, left: Integers, *status: int) -> Brought:
        """Rows of some statuses, carried to a scan's instant, that may have a detection in it.

        Not those that were not seen for so long that they cannot be carried at all, nor those that
        took a detection of this scan already, when a part of it came before.
        """
        table = self._bank.table
        rows = table.rows(*status)
        kept_ns = round(self._settings.lost_kept_s * NS_PER_S)
        rows = rows[scan.at_ns - table.time[rows] <= kept_ns]
        number = int(scan.numbers[0])
        if scan.is_rest or number & _PLACE_IN_SCAN:
            rows = rows[~self._bank.served(rows, number >> DETECTION_BITS)]
        found = self._bank.bring(
            rows, scan.at_ns, self._widened(scan.records[left[: SIFTED_MAX + 1]])
        )
        for row in rows[found.ready == kernels.BROKEN].tolist():
            self._drop(row, "diverged")
        return found.where(found.ready > kernels.UNREADY)

    def _widened(self, rows: Floats) -> Floats:
        """The same detections, of a sensor that may be out of register."""
        settings = self._settings
        wide = rows.copy()
        sigmas = [settings.registration_range_sigma_m] + [settings.registration_angle_sigma_rad] * 2
        columns = [k.S_RANGE, k.S_ASIDE, k.S_ACROSS]
        wide[:, columns] = np.hypot(rows[:, columns], sigmas)
        return wide

    def _without_misregistered(self, known: Brought, scan: Scan, left: Integers) -> Integers:
        """Plots that remain when those are set aside that a sensor out of register gave of a track.

        Such a plot misses the gate of a track that others have only just seen, by no more than
        siting and clock may be wrong. It is counted and neither moves the track nor starts one;
        registration learns from it. All that only if its track gets no plot of this very scan,
        which shows when the scan is over: else there are two objects.
        """
        settings = self._settings
        fresh_ns = round(settings.registered_within_s * NS_PER_S)
        elapsed_ns = np.abs(scan.at_ns - self._bank.table.time[known.rows])
        fresh = known.where(elapsed_ns <= fresh_ns)
        plots = left[scan.records[left, k.KIND] > INFRARED_NUMBERS]
        if len(fresh.rows) == 0 or len(plots) == 0:
            return left
        pairs, costs, _ = self._bank.candidates(
            fresh, self._widened(scan.records[plots]), np.arange(len(plots)),
            Wanted(0.0, settings.crowd_late_max),
        )  # fmt: skip
        given = shared_out(pairs, costs, len(fresh.rows)).given
        rows, aside = fresh.rows[given[:, 0]], plots[given[:, 1]]
        self._strays.wait(scan, aside, rows, self._bank.table.serial[rows])
        return _without(left, aside, scan)

    def _settle(self, strays: Sequence[Stray]) -> None:
        """Their scans are over: what was beside a track that got its own is another object."""
        table = self._bank.table
        for scan, found in by_scan(strays):
            rows = np.array([stray.row for stray in found])
            places = np.array([stray.place for stray in found])
            is_same = table.serial[rows] == [stray.serial for stray in found]
            is_same &= table.status[rows] != FREE
            number = int(scan.numbers[0]) >> DETECTION_BITS
            is_own = is_same & ~self._bank.served(rows, number)
            self._register(rows[is_own], places[is_own], scan)
            self._count("out of register", int(is_own.sum()))
            if not is_own.all():
                self._begin_with(replace(scan, is_rest=True), places[~is_own])

    def _give(self, rows: Brought, plots: Integers, scan: Scan) -> Flags:
        """Let tracks take a detection each; whether the detections are thereby dealt with."""
        is_known = self._bank.table.status[rows.rows] != TENTATIVE
        outcomes = self._bank.give(rows, plots, scan)
        for row in rows.rows[outcomes == ring.DIVERGED].tolist():
            self._drop(row, "diverged")
        is_used = is_known & (outcomes == ring.USED)
        self._register(rows.rows[is_used], plots[is_used], scan)
        self._alone.join(rows.rows[is_used], plots[is_used], scan, self._epoch)
        self._count("used", int(is_used.sum()))
        self._count("late", int((is_known & (outcomes == ring.TOO_LATE)).sum()))
        is_dealt: Flags = outcomes != ring.DIVERGED
        return is_dealt

    def _register(self, rows: Integers, plots: Integers, scan: Scan) -> None:
        """Let plots of known tracks say what their radar is off by."""
        if scan.measured is not None:
            flights = self._bank.table.serial[rows]
            self._registration.take(flights, plots, scan.sensor, scan.measured)

    # Tracks.

    def _start(self, scan: Scan, left: Integers) -> None:
        """Begin tentative tracks from what nobody wanted and what is remembered."""
        fixes = self._nursery.fixes(scan, left)
        pairs = self._nursery.pairs(fixes)
        granted = self._granted(scan.sensor, len(pairs))
        self._count("refused: too many tentative tracks", len(pairs) - granted)
        rows = self._bank.table.add_many(self._serial + np.arange(granted))
        self._count("refused: too many tracks", granted - len(rows))
        self._serial += len(rows)
        outcomes = self._bank.start(rows, pairs[: len(rows)], self._nursery.known, fixes)
        for row in rows[outcomes == ring.DIVERGED].tolist():
            self._drop(row, "diverged")
        self._nursery.remember(fixes)
        self._start_alone(scan, left)
        self._alone.cross(fixes.look_number[fixes.looks > 1].ravel().tolist())

    def _start_alone(self, scan: Scan, left: Integers) -> None:
        """Begin tracks of launches that one infrared sensor alone has seen for long enough."""
        table = self._bank.table
        known = table.rows(CONFIRMED, LOST)
        for launched in self._alone.shown_by(scan, left, known):
            rows = table.add_many(np.array([self._serial]))
            if len(rows) == 0:
                self._count("refused: too many tracks", 1)
                return
            self._serial += 1
            self._alone.begin(int(rows[0]), launched)
            self._confirm_one(int(rows[0]))
            self._alone.boost(int(rows[0]), launched.boosting, self._epoch)

    def _granted(self, sensor: int, wanted: int) -> int:
        """How many tentative tracks a sensor may begin now.

        When there is no more room, those that have begun more than their even share give way,
        the youngest first: a sensor that floods takes no room from another.
        """
        table = self._bank.table
        rows = table.rows(TENTATIVE)
        room = self._settings.tentative_max - len(rows)
        if wanted <= room:
            return wanted
        origins, counts = np.unique(table.origin[rows], return_counts=True)
        held = int(counts[origins == sensor].sum())
        others = counts[origins != sensor]
        share = fair_share(np.append(others, held + wanted), self._settings.tentative_max)
        for origin, count in zip(origins.tolist(), counts.tolist(), strict=True):
            if origin != sensor and count > share:
                for row in rows[table.origin[rows] == origin][share:].tolist():
                    self._drop(row, "more than its sensor's share")
        room = self._settings.tentative_max - len(table.rows(TENTATIVE))
        return min(wanted, room)

    def _confirm(self) -> None:
        """Confirm the tentative tracks that agree with enough detections, the best first.

        Those that rest on the same detections were other guesses about the same object: dropped.
        """
        table, settings = self._bank.table, self._settings
        rows = table.rows(TENTATIVE)
        spare = table.numbers[rows] - _NUMBERS_OF_A_STATE
        is_slow = table.period[rows] > settings.slow_period_s
        needed = np.where(is_slow, settings.confirm_spare_slow, settings.confirm_spare_numbers)
        span_s = (table.time[rows] - table.first_time[rows]) / NS_PER_S
        is_ready = (spare >= needed) & (span_s >= settings.confirm_span_s)
        places = np.flatnonzero(is_ready)
        is_crowded = self._bank.beside(rows[places], table.rows(CONFIRMED), settings.crowded_m)
        is_ready[places] &= (spare - needed)[places] >= settings.confirm_spare_crowded * is_crowded
        rows, misfits = rows[is_ready], table.misfit[rows[is_ready]] / spare[is_ready]
        for place in np.lexsort((table.serial[rows], misfits)).tolist():
            row, misfit = int(rows[place]), float(misfits[place])
            if table.status[row] != TENTATIVE:
                continue
            if misfit <= settings.confirm_misfit_ratio:
                self._confirm_one(row)
            elif misfit > settings.disagree_misfit_ratio:
                self._drop(row, "disagrees")

    def _confirm_one(self, row: int) -> None:
        table = self._bank.table
        self._confirmed += 1
        self._stories.begin(row, track_id(self._node, self._confirmed))
        table.status[row] = CONFIRMED
        self._counts["confirmed"] += 1
        self._counts["used"] += int(table.updates[row])
        for other in self._bank.sharing(table.rows(TENTATIVE), row).tolist():
            self._drop(other, "shared detections")

    def _merge(self, older: int, younger: int) -> None:
        """Two tracks are one object: the older name stays, with the fresher estimate."""
        table = self._bank.table
        if FREE in (table.status[older], table.status[younger]):
            return
        paths = table.paths[older] | table.paths[younger]
        if table.time[younger] > table.time[older] + NS_PER_S:
            first_ns, serial = table.first_time[older], table.serial[older]
            table.hand_over(source=younger, target=older)
            self._alone.end(older)
            table.first_time[older], table.serial[older] = first_ns, serial
        table.paths[older] = paths
        self._stories.change(older)
        self._drop(younger, "merged")

    def _drop(self, row: int, reason: str) -> None:
        self._registration.end(int(self._bank.table.serial[row]))
        self._stories.end(row)
        self._alone.end(row)
        self._bank.table.remove(row)
        self._counts[f"dropped: {reason}"] += 1


def _without(left: Integers, gone: Integers, scan: Scan) -> Integers:
    """Places in a scan without some of them."""
    is_gone = np.zeros(len(scan.records), dtype=np.bool_)
    is_gone[gone] = True
    return left[~is_gone[left]]
