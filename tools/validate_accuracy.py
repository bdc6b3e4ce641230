"""Fly the accuracy campaign through the tracker; write the page and its drawings.

    python tools/validate_accuracy.py                      # 200 runs of each cell, the whole page
    python tools/validate_accuracy.py --runs 20 --jobs 2   # quicker; the page says how many
    python tools/validate_accuracy.py --runs 20 --cells SRBM600:K1 MRBM1200:J1+K1    # shown only

Every run has a seed of its own, fixed by its number, its flight and its radars.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

import accuracy_page
from accuracy_raid import RAID_SETS, RaidFigures, run_raid
from accuracy_runs import Cell, Results, course, joined, run_all
from accuracy_summary import Summary, summarise
from accuracy_world import SCENARIOS, SETS
from signalfire.tracking.settings import TrackingSettings

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "validation" / "accuracy.md"
RUNS_AT_ONCE = 20
RAID_SHARE = 10
"""One raid for so many runs: it has eighteen objects."""
Work = tuple[Cell, list[int]]


def main(arguments: Sequence[str]) -> int:
    """Run what is asked for; the page is written when that was everything."""
    asked = _arguments(arguments)
    every = [Cell(flight.name, sensors) for flight in SCENARIOS for sensors in SETS]
    cells = [Cell(*name.split(":")) for name in asked.cells] or every
    unknown = [cell for cell in cells if cell not in every]
    if unknown:
        sys.exit(f"no cell {unknown[0].scenario}:{unknown[0].sensors}")
    console = Console(stderr=True, highlight=False)
    summaries, raids = [], []
    for done in _run(cells, asked.runs, asked.jobs, console, has_raids=not asked.cells):
        if isinstance(done, RaidFigures):
            raids.append(done)
        else:
            summaries.append(done)
            console.print(_short(done), soft_wrap=True)
    if not asked.cells:
        accuracy_page.write(summaries, raids, asked.page)
    return 0


def _arguments(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=200, metavar="N", help="of each cell (200)")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="processes (1)")
    parser.add_argument("--cells", nargs="+", default=[], metavar="FLIGHT:RADARS")
    parser.add_argument("--page", type=Path, default=PAGE, metavar="FILE", help="of the result")
    return parser.parse_args(arguments)


def _run(
    cells: Sequence[Cell], runs: int, jobs: int, console: Console, *, has_raids: bool
) -> Iterator[Summary | RaidFigures]:
    """Every cell's summary as soon as its runs are done, then the raids."""
    with (
        ProcessPoolExecutor(jobs) as pool,
        Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
        ) as progress,
    ):
        raided = RAID_SETS if has_raids else ()
        seeds = list(range(runs))
        chunks = [seeds[first : first + RUNS_AT_ONCE] for first in range(0, runs, RUNS_AT_ONCE)]
        task = progress.add_task("runs", total=runs * len(cells) + len(raided))
        # One cell's runs are handed out at a time: results are large, and few are kept.
        for cell in cells:
            progress.update(task, description=f"{cell.scenario} {cell.sensors}")
            parts = []
            for part in pool.map(_runs_here, [(cell, chunk) for chunk in chunks]):
                parts.append(part)
                progress.advance(task, len(part.nees))
            yield summarise(cell, course(cell), joined(parts))
        raid_seeds = seeds[: max(2, runs // RAID_SHARE)]
        for figures in pool.map(_raid_here, [(name, raid_seeds) for name in raided]):
            progress.advance(task)
            yield figures


def _runs_here(work: Work) -> Results:
    cell, seeds = work
    return run_all(cell, course(cell), seeds, TrackingSettings())


def _raid_here(work: tuple[str, list[int]]) -> RaidFigures:
    return run_raid(*work, TrackingSettings())


def _short(of: Summary) -> str:
    """One line for the terminal."""
    aloft = f"{of.aloft.median:.2f}" if of.aloft else "-"
    in_air = f"{of.in_air.median:.2f}" if of.in_air else "-"

    def said(number: float | None) -> str:
        return "-" if number is None else f"{number:.2f}"

    return (
        f"{of.cell.scenario:9} {of.cell.sensors:12} above {aloft}, in air {in_air}, "
        f"NEES/6 {of.nees:.2f}, above the air {said(of.nees_aloft)}, "
        f"in band {said(of.nees_band_share)}, "
        f"impact named {100 * of.named_share:.0f} %"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
