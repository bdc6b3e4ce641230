"""The few forms of CBOR that an envelope is made of, read strictly.

Whole numbers, byte and text strings, arrays and maps, each in the one encoding that RFC 8949,
section 4.2.1 (core deterministic encoding) allows: shortest heads, definite lengths, keys in order.
Floats, tags and simple values have no place in an envelope. Written by ``cbor2``, read here: what
comes from a peer meets no more code than this. (``cbor2`` sorts keys by length first, as section
4.2.3 has it; for the labels of an envelope both orders are the same.)
"""

from typing import Any

from signalfire.basis.errors import Malformed

DEPTH_MAX = 2
ITEMS_MAX = 64
"""Entries of one array or map."""
_WIDTHS = {24: 1, 25: 2, 26: 4, 27: 8}
_UNSIGNED, _NEGATIVE, _BYTES, _TEXT, _ARRAY, _MAP = range(6)


def read_item(data: bytes, at: int, depth: int = 0) -> tuple[Any, int]:
    """Read one item that starts at ``at``; returns it and where the next one starts.

    Raises Malformed, naming the offset, for anything else.
    """
    major, argument, after = _head(data, at)
    if major == _UNSIGNED:
        return argument, after
    if major == _NEGATIVE:
        return -1 - argument, after
    if major in (_BYTES, _TEXT):
        return _string(data, after, argument, is_text=major == _TEXT)
    if major not in (_ARRAY, _MAP):
        raise Malformed(f"envelope: offset {at}: a tag, float or simple value")
    if depth >= DEPTH_MAX or argument > ITEMS_MAX:
        raise Malformed(f"envelope: offset {at}: nested too deeply or too many entries")
    return _array(data, after, argument, depth) if major == _ARRAY else _map(data, at, depth)


def _head(data: bytes, at: int) -> tuple[int, int, int]:
    """Major type, argument and the offset behind them."""
    if at >= len(data):
        raise Malformed(f"envelope: offset {at}: ends in the middle")
    major, short = data[at] >> 5, data[at] & 0x1F
    if short < 24:
        return major, short, at + 1
    width = _WIDTHS.get(short)
    if width is None or at + 1 + width > len(data):
        raise Malformed(f"envelope: offset {at}: no definite length, or ends in the middle")
    argument = int.from_bytes(data[at + 1 : at + 1 + width], "big")
    if argument < (24 if width == 1 else 1 << (4 * width)):
        raise Malformed(f"envelope: offset {at}: not the shortest form")
    return major, argument, at + 1 + width


def _string(data: bytes, at: int, length: int, *, is_text: bool) -> tuple[bytes | str, int]:
    end = at + length
    if end > len(data):
        raise Malformed(f"envelope: offset {at}: ends in the middle")
    raw = data[at:end]
    if not is_text:
        return raw, end
    try:
        return raw.decode(), end
    except UnicodeDecodeError as error:
        raise Malformed(f"envelope: offset {at}: not UTF-8") from error


def _array(data: bytes, at: int, count: int, depth: int) -> tuple[list[Any], int]:
    entries = []
    for _ in range(count):
        entry, at = read_item(data, at, depth + 1)
        entries.append(entry)
    return entries, at


def _map(data: bytes, at: int, depth: int) -> tuple[dict[Any, Any], int]:
    _, count, at = _head(data, at)
    entries: dict[Any, Any] = {}
    last_key = b""
    for _ in range(count):
        start = at
        key, at = read_item(data, at, depth + 1)
        if not isinstance(key, int | str) or data[start:at] <= last_key:
            raise Malformed(f"envelope: offset {start}: keys repeated, out of order or no labels")
        last_key = data[start:at]
        entries[key], at = read_item(data, at, depth + 1)
    return entries, at
