"""What counts as a material change of an assessment: a line, and a message, at once."""

from signalfire.picture.estimate import Impact, Launch, PlaceEstimate
from signalfire.picture.event import Assessment
from signalfire.space.geodesy import distance_m


def is_material(before: Assessment | None, after: Assessment) -> bool:
    """Whether the phase or likeliest class is another, a place became known or unknown, or moved.

    A place has moved when it left half of its former 90 % ellipse.
    """
    if before is None:
        return True
    return (
        before.phase != after.phase
        or before.belief.likeliest != after.belief.likeliest
        or _moved(before.launch, after.launch)
        or _moved(before.impact, after.impact)
    )


def _moved(before: Launch | Impact, after: Launch | Impact) -> bool:
    if not isinstance(before, PlaceEstimate) or not isinstance(after, PlaceEstimate):
        return type(before) is not type(after)
    return distance_m(before.place, after.place) > 0.5 * before.ellipse_p90.semi_major_m
