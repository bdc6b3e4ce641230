"""The one way in which content becomes bytes: what is hashed, signed, kept and shown is the same.

JSON in UTF-8, keys sorted by code point, no white space, the shortest digits that give back the
same float. Numbers that are not finite have no JSON form: callers refuse them before.
"""

import hashlib
from typing import Any

import msgspec
import numpy as np


def plain(value: Any) -> Any:
    """A numpy scalar as the Python number that it is; a hook for ``msgspec``.

    Raises TypeError for anything else that has no JSON form.
    """
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} has no JSON form")


_ENCODER = msgspec.json.Encoder(order="sorted", enc_hook=plain)


def canonical(content: Any) -> bytes:
    """The bytes of a JSON-like value; equal values give equal bytes.

    >>> canonical({"b": [1, 0.5], "a": None})
    b'{"a":null,"b":[1,0.5]}'
    """
    return _ENCODER.encode(content)


def sha256_hex(data: bytes) -> str:
    """SHA-256 (FIPS 180-4) as 64 lower-case hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()
