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


def median_s(act: Callable[[], object], *, repeats: int) -> float:
    """Median duration of one call, after one that does not count."""
    act()
    taken_s = []
    for _ in range(repeats):
        began_s = time.perf_counter()
        act()
        taken_s.append(time.perf_counter() - began_s)
    return float(np.median(taken_s))


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
