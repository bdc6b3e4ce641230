"""The book of events: one missile, one event, whoever saw it first.

An own track or a partner's report joins the open event whose trajectory it shares; otherwise it
opens one. The id of the originator that reported it first is used by all. When two events turn
out to be one, the id with the earlier launch time (then the nation in alphabetical order)
survives; the other is remembered as a member.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from signalfire.basis.errors import LimitExceeded
from signalfire.basis.identity import (
    EventId,
    NationId,
    NodeId,
    TrackId,
    event_id,
    minted_by,
    nation_of,
)
from signalfire.basis.instant import Instant
from signalfire.basis.limits import EVENTS_MAX, EVENTS_PER_PARTNER_MAX, MEMBERS_MAX
from signalfire.fusion.joint import JointTrack
from signalfire.fusion.match import (
    CONSISTENT_D2_MAX,
    SAME_OBJECT_D2_MAX,
    SAME_PLACES_D2_MAX,
    are_times_apart,
    places_distance2,
    separation_distance2,
)
from signalfire.node.event import Event, PartnerView, moved
from signalfire.node.likeness import alike_by_places, told_distance2
from signalfire.node.reach import Found, found_again
from signalfire.node.separation import Kindred, Kinship
from signalfire.picture.estimate import Launch, PlaceEstimate, StateEstimate
from signalfire.picture.event import Assessment, Phase, TrackReport
from signalfire.picture.track import Track

AGREEMENTS_TO_MERGE = 3
"""Two events are one when their states have agreed at so many ticks running."""


@dataclass(frozen=True)
class Superseded:
    """An id that gave way, and to which."""

    old: EventId
    new: EventId
    last: Event


class EventBook:
    """All events of one node, open and lately closed; ids are minted from its counter."""

    def __init__(self, nation: NationId, node: NodeId) -> None:
        self._nation = nation
        self._node = node
        self._minted = 0
        self._events: dict[EventId, Event] = {}
        self._open: tuple[Event, ...] | None = None
        """Those of them that are open; None where that has changed."""
        self._alias: dict[EventId, EventId] = {}
        self._retired: dict[TrackId, Instant] = {}
        self._agreements: dict[tuple[EventId, EventId], int] = {}
        self._strayed: dict[EventId, int] = {}
        self._kindred = Kindred()

    def open_events(self) -> tuple[Event, ...]:
        """Events that have not ended, in the order of their ids' minting."""
        if self._open is None:
            self._open = tuple(e for e in self._events.values() if e.closed_at is None)
        return self._open

    def find(self, event: EventId) -> Event | None:
        """The event that an id, or one that gave way to it, stands for."""
        while event in self._alias:
            event = self._alias[event]
        return self._events.get(event)

    def followed(self) -> dict[TrackId, Event]:
        """The open event of each own track and of each further object."""
        events = self.open_events()
        found = {name: event for event in reversed(events) for name in event.objects}
        for event in reversed(events):
            if event.own_track is not None:
                found[event.own_track.track] = event
        return found

    def forget_kin(self, alive: set[TrackId]) -> None:
        """Let go of what was judged of own tracks that are gone."""
        self._kindred.forget(alive)

    def came_off(self, track: Track, *, busy: Iterable[TrackId]) -> tuple[Event | None, bool]:
        """The event whose missile a new own track came off, if any; and whether that is open.

        ``busy`` are own tracks still alive: what they follow may have parted. One that was lost
        under thrust is asked as well: it may have burst, and left nothing but fragments.
        """
        known = self._known(busy)
        found = self._kindred.judge([parent for _, parent in known], track)
        for (event, _), judged in zip(known, found, strict=True):
            if judged is Kinship.OBJECT:
                return event, False
        return None, Kinship.OPEN in found

    def judge_waiting(self, tracks: Sequence[Track], *, busy: Iterable[TrackId]) -> None:
        """Judge at once what ``came_off`` will be asked of each of several tracks."""
        self._kindred.judge_all([parent for _, parent in self._known(busy)], tracks)

    def _known(self, busy: Iterable[TrackId]) -> list[tuple[Event, Track]]:
        """Own tracks of open events, still alive or lost under thrust, as which object ever."""
        held = set(busy)
        return [
            (event, parent)
            for event in self.open_events()
            for parent in (event.own_track, *event.objects.values())
            if parent is not None and (parent.track in held or event.is_lost_burning(parent))
        ]

    def is_retired(self, track: Track) -> bool:
        """Whether the track belonged to an event that has ended, and was not seen since."""
        closed_at = self._retired.get(track.track)
        return closed_at is not None and track.last_observed_at <= closed_at

    def join_own(
        self, track: Track, launch_time: Instant, now: Instant, *, busy: Iterable[TrackId]
    ) -> Event | None:
        """The event of a new own track: an open one on the same trajectory, one that nobody saw any
        more and that it goes on with, or a new one; None while that is open.

        ``busy`` are own tracks still alive: their events are taken, two tracks are two missiles.
        """
        held = set(busy)
        free = [
            e for e in self.open_events() if e.own_track is None or e.own_track.track not in held
        ]
        found = self._nearest(track, free)
        if found is None:
            found, is_open = _found_again(track, free)
            if is_open:
                return None
        if found is not None and found.own_name is not None:
            found.continue_with(track)
            return found
        # Minted in any case: the counter must not tell how many events a partner found first.
        self._minted += 1
        identity = event_id(self._node, self._minted)
        if found is not None:
            found.continue_with(track)
            found.own_name = (identity, launch_time)
            self._alias[identity] = found.event
            return found
        event = Event(identity, {identity: launch_time}, now, own_track=track)
        event.own_name = (identity, launch_time)
        self._add(event)
        return event

    def is_beside_another(self, track: Track, *, busy: Iterable[TrackId]) -> bool:
        """Whether an open event with an own track still alive is where this one is.

        One missile seen by two sensors that disagree looks so, for the seconds until the tracker
        has found that no look ever shows both.
        """
        held = set(busy)
        taken = [e for e in self.open_events() if e.own_track and e.own_track.track in held]
        return self._nearest(track, taken) is not None

    def _nearest(self, track: Track, events: Iterable[Event]) -> Event | None:
        """The event on the same trajectory as a track, the nearest if there are several."""
        own, best = (track.state, track.thrust_probability), None
        for event in events:
            reference = event.reference()
            if reference is None:
                continue
            distance2 = self._distance(own, reference)
            if distance2 <= SAME_OBJECT_D2_MAX and (best is None or distance2 < best[0]):
                best = (distance2, event)
        return None if best is None else best[1]

    def take(
        self,
        nation: NationId,
        *,
        report: TrackReport | None,
        assessment: Assessment | None,
        members: tuple[EventId, ...],
        now: Instant,
    ) -> tuple[Event | None, tuple[Superseded, ...]]:
        """Enter what a partner released; returns its event (None: ended here) and what gave way.

        Raises LimitExceeded when too many events rest on this partner's word alone.
        """
        identity = assessment.event if assessment is not None else report.event  # type: ignore[union-attr]
        event, gave_way = self.find(identity), []
        if event is not None and event.closed_at is not None:
            if not _is_seen_after(event.closed_at, report, assessment, now):
                return None, ()
            self._forget(event)
            event = None
        if event is None:
            event, renamed = self._partner_event(nation, identity, report, assessment, now)
            gave_way += renamed
        view = event.partners.setdefault(nation, PartnerView())
        if report is not None and not _is_outdated(report, view.report):
            view.report = report
        if assessment is not None:
            view.assessment, view.heard_at = assessment, now
            if identity in event.unborn:
                event.unborn.discard(identity)
                event.births[identity] = _birth(report, assessment)
                gave_way += self._settle_name(event)
        for member in members:
            other = self.find(member)
            if other is None:
                if nation_of(minted_by(member)) == nation and len(event.births) < MEMBERS_MAX:
                    event.births[member] = _birth(report, assessment)
                    self._alias[member] = event.event
            elif other is not event and other.closed_at is None and self._may_be_one(event, other):
                gave_way.append(self._merge(event, other))
                event = self.find(identity) or event
        return event, tuple(gave_way)

    def merge_agreeing(self) -> tuple[Superseded, ...]:
        """Join events whose states have agreed long enough; called once a tick."""
        gave_way: list[Superseded] = []
        agreeing: dict[tuple[EventId, EventId], int] = {}
        is_told = any(event.reference() is None for event in self.open_events())
        alike = alike_by_places(self._pairs()) if is_told else frozenset()
        for first, second in self._pairs():
            if first.event in self._alias or second.event in self._alias:
                continue
            one, two = first.reference(), second.reference()
            if one is None or two is None:
                if (first.event, second.event) not in alike:
                    continue
            elif self._distance(one, two) > SAME_OBJECT_D2_MAX:
                continue
            if len(first.births) + len(second.births) > MEMBERS_MAX:
                continue
            key = (first.event, second.event)
            agreeing[key] = self._agreements.get(key, 0) + 1
            if agreeing[key] >= AGREEMENTS_TO_MERGE:
                del agreeing[key]
                gave_way.append(self._merge(first, second))
        self._agreements = agreeing
        return tuple(gave_way)

    def release_strayed(self) -> None:
        """Let own tracks go from events that they were laid to wrongly; called once a tick.

        Young tracks of two missiles side by side are easily taken for each other. Whoever minted an
        event's id says which missile it is: an own track that has contradicted its state for long
        enough belongs elsewhere, and finds its event anew. So every nation puts its own right. An
        old word says nothing against a missile that may have turned since: it counts neither way.
        """
        strayed: dict[EventId, int] = {}
        for event in self.open_events():
            view = event.partners.get(nation_of(minted_by(event.event)))
            own = event.own_track
            if own is None or view is None or view.report is None or not event.own_is_alive:
                continue
            distance2 = told_distance2(own, view.report)
            if distance2 is not None and distance2 <= CONSISTENT_D2_MAX:
                continue
            strayed[event.event] = self._strayed.get(event.event, 0) + (distance2 is not None)
            if strayed[event.event] >= AGREEMENTS_TO_MERGE:
                del strayed[event.event]
                if event.own_name is not None:
                    self._alias.pop(event.own_name[0], None)
                    event.births.pop(event.own_name[0], None)
                event.own_track = event.own = event.own_launch = event.own_name = None
                event.early = None
                event.objects.clear()
                event.own_is_alive = False
        self._strayed = strayed

    def close(self, event: Event, now: Instant) -> None:
        """The event has ended: its track is let go, late reports of it are passed over.

        It is remembered by its ids alone: what was believed of it takes room.
        """
        event.closed_at, self._open = now, None
        event.own = event.common = event.threatened = event.strewn = None
        event.fallen.clear()
        event.joint = JointTrack()
        event.partners.clear()
        if event.own_track is not None:
            self._retired[event.own_track.track] = now
        self._retired.update(dict.fromkeys(event.objects, now))
        event.objects.clear()

    def _pairs(self) -> Iterator[tuple[Event, Event]]:
        """Open events that could be one: no nation has reported both."""
        events = self.open_events()
        for place, first in enumerate(events):
            for second in events[place + 1 :]:
                both_own = first.own_is_alive and second.own_is_alive
                if not both_own and not first.partners.keys() & second.partners.keys():
                    yield first, second

    def _may_be_one(self, first: Event, second: Event) -> bool:
        """Whether a partner's word that two events are one contradicts nothing that we know."""
        if len(first.births) + len(second.births) > MEMBERS_MAX:
            return False
        if first.own_is_alive and second.own_is_alive:
            return False
        one, two = first.reference(), second.reference()
        if one is not None and two is not None:
            return self._distance(one, two) <= CONSISTENT_D2_MAX
        return True

    @staticmethod
    def _distance(one: tuple[StateEstimate, float], two: tuple[StateEstimate, float]) -> float:
        at = max(one[0].valid_at, two[0].valid_at)
        first, second = (moved(s, at, is_forced=thrust > 0.5) for s, thrust in (one, two))
        return separation_distance2(first, second)

    def _partner_event(
        self,
        nation: NationId,
        identity: EventId,
        report: TrackReport | None,
        assessment: Assessment | None,
        now: Instant,
    ) -> tuple[Event, list[Superseded]]:
        """The open event that a partner's first word of an unknown id belongs to, or a new one."""
        birth = _birth(report, assessment)
        unborn = {identity} if assessment is None else set()
        free = [
            e
            for e in self.open_events()
            if nation not in e.partners and len(e.births) < MEMBERS_MAX
        ]
        event = self._spoken_of(free, report, assessment)
        if event is not None:
            event.births[identity] = birth
            event.unborn |= unborn
            self._alias[identity] = event.event
            return event, self._settle_name(event)
        if sum(e.is_told_by_only(nation) for e in self.open_events()) >= EVENTS_PER_PARTNER_MAX:
            raise LimitExceeded(
                f"{identity}: {EVENTS_PER_PARTNER_MAX} open events rest on {nation} alone already"
            )
        event = Event(identity, {identity: birth}, now, unborn=unborn)
        self._add(event)
        return event, []

    def _spoken_of(
        self, events: Iterable[Event], report: TrackReport | None, assessment: Assessment | None
    ) -> Event | None:
        """Of which event a partner's word speaks, the nearest of those that it may."""
        best: tuple[float, Event] | None = None
        for event in events:
            ratio = self._apart_ratio(event, report, assessment)
            if ratio <= 1.0 and (best is None or ratio < best[0]):
                best = (ratio, event)
        return None if best is None else best[1]

    def _apart_ratio(
        self, event: Event, report: TrackReport | None, assessment: Assessment | None
    ) -> float:
        """How far a partner's word is from an event, by state, else by launch and impact.

        In units of the largest distance at which both may be one.
        """
        reference = event.reference()
        if report is not None and reference is not None:
            told = (report.state, report.thrust_probability)
            return self._distance(told, reference) / SAME_OBJECT_D2_MAX
        launch, impact = event.places()
        if assessment is None or launch is None or impact is None:
            return math.inf
        if not isinstance(assessment.launch, PlaceEstimate):
            return math.inf
        if not isinstance(assessment.impact, PlaceEstimate):
            return math.inf
        if are_times_apart(assessment.impact, impact):
            return math.inf
        d2 = places_distance2(assessment.launch, launch) + places_distance2(
            assessment.impact, impact
        )
        return d2 / SAME_PLACES_D2_MAX

    def _merge(self, first: Event, second: Event) -> Superseded:
        """Make two events one; the rule of names decides which id survives."""
        winner, loser = sorted((first, second), key=_precedence)
        winner.births.update(loser.births)
        winner.unborn |= loser.unborn
        if winner.own_track is None or (loser.own_is_alive and not winner.own_is_alive):
            winner.own_track, winner.own = loser.own_track, loser.own
            winner.own_is_alive = loser.own_is_alive
        winner.own_name = winner.own_name or loser.own_name
        winner.objects.update(loser.objects)
        winner.early = winner.early or loser.early
        for nation, view in loser.partners.items():
            winner.partners.setdefault(nation, view)
        winner.observed_s = max(winner.observed_s, loser.observed_s)
        del self._events[loser.event]
        self._open = None
        self._alias[loser.event] = winner.event
        return Superseded(loser.event, winner.event, loser)

    def _settle_name(self, event: Event) -> list[Superseded]:
        """Give an event the id that the rule of names wants, after a member joined."""
        best = min(event.births, key=lambda member: (event.births[member], minted_by(member)))
        if best == event.event:
            return []
        old = event.event
        last = replace(event)
        del self._events[old]
        self._alias.pop(best, None)
        self._alias[old] = best
        event.event = best
        self._events[best] = event
        self._open = None
        return [Superseded(old, best, last)]

    def _add(self, event: Event) -> None:
        self._events[event.event] = event
        self._open = None
        if len(self._events) > EVENTS_MAX:
            for old in list(self._events.values()):
                if old.closed_at is not None:
                    self._forget(old)
                    break

    def _forget(self, event: Event) -> None:
        """Let go of an event, of all its ids and of its track."""
        del self._events[event.event]
        self._open = None
        names = {event.own_name[0]} if event.own_name is not None else set()
        for identity in event.births.keys() | names:
            self._alias.pop(identity, None)
        if event.own_track is not None:
            self._retired.pop(event.own_track.track, None)


def _found_again(track: Track, events: Iterable[Event]) -> tuple[Event | None, bool]:
    """The event that nobody saw any more and that a track goes on with; whether that is open."""
    nearest: tuple[float, Event] | None = None
    is_open = False
    for event in events:
        lost = event.lost_state(track.first_observed_at)
        if lost is None:
            continue
        judged, share = found_again(lost, track)
        is_open = is_open or judged is Found.OPEN
        if judged is Found.SAME and (nearest is None or share < nearest[0]):
            nearest = share, event
    return (None, is_open) if nearest is None else (nearest[1], False)


def _birth(report: TrackReport | None, assessment: Assessment | None) -> Instant:
    """By when an id's object was surely launched, as first told, or else when it was first seen.

    It rests on the message alone, so that all who got it choose the same name.
    """
    if assessment is None:
        assert report is not None
        return report.last_observed_at
    return surely_launched(assessment.launch, assessment.last_observed_at)


def surely_launched(launch: Launch, otherwise: Instant) -> Instant:
    """The moment by which it had been launched: two sigma after the estimate.

    Ids are ordered by it. Two ids of one missile differ by the noise of their estimates only; so
    the one that was well known early goes before one that was guessed late.
    """
    if isinstance(launch, PlaceEstimate):
        return launch.time.later(2.0 * launch.time_sigma_s)
    return otherwise


def _is_outdated(report: TrackReport, held: TrackReport | None) -> bool:
    """Whether a report came out of order: what is held already tells of a later look."""
    return held is not None and report.state.valid_at < held.state.valid_at


def _is_seen_after(
    closed_at: Instant, report: TrackReport | None, assessment: Assessment | None, now: Instant
) -> bool:
    """Whether a partner has seen, after we took an event for ended, what it knows by that id."""
    told = assessment if assessment is not None else report
    assert told is not None
    if told.phase in (Phase.ENDED, Phase.LOST):
        return False
    return closed_at < min(told.last_observed_at, now)


def _precedence(event: Event) -> tuple[Instant, NodeId]:
    return event.births[event.event], minted_by(event.event)
