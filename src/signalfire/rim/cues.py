"""What a conductor and a node say to each other: one JSON object per line, over loopback TCP.

::

    node       {"hello": "KOR", "token": "..."}            first, once
    conductor  {"now": ns, "kind": "detection", "body": "...", "number": 17}
    conductor  {"now": ns, "kind": "tick"} | {"now": ns, "kind": "command", "body": "{...}"}
    conductor  {"now": ns, "kind": "end"}                  the performance is over
    node       {"done": ns, "is_idle": false}                 that second is finished

``body`` holds bytes, one character for each (Latin-1), so that a malformed line travels unchanged.
"""

import msgspec

from signalfire.basis.errors import Malformed
from signalfire.basis.instant import Instant
from signalfire.basis.limits import LINE_BYTES_MAX
from signalfire.node.inbox import InboxItem, ItemKind

CUE_BYTES_MAX = 8 * LINE_BYTES_MAX
"""Longest line of this protocol: a body byte may need six characters."""
END = "end"


class Cue(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that a node is to take at one instant."""

    now: int
    kind: str
    body: str = ""
    number: int = 0

    @property
    def instant(self) -> Instant:
        return Instant(self.now)

    def item(self) -> InboxItem:
        """What the node takes. Raises Malformed for a kind that no conductor sends."""
        if self.kind not in (ItemKind.DETECTION, ItemKind.TICK, ItemKind.COMMAND):
            raise Malformed(f"a conductor does not send {self.kind!r}")
        try:
            return InboxItem(ItemKind(self.kind), self.body.encode("latin-1"), self.number)
        except UnicodeEncodeError as error:
            raise Malformed("a cue's body has a character that is no byte") from error


class Hello(msgspec.Struct, frozen=True):
    """Who connects."""

    hello: str
    token: str


class Done(msgspec.Struct, frozen=True):
    """A node has finished a second; ``is_idle``: it has no open event or warning."""

    done: int
    is_idle: bool


def cue(now: Instant, item: InboxItem) -> Cue:
    """The cue for an item."""
    return Cue(now.tai_ns, item.kind.value, item.body.decode("latin-1"), item.number)


_encoder = msgspec.json.Encoder()
_cues = msgspec.json.Decoder(Cue)
_hellos = msgspec.json.Decoder(Hello)
_dones = msgspec.json.Decoder(Done)


def encode(message: Cue | Hello | Done) -> bytes:
    """One line, with its end."""
    return _encoder.encode(message) + b"\n"


def decode_cue(line: bytes) -> Cue:
    """Raises Malformed."""
    try:
        return _cues.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Malformed(f"not a cue: {error}") from error


def decode_hello(line: bytes) -> Hello:
    """Raises Malformed."""
    try:
        return _hellos.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Malformed(f"not a greeting: {error}") from error


def decode_done(line: bytes) -> Done:
    """Raises Malformed."""
    try:
        return _dones.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Malformed(f"not the end of a second: {error}") from error
