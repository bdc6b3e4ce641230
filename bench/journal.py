"""The journal: append and sync, against a bare write and fsync of as many bytes."""

import os
import tempfile
import time
from pathlib import Path

from bench.measured import Measured, beside_s
from signalfire.node.inbox import InboxItem, ItemKind
from signalfire.rim.journal import Journal
from signalfire.rim.journal_format import InboxEntry, encode_entry

BATCHES = (1, 10, 100)
"""Entries that share one sync."""
REPEATS = 60
BODY = b"x" * 300


def measure() -> list[Measured]:
    """One sync for one, ten and a hundred entries, on the disk of the working folder."""
    entry = InboxEntry(1, (InboxItem(ItemKind.DETECTION, BODY, 1),))
    size = len(encode_entry(entry))
    found = []
    for batch in BATCHES:
        with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
            ours_s, bare_s = _beside_s(Path(folder), entry, batch)
        found.append(
            Measured(
                path="journal, append and sync",
                work=f"{batch} entries of {size} bytes",
                figure=f"{1e3 * ours_s:.2f} ms",
                yardstick=f"bare write and fsync {1e3 * bare_s:.2f} ms",
                ratio=f"{ours_s / bare_s:.2f}",
            )
        )
    return found


def _beside_s(folder: Path, entry: InboxEntry, batch: int) -> tuple[float, float]:
    journal = Journal.open(folder / "journal")
    body = b"x" * (batch * len(encode_entry(entry)))
    with (folder / "bare").open("ab", buffering=0) as file:

        def keep() -> None:
            for _ in range(batch):
                journal.append(entry)
            journal.sync()

        def bare() -> None:
            file.write(body)
            os.fsync(file.fileno())

        taken_s = beside_s(keep, bare, repeats=REPEATS, clock=time.perf_counter)
    journal.close()
    return taken_s
