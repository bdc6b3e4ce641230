"""A whole scan of a raid: predict, gate, assign, update; arrays in, updated tracks out.

As it is a minute into the raid and from then on, with full rings; figures are of processor time.

python -m bench.scan       # the same, and the drawing of how it grows, bench/scan.svg
"""

import math
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.known import DELAY_S, SENSOR, START, knowing, plots_of
from bench.measured import Measured
from bench.raid import Raid, raid
from signalfire.analysis.drawing import BLUE, GREEN, GREY, RED, Axis, Curve, chart
from signalfire.picture.table import CONFIRMED
from signalfire.tracking import _kernels as k
from signalfire.tracking.associate import shared_out
from signalfire.tracking.scan import DETECTION_BITS, Scan, Wanted
from signalfire.tracking.tracker import Tracker

PATH = "scan"
SETTLING = 72
"""Scans before those that are timed: then rings and arcs are full, rings forget their oldest, and
nothing takes new memory. Not with 100,000 objects, which would take minutes: their scans do."""
SETTLED_MAX = 10_000
DRAWING = Path(__file__).resolve().parent / "scan.svg"
SCANS = 12
LOST_SHARE = 0.01
"""Of the tracks, in the worst case: a third is no number, two thirds are lost by kilometres."""


@dataclass(frozen=True)
class Case:
    """One raid: how many objects, how far apart (sigma over the ground), and what is wrong."""

    name: str
    count: int
    spread_m: float
    lost_share: float = 0.0


CASES = (
    Case("100 objects", 100, 60e3),
    Case("1,000 objects", 1_000, 60e3),
    Case("10,000 objects", 10_000, 60e3),
    Case("10,000 objects, dense", 10_000, 15e3),
    Case("10,000 objects, 1 % lost", 10_000, 60e3, LOST_SHARE),
    Case("100,000 objects", 100_000, 150e3),
)
USUAL = CASES[2]


@dataclass(frozen=True)
class Timed:
    """Seconds for each scan: the part from prediction to update, everything by arrays, everything
    by single detections; and of the plots that tracks took, the share that were their own."""

    core_s: tuple[float, ...]
    arrays_s: tuple[float, ...]
    objects_s: tuple[float, ...]
    right_share: float

    @property
    def core_ms(self) -> float:
        return 1e3 * float(np.median(self.core_s))


def spoil(tracker: Tracker, share: float) -> None:
    """Let some tracks lose their way."""
    bank = tracker._bank
    rows = bank.table.rows(CONFIRMED)[:: max(1, round(1.0 / share))]
    for place, row in enumerate(rows.tolist()):
        for mode in range(2):
            if place % 3 == 0:
                k.mean_of(bank.table.state[row], mode)[:] = math.nan
            else:
                wide = 1e8 * (1 + place % 7) * np.eye(3)
                k.covariance_of(bank.table.state[row], mode)[:3, :3] = wide


def core(tracker: Tracker, raided: Raid, number: int) -> tuple[float, int, int]:
    """Scan ``number`` of a raid into the tracks alone; seconds, plots taken, and those rightly."""
    bank, seen = tracker._bank, raided.scans[number]
    count = len(seen.records)
    scan = Scan(
        round((number + 1) * 1e9), 0, 1.0, seen.records,
        (number + 1 << DETECTION_BITS) + np.arange(count), np.zeros(count, dtype=np.int64), count,
    )  # fmt: skip
    began_s = time.process_time()
    rows = bank.bring(bank.table.rows(CONFIRMED), scan.at_ns, scan.records)
    rows = rows.where(rows.ready > 0)
    pairs, costs, _ = bank.candidates(rows, scan.records, np.arange(count), Wanted(0.02, 24))
    given = shared_out(pairs, costs, len(rows.rows)).given
    bank.give(rows.where(given[:, 0]), given[:, 1], scan)
    taken_s = time.process_time() - began_s
    right = (seen.owners[given[:, 1]] == bank.table.serial[rows.rows[given[:, 0]]]).sum()
    return taken_s, len(given), int(right)


def settle(trackers: Sequence[Tracker], raided: Raid, scans: int) -> None:
    """The first scans of a raid, not timed: into the tracks alone for the first tracker."""
    for number in range(scans):
        at, now = START.later(number + 1.0), START.later(number + 1.0 + DELAY_S)
        core(trackers[0], raided, number)
        for tracker in trackers[1:]:
            tracker.take_records(SENSOR.sensor, at, raided.scans[number].records, now)
            tracker.tick(now)


def timed(case: Case, *, whole: bool = True) -> Timed:
    """Play the scans of a raid, each way on a tracker of its own, in turn; ticks are not timed."""
    settling = SETTLING if case.count <= SETTLED_MAX else 0
    raided = raid(case.count, spread_m=case.spread_m, scans=settling + SCANS, seed=case.count)
    trackers = [knowing(raided) for _ in range(3 if whole else 1)]
    settle(trackers, raided, settling)
    for tracker in trackers:
        if case.lost_share:
            spoil(tracker, case.lost_share)
    core_s, arrays_s, objects_s = [], [], []
    taken = right = 0
    for number in range(settling, settling + SCANS):
        seen = raided.scans[number]
        at, now = START.later(number + 1.0), START.later(number + 1.0 + DELAY_S)
        each_s, its_taken, its_right = core(trackers[0], raided, number)
        core_s.append(each_s)
        taken, right = taken + its_taken, right + its_right
        if whole:
            began_s = time.process_time()
            trackers[1].take_records(SENSOR.sensor, at, seen.records, now)
            arrays_s.append(time.process_time() - began_s)
            plots = plots_of(seen.polar, number + 1.0)
            began_s = time.process_time()
            trackers[2].take(plots, now)
            objects_s.append(time.process_time() - began_s)
            for tracker in trackers[1:]:
                tracker.tick(now)
    return Timed(tuple(core_s), tuple(arrays_s), tuple(objects_s), right / max(taken, 1))


def measure(cases: Sequence[Case] = CASES) -> list[Measured]:
    """Median scans of each case beside that of 10,000 objects of the same run."""
    timed(CASES[0])
    usual = timed(USUAL)
    found = []
    for case in cases:
        its = usual if case is USUAL else timed(case, whole=case.count <= USUAL.count)
        rows = [("predict, gate, assign, update", its.core_s)]
        if its.arrays_s:
            rows += [("all, from arrays", its.arrays_s), ("all, from detections", its.objects_s)]
        for what, taken_s in rows:
            median_ms = 1e3 * float(np.median(taken_s))
            found.append(
                Measured(
                    path=f"{PATH}, {what}",
                    work=f"{case.name}, {SCANS} scans, {its.right_share:.4f} right",
                    figure=f"{median_ms:.2f} ms, worst {1e3 * max(taken_s):.2f} ms",
                    yardstick=f"{USUAL.name}, predict to update: {usual.core_ms:.2f} ms",
                    ratio=f"{median_ms / usual.core_ms:.2f}",
                )
            )
    return found


def drawing(points: Sequence[tuple[int, Timed]]) -> str:
    """How a scan's time grows with the objects, beside N log N through the first."""
    across = Axis("objects", (100.0, 100_000.0), (100, 1_000, 10_000, 100_000), is_log=True)
    up = Axis("milliseconds for a scan", (0.03, 1_000.0), (0.1, 1, 10, 100, 1_000), is_log=True)
    first, its = points[0]
    unit_ms = its.core_ms / (first * math.log(first))
    curves = [
        Curve("predict to update", [(n, t.core_ms) for n, t in points], GREEN),
        Curve(
            "all, from arrays",
            [(n, 1e3 * float(np.median(t.arrays_s))) for n, t in points if t.arrays_s],
            BLUE,
        ),
        Curve(
            "all, from detections",
            [(n, 1e3 * float(np.median(t.objects_s))) for n, t in points if t.objects_s],
            RED,
        ),
        Curve("N log N", [(n, unit_ms * n * math.log(n)) for n, _ in points], GREY, is_dashed=True),
    ]
    return chart("Time of a scan", across, up, curves)


def main() -> int:
    """Measure the cases that differ in size alone, and draw them."""
    timed(CASES[0])
    sizes = [case for case in CASES if case.name.endswith("0 objects")]
    points = [(case.count, timed(case, whole=case.count <= USUAL.count)) for case in sizes]
    DRAWING.write_text(drawing(points), encoding="utf-8")
    for count, its in points:
        print(f"{count:>7,}: {its.core_ms:.2f} ms, {its.right_share:.4f} right")
    return 0


if __name__ == "__main__":
    sys.exit(main())
