"""What a node is given: raw, as it came, so that the journal of inboxes reproduces everything."""

from dataclasses import dataclass
from enum import StrEnum


class ItemKind(StrEnum):
    """What an inbox item is."""

    DETECTION = "detection"
    """One JSON line of the detections format."""
    ENVELOPE = "envelope"
    """The signed bytes of a partner's message."""
    COMMAND = "command"
    """A JSON object with a key ``do``: epoch, withdraw, rejoin."""
    TICK = "tick"
    """A whole second of UTC."""


@dataclass(frozen=True, slots=True)
class InboxItem:
    """One thing that reached the node; ``number`` is its line in a file, 0 where there is none."""

    kind: ItemKind
    body: bytes = b""
    number: int = 0


TICK = InboxItem(ItemKind.TICK)
