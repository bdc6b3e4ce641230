"""One detection in, the assessment of its object out, while many others are held."""

import time

import numpy as np

from bench.known import DELAY_S, START, knowing, plots_of
from bench.measured import Measured, percentiles_ms
from bench.raid import raid
from signalfire.assess.assessor import assess_state, observed_by
from signalfire.assess.launch import estimate_launch
from signalfire.basis.identity import EventId, NationId

COUNTS = (10, 1_000)
DETECTIONS = 400
PATH = "latency"


def latencies_s(count: int) -> list[float]:
    """Wall time of each of many single detections: tracker, picture and assessment."""
    raided = raid(count, spread_m=60e3, scans=3, seed=count)
    tracker = knowing(raided)
    taken_s = []
    for number, seen in enumerate(raided.scans):
        plots = plots_of(seen.polar, number + 1.0)
        now = START.later(number + 1.0 + DELAY_S)
        own = np.flatnonzero(seen.owners >= 0)[: DETECTIONS // len(raided.scans)]
        for place in own.tolist():
            before = tracker.tracks()
            began_s = time.perf_counter()
            tracker.take([plots[place]], now)
            tracks = tracker.tracks()
            for old, new in zip(before, tracks, strict=True):
                if old is not new:
                    launch = estimate_launch(new)
                    assess_state(observed_by(EventId("JPN-1-1"), NationId("JPN"), new, launch), now)
            taken_s.append(time.perf_counter() - began_s)
        tracker.take([plot for i, plot in enumerate(plots) if i not in set(own.tolist())], now)
    return taken_s[len(taken_s) // 3 :]


def measure(counts: tuple[int, ...] = COUNTS) -> list[Measured]:
    """p50 and p99, the first third left out."""
    found = []
    base_ms = 0.0
    for count in counts:
        taken_s = latencies_s(count)
        p50_ms, p99_ms = percentiles_ms(taken_s)
        base_ms = base_ms or p50_ms
        found.append(
            Measured(
                path=f"{PATH}, detection to assessment",
                work=f"{count:,} objects held, {len(taken_s)} detections",
                figure=f"p50 {p50_ms:.2f} ms, p99 {p99_ms:.2f} ms",
                yardstick=f"p50 with {counts[0]}: {base_ms:.2f} ms",
                ratio=f"{p50_ms / base_ms:.1f}",
            )
        )
    return found
