"""What comes down of an event beside its missile, and where.

A stage is reckoned from where a burn was seen to end; once it is seen on its own, its own track
says better where it falls.
"""

from signalfire.assess.assessor import Assessed
from signalfire.assess.splash import Spent
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
        impact = Spent(track.state, at, at, is_seen=True).impact
        event.fallen[name] = Fallen(track.first_observed_at, now, impact)


def debris_of(event: Event, view: Assessed) -> tuple[PlaceEstimate, ...]:
    """Where everything but the missile comes down: stages as a view has them, and own objects.

    An object stands for the last stage that may have come off before it was first seen.
    """
    stages = list(view.remembered.spent)
    seen = sorted(event.fallen.values(), key=lambda fallen: fallen.since)
    for each in seen:
        parted = [stage for stage in stages if stage.earliest <= each.since]
        if parted:
            stages.remove(parted[-1])
    impacts = [*(stage.impact for stage in stages), *(fallen.impact for fallen in seen)]
    places = [impact for impact in impacts if isinstance(impact, PlaceEstimate)]
    return tuple(sorted(places, key=lambda place: place.time))
