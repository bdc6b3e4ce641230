"""How a journal lies on disk: bytes to entries and back, and what damage looks like. No I/O here.

A segment is a file ``journal-000001.sfj``::

    segment = magic (8) | number (4) | head before it (32) | crc32 of these (4) | record ...
    record  = body length (4) | crc32 of the length (4) | chain hash (32) | body
    chain hash = SHA-256(chain hash before || body); before the first record it is 32 zero bytes

All numbers are unsigned, most significant byte first. The chain finds every change of a body, the
check sum of the length tells a changed length (damage) from a record that a crash cut short (torn).
A body is MessagePack: an array whose first element names the kind of entry.
"""

import hashlib
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from signalfire.basis.errors import BadInput
from signalfire.basis.limits import JOURNAL_RECORD_BYTES_MAX
from signalfire.node.inbox import InboxItem

MAGIC = b"SFJRNL01"
GENESIS = bytes(32)
"""The head of a journal without records."""
SEGMENT_HEADER_BYTES = 48
RECORD_HEADER_BYTES = 40

_SEGMENT = struct.Struct(">8sI32s")
_RECORD = struct.Struct(">II32s")
_LENGTH = struct.Struct(">I")


class InboxEntry(msgspec.Struct, frozen=True, array_like=True, tag="inbox"):
    """What one ``advance`` was given: the node's time in TAI nanoseconds, and the items."""

    now_ns: int
    items: tuple[InboxItem, ...]


class EpochEntry(msgspec.Struct, frozen=True, array_like=True, tag="epoch"):
    """From here on the node numbers its messages in this epoch, from one."""

    now_ns: int
    epoch: int


class OutboxEntry(msgspec.Struct, frozen=True, array_like=True, tag="outbox"):
    """What one ``advance`` wrote to the nation's records: (stream, line without its newline)."""

    now_ns: int
    lines: tuple[tuple[str, bytes], ...]


class EndEntry(msgspec.Struct, frozen=True, array_like=True, tag="end"):
    """The node ended cleanly: nothing was under way."""

    now_ns: int


JournalEntry = InboxEntry | EpochEntry | OutboxEntry | EndEntry

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[JournalEntry] = msgspec.msgpack.Decoder(JournalEntry)


def encode_entry(entry: JournalEntry) -> bytes:
    """The body of a record.

    Raises BadInput when it is longer than the limit of one record.
    """
    body = _encoder.encode(entry)
    if len(body) > JOURNAL_RECORD_BYTES_MAX:
        raise BadInput(
            f"a journal entry of {len(body)} bytes is over {JOURNAL_RECORD_BYTES_MAX}: "
            "hand the node fewer items at once"
        )
    return body


def decode_entry(body: bytes) -> JournalEntry | None:
    """The entry in a body, or None when no entry of this version has that form."""
    try:
        return _decoder.decode(body)
    except msgspec.MsgspecError:
        return None


def chain(head: bytes, body: bytes) -> bytes:
    """The head after ``body`` has been added to a journal whose head was ``head``."""
    return hashlib.sha256(head + body).digest()


def segment_header(number: int, head: bytes) -> bytes:
    """The first bytes of segment ``number``, whose first record continues ``head``."""
    fields = _SEGMENT.pack(MAGIC, number, head)
    return fields + _LENGTH.pack(zlib.crc32(fields))


def record(head: bytes, body: bytes) -> tuple[bytes, bytes]:
    """The record that holds ``body`` after ``head``, and the head that it makes."""
    length = _LENGTH.pack(len(body))
    following = chain(head, body)
    return b"".join((length, _LENGTH.pack(zlib.crc32(length)), following, body)), following


class Ending(StrEnum):
    """How the bytes of a segment end."""

    WHOLE = "whole"
    TORN = "torn"
    """A last record that a crash cut short, or zeros where one was to be written."""
    DAMAGED = "damaged"


@dataclass(frozen=True, slots=True)
class Record:
    """One whole record: where it begins in its segment, its body, and the head that it makes."""

    offset: int
    body: bytes
    head: bytes


@dataclass(slots=True)
class Scan:
    """Reads the records of one segment, in order; after the iteration it says how they ended.

    Iterating never raises. ``whole_bytes`` is the length of the part that is whole, ``head`` the
    chain hash after it, ``problem`` the sentence for the operator.
    """

    data: bytes
    number: int
    head: bytes
    whole_bytes: int = 0
    ending: Ending = Ending.WHOLE
    problem: str = ""

    def __iter__(self) -> Iterator[Record]:
        if not self._open():
            return
        while self.whole_bytes < len(self.data):
            found = self._next()
            if found is None:
                return
            self.whole_bytes += RECORD_HEADER_BYTES + len(found.body)
            self.head = found.head
            yield found

    def _end(self, ending: Ending, problem: str) -> None:
        self.ending, self.problem = ending, f"{problem} (byte {self.whole_bytes})"

    def _open(self) -> bool:
        start = self.data[:SEGMENT_HEADER_BYTES]
        if len(start) < SEGMENT_HEADER_BYTES or not any(self.data):
            self._end(Ending.TORN, "the segment was begun and not finished")
            return False
        if start != segment_header(self.number, self.head):
            self._end(
                Ending.DAMAGED, "the segment does not continue the one before it, or is changed"
            )
            return False
        self.whole_bytes = SEGMENT_HEADER_BYTES
        return True

    def _is_blank(self, offset: int) -> bool:
        """Whether only zeros follow: a file system may lengthen a file before it fills it."""
        return not any(self.data[offset : offset + 8]) and not any(self.data[offset:])

    def _next(self) -> Record | None:
        offset = self.whole_bytes
        rest = len(self.data) - offset
        if rest < RECORD_HEADER_BYTES or self._is_blank(offset):
            self._end(Ending.TORN, "the last record was begun and not finished")
            return None
        length, check, following = _RECORD.unpack_from(self.data, offset)
        is_changed = zlib.crc32(self.data[offset : offset + 4]) != check
        if is_changed or length > JOURNAL_RECORD_BYTES_MAX:
            self._end(Ending.DAMAGED, "the length of a record is changed")
            return None
        if rest < RECORD_HEADER_BYTES + length:
            self._end(Ending.TORN, "the last record was begun and not finished")
            return None
        body_at = offset + RECORD_HEADER_BYTES
        body = self.data[body_at : body_at + length]
        if chain(self.head, body) != following:
            self._end(Ending.DAMAGED, "a record is changed: its chain hash does not hold")
            return None
        return Record(offset, body, following)
