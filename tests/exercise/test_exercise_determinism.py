"""Same input, same bytes: another process, another hash seed, the journal played again."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from signalfire.basis.identity import NationId
from signalfire.basis.instant import Instant
from signalfire.cli.scenarios import packaged_agreement, packaged_sensors
from signalfire.rim.journal import entries
from signalfire.rim.journal_format import InboxEntry, OutboxEntry

SOURCE = Path(__file__).resolve().parents[2] / "src"


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_another_process_with_another_hash_seed_writes_the_same_bytes(
    short: Any, tmp_path: Path
) -> None:
    out = tmp_path / "again"
    seeds = {"0", "1"} - {os.environ.get("PYTHONHASHSEED", "")}
    environment = {**os.environ, "PYTHONHASHSEED": max(seeds), "PYTHONPATH": str(SOURCE)}
    command = [
        sys.executable, "-m", "signalfire.cli.main", "replay", str(short.recording),
        "--sensors", str(packaged_sensors()), "--agreement", str(packaged_agreement()),
        "--out", str(out),
    ]  # fmt: skip
    subprocess.run(command, env=environment, cwd=tmp_path, check=True, capture_output=True)
    first, second = contents(short.folder), contents(out)
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []
    assert sum(map(len, first.values())) > 3_000_000


@pytest.mark.parametrize("nation", ["JPN"])
def test_a_fresh_node_makes_the_same_lines_of_the_journal_of_a_whole_flight(
    hokkaido: Any, stage: Any, nation: str
) -> None:
    node = stage().nodes()[NationId(nation)]
    made: list[tuple[tuple[str, bytes], ...]] = []
    kept: list[tuple[tuple[str, bytes], ...]] = []
    advances = 0
    for entry in entries(hokkaido.folder / nation / "journal"):
        if isinstance(entry, InboxEntry):
            advances += 1
            outbox = node.advance(Instant(entry.now_ns), entry.items)
            if outbox.lines:
                made.append(tuple((line.stream.value, line.body) for line in outbox.lines))
        elif isinstance(entry, OutboxEntry):
            kept.append(entry.lines)
    assert advances > 3_000
    assert len(made) == len(kept) > 1_000
    different = [
        place for place, pair in enumerate(zip(made, kept, strict=True)) if pair[0] != pair[1]
    ]
    assert different == []


def test_the_journal_holds_every_line_of_the_records(hokkaido: Any) -> None:
    by_stream: dict[str, list[bytes]] = {}
    for entry in entries(hokkaido.folder / "USA" / "journal"):
        if isinstance(entry, OutboxEntry):
            for stream, body in entry.lines:
                by_stream.setdefault(stream, []).append(body)
    for stream in ("picture", "received", "sent", "withheld", "links"):
        assert by_stream[stream] == hokkaido.bodies("USA", stream)
