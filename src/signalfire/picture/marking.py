"""Whose a message is, how it is marked, and to which realm it belongs."""

from dataclasses import dataclass
from enum import StrEnum

from signalfire.basis.identity import NationId
from signalfire.basis.realm import Realm


class Kind(StrEnum):
    """Every kind of message. There is none for engagement, and no field for a sensor's place."""

    TRACK = "track"
    EVENT = "event"
    WARNING = "warning"
    STATUS = "status"
    RECEIPT = "receipt"
    NOTE = "note"
    AGREEMENT = "agreement"
    EXERCISE = "exercise"
    DETECTION = "detection"
    INDICATION = "indication"


RELIABLE = frozenset({Kind.EVENT, Kind.WARNING, Kind.NOTE, Kind.AGREEMENT})
"""Kinds that are sent again until the recipient's signed receipt; of the others the latest wins."""


@dataclass(frozen=True, slots=True)
class Marking:
    """Originator, realm and the one nation that this copy is releasable to."""

    originator: NationId
    realm: Realm
    releasable_to: NationId
    classification: str = "UNCLASSIFIED"
    caveats: tuple[str, ...] = ()
