"""``signalfire score``: what was predicted against what happened."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from rich.table import Table

from signalfire.basis.errors import BadInput
from signalfire.cli.assemble import load_areas
from signalfire.cli.listing import wide_console
from signalfire.rim.files import read_file
from signalfire.sim.score import Coverage, Row, ScoreReport, score
from signalfire.sim.truth import read_truth

HEADINGS = (
    "nation", "event", "object", "first T+s", "impact known T+s", "launch error km",
    "impact error km", "launch held", "impact held", "areas warned (missed)",
)  # fmt: skip


def score_folder(out: Path, truth: Path, *, view: str) -> ScoreReport:
    """Score every nation's records in a folder.

    Raises BadInput when the folder holds no records or a file cannot be read.
    """
    objects = read_truth(read_file(truth, what="truth").decode(errors="replace"))
    folders = sorted(path.parent for path in out.glob("*/picture.jsonl"))
    if not folders:
        raise BadInput(f"{out}: no nation's records in it; name the --out folder of a replay")
    pictures = _lines([folder / "picture.jsonl" for folder in folders])
    warnings = _lines([folder / "warnings.jsonl" for folder in folders])
    return score(pictures, warnings, objects, table=load_areas(), view=view)


def _lines(paths: list[Path]) -> Iterator[dict[str, Any]]:
    for path in paths:
        for number, body in enumerate(read_file(path, what="record").splitlines(), start=1):
            try:
                yield msgspec.json.decode(body)
            except msgspec.DecodeError as error:
                raise BadInput(f"{path}: line {number} is not JSON: play it again") from error


def print_score(report: ScoreReport, *, is_json: bool) -> None:
    """The report as a table, or as one JSON object."""
    if is_json:
        print(msgspec.json.encode(report.as_dict()).decode())
        return
    table = Table(*HEADINGS)
    for row in report.rows:
        table.add_row(
            row.nation,
            row.event,
            row.name or "no true object",
            _seconds(row.first_line_s),
            _seconds(row.first_impact_s),
            _last_error(row, "launch"),
            _last_error(row, "impact"),
            _coverage(row.launch_coverage),
            _coverage(row.impact_coverage),
            _areas(row),
        )
    console = wide_console()
    console.print(table)
    for nation, name in report.unseen:
        console.print(f"{nation} had no event of {name}")


def _seconds(value_s: float | None) -> str:
    return "-" if value_s is None else f"{value_s:.0f}"


def _coverage(coverage: Coverage) -> str:
    held = coverage.held_fraction
    return "-" if held is None else f"{held:.0%} of {coverage.said}"


def _last_error(row: Row, place: str) -> str:
    found = [getattr(moment, place) for moment in row.moments]
    known = [each for each in found if each is not None]
    return f"{known[-1].error_m / 1e3:.1f}" if known else "-"


def _areas(row: Row) -> str:
    if row.areas is None:
        return "-"
    warned = ", ".join(row.areas.warned) or "none"
    return f"{warned} ({', '.join(row.areas.missed) or 'none'})"
