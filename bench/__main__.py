"""Measure, print the table, write ``bench/RESULTS.md``.

python -m bench                       # everything, some minutes
python -m bench envelope journal      # these, printed only
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import (
    advance,
    cold,
    envelope,
    journal,
    kernel,
    latency,
    peers,
    replay,
    scan,
    scan_peers,
)
from bench.measured import Measured, machine
from signalfire.basis.kernel import COMPILED

RESULTS = Path(__file__).resolve().parent / "RESULTS.md"
PATHS: dict[str, Callable[[], list[Measured]]] = {
    "replay": replay.measure,
    "advance": advance.measure,
    "envelope": envelope.measure,
    "journal": journal.measure,
    "kernel": kernel.measure,
    "peers": peers.measure,
    "scan_peers": scan_peers.measure,
    "scan": scan.measure,
    "latency": latency.measure,
    "cold": cold.measure,
}
HEADINGS = ("Path", "Work", "Measured", "Yardstick of the same run", "Ratio")


def main(arguments: Sequence[str]) -> int:
    """Measure the named paths; all of them are written down, a part is only shown."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure as ratios.")
    parser.add_argument("paths", nargs="*", metavar="PATH", help=", ".join(PATHS))
    names = parser.parse_args(arguments).paths or list(PATHS)
    unknown = [name for name in names if name not in PATHS]
    if unknown:
        parser.error(f"no path {', '.join(unknown)}: there are {', '.join(PATHS)}")
    console = Console(stderr=True)
    load = os.getloadavg()[0]
    found: list[Measured] = []
    for name in names:
        with console.status(f"measuring {name}"):
            found += PATHS[name]()
    table = Table(*HEADINGS)
    for row in found:
        table.add_row(row.path, row.work, row.figure, row.yardstick, row.ratio)
    # Wide enough for the table where the output goes to a file.
    Console(width=None if sys.stdout.isatty() else 140).print(table)
    if set(names) == set(PATHS):
        RESULTS.write_text(_page(found, load), encoding="utf-8")
    return 0


def _page(found: Sequence[Measured], load: float) -> str:
    kernels = "compiled by numba" if COMPILED else "plain Python (numba is not installed)"
    lines = [
        "# Measurements",
        "",
        f"Machine: {machine()}; kernels {kernels}; load before the run: {load:.1f}.",
        "",
        "Made by `make bench` (`python -m bench`); do not edit by hand. Compare ratios, not times:",
        "a ratio is the measured duration over its yardstick's in the same run (for a step of a",
        "node, over the same step with one missile). Durations are processor time of the one",
        "process, those of the journal time on the wall.",
        "",
        "Other people's filters and trackers (`requirements/bench.txt`) come with `make bench`;",
        "what is missing is said in its row. They keep objects and history and take any model;",
        "ours are kernels for one kind of flight: the ratio says what that costs, not who is",
        "better. The C is our own arithmetic, line by line (`bench/c_reference.py`), with gcc.",
        "",
        f"| {' | '.join(HEADINGS)} |",
        "|---|---|---|---|--:|",
    ]
    lines += [
        f"| {row.path} | {row.work} | {row.figure} | {row.yardstick} | {row.ratio} |"
        for row in found
    ]
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
