"""What a measurement is, and how one is made."""

import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Measured:
    """One row of the table: what was measured on which work, and its ratio to the yardstick."""

    path: str
    work: str
    figure: str
    yardstick: str
    ratio: str


Clock = Callable[[], float]


def beside_s(
    act: Callable[[], object],
    yardstick: Callable[[], object],
    *,
    repeats: int,
    clock: Clock = time.process_time,
) -> tuple[float, float]:
    """Median durations of an act and of its yardstick, done in turn so that both meet the same
    noise; the first of each does not count.

    Processor time of this process, so that others on the machine count little; what waits for a
    disk needs a clock on the wall.
    """
    taken_s: tuple[list[float], list[float]] = ([], [])
    for _ in range(repeats + 1):
        for each, kept_s in zip((act, yardstick), taken_s, strict=True):
            began_s = clock()
            each()
            kept_s.append(clock() - began_s)
    return float(np.median(taken_s[0][1:])), float(np.median(taken_s[1][1:]))


def percentiles_ms(taken_s: Sequence[float]) -> tuple[float, float]:
    """p50 and p99."""
    p50_s, p99_s = np.percentile(np.asarray(taken_s), (50.0, 99.0))
    return 1e3 * float(p50_s), 1e3 * float(p99_s)


def machine() -> str:
    """Processor, cores, system and Python of this run."""
    name = platform.processor() or platform.machine()
    cores = 0
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition(":")
        if key.strip() == "model name":
            name = value.strip()
            cores += 1
    system = f"{platform.system()} {platform.release()}"
    return f"{name}, {cores} cores, {system}, Python {platform.python_version()}"
