"""Which events are one by launch and impact; and whether a partner's word contradicts a track."""

import math
from collections.abc import Iterable

from signalfire.assess.phase import MANOEUVRE_TOP_M
from signalfire.basis.identity import EventId
from signalfire.fusion.match import (
    SAME_PLACES_D2_MAX,
    are_times_apart,
    places_distance2,
    separation_distance2,
)
from signalfire.node.event import FRESH_S, Event, moved
from signalfire.picture.estimate import StateEstimate
from signalfire.picture.event import TrackReport
from signalfire.picture.track import Track
from signalfire.space.geodesy import geodetic


def alike_by_places(
    pairs: Iterable[tuple[Event, Event]],
) -> frozenset[tuple[EventId, EventId]]:
    """The pairs, one of each told without a state, that lie nearest to each other, both ways.

    Launch and impact together stand for the trajectory. Of many missiles between the same places
    each finds the one that fits best in place and time; one that has two suitors takes the nearer.
    """
    found = []
    for first, second in pairs:
        if first.reference() is not None and second.reference() is not None:
            continue
        ratio = places_ratio(first, second)
        if ratio <= 1.0:
            found.append((ratio, first.event, second.event))
    taken: set[EventId] = set()
    alike = set()
    for _, one, other in sorted(found):
        if one not in taken and other not in taken:
            alike.add((one, other))
        taken |= {one, other}
    return frozenset(alike)


def places_ratio(first: Event, second: Event) -> float:
    """How far two events lie apart by launch and impact, in units of the largest that one has."""
    (launch, impact), (other_launch, other_impact) = first.places(), second.places()
    if launch is None or impact is None or other_launch is None or other_impact is None:
        return math.inf
    if are_times_apart(launch, other_launch) or are_times_apart(impact, other_impact):
        return math.inf
    gap_s = impact.time.elapsed_s(since=other_impact.time)
    time2 = gap_s**2 / (impact.time_sigma_s**2 + other_impact.time_sigma_s**2)
    d2 = places_distance2(launch, other_launch) + places_distance2(impact, other_impact)
    return (d2 + min(time2, 1.0)) / (SAME_PLACES_D2_MAX + 1.0)


def told_distance2(own: Track, told: TrackReport) -> float | None:
    """How far a partner's word lies from an own track; None where that would prove nothing.

    Above the air a path is foretold for as long as one likes. In it a missile may turn at any time,
    so that the word stands for what was seen just then, and even then with lift allowed for.
    """
    at = max(own.state.valid_at, told.state.valid_at)
    is_forced = told.thrust_probability > 0.5
    here, there = moved(own.state, at, is_forced=False), moved(told.state, at, is_forced=is_forced)
    if not all(_is_aloft(state) for state in (own.state, told.state, here, there)):
        if abs(own.last_observed_at.elapsed_s(since=told.last_observed_at)) > FRESH_S:
            return None
        here, there = (moved(state, at, is_forced=True) for state in (own.state, told.state))
    elif own.thrust_probability > 0.5:
        here = moved(own.state, at, is_forced=True)
    return separation_distance2(here, there)


def _is_aloft(state: StateEstimate) -> bool:
    """Whether there is no air around that could turn it."""
    return geodetic(state.position_ecef_m).altitude_m > MANOEUVRE_TOP_M
