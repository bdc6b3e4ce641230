"""What every decoder of reports returns: what could be read, and what was wrong with the rest."""

import re
from dataclasses import dataclass

from signalfire.basis.tables import split_complaint
from signalfire.picture.detection import Detection

_PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_.\[\]]{0,99}", re.ASCII)
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Fault:
    """One refused line: which, of which sensor (where it can be read), which field and why.

    The reason never repeats what was sent.
    """

    line: int
    sensor: str | None
    field: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Decoded:
    """The outcome of a whole input; the faults of some lines do not touch the others."""

    reports: tuple[Detection, ...]
    faults: tuple[Fault, ...]


def field_and_reason(complaint: str) -> tuple[str | None, str]:
    """What msgspec says of a bad value, as a field and a reason without any part of the payload.

    >>> field_and_reason("Expected `float`, got `str` - at `$.sigma.range_m`")
    ('sigma.range_m', 'expected float, got str')
    """
    what, path = split_complaint(complaint)
    if _PATH.fullmatch(path) is None:
        path = ""
    if what.startswith("Object missing required field"):
        key = what.rpartition(" ")[2]
        return f"{path}.{key}".lstrip("."), "missing"
    if what.startswith("Object contains unknown field"):
        key = what.removeprefix("Object contains unknown field ")
        shown = key if _KEY.fullmatch(key) else "?"
        return f"{path}.{shown}".lstrip("."), "unknown key"
    if what.startswith("Number out of range"):
        return path or None, "not a finite number"
    if what.startswith("Expected"):
        return path or None, what[:1].lower() + what[1:]
    return path or None, "not one of the values that are allowed"
