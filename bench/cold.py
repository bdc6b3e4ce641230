"""A new process: how long until its first track is updated, and how much memory 10,000 take.

python -m bench.cold first     # seconds to the first update, in this process
python -m bench.cold memory    # MiB resident with 10,000 tracks, in this process
"""

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bench.measured import Measured
from signalfire.cli.starting import start_without_blas

ROOT = Path(__file__).resolve().parent.parent
TRACKS = 10_000
SCANS = 72
"""Then rings and arcs are full, and memory grows no more."""
IMPORTS = "import numpy, numba"
REPEATS = 3


def first_update() -> None:
    """Import as a node does, make a tracker, and update its one track."""
    start_without_blas()
    from bench.known import DELAY_S, START, knowing, plots_of
    from bench.raid import raid

    raided = raid(1, spread_m=1.0, scans=1, seed=3)
    tracker = knowing(raided)
    tracker.take(plots_of(raided.scans[0].polar, 1.0), START.later(1.0 + DELAY_S))
    assert tracker.tracks()


def resident_mib() -> float:
    """What this process holds of the machine's memory."""
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024.0
    raise LookupError("this system does not say how much memory a process holds")


def hold_tracks() -> tuple[float, float]:
    """Resident memory with many tracks after some scans: as the tracker has them, and shown.

    Without what the raid itself takes.
    """
    from bench.known import DELAY_S, SENSOR, START, knowing
    from bench.raid import raid

    before_mib = resident_mib()
    raided = raid(TRACKS, spread_m=60e3, scans=SCANS, seed=4)
    raid_mib = resident_mib() - before_mib
    tracker = knowing(raided)
    for number, seen in enumerate(raided.scans):
        at = START.later(number + 1.0)
        tracker.take_records(SENSOR.sensor, at, seen.records, at.later(DELAY_S))
        tracker.tick(at.later(DELAY_S))
    held_mib = resident_mib() - raid_mib
    assert len(tracker.tracks()) >= 0.99 * TRACKS
    return held_mib, resident_mib() - raid_mib


def _wall_s(arguments: Sequence[str]) -> float:
    began_s = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, cwd=ROOT, capture_output=True)
    return time.perf_counter() - began_s


def measure() -> list[Measured]:
    """Wall time of whole processes with filled caches, in turn with one that only imports."""
    _wall_s(["-m", "bench.cold", "first"])
    first_s, import_s = [], []
    for _ in range(REPEATS):
        first_s.append(_wall_s(["-m", "bench.cold", "first"]))
        import_s.append(_wall_s(["-c", IMPORTS]))
    told = subprocess.run(
        [sys.executable, "-m", "bench.cold", "memory"],
        check=True, cwd=ROOT, capture_output=True, text=True,
    ).stdout.split()  # fmt: skip
    held_mib, shown_mib = float(told[0]), float(told[1])
    return [
        Measured(
            path="cold start",
            work="a process to its first update, compiled before",
            figure=f"{min(first_s):.2f} s",
            yardstick=f"{IMPORTS}: {min(import_s):.2f} s",
            ratio=f"{min(first_s) / min(import_s):.1f}",
        ),
        Measured(
            path="memory",
            work=f"{TRACKS:,} tracks, {SCANS} scans, every track shown",
            figure=f"{shown_mib:.0f} MiB resident",
            yardstick=f"before they are shown: {held_mib:.0f} MiB",
            ratio=f"{shown_mib / held_mib:.1f}",
        ),
    ]


if __name__ == "__main__":
    if sys.argv[1:] == ["memory"]:
        print(*(f"{mib:.1f}" for mib in hold_tracks()))
    else:
        first_update()
