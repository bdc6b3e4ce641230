"""Play every documented flight through all nations' nodes, judge it, write the page of errors.

    python tools/validate_flights.py                    # what is missing, then the page
    python tools/validate_flights.py --flights 2017-09-14-hwasong-12 2022-01-11-hgv --fresh
    python tools/validate_flights.py --page-only        # the page again from what is there

Simulated with the packaged sensors, replayed under the packaged agreement in this process. What
was played with the same program, data and seed is not played again. The page is written when the
whole record was played. Exit status 1 when a flight could not be played.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from flight_page import write_page
from flight_play import Outcome, Stage, play
from signalfire.cli.scenarios import documented_flights
from signalfire.sim.record import Flight, find_flight

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "docs" / "validation"
_decoder = msgspec.json.Decoder(Outcome)
_stage: Stage | None = None


def main(arguments: Sequence[str]) -> int:
    """Play what is asked for and not yet done; 1 when anything crashed."""
    asked = _arguments(arguments)
    record = documented_flights()
    flights = tuple(find_flight(record, name) for name in asked.flights) or record
    out: Path = asked.out
    out.mkdir(parents=True, exist_ok=True)
    stage = Stage(asked.seed)
    kept = {} if asked.fresh else _kept(out, flights, stage, is_any=asked.page_only)
    missing = [] if asked.page_only else [f for f in flights if f.flight not in kept]
    console = Console(stderr=True, highlight=False)
    for outcome in _play_all(missing, stage, jobs=asked.jobs, console=console):
        _file(out, outcome.flight).write_bytes(msgspec.json.encode(outcome))
        kept[outcome.flight] = outcome
        console.print(_short(outcome), soft_wrap=True)
    outcomes = [kept[flight.flight] for flight in flights if flight.flight in kept]
    if len(outcomes) == len(record):
        earlier = sum(kept[f.flight].inputs != stage.inputs_of(f) for f in flights)
        write_page(outcomes, PAGES, seed=asked.seed, earlier=earlier)
    crashed = [outcome for outcome in outcomes if outcome.crash]
    for outcome in crashed:
        console.print(f"[red]{outcome.flight} could not be played[/]\n{outcome.crash}")
    return 1 if crashed else 0


def _arguments(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--flights", nargs="+", default=[], metavar="ID", help="only these")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="processes (1)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the sensors (1)")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "flights", metavar="DIR")
    parser.add_argument("--fresh", action="store_true", help="play again what is there")
    parser.add_argument("--page-only", action="store_true", help="play nothing, take what is there")
    return parser.parse_args(arguments)


def _file(out: Path, flight: str) -> Path:
    return out / f"{flight}.json"


def _kept(
    out: Path, flights: Sequence[Flight], stage: Stage, *, is_any: bool
) -> dict[str, Outcome]:
    """What is there already, made from the same inputs (or from any)."""
    found = {}
    for flight in flights:
        path = _file(out, flight.flight)
        if not path.exists():
            continue
        try:
            outcome = _decoder.decode(path.read_bytes())
        except msgspec.DecodeError:
            continue
        if is_any or (outcome.inputs == stage.inputs_of(flight) and not outcome.crash):
            found[flight.flight] = outcome
    return found


def _play_all(
    flights: Sequence[Flight], stage: Stage, *, jobs: int, console: Console
) -> Iterator[Outcome]:
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
    ) as progress:
        task = progress.add_task("flights", total=len(flights))
        if jobs <= 1:
            for flight in flights:
                progress.update(task, description=flight.flight)
                yield play(stage, flight)
                progress.advance(task)
            return
        with ProcessPoolExecutor(jobs, initializer=_prepare, initargs=(stage.seed,)) as pool:
            for outcome in pool.map(_play_here, flights):
                yield outcome
                progress.update(task, advance=1, description=outcome.flight)


def _prepare(seed: int) -> None:
    global _stage
    _stage = Stage(seed)


def _play_here(flight: Flight) -> Outcome:
    assert _stage is not None
    return play(_stage, flight)


def _short(outcome: Outcome) -> str:
    """One line for the terminal."""
    if outcome.crash:
        return f"{outcome.flight}: {outcome.crash.strip().splitlines()[-1]}"
    said = []
    for nation in outcome.nations:
        told = nation.told
        last = f"{told.impact[-1].error_km:.1f} km" if told and told.impact else "no impact"
        said.append(f"{nation.nation} {len(nation.events)} ev, {last}")
    return (
        f"{outcome.flight}: {outcome.wall_s:.0f} s, {outcome.detections} plots; {'; '.join(said)}"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
