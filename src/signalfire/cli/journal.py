"""``signalfire journal``: is the record whole, what is in it, why was a warning given."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from signalfire.basis.errors import BadInput
from signalfire.basis.instant import Instant
from signalfire.basis.utc import utc_text
from signalfire.node.outbox import Stream
from signalfire.rim.journal import entries, verify
from signalfire.rim.journal_format import EndEntry, EpochEntry, InboxEntry, OutboxEntry

app = typer.Typer(
    help="A node's journal: verify it, show it, let it explain.", no_args_is_help=True
)
Where = Annotated[Path, typer.Argument(help="A nation's record folder, or the journal in it.")]
SHOWN_BYTES = 160


@app.command("verify")
def verify_command(folder: Where) -> None:
    """Is every byte as it was written? Exit status 1 when not."""
    report = verify(_journal(folder))
    ending = "ended cleanly" if report.ended_clean else "has no clean end"
    state = "whole" if report.is_whole else "NOT WHOLE"
    print(f"{state}: {report.records} records, {ending}, head {report.head}")
    for problem in report.problems:
        print(problem)
    if not report.is_whole:
        raise typer.Exit(1)


@app.command("show")
def show(
    folder: Where,
    limit: Annotated[int, typer.Option(min=1, help="At most so many entries.")] = 1_000_000,
) -> None:
    """What is in it, one line for each thing that came in or left, in order."""
    for number, entry in enumerate(entries(_journal(folder)), start=1):
        if number > limit:
            return
        at = utc_text(Instant(entry.now_ns))
        if isinstance(entry, InboxEntry):
            for item in entry.items:
                print(f"{at} in  {item.kind.value:9} {_shown(item.body)}")
        elif isinstance(entry, OutboxEntry):
            for stream, body in entry.lines:
                print(f"{at} out {stream:9} {_shown(body)}")
        elif isinstance(entry, EpochEntry):
            print(f"{at} epoch {entry.epoch}")
        elif isinstance(entry, EndEntry):
            print(f"{at} clean end")


@app.command("explain")
def explain(
    folder: Where,
    warning: Annotated[
        str | None, typer.Argument(help="A warning's id, such as W-JPN-1-1; all of them without.")
    ] = None,
) -> None:
    """Why each warning was given, and what was withheld from whom, and why."""
    found, withheld = 0, Counter[tuple[str, str, str]]()
    for stream, line in _written(_journal(folder)):
        if stream == Stream.WITHHELD:
            withheld[(line["recipient"], line["kind"], line["reason"])] += line["count"]
        elif stream == Stream.DECISIONS and warning in (None, line["warning"]):
            found += 1
            _tell(line)
    if warning is not None:
        if not found:
            raise BadInput(
                f"no warning {warning} in {folder}: `journal explain {folder}` lists all"
            )
        return
    if not found:
        print("no warning was given")
    for (recipient, kind, reason), count in sorted(withheld.items()):
        print(f"withheld from {recipient}: {count} x {kind}: {reason}")


def _tell(line: dict[str, Any]) -> None:
    print(f"{line['warning']} {line['status']} at {line['at']}: {line['reason']}")
    print(f"  event {line['event']}, phase {line['phase']}, from {', '.join(line['from'])}, "
          f"{line['witnesses']} witnesses, last observed {line['last_observed_at']}")  # fmt: skip
    impact = line["impact"]
    if "unknown" in impact:
        print(f"  impact unknown: {impact['unknown']}")
    else:
        print(
            f"  impact {impact['lat_deg']:.3f} {impact['lon_deg']:.3f} at {impact['time']}, "
            f"90 % within {impact['semi_major_p90_m'] / 1e3:.1f} km"
        )
    threshold = line["threshold_probability"]
    for area in line["areas"]:
        mark = ">=" if area["affected_probability"] >= threshold else "< "
        print(
            f"  {area['id']}: affected {area['affected_probability']:.3f} {mark} {threshold}, "
            f"hit {area['hit_probability']:.3f}"
        )
    print(f"  confidence {line['confidence']}")


def _written(journal: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for entry in entries(journal):
        if isinstance(entry, OutboxEntry):
            for stream, body in entry.lines:
                yield stream, json.loads(body)


def _journal(folder: Path) -> Path:
    inside = folder / "journal"
    return inside if inside.is_dir() else folder


def _shown(body: bytes) -> str:
    text = body.decode("utf-8", errors="backslashreplace") if body[:1] == b"{" else body[:40].hex()
    return text if len(text) <= SHOWN_BYTES else f"{text[:SHOWN_BYTES]}..."
