"""A node's journal: everything it was given, before it acts on it. The record of last resort.

Append-only, chained by hash, and on the disk before anything is acknowledged. The chain finds
damage inside the record; a cut exactly between two records can only be found by someone who knows
the head: write down what ``journal verify`` prints.
"""

import errno
import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from signalfire.basis.errors import BadInput, Unavailable
from signalfire.basis.limits import JOURNAL_SEGMENT_BYTES_MAX
from signalfire.rim.files import ensure_folder, sync_folder
from signalfire.rim.journal_format import (
    GENESIS,
    EndEntry,
    Ending,
    JournalEntry,
    Scan,
    decode_entry,
    encode_entry,
    record,
    segment_header,
)

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_LOCK_NAME = "journal.lock"


@dataclass(frozen=True, slots=True)
class JournalReport:
    """What ``verify`` found; ``is_whole`` is false when a single byte is not as it was written.

    ``torn_bytes`` were begun and never acknowledged; they are reported as a problem too. A journal
    cut exactly between two records looks whole: compare ``head`` with what partners remember.
    """

    is_whole: bool
    records: int
    head: str
    ended_clean: bool
    torn_bytes: int
    problems: tuple[str, ...]


class Journal:
    """The journal of one running node; one process at a time holds it.

    ``head`` is the chain hash after the last record; ``ended_clean`` tells whether the run before
    this one closed it (a new journal counts as clean); ``records`` counts all records;
    ``torn_file`` is where a record that a crash had cut short was set aside.
    """

    def __init__(self, folder: Path, lock: int, *, is_durable: bool) -> None:
        self.folder = folder
        self.head = GENESIS
        self.records = 0
        self.ended_clean = True
        self.torn_file: Path | None = None
        self._is_durable = is_durable
        self._lock = lock
        self._segment = -1
        self._number = 0
        self._size = 0
        self._last_now_ns = 0
        self._failure: str | None = None

    @classmethod
    def open(cls, folder: Path, *, is_durable: bool = True) -> "Journal":
        """Begin a journal in ``folder``, or take up the one that is there after checking all of it.

        A last record that a crash cut short is set aside in a ``.torn`` file. Unless
        ``is_durable`` nothing waits for the disk: for simulation and tests. Raises Unavailable
        when another process holds the journal or the disk refuses, BadInput when it is damaged.
        """
        ensure_folder(folder, what="journal folder")
        journal = cls(folder, _lock(folder), is_durable=is_durable)
        try:
            journal._take_up()
        except BaseException:
            journal._release()
            raise
        return journal

    def append(self, entry: JournalEntry) -> bytes:
        """Add an entry and return the new head; it counts only after ``sync``.

        Raises Unavailable when there is no room (the file ends with the last whole record) and
        after any failure of the disk; nothing after that may be acknowledged.
        """
        self._require_usable()
        body = encode_entry(entry)
        if self._size + len(body) > JOURNAL_SEGMENT_BYTES_MAX:
            self.sync()
            self._begin_segment(self._number + 1)
        written, head = record(self.head, body)
        self._write(written)
        self.head = head
        self.records += 1
        self._last_now_ns = max(self._last_now_ns, entry.now_ns)
        return head

    def sync(self) -> None:
        """Wait until everything appended is on the disk: one wait for a whole group.

        Raises Unavailable when the disk does not confirm. It is never tried again: after a failed
        flush the system may have dropped the pages, and a second flush would succeed falsely.
        """
        self._require_usable()
        if not self._is_durable:
            return
        try:
            os.fdatasync(self._segment)
        except OSError as error:
            self._failure = (
                f"the disk under {self.folder} did not confirm a write ({error.strerror}): "
                "check the disk; the node starts again from what is whole"
            )
            raise Unavailable(self._failure) from error

    def close(self) -> None:
        """Write the record of a clean end and let go of the journal; does nothing when closed."""
        if self._segment < 0:
            return
        try:
            if self._failure is None:
                self.append(EndEntry(self._last_now_ns))
                self.sync()
        finally:
            self._release()

    def _require_usable(self) -> None:
        if self._failure is not None:
            raise Unavailable(self._failure)
        if self._segment < 0:
            raise Unavailable(f"the journal in {self.folder} is closed: open it again")

    def _take_up(self) -> None:
        segments = _segments(self.folder)
        if not segments:
            self._begin_segment(1)
            return
        walk = _Walk()
        for _entry in walk.entries(segments):
            pass
        if walk.ending is Ending.DAMAGED:
            raise BadInput(_damage(self.folder, walk.problem))
        self.head, self.records = walk.head, walk.records
        self.ended_clean = walk.ended_clean
        self._last_now_ns = walk.last_now_ns
        if walk.ending is Ending.TORN:
            self._set_torn_aside(walk)
        self._continue(walk)

    def _continue(self, walk: "_Walk") -> None:
        if walk.whole_bytes == 0:
            walk.path.unlink()
            self._begin_segment(walk.number)
            return
        self._number, self._size = walk.number, walk.whole_bytes
        self._segment = os.open(walk.path, os.O_WRONLY)
        os.ftruncate(self._segment, self._size)
        os.lseek(self._segment, self._size, os.SEEK_SET)
        self._settle()

    def _set_torn_aside(self, walk: "_Walk") -> None:
        """Keep what a crash left half-written: it was never acknowledged, but it is evidence."""
        self.ended_clean = False
        rest = walk.path.read_bytes()[walk.whole_bytes :]
        self.torn_file = self.folder / f"{walk.path.stem}-{walk.whole_bytes}.torn"
        self.torn_file.write_bytes(rest)

    def _settle(self) -> None:
        """Make what was found, and the names of the files, last before it is built upon."""
        if self._is_durable:
            self.sync()
            sync_folder(self.folder)

    def _begin_segment(self, number: int) -> None:
        path = self.folder / f"journal-{number:06d}.sfj"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        try:
            segment = os.open(path, flags, 0o600)
        except OSError as error:
            raise Unavailable(f"{path} cannot be made ({error.strerror}): free the name") from error
        if self._segment >= 0:
            os.close(self._segment)
        self._segment, self._number, self._size = segment, number, 0
        self._write(segment_header(number, self.head))
        self._settle()

    def _write(self, written: bytes) -> None:
        """All of ``written`` or nothing of it."""
        done = 0
        try:
            while done < len(written):
                done += os.write(self._segment, written[done:])
        except OSError as error:
            self._cut_back()
            cure = "free some space" if error.errno in _NO_ROOM else "check the disk"
            raise Unavailable(
                f"the journal in {self.folder} cannot grow ({error.strerror}): {cure} and start "
                f"again; it ends with its last whole record, number {self.records}"
            ) from error
        self._size += len(written)

    def _cut_back(self) -> None:
        try:
            os.ftruncate(self._segment, self._size)
            os.lseek(self._segment, self._size, os.SEEK_SET)
        except OSError as error:
            self._failure = (
                f"the journal in {self.folder} cannot be cut back to its last whole record "
                f"({error.strerror}): check the disk; the next start sets the rest aside"
            )

    def _release(self) -> None:
        if self._segment >= 0:
            os.close(self._segment)
            self._segment = -1
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


def entries(folder: Path) -> Iterator[JournalEntry]:
    """Every whole entry of a journal, in order; a torn last record is left out.

    Raises BadInput where the record is damaged, after all the entries before the damage.
    """
    walk = _Walk()
    yield from walk.entries(_require_segments(folder))
    if walk.ending is Ending.DAMAGED:
        raise BadInput(_damage(folder, walk.problem))


def verify(folder: Path) -> JournalReport:
    """Check every byte of a journal without changing it.

    Raises BadInput when there is no journal in ``folder``.
    """
    walk = _Walk()
    for _entry in walk.entries(_require_segments(folder)):
        pass
    is_whole = walk.ending is Ending.WHOLE
    torn_bytes = 0
    if walk.ending is Ending.TORN:
        torn_bytes = walk.path.stat().st_size - walk.whole_bytes
    return JournalReport(
        is_whole=is_whole,
        records=walk.records,
        head=walk.head.hex(),
        ended_clean=is_whole and walk.ended_clean,
        torn_bytes=torn_bytes,
        problems=() if is_whole else (walk.problem,),
    )


class _Walk:
    """Reads segment after segment and stops at the first thing that is not as written."""

    def __init__(self) -> None:
        self.head = GENESIS
        self.records = 0
        self.ended_clean = True
        self.last_now_ns = 0
        self.ending = Ending.WHOLE
        self.problem = ""
        self.path = Path()
        self.number = 0
        self.whole_bytes = 0

    def entries(self, segments: list[tuple[int, Path]]) -> Iterator[JournalEntry]:
        last_number = segments[-1][0]
        for expected, (number, path) in enumerate(segments, start=1):
            self.path, self.number = path, number
            if number != expected:
                self._stop(Ending.DAMAGED, f"segment {expected} is missing")
                return
            scan = Scan(_read(path), number, self.head)
            yield from self._decoded(scan)
            self.whole_bytes = scan.whole_bytes
            if self.ending is Ending.DAMAGED:
                return
            if scan.ending is Ending.TORN and number != last_number:
                self._stop(Ending.DAMAGED, f"{path.name}: cut short, yet another segment follows")
                return
            if scan.ending is not Ending.WHOLE:
                self._stop(scan.ending, f"{path.name}: {scan.problem}")
                return

    def _decoded(self, scan: Scan) -> Iterator[JournalEntry]:
        for found in scan:
            entry = decode_entry(found.body)
            if entry is None:
                where = f"{self.path.name}, byte {found.offset}"
                self._stop(
                    Ending.DAMAGED, f"{where}: an entry of a form that this version does not know"
                )
                return
            self.head = found.head
            self.records += 1
            self.ended_clean = isinstance(entry, EndEntry)
            self.last_now_ns = max(self.last_now_ns, entry.now_ns)
            yield entry

    def _stop(self, ending: Ending, problem: str) -> None:
        self.ending, self.problem = ending, problem


def _segments(folder: Path) -> list[tuple[int, Path]]:
    found = []
    for path in folder.glob("journal-*.sfj"):
        number = path.stem.removeprefix("journal-")
        if number.isascii() and number.isdigit():
            found.append((int(number), path))
    return sorted(found)


def _require_segments(folder: Path) -> list[tuple[int, Path]]:
    segments = _segments(folder)
    if not segments:
        raise BadInput(f"{folder} holds no journal: name the folder with the journal-*.sfj files")
    return segments


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path} cannot be read ({error.strerror}): make it readable") from error


def _damage(folder: Path, problem: str) -> str:
    return (
        f"the journal in {folder} is damaged: {problem}. Move the folder away, it is evidence, and "
        "start again: the node begins a new journal in a new epoch"
    )


def _lock(folder: Path) -> int:
    lock = os.open(folder / _LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        raise Unavailable(
            f"the journal in {folder} is held by another process: stop that node, or give this one "
            "a journal folder of its own"
        ) from error
    return lock
