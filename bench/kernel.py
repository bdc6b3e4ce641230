"""The filter's step on many tracks, against the same arithmetic in C and one track at a time.

python -m bench.kernel     # our kernel and gcc's, as JSON, on the processor as numba is told it is
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence

import numpy as np

from bench.c_reference import NARROW, Step, compiled
from bench.measured import Measured, in_turn_s
from bench.raid import DRAG_M2_KG, NOISE_M2_S3, polar_of, raid, records_of
from signalfire.basis.kernel import Floats, kernel
from signalfire.motion._kernels import predict_driven
from signalfire.tracking._block_kernels import FOUND, step_blocks
from signalfire.tracking._kernels import update
from signalfire.tracking.blocks import empty_blocks, spread_over_lanes, state_blocks, states_of

TRACKS = {1_024: 201, 10_240: 41}
"""How many at once, and in how many rounds: the first fit into the processor's own cache."""
ROUNDS_SLOW = 11
ELAPSED_S = 1e-3
"""A step so short that tracks stay where they are for all rounds."""
PATH = "filter step, blocks"
BANDS = {"in air": 10.0, "above the air": 90.0}
"""Seconds after burnout: 90 km and 245 km high."""


@kernel
def step_each(means: Floats, covariances: Floats, laws: Floats, plots: Floats) -> None:
    """The same step by the scalar kernels."""
    for i in range(means.shape[0]):
        law = laws[i]
        predict_driven(
            means[i], covariances[i], law[1], law[2], law[3], law[4], law[5], law[0], 1.0
        )
        update(means[i], covariances[i], plots[i])


class Work:
    """One band's tracks, their laws and a plot for each."""

    def __init__(self, count: int, elapsed_s: float) -> None:
        given = raid(count, spread_m=300.0, scans=1, seed=1, elapsed_s=elapsed_s)
        self.means, self.covariances = given.means, given.covariances
        self.laws = np.tile([ELAPSED_S, DRAG_M2_KG, 0.0, 0.0, 0.1, NOISE_M2_S3], (count, 1))
        self.plots = records_of(polar_of(given.truths[0][:, :3]))
        self.count = count

    def on_blocks(self, step: Step) -> Callable[[], None]:
        """That step on blocks of its own."""
        states = state_blocks(self.means, self.covariances)
        laws, plots = spread_over_lanes(self.laws), spread_over_lanes(self.plots)
        found = empty_blocks(self.count, FOUND)
        return lambda: step(states, laws, plots, found)

    def on_rows(self) -> Callable[[], None]:
        """The scalar step on rows of its own."""
        means, covariances = self.means.copy(), self.covariances.copy()
        return lambda: step_each(means, covariances, self.laws, self.plots)

    def difference_m(self, one: Step, other: Step) -> float:
        """How far apart two steps bring the same tracks."""
        outcomes = []
        for step in (one, other):
            states = state_blocks(self.means, self.covariances)
            found = empty_blocks(self.count, FOUND)
            step(states, spread_over_lanes(self.laws), spread_over_lanes(self.plots), found)
            outcomes.append(states_of(states, self.count)[0])
        return float(np.max(np.abs(outcomes[0] - outcomes[1])))


def measure() -> list[Measured]:
    """With air and above it; with the longest vectors and without AVX-512."""
    wide = compiled()
    found = []
    for count, rounds in TRACKS.items():
        for number, (band, elapsed_s) in enumerate(BANDS.items()):
            work = Work(count, elapsed_s)
            text = f"{count:,} tracks {band}"
            if wide is None:
                found.append(_missing(text, "gcc is not on the PATH"))
            else:
                assert work.difference_m(step_blocks, wide[number]) < 1e-6
                # Without the slow one in between, which would empty the caches.
                acts = [work.on_blocks(step_blocks), work.on_blocks(wide[number])]
                found.append(_row(text, count, "C by gcc", in_turn_s(acts, repeats=rounds)))
            acts = [work.on_blocks(step_blocks), work.on_rows()]
            found.append(_row(text, count, "one at a time", in_turn_s(acts, repeats=ROUNDS_SLOW)))
    return found + _narrow()


def _row(work: str, count: int, name: str, taken_s: Sequence[Floats]) -> Measured:
    ours_s, theirs_s = taken_s

    def rate(each_s: Floats) -> str:
        ns = 1e9 * float(np.median(each_s)) / count
        return f"{ns:.1f} ns, {1e3 / ns:.1f} M/s"

    return Measured(
        path=PATH,
        work=work,
        figure=rate(ours_s),
        yardstick=f"{name}: {rate(theirs_s)}",
        ratio=f"{float(np.median(ours_s / theirs_s)):.2f}",
    )


def _missing(work: str, reason: str) -> Measured:
    return Measured(PATH, work, "-", reason, "-")


def rounds_narrow() -> list[tuple[str, int, list[list[float]]]]:
    """Ours and gcc's without AVX-512, in turn: the work, its tracks, the seconds of both."""
    narrow = compiled(*NARROW)
    assert narrow is not None, "gcc is not on the PATH"
    found = []
    for count, rounds in TRACKS.items():
        for (band, elapsed_s), theirs in zip(BANDS.items(), narrow, strict=True):
            work = Work(count, elapsed_s)
            acts = [work.on_blocks(step_blocks), work.on_blocks(theirs)]
            taken_s = in_turn_s(acts, repeats=rounds)
            found.append((f"{count:,} tracks {band}", count, [each.tolist() for each in taken_s]))
    return found


def _narrow() -> list[Measured]:
    """The same in a process whose numba believes that there is no AVX-512."""
    from llvmlite import binding

    features = binding.get_host_cpu_features()
    if not features.get("avx512f"):
        return []
    told = ",".join(
        ("-" if name.startswith("avx512") or name == "evex512" or not has else "+") + name
        for name, has in features.items()
    )
    environment = {
        **os.environ,
        "NUMBA_CPU_NAME": binding.get_host_cpu_name(),
        "NUMBA_CPU_FEATURES": told,
    }
    done = subprocess.run(
        [sys.executable, "-m", "bench.kernel"], env=environment, capture_output=True, text=True
    )
    if done.returncode:
        return [_missing("without AVX-512", done.stderr.strip().splitlines()[-1])]
    return [
        _row(f"{work}, without AVX-512", count, "C by gcc", [np.array(each) for each in taken_s])
        for work, count, taken_s in json.loads(done.stdout)
    ]


if __name__ == "__main__":
    json.dump(rounds_narrow(), sys.stdout)
