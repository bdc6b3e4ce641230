"""``signalfire replay``: all nations' nodes in one process, over a recording. Deterministic."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from signalfire.basis.errors import BadInput
from signalfire.basis.identity import NationId, SensorId
from signalfire.basis.realm import Realm
from signalfire.cli.assemble import (
    Federation,
    SignedAgreement,
    first_node,
    load_agreement,
    load_areas,
    load_sensors,
    public_keys,
)
from signalfire.federation.keys import key_for_replay
from signalfire.formats.native.lines import refused_line
from signalfire.node.outbox import Stream
from signalfire.rim.clock import system_now
from signalfire.rim.files import LineFile, ensure_folder
from signalfire.rim.journal import Journal
from signalfire.rim.journal_format import InboxEntry, OutboxEntry
from signalfire.rim.records import Records
from signalfire.sim.recording import Recording
from signalfire.sim.world import Advanced, World

JOURNAL_FOLDER = "journal"
REFUSED_FILE = "refused.jsonl"
STAGING = ".unfinished"
PROGRESS_EVERY_BYTES = 64 * 1024


@dataclass(frozen=True)
class ReplayInputs:
    """What a replay is made from."""

    detections: Path
    sensors: Path
    agreement: Path
    realm: Realm | None = None


@dataclass
class ReplayReport:
    """What came of it."""

    federation: Federation
    signed: SignedAgreement
    accepted: int = 0
    refused: int = 0
    warnings: int = 0
    repeats: int = 0
    unheard: dict[tuple[SensorId, str], int] = field(default_factory=dict)
    """Lines that were read and that no tracker tried, by sensor and reason."""


def replay(
    inputs: ReplayInputs, out: Path, progress: Callable[[int], None] = lambda _: None
) -> ReplayReport:
    """Play a recording through every nation's node and write what each of them writes.

    ``progress`` is told the bytes read so far. Nothing appears in ``out`` until the whole is
    done. Raises BadInput for files that cannot be used, the live realm, and a recording of which
    every line is refused; Unavailable when the disk refuses.
    """
    realm = inputs.realm or Realm(f"test:{_realm_name(inputs.detections)}")
    if realm.is_live:
        raise BadInput("realm live: a replay is never live; write test:<id> or exercise:<id>")
    judged_at = system_now()
    signed = load_agreement(inputs.agreement, realm, judged_at=judged_at)
    sensors = load_sensors(inputs.sensors)
    federation = Federation(realm, signed.agreement, sensors, load_areas(), judged_at)
    report = ReplayReport(federation, signed)
    with _Staging(out) as staging:
        _play(inputs.detections, federation, staging.folder, report, progress)
        if report.accepted == 0:
            raise BadInput(_nothing_usable(inputs.detections, report.refused))
        staging.finish()
    return report


def _play(
    detections: Path,
    federation: Federation,
    folder: Path,
    report: ReplayReport,
    progress: Callable[[int], None],
) -> None:
    nations = federation.nations
    keys = {first_node(n): key_for_replay(federation.realm, n) for n in nations}
    trust = public_keys(keys)
    nodes = {n: federation.node(first_node(n), keys[first_node(n)], trust) for n in nations}
    recording = Recording(federation.sensors_by_id())
    with ExitStack() as stack:
        desks: dict[NationId, _Desk] = {}
        for nation in nations:
            desks[nation] = _Desk(folder / nation)
            stack.callback(desks[nation].close)
        for advanced in World(nodes).play(recording.reports(_lines(detections, progress))):
            desks[advanced.nation].take(advanced)
            report.warnings += sum(x.stream is Stream.WARNINGS for x in advanced.outbox.lines)
    refused = LineFile(folder / REFUSED_FILE)
    faults = sorted(recording.faults, key=lambda fault: fault.line)
    refused.write([refused_line(fault) for fault in faults])
    refused.close()
    report.accepted, report.refused = recording.accepted, len(faults)
    report.repeats = sum(node.repeats for node in nodes.values())
    for node in nodes.values():
        report.unheard |= node.unheard


class _Desk:
    """One nation's records and journal."""

    def __init__(self, folder: Path) -> None:
        self._records = Records(folder)
        self._journal = Journal.open(folder / JOURNAL_FOLDER, is_durable=False)

    def take(self, advanced: Advanced) -> None:
        now_ns, outbox = advanced.now.tai_ns, advanced.outbox
        self._journal.append(InboxEntry(now_ns, advanced.inbox))
        if outbox.lines:
            lines = tuple((line.stream.value, line.body) for line in outbox.lines)
            self._journal.append(OutboxEntry(now_ns, lines))
            self._records.write(outbox.lines)

    def close(self) -> None:
        self._records.close()
        self._journal.close()


def _lines(path: Path, progress: Callable[[int], None]) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            told = read = 0
            for line in file:
                read += len(line)
                if read - told >= PROGRESS_EVERY_BYTES:
                    progress(read)
                    told = read
                yield line
            progress(read)
    except OSError as error:
        raise BadInput(
            f"detections {path}: cannot be read ({error.strerror}); check name and permissions"
        ) from error


def _realm_name(detections: Path) -> str:
    """The file's name, as far as a realm may have it."""
    allowed = "".join(
        c if c.isascii() and (c.isalnum() or c in "_.-") else "-" for c in detections.name
    )
    return allowed[:120] or "recording"


def _nothing_usable(detections: Path, refused: int) -> str:
    if refused == 0:
        return f"detections {detections}: no line in it; give a recording in JSON Lines"
    return (
        f"detections {detections}: all {refused} lines refused; the sensors file must name the "
        "sensors of the recording, one JSON object a line"
    )


class _Staging:
    """A folder beside ``out`` that becomes ``out`` when the work is done, or vanishes.

    Raises BadInput when ``out`` holds things that a replay did not write.
    """

    def __init__(self, out: Path) -> None:
        self._out = out
        self._is_ours = False
        self.folder = out / STAGING

    def __enter__(self) -> "_Staging":
        self._is_ours = not self._out.exists()
        ensure_folder(self._out, what="output folder")
        # A replay that was killed leaves its staging folder: no foreign file.
        shutil.rmtree(self.folder, ignore_errors=True)
        if any(self._out.iterdir()) and not (self._out / REFUSED_FILE).exists():
            raise BadInput(
                f"output folder {self._out}: holds other files; name a new or an empty folder"
            )
        ensure_folder(self.folder, what="output folder")
        return self

    def finish(self) -> None:
        """Put the new files in the place of the old."""
        for old in self._out.iterdir():
            if old.is_dir() and old != self.folder and (old / "picture.jsonl").exists():
                shutil.rmtree(old)
        for new in sorted(self.folder.iterdir()):
            new.replace(self._out / new.name)

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        if self._is_ours and not any(self._out.iterdir()):
            self._out.rmdir()
