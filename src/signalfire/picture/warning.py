"""What people are told: who, where, what, when, how sure, what to do."""

from dataclasses import dataclass
from enum import StrEnum

from signalfire.basis.identity import AreaId, EventId, NationId, WarningId
from signalfire.basis.instant import Instant
from signalfire.basis.realm import Realm


class WarningStatus(StrEnum):
    """The life of a warning; each message names the one it replaces."""

    INITIAL = "initial"
    UPDATE = "update"
    CANCEL = "cancel"
    ALL_CLEAR = "all_clear"


class AreaKind(StrEnum):
    """What threatens an area."""

    IMPACT = "impact"
    OVERFLIGHT = "overflight"
    DEBRIS = "debris"


@dataclass(frozen=True, slots=True)
class Texts:
    """The same meaning in three languages."""

    ja: str
    ko: str
    en: str


@dataclass(frozen=True, slots=True)
class WarnedArea:
    """An area, what threatens it, and from when to when."""

    area: AreaId
    kind: AreaKind
    window: tuple[Instant, Instant]
    name: Texts


@dataclass(frozen=True, slots=True)
class Warning:
    """One message of a warning. ``references`` is its immediate predecessor, None for the first.

    ``window`` runs from the earliest to the latest of the areas' windows. ``confidence`` is the
    probability that a named area is affected, capped by how many witnesses there are.
    """

    warning: WarningId
    issuer: NationId
    at: Instant
    status: WarningStatus
    references: WarningId | None
    event: EventId
    realm: Realm
    areas: tuple[WarnedArea, ...]
    window: tuple[Instant, Instant]
    confidence: float
    observed_fraction: float
    witnesses: int
    reason: str
    text: Texts
