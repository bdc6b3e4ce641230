"""What ``signalfire analyse sharing`` does: files in, a folder with the report out."""

import math
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from signalfire.analysis.launches import (
    KINDS,
    Kind,
    LaunchArea,
    areas_of_the_record,
    launches,
    read_sites,
)
from signalfire.analysis.sharing import THRESHOLDS_M, Row, Study, grants_of
from signalfire.analysis.sharing_report import PAGE_FILE, Report, files, gain_file
from signalfire.basis.errors import BadInput
from signalfire.cli.assemble import load_sensors
from signalfire.cli.listing import wide_console
from signalfire.cli.progress import counted_progress
from signalfire.cli.scenarios import documented_flights, packaged_sensors
from signalfire.release.agreement import Agreement, read_agreement
from signalfire.rim.files import ensure_folder, read_file, write_whole


@dataclass(frozen=True)
class SharingOptions:
    """What is asked."""

    sensors: Path | None
    agreement: Path | None
    sites: Path | None
    azimuth_step_deg: float
    threshold_km: float
    kind: str


def study_sharing(options: SharingOptions, out: Path) -> Report:
    """Reckon every launch and write the report; nothing is written before all is reckoned.

    Raises BadInput for files and options that cannot be used, Unavailable when the disk refuses.
    """
    sensors = load_sensors(options.sensors or packaged_sensors())
    agreement = None if options.agreement is None else _agreement(options.agreement)
    nations = {sensor.nation for sensor in sensors}
    nations |= set(agreement.parties) if agreement else set()
    thresholds_m = tuple(sorted({*THRESHOLDS_M, 1e3 * options.threshold_km}, reverse=True))
    study = Study(sensors, grants_of(agreement, nations), thresholds_m)
    study.require_sense()
    areas, kinds = _areas(options.sites), _kinds(options.kind)
    ensure_folder(out, what="folder")
    count = max(1, round(360.0 / options.azimuth_step_deg))
    azimuths_rad = [2.0 * math.pi * number / count for number in range(count)]
    rows: list[Row] = []
    impossible: list[str] = []
    with counted_progress("launches", len(areas) * len(kinds) * count) as advance:
        for launch in launches(areas, azimuths_rad, kinds):
            try:
                trajectory = launch.fly()
            except BadInput as error:
                impossible.append(str(error))
            else:
                rows += study.rows(launch, trajectory)
            advance()
    if not rows:
        raise BadInput(f"no launch can be flown: {impossible[0]}")
    at = thresholds_m.index(1e3 * options.threshold_km)
    report = Report(tuple(rows), thresholds_m, at, _notes(agreement, impossible))
    _write(report, out)
    return report


def print_bought(report: Report, out: Path) -> None:
    """The headline: one line for each nation."""
    table = Table(title=f"impact known to {report.known}", title_justify="left")
    for column in ("nation", "known alone", "together", "only by sharing", "gain s, quartiles"):
        table.add_column(column)
    for column in ("by geometry s, median", "by fusion s, median"):
        table.add_column(column)
    for each in report.bought():
        quartiles = each.gain_quartiles_s
        table.add_row(
            each.nation,
            f"{each.alone_fraction:.0%}",
            f"{each.shared_fraction:.0%}",
            f"{each.only_shared_fraction:.0%}",
            " / ".join(f"{value:.0f}" for value in quartiles) if quartiles else "-",
            _seconds(each.geometry_median_s),
            _seconds(each.fusion_median_s),
        )
    console = wide_console()
    console.print(table)
    for note in report.notes:
        console.print(note)
    launched = len({row.launch for row in report.rows})
    console.print(f"{launched} launches; the report is {out / PAGE_FILE}")


def _seconds(value_s: float | None) -> str:
    return "-" if value_s is None else f"{value_s:.1f}"


def _agreement(path: Path) -> Agreement:
    """An agreement that may not yet be signed or in force: what would it buy?"""
    return read_agreement(read_file(path, what="agreement"))


def _areas(sites: Path | None) -> tuple[LaunchArea, ...]:
    if sites is None:
        return areas_of_the_record(documented_flights())
    try:
        return read_sites(read_file(sites, what="sites").decode())
    except UnicodeDecodeError as error:
        raise BadInput(f"sites {sites}: not UTF-8 text: write it as CSV in UTF-8") from error
    except BadInput as error:
        text = str(error)
        raise BadInput(text if str(sites) in text else f"sites {sites}: {text}") from error


def _kinds(part: str) -> tuple[Kind, ...]:
    chosen = tuple(kind for kind in KINDS if part.lower() in kind.name.lower())
    if not chosen:
        names = ", ".join(kind.name for kind in KINDS)
        raise BadInput(f"kind {part!r}: no kind of flight has that in its name: {names}")
    return chosen


def _notes(agreement: Agreement | None, impossible: list[str]) -> tuple[str, ...]:
    given = "everything in full, to all" if agreement is None else f"as {agreement.label} says"
    notes = [f"What is given: {given}."]
    if impossible:
        notes.append(f"Left out, since no such flight fits the class: {len(impossible)}.")
    return tuple(notes)


def _write(report: Report, out: Path) -> None:
    """Write the report, and take away the maps of nations that an earlier one had."""
    texts = files(report)
    for name, text in texts.items():
        write_whole(out / name, text.encode())
    for earlier in out.glob(gain_file("???")):
        if earlier.name not in texts:
            earlier.unlink()
