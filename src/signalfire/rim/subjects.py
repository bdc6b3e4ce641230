"""The names under which messages travel: ``sf.<realm>.<originator>.<recipient>.<kind>``."""

from collections.abc import Iterable
from dataclasses import dataclass

from signalfire.basis.identity import NationId
from signalfire.basis.realm import Realm
from signalfire.picture.marking import Kind

ALWAYS = (Kind.AGREEMENT, Kind.RECEIPT)
"""Kinds that travel between all parties without a rule (cancels: see ``routes``)."""


@dataclass(frozen=True, slots=True, order=True)
class Route:
    """One kind of message, from one nation to one other."""

    originator: NationId
    recipient: NationId
    kind: Kind

    def __post_init__(self) -> None:
        assert self.originator != self.recipient, "nobody sends to itself"


def subject(realm: Realm, route: Route) -> str:
    """The one subject of a route in a realm; every token is plain, there is no wildcard."""
    originator, recipient = route.originator.lower(), route.recipient.lower()
    return f"sf.{realm.token}.{originator}.{recipient}.{route.kind}"


def routes(
    parties: Iterable[NationId], shares: Iterable[tuple[NationId, NationId, Kind]]
) -> tuple[Route, ...]:
    """Every route that an agreement needs: (from, to, kind) of its rules, and what needs no rule.

    Warnings have a route between all parties, because a cancel of what was delivered must arrive
    after the rule is gone; what may be sent on a route is decided at the originator, not here.
    """
    together = sorted(set(parties))
    found = {Route(originator, recipient, kind) for originator, recipient, kind in shares}
    for originator in together:
        for recipient in together:
            if originator != recipient:
                always = (*ALWAYS, Kind.WARNING)
                found |= {Route(originator, recipient, kind) for kind in always}
    return tuple(sorted(found))
