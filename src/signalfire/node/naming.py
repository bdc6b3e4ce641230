"""Under which names an event is told to whom: no id tells a partner what a third nation saw.

The id of the nation that reported first is used by all who may know that it reported. Towards the
others the event goes by the ids that they may know, or by the one that we minted for our own track.
"""

from dataclasses import dataclass

from signalfire.basis.identity import EventId, NationId, minted_by, nation_of
from signalfire.node.event import Event
from signalfire.picture.marking import Kind
from signalfire.release.agreement import Agreement

NAMING = frozenset({Kind.TRACK, Kind.EVENT, Kind.WARNING})
"""Kinds that carry the id of an event."""


@dataclass(frozen=True, slots=True)
class Names:
    """The name of an event for one audience, and all its ids that this audience may know."""

    event: EventId
    members: tuple[EventId, ...]


def known_nations(agreement: Agreement, own: NationId, partner: NationId) -> frozenset[NationId]:
    """The nations of whose events the partner may know: its own, ours, and those that tell it."""
    telling = {
        share.originator
        for share in agreement.shares
        if partner in share.recipients and NAMING.intersection(share.kinds)
    }
    return frozenset(telling | {own, partner})


def names_for(event: Event, known: frozenset[NationId]) -> Names:
    """The names of an event for an audience that may know of events of these nations."""
    births = {m: born for m, born in event.births.items() if nation_of(minted_by(m)) in known}
    if len(births) == len(event.births):
        return Names(event.event, event.members)
    if event.own_name is not None:
        births.setdefault(*event.own_name)
    if not births:
        return Names(event.event, event.members)
    name = min(births, key=lambda member: (births[member], minted_by(member)))
    return Names(name, (name, *sorted(births.keys() - {name})))
