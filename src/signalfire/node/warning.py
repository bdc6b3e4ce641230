"""Civil warnings: where the common view threatens areas of our own country."""

import math
from typing import Any

import numpy as np

from signalfire.assess.alert import EventFacts
from signalfire.assess.areas import AreaThreat
from signalfire.assess.threats import last_down, threats, threats_of_all, with_debris
from signalfire.basis.identity import EventId
from signalfire.basis.instant import NS_PER_S, Instant
from signalfire.basis.utc import utc_text
from signalfire.formats.native.lines import line, warning_line
from signalfire.node.debris import debris_threats
from signalfire.node.desk import Desk
from signalfire.node.event import Event
from signalfire.node.outbox import Stream
from signalfire.node.post import Post
from signalfire.node.watching import Changes
from signalfire.picture.estimate import PlaceEstimate
from signalfire.picture.event import Phase
from signalfire.picture.footprint import Footprint
from signalfire.picture.warning import Warning

REVIEW_S = 10.0
"""An estimate without new observations is reckoned anew so often: its doubt grows."""


_UNSURE = frozenset({Phase.MANOEUVRING, Phase.LOST})


def warn(post: Post, desk: Desk, changes: Changes) -> tuple[Warning, ...]:
    """Review every event that was assessed; write down what people are told, and why."""
    issued: list[Warning] = []
    reckoned: dict[EventId, tuple[AreaThreat, ...]] = {}
    for gone in changes.renamed:
        issued += post.alerts.rename(desk.now, gone.old, gone.new)
    for event in post.book.open_events():
        if event.event not in changes.joint or not post.own_area_count:
            continue
        found = _threats(post, event, desk.now)
        if found is not None:
            found = _and_debris(post, event, found)
        reckoned[event.event] = found or ()
        issued += post.alerts.review(desk.now, event.event, found, _facts(event))
    if desk.is_second:
        issued += post.alerts.tick(desk.now)
    for message in issued:
        found = reckoned.get(message.event, ())
        desk.write(Stream.DECISIONS, _decision(post, message, found))
        desk.write(Stream.WARNINGS, warning_line(message))
    return tuple(issued)


def _threats(post: Post, event: Event, now: Instant) -> tuple[AreaThreat, ...] | None:
    """What the event may do to our areas; None where there is no estimate.

    An impact too uncertain to be named may still be sure to lie beyond our areas, on a path over
    them: the flights that the estimate allows say so, not the ellipse. Of what burns its way to
    orbit the corridor says it.

    Reckoned anew when the estimate behind it is a new one, and now and then as an old one ages. A
    corridor leaves so much open that it is reckoned now and then only: times that come and go with
    the noise of an ascent help nobody.
    """
    assert event.common is not None
    if event.stated is not None:
        return _told_threats(post, event)
    prediction, corridor = event.common.prediction, event.common.corridor
    if corridor is not None:
        mark = -1 - corridor.is_space_launch - 2 * corridor.is_in_orbit
    elif prediction is not None:
        mark = prediction.state.valid_at.tai_ns
    else:
        return None
    made = (mark, int(now.tai_ns / (REVIEW_S * NS_PER_S)))
    if event.threatened is not None and event.threatened[0] == made:
        return event.threatened[1]
    # Flights that lead nowhere are no estimate: they must not count as flights that miss.
    footprint = prediction.footprint() if corridor is None and prediction is not None else None
    is_somewhere = footprint is not None and all(
        np.isfinite(way_rad).all() for way_rad in (footprint.latitude_rad, footprint.longitude_rad)
    )
    futures: tuple[Footprint, ...] = (footprint,) if footprint is not None and is_somewhere else ()
    if corridor is not None:
        futures = corridor.futures
    areas, nation = post.setup.areas, post.setup.nation
    found = threats_of_all(futures, areas, nation) if futures else None
    event.threatened = (made, found)
    return found


def _and_debris(post: Post, event: Event, found: tuple[AreaThreat, ...]) -> tuple[AreaThreat, ...]:
    assert event.common is not None
    parts = debris_threats(event, event.common, post.setup.areas, post.setup.nation)
    least_probability = post.setup.alert.drop_probability
    return with_debris(found, parts, least_probability=least_probability) if parts else found


def _told_threats(post: Post, event: Event) -> tuple[AreaThreat, ...]:
    """What an impact that partners told without a state may do to our areas."""
    assert event.stated is not None
    if event.threatened is None or event.threatened[0] != (event.stated,):
        found = threats(event.stated.footprint, post.setup.areas, post.setup.nation)
        event.threatened = ((event.stated,), found)
    return event.threatened[1] or ()


def _facts(event: Event) -> EventFacts:
    assert event.common is not None
    assessment = event.common.assessment
    is_lost = assessment.phase is Phase.LOST
    return EventFacts(
        observed_fraction=assessment.observed_fraction,
        witnesses=assessment.witnesses,
        phase=assessment.phase,
        sources=event.sources,
        lost_since=assessment.last_observed_at if is_lost else None,
        down_by=_down_by(event) if assessment.phase in _UNSURE else None,
    )


def _down_by(event: Event) -> Instant | None:
    """When the last of the flights that the estimate allows has come down, lift and all."""
    assert event.common is not None
    prediction = event.common.prediction
    footprint = prediction.footprint() if prediction is not None else None
    return last_down(footprint) if footprint is not None else None


def _decision(post: Post, message: Warning, found: tuple[AreaThreat, ...]) -> bytes:
    """Why this message: what it rests on, as the journal keeps it."""
    event = post.book.find(message.event)
    return line(
        {
            "at": utc_text(message.at),
            "warning": message.warning,
            "status": message.status.value,
            "reason": message.reason,
            "event": message.event,
            "members": () if event is None else event.members,
            "from": () if event is None else event.sources,
            **_rests_on(event),
            "areas": [
                {
                    "id": threat.area,
                    "affected_probability": round(threat.affected_probability, 6),
                    "hit_probability": round(threat.hit_probability, 6),
                }
                for threat in found
            ],
            "threshold_probability": post.setup.alert.threshold_probability,
            "confidence": round(message.confidence, 6),
            "witnesses": message.witnesses,
        }
    )


def _rests_on(event: Event | None) -> dict[str, Any]:
    """What the common view says of the event; after its end nothing."""
    if event is None or event.common is None:
        over = {"unknown": "nothing is believed of the event any more"}
        return {"phase": None, "last_observed_at": None, "impact": over}
    assessment = event.common.assessment
    impact = assessment.impact
    return {
        "phase": assessment.phase.value,
        "last_observed_at": utc_text(assessment.last_observed_at),
        "impact": {
            "lat_deg": math.degrees(impact.latitude_rad),
            "lon_deg": math.degrees(impact.longitude_rad),
            "time": utc_text(impact.time),
            "semi_major_p90_m": impact.ellipse_p90.semi_major_m,
        }
        if isinstance(impact, PlaceEstimate)
        else {"unknown": impact.reason},
    }
