"""What comes down of an event beside its missile, and where.

A stage is reckoned from where a burn was seen to end; once it is seen on its own, its own track
says better where it falls.
"""

from dataclasses import replace

from signalfire.assess.areas import AreaTable, AreaThreat
from signalfire.assess.assessor import Assessed
from signalfire.assess.splash import Spent
from signalfire.assess.threats import threats
from signalfire.basis.identity import NationId
from signalfire.basis.instant import Instant
from signalfire.node.event import Event, Fallen
from signalfire.picture.estimate import PlaceEstimate
from signalfire.picture.track import TrackStatus

EVERY_S = 5.0
"""An object's fall is reckoned anew so often while it is seen."""
FALLEN_MAX = 16
"""Of what breaks up into more, the first are enough to say where it falls."""


def follow_objects(event: Event, now: Instant) -> None:
    """Reckon where the objects of an event fall, as far as own sensors see them."""
    if event.own_track is not None:
        event.fallen.pop(event.own_track.track, None)
    for name, track in sorted(event.objects.items()):
        known = event.fallen.get(name)
        if track.status is not TrackStatus.CONFIRMED:
            continue
        if known is None and len(event.fallen) >= FALLEN_MAX:
            continue
        if known is not None and now.elapsed_s(since=known.reckoned_at) < EVERY_S:
            continue
        at = track.state.valid_at
        spent = Spent(track.state, at, at, is_seen=True)
        event.fallen[name] = Fallen(track.first_observed_at, now, spent)


def debris_of(event: Event, view: Assessed) -> tuple[PlaceEstimate, ...]:
    """Where everything but the missile comes down, as a view has it, the first to fall first."""
    impacts = [spent.impact for spent in _spent(event, view)]
    places = [impact for impact in impacts if isinstance(impact, PlaceEstimate)]
    return tuple(sorted(places, key=lambda place: place.time))


def debris_threats(
    event: Event, view: Assessed, areas: AreaTable, nation: NationId
) -> tuple[AreaThreat, ...]:
    """What falls beside the missile on areas of a nation, as far as anything does."""
    spent = _spent(event, view)
    made = tuple(part.state.valid_at for part in spent)
    if event.strewn is None or event.strewn[0] != made:
        footprints = [part.footprint for part in spent]
        found = [
            replace(threat, is_debris=True)
            for footprint in footprints
            if footprint is not None
            for threat in threats(footprint, areas, nation)
        ]
        event.strewn = (made, tuple(found))
    return event.strewn[1]


def _spent(event: Event, view: Assessed) -> list[Spent]:
    """Stages as a view has them, and own objects.

    An object stands for the last stage that may have come off before it was first seen.
    """
    stages = list(view.remembered.spent)
    seen = sorted(event.fallen.values(), key=lambda fallen: fallen.since)
    for each in seen:
        parted = [stage for stage in stages if stage.earliest <= each.since]
        if parted:
            stages.remove(parted[-1])
    return [*stages, *(fallen.spent for fallen in seen)]
