"""Detections of one nation's sensors to tracks: the way through is ``take``."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np

from signalfire.basis.errors import LimitExceeded
from signalfire.basis.identity import NodeId, SensorId, TrackId, track_id
from signalfire.basis.instant import NS_PER_S, Instant
from signalfire.basis.kernel import Floats, Integers
from signalfire.basis.limits import REPEATS_REMEMBERED_MAX, TRACKS_MAX
from signalfire.picture.detection import Detection, Sensor
from signalfire.picture.estimate import StateEstimate
from signalfire.picture.table import CONFIRMED, FREE, LOST, TENTATIVE
from signalfire.picture.track import Track, TrackStatus
from signalfire.tracking import _kernels as k
from signalfire.tracking import _ring_kernels as ring
from signalfire.tracking.associate import nearest_each, nearest_global
from signalfire.tracking.bank import DETECTION_BITS, FilterBank
from signalfire.tracking.bias import SensorBias
from signalfire.tracking.initiate import Look, Nursery, Start
from signalfire.tracking.measurement import Gaps, Refusal, record
from signalfire.tracking.registration import Registration
from signalfire.tracking.settings import TrackingSettings
from signalfire.tracking.upkeep import Upkeep

_TIME_LIMIT_NS = 2**62
"""Instants further than this (146 years) from the first one do not fit the columns."""
_SCANS_REMEMBERED_MAX = 10_000
_PLACE_IN_SCAN = (1 << DETECTION_BITS) - 1
_STATUS = {CONFIRMED: TrackStatus.CONFIRMED, LOST: TrackStatus.LOST}


INFRARED_NUMBERS = 2
"""An infrared detection has two numbers, a plot three or four."""


@dataclass
class Story:
    """What the columns do not hold of a track."""

    track: TrackId | None = None
    paths: set[str] = field(default_factory=set)
    ascent: list[StateEstimate] = field(default_factory=list)
    shown: Track | None = None


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
        self._registration = Registration(self._names, settings)
        periods_s = [sensor.period_s or 0.0 for sensor in self._sensors.values()]
        reach_s = max(
            settings.pair_gap_max_s, settings.patience_ratio * max(periods_s, default=0.0)
        )
        # What came this long ago pairs with nothing, even with what is a few seconds late.
        self._memory_ns = round((reach_s + settings.pair_gap_max_s) * NS_PER_S)
        self._stories: dict[int, Story] = {}
        self._counts: Counter[str] = Counter()
        self._epoch: Instant | None = None
        self._scans: dict[tuple[int, int], list[int]] = {}
        self._scans_begun = 0
        self._serial = 0
        self._confirmed = 0
        self._remembered: dict[tuple[int, int, bytes], None] = {}

    @property
    def counts(self) -> dict[str, int]:
        """What became of the detections and the tracks, by reason, in alphabetical order.

        ``used`` by a confirmed track; ``unassociated``, no track took it when it came (it may have
        begun one since, and counts as used then); ``late``, ``repeated``, ``refused: <reason>``;
        and of tracks ``confirmed``, ``dropped: <reason>``.
        """
        return dict(sorted(self._counts.items()))

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
            looks, paths = self._admit(list(scan), self._sensors.get(sensor), observed_at, now)
            if looks:
                self._scan(looks, paths)

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
        self._nursery.forget(now_ns - self._memory_ns)

    def tracks(self) -> tuple[Track, ...]:
        """Confirmed and lost tracks, in the order in which they were confirmed."""
        rows = self._bank.table.rows(CONFIRMED, LOST)
        shown = [(self._stories[row], self._show(row)) for row in rows.tolist()]
        return tuple(track for _, track in sorted(shown, key=lambda pair: _counter(pair[1].track)))

    def registration(self) -> tuple[SensorBias, ...]:
        """What each sensor is held to be off by, in the order of names. Not to be shared."""
        return self._registration.biases()

    # Detections.

    def _admit(
        self, scan: list[Detection], sensor: Sensor | None, observed_at: Instant, now: Instant
    ) -> tuple[list[Look], list[str]]:
        """The usable detections of one scan as looks, and their paths; the others are counted."""
        assert self._epoch is not None
        settings = self._settings
        at_ns = observed_at.tai_ns - self._epoch.tai_ns
        age_s = now.elapsed_s(since=observed_at)
        if age_s < -settings.ahead_max_s or abs(at_ns) > _TIME_LIMIT_NS:
            self._counts[f"refused: {Refusal.CLOCK}"] += len(scan)
            return [], []
        if age_s > settings.late_max_s:
            self._counts["late"] += len(scan)
            return [], []
        period_s = (sensor.period_s if sensor else None) or settings.period_unknown_s
        gaps = Gaps(period_s, max(settings.gap_counted_s, 3.0 * period_s))
        looks: list[Look] = []
        paths: list[str] = []
        for detection in scan:
            row = record(detection, sensor, gaps)
            if isinstance(row, Refusal):
                self._counts[f"refused: {row}"] += 1
                continue
            index = self._index[detection.sensor]
            if self._is_repeat((at_ns, index, row.tobytes())):
                self._counts["repeated"] += 1
            elif (number := self._number(index, at_ns)) is None:
                self._counts["refused: too many in one scan"] += 1
            else:
                look_ns, corrected = self._registration.corrected(index, at_ns, row)
                looks.append(Look(look_ns, corrected, number, index, period_s, (at_ns, row)))
                paths.append(detection.path)
        return looks, paths

    def _number(self, index: int, at_ns: int) -> int | None:
        """The number of one more detection of a sensor at an instant; None when there are too many.

        Those of one sensor and instant belong to one scan, even if they come apart.
        """
        scan = self._scans.get((index, at_ns))
        if scan is None:
            self._scans_begun += 1
            scan = self._scans[index, at_ns] = [self._scans_begun, 0]
            if len(self._scans) > _SCANS_REMEMBERED_MAX:
                del self._scans[next(iter(self._scans))]
        if scan[1] == 1 << DETECTION_BITS:
            return None
        scan[1] += 1
        return scan[0] << DETECTION_BITS | (scan[1] - 1)

    def _is_repeat(self, key: tuple[int, int, bytes]) -> bool:
        """Whether this very detection came before; remembers it, and lets the oldest go."""
        if key in self._remembered:
            return True
        self._remembered[key] = None
        if len(self._remembered) > REPEATS_REMEMBERED_MAX:
            del self._remembered[next(iter(self._remembered))]
        return False

    def _scan(self, looks: list[Look], paths: list[str]) -> None:
        """One scan: known tracks first, then those in the making, then new ones."""
        table = self._bank.table
        left = list(range(len(looks)))
        known = self._reachable(table.rows(CONFIRMED, LOST), looks[0].at_ns)
        # Plots that nobody wants may show what was thought improbable: thrust again, or lift.
        for mode_probability_min in (self._settings.mode_probability_min, 0.0):
            pairs, costs = self._gate(known, looks, left, mode_probability_min)
            served = []
            for row, plot in nearest_global(pairs, costs):
                served.append(row)
                if self._give(row, looks[plot], paths[plot]):
                    left.remove(plot)
            if not left:
                return
            known = np.setdiff1d(known, served)
        left = self._without_misregistered(known, looks, left)
        if not left:
            return
        pairs, costs = self._gate(
            self._reachable(table.rows(TENTATIVE), looks[0].at_ns), looks, left, 0.0
        )
        spoken_for: set[int] = set()
        for row, plot in nearest_each(pairs, costs):
            if self._give(row, looks[plot], paths[plot]) and table.numbers[row] > 8:
                spoken_for.add(plot)
        self._confirm()
        self._counts["unassociated"] += len(left) - len(spoken_for)
        for start in self._nursery.starts([looks[i] for i in left if i not in spoken_for]):
            self._start(start)

    def _without_misregistered(
        self, known: Integers, looks: list[Look], left: list[int]
    ) -> list[int]:
        """Plots that remain when those are set aside that a sensor out of register gave of a track.

        Such a plot misses the gate of a track that others have only just seen, by no more than
        siting and clock may be wrong. It is counted and neither moves the track nor starts one;
        registration learns from it.
        """
        settings, at_ns = self._settings, looks[0].at_ns
        fresh_ns = round(settings.registered_within_s * NS_PER_S)
        fresh = known[np.abs(at_ns - self._bank.table.time[known]) <= fresh_ns]
        plots = [i for i in left if looks[i].record[k.KIND] > INFRARED_NUMBERS]
        if fresh.size == 0 or not plots:
            return left
        records = np.array([looks[i].record for i in plots])
        sigmas = records[:, [k.S_RANGE, k.S_ASIDE, k.S_ACROSS]]
        records[:, [k.S_RANGE, k.S_ASIDE, k.S_ACROSS]] = np.hypot(
            sigmas,
            [settings.registration_range_sigma_m] + [settings.registration_angle_sigma_rad] * 2,
        )
        pairs, costs = self._bank.gate(fresh, at_ns, records, mode_probability_min=0.0)
        aside = set()
        for row, plot in nearest_global(pairs, costs):
            aside.add(plots[plot])
            self._register(row, looks[plots[plot]])
        self._counts["out of register"] += len(aside)
        return [i for i in left if i not in aside]

    def _reachable(self, rows: Integers, at_ns: int) -> Integers:
        """Rows that were seen recently enough to be carried to an instant at all."""
        kept_ns = round(self._settings.lost_kept_s * NS_PER_S)
        return rows[at_ns - self._bank.table.time[rows] <= kept_ns]

    def _gate(
        self, rows: Integers, looks: list[Look], left: list[int], mode_probability_min: float
    ) -> tuple[Integers, Floats]:
        """Pairs (row, place in ``looks``) inside the gate, and costs."""
        if rows.size == 0:
            return np.zeros((0, 2), dtype=np.int64), np.zeros(0)
        records = np.array([looks[i].record for i in left])
        pairs, costs = self._bank.gate(
            rows, looks[0].at_ns, records, mode_probability_min=mode_probability_min
        )
        pairs[:, 1] = np.array(left)[pairs[:, 1]]
        number = looks[0].number
        if number & _PLACE_IN_SCAN == 0 or len(pairs) == 0:
            return pairs, costs
        # A part of this scan came before: who took a detection of it takes no other.
        scan = number >> DETECTION_BITS
        is_open = [
            not (self._bank.numbers_used(row) >> DETECTION_BITS == scan).any()
            for row in pairs[:, 0].tolist()
        ]
        return pairs[is_open], costs[is_open]

    def _give(self, row: int, look: Look, path: str) -> bool:
        """Let a track take a detection; whether the detection is thereby dealt with."""
        table = self._bank.table
        status = self._bank.take(row, at_ns=look.at_ns, record=look.record, number=look.number)
        is_known = table.status[row] != TENTATIVE
        if status == ring.DIVERGED:
            self._drop(row, "diverged")
            return False
        if is_known:
            self._counts["used" if status == ring.USED else "late"] += 1
        if status == ring.USED:
            table.period[row] = max(table.period[row], look.period_s)
            if table.status[row] == LOST:
                table.status[row] = CONFIRMED
            story = self._stories[row]
            story.paths.add(path)
            story.shown = None
            self._remember_ascent(row, story)
            self._register(row, look)
        return True

    def _register(self, row: int, look: Look) -> None:
        """Let a plot of a confirmed track say what its radar is off by."""
        table = self._bank.table
        if table.status[row] == CONFIRMED:
            at_ns, record = look.measured or (look.at_ns, look.record)
            self._registration.take(int(table.serial[row]), look.sensor, at_ns, record)
            self._stories[row].shown = None

    def _remember_ascent(self, row: int, story: Story) -> None:
        settings = self._settings
        if len(story.ascent) >= settings.ascent_states_max or self._bank.table.updates[row] < 3:
            return
        at = self._instant(int(self._bank.table.time[row]))
        last = story.ascent[-1].valid_at if story.ascent else None
        if last is not None and at.elapsed_s(since=last) < settings.ascent_spacing_s:
            return
        story.ascent.append(StateEstimate(at, *self._bank.estimate(row)))

    # Tracks.

    def _start(self, start: Start) -> None:
        """Begin a tentative track from two fixes."""
        if len(self._bank.table.rows(TENTATIVE)) >= self._settings.tentative_max:
            self._counts["refused: too many tentative tracks"] += 1
            return
        try:
            row = self._bank.table.add(self._serial)
        except LimitExceeded:
            self._counts["refused: too many tracks"] += 1
            return
        self._serial += 1
        self._stories[row] = Story()
        first = start.first
        self._bank.begin(
            row,
            at_ns=first.at_ns,
            place=first.place,
            covariance=first.covariance,
            velocity=start.velocity_ecef_m_s,
        )
        for look in first.looks:
            self._stories[row].paths.add(self._path(look))
            self._bank.table.updates[row] += 1
            self._bank.table.numbers[row] += int(look.record[k.KIND])
            self._bank.table.period[row] = max(self._bank.table.period[row], look.period_s)
        for look in sorted(start.second.looks, key=lambda look: (look.at_ns, look.number)):
            if not self._give(row, look, self._path(look)):
                return

    def _path(self, look: Look) -> str:
        return self._sensors[self._names[look.sensor]].path

    def _confirm(self) -> None:
        """Confirm the tentative tracks that agree with enough detections, the best first.

        Those that rest on the same detections were other guesses about the same object: dropped.
        """
        table, settings = self._bank.table, self._settings
        ready = []
        for row in table.rows(TENTATIVE).tolist():
            spare = int(table.numbers[row]) - 6
            is_slow = table.period[row] > settings.slow_period_s
            needed = settings.confirm_spare_slow if is_slow else settings.confirm_spare_numbers
            span_s = (table.time[row] - table.first_time[row]) / NS_PER_S
            if spare >= needed and span_s >= settings.confirm_span_s:
                ready.append((float(table.misfit[row]) / spare, int(table.serial[row]), row))
        for misfit, _, row in sorted(ready):
            if table.status[row] != TENTATIVE:
                continue
            if misfit <= settings.confirm_misfit_ratio:
                self._confirm_one(row)
            elif misfit > settings.disagree_misfit_ratio:
                self._drop(row, "disagrees")

    def _confirm_one(self, row: int) -> None:
        table = self._bank.table
        self._confirmed += 1
        self._stories[row].track = track_id(self._node, self._confirmed)
        table.status[row] = CONFIRMED
        self._counts["confirmed"] += 1
        self._counts["used"] += int(table.updates[row])
        own = self._bank.numbers_used(row)
        for other in table.rows(TENTATIVE).tolist():
            if np.isin(self._bank.numbers_used(other), own).any():
                self._drop(other, "shared detections")

    def _merge(self, older: int, younger: int) -> None:
        """Two tracks are one object: the older name stays, with the fresher estimate."""
        table = self._bank.table
        if FREE in (table.status[older], table.status[younger]):
            return
        kept, other = self._stories[older], self._stories[younger]
        if table.time[younger] > table.time[older] + NS_PER_S:
            first_ns, serial = table.first_time[older], table.serial[older]
            table.copy_row(source=younger, target=older)
            table.first_time[older], table.serial[older] = first_ns, serial
        kept.paths |= other.paths
        kept.shown = None
        self._drop(younger, "merged")

    def _drop(self, row: int, reason: str) -> None:
        self._registration.end(int(self._bank.table.serial[row]))
        self._bank.table.remove(row)
        del self._stories[row]
        self._counts[f"dropped: {reason}"] += 1

    # What is shown.

    def _instant(self, at_ns: int) -> Instant:
        assert self._epoch is not None
        return Instant(self._epoch.tai_ns + at_ns)

    def _show(self, row: int) -> Track:
        story, table = self._stories[row], self._bank.table
        status = _STATUS[int(table.status[row])]
        if story.shown is not None and story.shown.status is status:
            return story.shown
        assert story.track is not None
        state = table.state[row]
        last = self._instant(int(table.time[row]))
        burnt_out_ns = round(float(state[k.BURNT_OUT_S]) * NS_PER_S)
        is_burnt_out = state[k.FREE_SEEN] > 0.0 and state[k.THRUST_SEEN] > 0.0 and burnt_out_ns != 0
        story.shown = Track(
            track=story.track,
            status=status,
            state=StateEstimate(last, *self._estimate(row)),
            thrust_probability=float(state[k.P_FORCED]),
            first_observed_at=self._instant(int(table.first_time[row])),
            last_observed_at=last,
            observed_s=float(state[k.OBSERVED_S]),
            updates=int(table.updates[row]),
            paths=frozenset(story.paths),
            ascent=tuple(story.ascent),
            burnt_out_at=self._instant(burnt_out_ns) if is_burnt_out else None,
            free_flight_seen=bool(state[k.FREE_SEEN] > 0.0),
        )
        return story.shown

    def _estimate(self, row: int) -> tuple[Floats, Floats]:
        """Mean and covariance at the row's last detection, what radars are off by considered."""
        table = self._bank.table
        known = self._registration.estimate(int(table.serial[row]), int(table.time[row]))
        return known or self._bank.estimate(row)


def _counter(track: TrackId) -> int:
    return int(track.rsplit("-", 1)[1])
