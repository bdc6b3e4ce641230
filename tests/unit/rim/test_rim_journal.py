"""The journal: every byte is vouched for, a crash costs nothing that was acknowledged."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalfire.basis.errors import BadInput, Unavailable
from signalfire.node.inbox import TICK, InboxItem, ItemKind
from signalfire.rim import journal as journal_module
from signalfire.rim.journal import Journal, entries, verify
from signalfire.rim.journal_format import (
    EndEntry,
    EpochEntry,
    InboxEntry,
    JournalEntry,
    OutboxEntry,
    decode_entry,
    encode_entry,
)

SAMPLES: tuple[JournalEntry, ...] = (
    EpochEntry(10, 3),
    InboxEntry(11, (TICK, InboxItem(ItemKind.DETECTION, b'{"sensor":"A"}', 17))),
    InboxEntry(12, (InboxItem(ItemKind.ENVELOPE, bytes(range(256))),)),
    OutboxEntry(12, (("warnings", b'{"id":"W-KOR-1-1"}'), ("sent", b"{}"))),
    OutboxEntry(13, (("decisions", b'{"why":"threshold"}'),)),
)


def written(folder: Path, *, is_closed: bool = True) -> Path:
    """A journal with the samples; returns its one file."""
    journal = Journal.open(folder, is_durable=False)
    for entry in SAMPLES:
        journal.append(entry)
    if is_closed:
        journal.close()
    else:
        journal._release()
    return folder / "journal-000001.sfj"


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    written(tmp_path)
    assert tuple(entries(tmp_path)) == (*SAMPLES, EndEntry(13))
    report = verify(tmp_path)
    assert report.is_whole and report.ended_clean
    assert (report.records, report.problems) == (6, ())


@given(now_ns=st.integers(0, 2**62), body=st.binary(max_size=200), number=st.integers(0, 2**40))
def test_any_inbox_survives_the_disk(now_ns: int, body: bytes, number: int) -> None:
    entry = InboxEntry(now_ns, (InboxItem(ItemKind.ENVELOPE, body, number),))
    assert decode_entry(encode_entry(entry)) == entry


def test_the_head_returned_is_the_head_found(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path)
    head = [journal.append(entry) for entry in SAMPLES][-1]
    journal.sync()
    assert verify(tmp_path).head == head.hex() == journal.head.hex()


def test_a_run_goes_on_where_the_last_one_ended(tmp_path: Path) -> None:
    written(tmp_path)
    again = Journal.open(tmp_path, is_durable=False)
    assert again.ended_clean and again.records == 6
    again.append(EpochEntry(14, 4))
    again.close()
    assert verify(tmp_path).is_whole
    assert EpochEntry(14, 4) in tuple(entries(tmp_path))


def test_an_end_without_close_is_seen_as_unclean(tmp_path: Path) -> None:
    written(tmp_path, is_closed=False)
    assert not verify(tmp_path).ended_clean
    assert not Journal.open(tmp_path, is_durable=False).ended_clean


def test_every_changed_byte_is_found(tmp_path: Path) -> None:
    file = written(tmp_path)
    whole = file.read_bytes()
    for place in range(len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << (place % 8)
        file.write_bytes(damaged)
        assert not verify(tmp_path).is_whole, f"byte {place}"


def test_a_changed_byte_is_refused_and_never_cut_off(tmp_path: Path) -> None:
    file = written(tmp_path)
    whole = file.read_bytes()
    for place in range(0, len(whole), 7):
        damaged = bytearray(whole)
        damaged[place] ^= 0x10
        file.write_bytes(damaged)
        with pytest.raises(BadInput, match="damaged"):
            Journal.open(tmp_path, is_durable=False)
        assert file.read_bytes() == damaged


def test_a_cut_at_any_length_leaves_the_whole_records(tmp_path: Path) -> None:
    whole = written(tmp_path / "whole").read_bytes()
    originals = (*SAMPLES, EndEntry(13))
    for length in range(len(whole)):
        folder = tmp_path / str(length)
        folder.mkdir()
        (folder / "journal-000001.sfj").write_bytes(whole[:length])
        torn_bytes = verify(folder).torn_bytes
        journal = Journal.open(folder, is_durable=False)
        kept = journal.records
        assert tuple(entries(folder)) == originals[:kept]
        if torn_bytes:
            assert journal.torn_file is not None
            assert journal.torn_file.read_bytes() == whole[length - torn_bytes : length]
            assert not journal.ended_clean
        journal.append(EpochEntry(99, 9))
        journal.close()
        assert verify(folder).is_whole


def test_zeros_after_the_end_are_torn_and_not_damage(tmp_path: Path) -> None:
    file = written(tmp_path)
    file.write_bytes(file.read_bytes() + bytes(4096))
    journal = Journal.open(tmp_path, is_durable=False)
    assert (journal.records, journal.ended_clean) == (6, False)


def test_a_journal_goes_on_over_many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "JOURNAL_SEGMENT_BYTES_MAX", 300)
    journal = Journal.open(tmp_path, is_durable=False)
    for _ in range(10):
        for entry in SAMPLES:
            journal.append(entry)
    journal.close()
    files = sorted(tmp_path.glob("*.sfj"))
    assert len(files) > 5
    assert tuple(entries(tmp_path))[:-1] == SAMPLES * 10
    files[2].rename(tmp_path / "aside")
    assert "segment 3 is missing" in verify(tmp_path).problems[0]
    (tmp_path / "aside").rename(files[2])
    swapped = files[2].read_bytes()
    files[2].write_bytes(files[3].read_bytes())
    files[3].write_bytes(swapped)
    assert not verify(tmp_path).is_whole


def test_two_processes_cannot_hold_one_journal(tmp_path: Path) -> None:
    first = Journal.open(tmp_path)
    with pytest.raises(Unavailable, match="held by another process"):
        Journal.open(tmp_path)
    first.close()
    Journal.open(tmp_path).close()


def test_a_full_disk_leaves_no_half_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal.open(tmp_path, is_durable=False)
    journal.append(SAMPLES[0])
    write, room = os.write, 20

    def full(file: int, content: bytes) -> int:
        nonlocal room
        if room == 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        part = bytes(content)[:room]
        room -= len(part)
        return write(file, part)

    monkeypatch.setattr(journal_module.os, "write", full)
    with pytest.raises(Unavailable, match=f"{tmp_path}.*free some space"):
        journal.append(SAMPLES[2])
    monkeypatch.undo()
    assert tuple(entries(tmp_path)) == SAMPLES[:1]
    journal.append(SAMPLES[1])
    journal.close()
    assert tuple(entries(tmp_path))[:2] == SAMPLES[:2]


def test_a_file_size_limit_of_the_system_is_a_full_disk(tmp_path: Path) -> None:
    program = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from signalfire.basis.errors import Unavailable\n"
        "from signalfire.rim.journal import Journal\n"
        "from signalfire.rim.journal_format import OutboxEntry\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))\n"
        "journal = Journal.open(Path(sys.argv[1]))\n"
        "try:\n"
        "    for number in range(100):\n"
        "        journal.append(OutboxEntry(number, (('sent', bytes(700)),)))\n"
        "except Unavailable as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert "cannot grow" in done.stdout and "last whole record, number 6" in done.stdout
    assert verify(tmp_path).is_whole and verify(tmp_path).records == 6


def test_a_failed_flush_is_never_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal.open(tmp_path)

    def refuse(_: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(journal_module.os, "fdatasync", refuse)
    journal.append(SAMPLES[0])
    with pytest.raises(Unavailable, match="did not confirm a write"):
        journal.sync()
    monkeypatch.undo()
    with pytest.raises(Unavailable, match="did not confirm a write"):
        journal.sync()
    with pytest.raises(Unavailable, match="did not confirm a write"):
        journal.append(SAMPLES[1])
    journal.close()
    assert not verify(tmp_path).ended_clean


def test_what_was_acknowledged_survives_a_kill_in_mid_append(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from signalfire.rim.journal import Journal\n"
        "from signalfire.rim.journal_format import OutboxEntry\n"
        "journal = Journal.open(Path(sys.argv[1]))\n"
        "number = journal.records\n"
        "while True:\n"
        "    for _ in range(5):\n"
        "        journal.append(OutboxEntry(number, (('sent', bytes(900)),)))\n"
        "        number += 1\n"
        "    journal.sync()\n"
        "    print(number, flush=True)\n"
    )
    acknowledged = 0
    for round_number in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        for _ in range(20 + 13 * round_number):
            acknowledged = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        for line in process.stdout:
            acknowledged = int(line)
        process.wait()
        process.stdout.close()
        numbers = [entry.now_ns for entry in entries(tmp_path)]
        assert numbers == list(range(len(numbers)))
        assert len(numbers) >= acknowledged > 0
    assert not Journal.open(tmp_path).ended_clean


def test_a_folder_without_a_journal_is_refused_with_the_cure(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="holds no journal"):
        verify(tmp_path)


def test_a_file_in_the_way_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "journal").write_text("a file")
    with pytest.raises(BadInput, match="a file is in the way"):
        Journal.open(tmp_path / "journal")
