"""What a measurement is, and how one is made."""

import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Measured:
    """One row of the table: what was measured on which work, and its ratio to the yardstick."""

    path: str
    work: str
    figure: str
    yardstick: str
    ratio: str


Clock = Callable[[], float]


def in_turn_s(
    acts: Sequence[Callable[[], object]], *, repeats: int, clock: Clock = time.process_time
) -> list[NDArray[np.float64]]:
    """Durations of acts done in turn, so that all meet the same noise; each one's first does not
    count. Compare them round by round.

    Processor time of this process, so that others on the machine count little; what waits for a
    disk needs a clock on the wall.
    """
    taken_s: list[list[float]] = [[] for _ in acts]
    for _ in range(repeats + 1):
        for act, kept_s in zip(acts, taken_s, strict=True):
            began_s = clock()
            act()
            kept_s.append(clock() - began_s)
    return [np.array(kept_s[1:]) for kept_s in taken_s]


def beside_s(
    act: Callable[[], object],
    yardstick: Callable[[], object],
    *,
    repeats: int,
    clock: Clock = time.process_time,
) -> tuple[float, float]:
    """Median durations of an act and of its yardstick, done in turn."""
    act_s, yardstick_s = in_turn_s([act, yardstick], repeats=repeats, clock=clock)
    return float(np.median(act_s)), float(np.median(yardstick_s))


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
