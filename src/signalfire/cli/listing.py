"""Lists on standard output: flights, findings; as a table or as JSON Lines."""

import json
import math
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from signalfire.basis.utc import utc_text
from signalfire.rim.doctor import Finding, Verdict
from signalfire.sim.record import Flight

PIPE_COLUMNS = 160
_STYLE = {Verdict.GOOD: "green", Verdict.LIMITED: "yellow", Verdict.BAD: "bold red"}


def wide_console() -> Console:
    """Standard output: as wide as the terminal, or wide enough for a table in a pipe or file."""
    console = Console()
    return console if console.is_terminal else Console(width=PIPE_COLUMNS)


def print_flights(flights: Sequence[Flight], *, is_json: bool) -> None:
    """The record, one flight a row."""
    if is_json:
        for flight in flights:
            print(json.dumps(_flight_fields(flight), ensure_ascii=False))
        return
    table = Table()
    for column in ("flight", "launched (UTC)"):
        table.add_column(column, no_wrap=True)
    for column in ("class", "apogee km", "range km", "site", "remarks"):
        table.add_column(column, overflow="fold")
    for flight in flights:
        table.add_row(
            flight.flight,
            utc_text(flight.lift_off, 0),
            flight.missile_class,
            f"{flight.apogee_m / 1e3:g}",
            f"{flight.range_m / 1e3:g}",
            flight.site,
            "; ".join((*(("manoeuvring",) if flight.is_manoeuvring else ()), *flight.labels)),
        )
    console = wide_console()
    console.print(table)
    console.print(f"{len(flights)} flights; play one with: signalfire up --flight ID")


def _flight_fields(flight: Flight) -> dict[str, object]:
    return {
        "flight": flight.flight,
        "lift_off": utc_text(flight.lift_off, 0),
        "missile": flight.missile,
        "class": flight.missile_class,
        "site": flight.site,
        "lat_deg": flight.launch.lat_deg,
        "lon_deg": flight.launch.lon_deg,
        "azimuth_deg": math.degrees(flight.azimuth_rad),
        "apogee_m": flight.apogee_m,
        "range_m": flight.range_m,
        "flight_time_s": flight.flight_time_s,
        "landing": flight.landing,
        "outcome": flight.outcome,
        "is_manoeuvring": flight.is_manoeuvring,
        "remarks": list(flight.labels),
        "source": flight.source,
        "licence": flight.licence,
    }


def print_findings(findings: Sequence[Finding]) -> None:
    """What the doctor found, with the cures."""
    table = Table("", "what", "found", "cure")
    for finding in findings:
        mark = f"[{_STYLE[finding.verdict]}]{finding.verdict.value}[/]"
        table.add_row(mark, finding.subject, finding.found, finding.cure)
    wide_console().print(table)
