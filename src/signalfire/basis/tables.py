"""Files that people write, TOML or JSON, read strictly: every error names place, value and cure.

A file is described by a ``Table``: unknown keys are refused, except the remarks ``name``, ``note``
and ``source``, which are allowed anywhere.
"""

import json
import math
import re
import tomllib
from typing import Any, TypeVar

import msgspec

from signalfire.basis.errors import BadInput
from signalfire.basis.limits import TABLE_BYTES_MAX

_COMPLAINT = re.compile(r"(.*) - at `\$([^`]*)`", re.DOTALL)
_UNKNOWN = "Object contains unknown field "
_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


class Table(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A table of a file; remarks are for people and are not read."""

    name: str | None = None
    note: str | None = None
    source: str | None = None


AnyTable = TypeVar("AnyTable", bound=Table)


def read_table(text: str, form: type[AnyTable], *, is_json: bool = False) -> AnyTable:
    """Read a whole file into ``form``.

    Raises BadInput, its text naming line, entry, field, value and cure, for anything that is
    not exactly of that form: a syntax error, a repeated key, an unknown key, a wrong type, a
    number that is not finite.
    """
    if len(text.encode(errors="replace")) > TABLE_BYTES_MAX:
        raise BadInput(f"longer than {TABLE_BYTES_MAX} bytes: split it")
    table = _parsed(text, is_json)
    _require_finite(table)
    try:
        return msgspec.convert(table, form)
    except msgspec.ValidationError as error:
        path, complaint = _told(str(error), table)
        line = None if is_json else line_of(path, text)
        raise BadInput(f"line {line}: {complaint}" if line else complaint) from error


def _parsed(text: str, is_json: bool) -> Any:
    try:
        if is_json:
            return json.loads(text, object_pairs_hook=_without_repeats)
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"not TOML: {error}") from error
    except json.JSONDecodeError as error:
        raise BadInput(f"not JSON: {error}") from error
    except RecursionError as error:
        raise BadInput("nested too deeply: write plain tables and lists") from error
    except ValueError as error:
        raise BadInput(f"a number that cannot be read: {error}") from error


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table: dict[str, Any] = {}
    for key, value in pairs:
        if key in table:
            raise BadInput(f"{key} stands twice in one object: keep one")
        table[key] = value
    return table


def _require_finite(table: Any) -> None:
    """TOML and Python's JSON know ``nan`` and ``inf``; no file of ours means anything by them."""
    waiting = [("", table)]
    while waiting:
        place, value = waiting.pop()
        if isinstance(value, dict):
            waiting += [(f"{place}.{key}" if place else str(key), v) for key, v in value.items()]
        elif isinstance(value, list):
            waiting += [(f"{place}[{index}]", v) for index, v in enumerate(value)]
        elif isinstance(value, float) and not math.isfinite(value):
            raise BadInput(f"{entry_name(place, table)} = {value}: write a finite number")


def _told(complaint: str, table: Any) -> tuple[str, str]:
    """The path of what is wrong, and the complaint in words that name the cure."""
    what, path = split_complaint(complaint)
    if what.startswith(_UNKNOWN):
        path = f"{path}.{what.removeprefix(_UNKNOWN)}".lstrip(".")
        cure = "unknown key; remove it (remarks go into name, note or source)"
        return path, f"{entry_name(path, table)}: {cure}"
    if what.startswith("Object missing required field"):
        missing = f"{path}.{what.rpartition(' ')[2]}".lstrip(".")
        return path, f"{entry_name(missing, table)}: missing; add it"
    if what.endswith(("got datetime", "got date")):
        what = "a time is a text: put it in quotation marks"
    if path == "format":
        what = "this version reads format = 1"
    value = repr(_value_at(path, table))
    shown = value if len(value) <= 60 else f"{value[:57]}..."
    place = entry_name(path, table) or "the file"
    return path, f"{place} = {shown}: {what[:1].lower()}{what[1:]}"


def split_complaint(complaint: str) -> tuple[str, str]:
    """What msgspec says of a bad value, as complaint and path.

    >>> split_complaint("Expected `float`, got `str` - at `$.sigma.range_m`")
    ('Expected float, got str', 'sigma.range_m')
    """
    match = _COMPLAINT.fullmatch(complaint)
    what, path = (match[1], match[2]) if match else (complaint, "")
    return what.replace("`", "").replace(" | null", ""), path.removeprefix(".")


def line_of(path: str, text: str) -> int | None:
    """The line of a TOML text on which the entry or key at ``path`` stands, where it is plain.

    >>> line_of("sensor[1].id", "format = 1\\n[[sensor]]\\nid = 1\\n[[sensor]]\\nid = 2")
    5
    """
    steps = _STEP.findall(path)
    inside = len(steps) > 1 and bool(steps[1][1])
    array = steps[0][0] if inside else None
    wanted = int(steps[1][1]) if inside else -1
    key = (steps[2][0] if len(steps) > 2 else "") if inside else (steps[0][0] if steps else "")
    seen, of_entry = -1, None
    for number, line in enumerate(text.splitlines(), start=1):
        bare = line.strip()
        if bare.startswith("[["):
            seen += bare.startswith(f"[[{array}]]")
            of_entry = number if of_entry is None and seen == wanted and inside else of_entry
        here = seen == wanted if inside else True
        if here and key and re.match(rf"[\"']?{re.escape(key)}[\"']?\s*=", bare):
            return number
    return of_entry


def entry_name(path: str, table: Any) -> str:
    """A path in words: entries counted from 1, with their id where they have one.

    >>> entry_name("sensor[1].lat_deg", {"sensor": [{"id": "GP-A"}, {"id": "GP-B"}]})
    'sensor 2 (GP-B): lat_deg'
    """
    at, words = table, ""
    for key, index in _STEP.findall(path):
        if index:
            at = at[int(index)] if isinstance(at, list) and int(index) < len(at) else None
            identity = at.get("id") if isinstance(at, dict) else None
            words += f" {int(index) + 1}" + (f" ({identity})" if isinstance(identity, str) else "")
        else:
            words += (": " if words[-1:].isdigit() or words[-1:] == ")" else ".") if words else ""
            words += key
            at = at.get(key) if isinstance(at, dict) else None
    return words


def _value_at(path: str, table: Any) -> Any:
    at = table
    for key, index in _STEP.findall(path):
        try:
            at = at[int(index)] if index else at[key]
        except (KeyError, IndexError, TypeError):
            return None
    return at
