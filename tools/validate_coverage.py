"""Fly made-up flights of generic families, track and assess them, count what the ellipses hold.

    python tools/validate_coverage.py                       # 1,800 flights, then the page
    python tools/validate_coverage.py --flights 180 --no-page
    python tools/validate_coverage.py --page-only           # the page again from what is there

Flights, bodies, winds, sensors and noise follow from seed and number alone. One tracker and one
assessment a second stand for a node; there is no wire. Exit status 1 when a flight failed.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from scipy.stats import beta

from coverage_play import MOMENTS, SHAPES, SIGHTS, Flight, Judged, play
from signalfire.cli.assemble import load_sensors
from signalfire.cli.scenarios import packaged_sensors

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "validation" / "coverage.md"
CHI2_2_P90, TURN_90 = 4.605170185988092, 1.6448536269514722
"""90 % points of chi-square with two degrees of freedom, and of the normal's absolute value."""
_decoder = msgspec.json.Decoder(Flight)

_HEAD = """# Do the ellipses hold? Made-up flights

Claim: over the families of boosts and bodies that the assessment assumes, the 90 % ellipses and
intervals of launch and impact hold the truth in nine flights of ten, or rather more.

Measured: {flights} made-up flights (seed {seed}): range 200 to 5,000 km from a place between 37 and
42 N, 124.5 and 130 E, to any side; ordinary, lofted (apogee above 0.45 of the range) and depressed
ones in turn; boosts drawn as `assess/boost.py` states its family (burn 45 to 320 s, linear thrust
or one to three stages, steered or by gravity turn); ballistic coefficients ln-uniform from 4,000 to
20,000 kg/m2; jet-stream winds of 25 m/s to the east and 15 m/s spread either way. Flown by
`sim/flight.py`, seen by packaged sensors drawn for each flight: one to four radars, two or three
infrared satellites, or both. One tracker takes all their detections; no wire, no nodes.

Each flight counts once a moment. In brackets the 95 % interval of the share (Clopper and Pearson):
a row agrees with 90 % where it holds 90; above it the ellipses are larger than need be, below it
they are too sure. `size`: median semi-major axis; `error`, `late`: medians.

Made by `python tools/validate_coverage.py`; do not edit by hand.
"""
_TAIL = """
## What this does not show

- The truth is the simulator's: one body, no stages that fall off, no decoys, no lift, sensors
  without bias or false plots. Documented flights, gliders among them: [flights.md](flights.md).
- Impact ellipses take the tracker's covariance as it is. While it is open whether the engine still
  burns, that is larger than its errors, and ellipses of impact and launch hold more than 90 %.
- On a low path the ellipse also allows for lift, with the probability that the documented record
  gives it, and none of these flights uses any: it holds more.
- Air is the US Standard Atmosphere 1976 on both sides; winds are not known to the assessment.
- The launch ellipse knows the family: how hard and how fast its boosts are, how far lift-off lies
  back, how unlike they are. It says what it holds where the families do, and nothing about boosts
  outside them. It was worked out on other numbers and seeds (`assess/launch.py`).
- After burnout, while it is open whether an engine still burns, the ways back of both kinds count
  together, and launch ellipses hold more than 90 %.
"""


def main(arguments: Sequence[str]) -> int:
    """Play what is asked for and not yet there; write the page."""
    asked = _arguments(arguments)
    console = Console(stderr=True, highlight=False)
    out: Path = asked.out
    out.mkdir(parents=True, exist_ok=True)
    file = out / f"coverage-{asked.seed}.jsonl"
    kept = {flight.number: flight for flight in _kept(file)} if not asked.fresh else {}
    wanted = range(asked.first, asked.first + asked.flights)
    missing = [] if asked.page_only else [number for number in wanted if number not in kept]
    failed = 0
    with file.open("ab" if kept else "wb") as lines:
        for number, outcome in _play_all(missing, asked, console):
            if isinstance(outcome, str):
                console.print(f"[red]flight {number} failed[/]: {outcome}")
                failed += 1
                continue
            lines.write(msgspec.json.encode(outcome) + b"\n")
            kept[number] = outcome
    flights = [kept[number] for number in wanted if number in kept]
    text = page(flights, seed=asked.seed)
    if asked.page:
        PAGE.write_text(text)
    console.print(text, markup=False, soft_wrap=True)
    return 1 if failed else 0


def _arguments(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--flights", type=int, default=1_800, metavar="N", help="how many (1800)")
    parser.add_argument("--first", type=int, default=10_000, metavar="N", help="number (10000)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of everything (1)")
    parser.add_argument("--spacing", type=float, default=1.0, metavar="S", help="of looks (1 s)")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="processes (1)")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "coverage", metavar="DIR")
    parser.add_argument("--fresh", action="store_true", help="play again what is there")
    parser.add_argument("--page-only", action="store_true", help="play nothing, take what is there")
    parser.add_argument("--no-page", dest="page", action="store_false", help="write no page")
    return parser.parse_args(arguments)


def _kept(file: Path) -> Iterator[Flight]:
    if not file.exists():
        return
    for line in file.read_bytes().splitlines():
        try:
            yield _decoder.decode(line)
        except msgspec.DecodeError:
            continue


def _play_all(
    numbers: Sequence[int], asked: argparse.Namespace, console: Console
) -> Iterator[tuple[int, Flight | str]]:
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
    ) as progress:
        task = progress.add_task("flights", total=len(numbers))
        one = partial(_play_one, seed=asked.seed, spacing_s=asked.spacing)
        if asked.jobs <= 1:
            for number in numbers:
                yield number, one(number)
                progress.advance(task)
            return
        with ProcessPoolExecutor(asked.jobs) as pool:
            for number, outcome in zip(numbers, pool.map(one, numbers), strict=True):
                yield number, outcome
                progress.advance(task)


def _play_one(number: int, *, seed: int, spacing_s: float) -> Flight | str:
    """One flight, or why it could not be played: the others go on."""
    try:
        sensors = load_sensors(packaged_sensors())
        return play(number, sensors, seed=seed, spacing_s=spacing_s)
    except Exception as error:
        return repr(error)


def page(flights: Sequence[Flight], *, seed: int) -> str:
    """The whole page."""
    parts = [_HEAD.format(flights=f"{len(flights):,}", seed=seed)]
    for kind in ("launch", "impact"):
        parts.append(f"\n## {kind.capitalize()}\n\n{_table(flights, kind)}")
    parts.append(_TAIL)
    return "".join(parts)


def _table(flights: Sequence[Flight], kind: str) -> str:
    lines = [
        "| Moment | Flights | n | Ellipse held % | Time held % | error km | late s | size km |",
        "|---|---|--:|---|---|--:|--:|--:|",
    ]
    for moment in MOMENTS:
        for name in ("all", *SHAPES, *SIGHTS):
            found = [
                judged
                for flight in flights
                if name in ("all", flight.shape, flight.sight)
                for told in flight.told
                if told.moment == moment
                and (judged := told.launch if kind == "launch" else told.impact) is not None
            ]
            if found:
                lines.append(f"| {moment} | {name} | {len(found)} | {_row(found)} |")
    return "\n".join(lines) + "\n"


def _row(found: Sequence[Judged]) -> str:
    inside = sum(judged.distance2 < CHI2_2_P90 for judged in found)
    in_time = sum(abs(judged.late_sigmas) < TURN_90 for judged in found)
    error_km = _median([judged.error_m for judged in found]) / 1e3
    late_s = _median([judged.late_s for judged in found])
    size_km = _median([judged.size_m for judged in found]) / 1e3
    shares = f"{_share(inside, len(found))} | {_share(in_time, len(found))}"
    return f"{shares} | {error_km:.2f} | {late_s:+.1f} | {size_km:.1f}"


def _share(hits: int, of: int) -> str:
    """A share with its exact 95 % interval (Clopper and Pearson 1934, Biometrika 26)."""
    low = float(beta.ppf(0.025, hits, of - hits + 1)) if hits else 0.0
    high = float(beta.ppf(0.975, hits + 1, of - hits)) if hits < of else 1.0
    return f"{100.0 * hits / of:.1f} ({100.0 * low:.0f} to {100.0 * high:.0f})"


def _median(values: Sequence[float]) -> float:
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else 0.5 * (ordered[middle - 1] + ordered[middle])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
