"""The book of events: one missile, one event, whoever saw it first.

An own track or a partner's report joins the open event whose trajectory it shares; otherwise it
opens one. The id of the originator that reported it first is used by all. When two events turn
out to be one, the id with the earlier launch time (then the nation in alphabetical order)
survives; the other is remembered as a member.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from signalfire.assess.areas import AreaThreat
from signalfire.assess.assessor import Assessed
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
from signalfire.fusion.combine import Contribution
from signalfire.fusion.match import (
    CONSISTENT_D2_MAX,
    SAME_OBJECT_D2_MAX,
    SAME_PLACES_D2_MAX,
    are_times_apart,
    places_distance2,
    separation_distance2,
)
from signalfire.motion.free_flight import DRAG_NOMINAL_M2_KG, predict
from signalfire.picture.estimate import Launch, PlaceEstimate, StateEstimate
from signalfire.picture.event import Assessment, Phase, TrackReport
from signalfire.picture.track import Track

AGREEMENTS_TO_MERGE = 3
"""Two events are one when their states have agreed at so many ticks running."""
FORCED_NOISE_M2_S3 = 900.0
"""White acceleration while something but gravity moves the object: (30 m/s2)^2 over 1 s."""
FREE_NOISE_M2_S3 = 1e-2
"""White acceleration in free flight: what the gravity and air model leaves out."""

FRESH_S = 3.0
"""An object counts as under observation when somebody saw it so lately."""
FORGOTTEN_S = 4_000.0
"""What nobody has seen for so long, and of which nobody can say where it falls, has come down: the
longest lofted flights last no longer."""

_AFTER_BOOST = frozenset({Phase.BALLISTIC, Phase.REENTRY, Phase.MANOEUVRING})


def moved(state: StateEstimate, at: Instant, *, is_forced: bool) -> StateEstimate:
    """A state at another instant; what is under power or lift is shaken accordingly."""
    noise_m2_s3 = FORCED_NOISE_M2_S3 if is_forced else FREE_NOISE_M2_S3
    return predict(state, at, drag_m2_kg=DRAG_NOMINAL_M2_KG, noise_m2_s3=noise_m2_s3)


@dataclass
class PartnerView:
    """What one partner has released of an event, as last received."""

    assessment: Assessment | None = None
    report: TrackReport | None = None


@dataclass
class Event:
    """One missile, as everything that this node may see has it."""

    event: EventId
    births: dict[EventId, Instant]
    """Each id that this missile has had, and by when it was surely launched, as first told."""
    opened_at: Instant
    unborn: set[EventId] = field(default_factory=set)
    """Ids of which a track was told and no launch time yet."""
    own_track: Track | None = None
    """The own track as last seen; it stays when the tracker has let it go."""
    own_is_alive: bool = False
    """Whether the tracker still has it."""
    own: Assessed | None = None
    partners: dict[NationId, PartnerView] = field(default_factory=dict)
    common: Assessed | None = None
    sources: tuple[NationId, ...] = ()
    observed_s: float = 0.0
    own_launch: tuple[tuple[object, ...], Launch] | None = None
    """The own launch estimate, after the mark of the early arc that it was reckoned from."""
    threatened: tuple[tuple[int, int], tuple[AreaThreat, ...] | None] | None = None
    """Threats to our areas, after the mark of the estimate that they were reckoned from."""
    own_name: tuple[EventId, Instant] | None = None
    """The id minted for the first own track, and its birth, for those who may know no other."""
    closed_at: Instant | None = None

    @property
    def members(self) -> tuple[EventId, ...]:
        """Every id of this missile, the surviving one first."""
        return (self.event, *sorted(self.births.keys() - {self.event}))

    def contributions(self, own_nation: NationId, now: Instant) -> tuple[Contribution, ...]:
        """One state a nation, all moved to the latest instant among them, but not beyond ``now``.

        A partner's clock, or its node, may be ahead of ours: its state is then taken back to our
        present, or what lies between would count as flown already.
        """
        told = [
            (
                nation,
                view.report.state,
                view.report.thrust_probability,
                view.report.last_observed_at,
            )
            for nation, view in sorted(self.partners.items())
            if view.report is not None
        ]
        is_witnessed = False
        if self.own_track is not None:
            own = self.own_track
            told.append((own_nation, own.state, own.thrust_probability, own.last_observed_at))
            is_witnessed = now.elapsed_s(since=own.last_observed_at) <= FRESH_S
        if not told:
            return ()
        at = min(max(state.valid_at for _, state, _, _ in told), now)
        return tuple(
            Contribution(
                nation,
                moved(state, at, is_forced=thrust > 0.5),
                seen_at,
                thrust,
                is_witnessed and nation == own_nation,
            )
            for nation, state, thrust, seen_at in told
        )

    def rests_on(self, nation: NationId) -> bool:
        """Whether nobody but this partner has told of it."""
        return self.own_track is None and self.partners.keys() == {nation}

    def has_ended(self, now: Instant) -> bool:
        """Whether it is over as the best view has it; without one, as its partners have it."""
        for view in (self.common, self.own):
            if view is not None:
                return view.assessment.phase is Phase.ENDED
        told = self.assessments()
        if told and all(assessment.phase is Phase.ENDED for assessment in told):
            return True
        seen_at = max((min(a.last_observed_at, now) for a in told), default=self.opened_at)
        return now.elapsed_s(since=max(seen_at, self.opened_at)) > FORGOTTEN_S

    def assessments(self) -> tuple[Assessment, ...]:
        """What each nation that told anything believes, our own first."""
        own = (self.own.assessment,) if self.own is not None else ()
        views = (view.assessment for _, view in sorted(self.partners.items()))
        return own + tuple(assessment for assessment in views if assessment is not None)

    def free_flight_seen(self) -> bool:
        """Whether it is settled that it flew free at some time.

        By our own track, by a partner that says where it will fall, or by two partners that both
        see it fly free: each alone may have seen it too briefly.
        """
        if self.own_track is not None and self.own_track.free_flight_seen:
            return True
        told = [view.assessment for view in self.partners.values() if view.assessment is not None]
        if any(isinstance(assessment.impact, PlaceEstimate) for assessment in told):
            return True
        agreeing = sum(assessment.phase in _AFTER_BOOST for assessment in told)
        own_agrees = self.own is not None and self.own.assessment.phase in _AFTER_BOOST
        return agreeing + own_agrees >= 2

    def reference(self) -> tuple[StateEstimate, float] | None:
        """The freshest state that anybody has of it, with its thrust probability."""
        told = [
            (view.report.last_observed_at, view.report.state, view.report.thrust_probability)
            for _, view in sorted(self.partners.items())
            if view.report is not None
        ]
        if self.own_track is not None:
            own = self.own_track
            told.append((own.last_observed_at, own.state, own.thrust_probability))
        if not told:
            return None
        _, state, thrust_probability = max(told, key=lambda entry: entry[0])
        return state, thrust_probability

    def places(self) -> tuple[PlaceEstimate | None, PlaceEstimate | None]:
        """Launch and impact as the best view has them, where known."""
        views = [self.common, self.own]
        found = [view.assessment for view in views if view is not None]
        found += [v.assessment for _, v in sorted(self.partners.items()) if v.assessment]
        for assessment in found:
            launch = assessment.launch if isinstance(assessment.launch, PlaceEstimate) else None
            impact = assessment.impact if isinstance(assessment.impact, PlaceEstimate) else None
            if launch is not None:
                return launch, impact
        return None, None


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
        self._alias: dict[EventId, EventId] = {}
        self._retired: dict[TrackId, Instant] = {}
        self._agreements: dict[tuple[EventId, EventId], int] = {}

    def open_events(self) -> tuple[Event, ...]:
        """Events that have not ended, in the order of their ids' minting."""
        return tuple(e for e in self._events.values() if e.closed_at is None)

    def find(self, event: EventId) -> Event | None:
        """The event that an id, or one that gave way to it, stands for."""
        while event in self._alias:
            event = self._alias[event]
        return self._events.get(event)

    def by_own_track(self, track: TrackId) -> Event | None:
        for event in self.open_events():
            if event.own_track is not None and event.own_track.track == track:
                return event
        return None

    def is_retired(self, track: Track) -> bool:
        """Whether the track belonged to an event that has ended, and was not seen since."""
        closed_at = self._retired.get(track.track)
        return closed_at is not None and track.last_observed_at <= closed_at

    def join_own(
        self, track: Track, launch_time: Instant, now: Instant, *, busy: Iterable[TrackId]
    ) -> Event:
        """The event of a new own track: an open one on the same trajectory, or a new one.

        ``busy`` are own tracks still alive: their events are taken, two tracks are two missiles.
        """
        held = set(busy)
        free = [
            e for e in self.open_events() if e.own_track is None or e.own_track.track not in held
        ]
        found = self._nearest(track, free)
        if found is not None and found.own_name is not None:
            found.own_track = track
            return found
        # Minted in any case: the counter must not tell how many events a partner found first.
        self._minted += 1
        identity = event_id(self._node, self._minted)
        if found is not None:
            found.own_track, found.own_name = track, (identity, launch_time)
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
        if report is not None:
            view.report = report
        if assessment is not None:
            view.assessment = assessment
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
        for first, second in self._pairs():
            if first.event in self._alias or second.event in self._alias:
                continue
            one, two = first.reference(), second.reference()
            if one is None or two is None or self._distance(one, two) > SAME_OBJECT_D2_MAX:
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

    def close(self, event: Event, now: Instant) -> None:
        """The event has ended: its track is let go, late reports of it are passed over.

        It is remembered by its ids alone: what was believed of it takes room.
        """
        event.closed_at = now
        event.own = event.common = event.threatened = None
        event.partners.clear()
        if event.own_track is not None:
            self._retired[event.own_track.track] = now

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
        for event in self.open_events():
            if nation in event.partners or len(event.births) >= MEMBERS_MAX:
                continue
            if not self._agrees(event, report, assessment):
                continue
            event.births[identity] = birth
            event.unborn |= unborn
            self._alias[identity] = event.event
            return event, self._settle_name(event)
        if sum(e.rests_on(nation) for e in self.open_events()) >= EVENTS_PER_PARTNER_MAX:
            raise LimitExceeded(
                f"{identity}: {EVENTS_PER_PARTNER_MAX} open events rest on {nation} alone already"
            )
        event = Event(identity, {identity: birth}, now, unborn=unborn)
        self._add(event)
        return event, []

    def _agrees(
        self, event: Event, report: TrackReport | None, assessment: Assessment | None
    ) -> bool:
        """Whether a partner's word speaks of this event: by state, else by launch and impact."""
        reference = event.reference()
        if report is not None and reference is not None:
            told = (report.state, report.thrust_probability)
            return self._distance(told, reference) <= SAME_OBJECT_D2_MAX
        launch, impact = event.places()
        if assessment is None or launch is None or impact is None:
            return False
        if not isinstance(assessment.launch, PlaceEstimate):
            return False
        if not isinstance(assessment.impact, PlaceEstimate):
            return False
        d2 = places_distance2(assessment.launch, launch) + places_distance2(
            assessment.impact, impact
        )
        return d2 <= SAME_PLACES_D2_MAX and not are_times_apart(assessment.impact, impact)

    def _merge(self, first: Event, second: Event) -> Superseded:
        """Make two events one; the rule of names decides which id survives."""
        winner, loser = sorted((first, second), key=_precedence)
        winner.births.update(loser.births)
        winner.unborn |= loser.unborn
        if winner.own_track is None or (loser.own_is_alive and not winner.own_is_alive):
            winner.own_track, winner.own = loser.own_track, loser.own
            winner.own_is_alive = loser.own_is_alive
        winner.own_name = winner.own_name or loser.own_name
        for nation, view in loser.partners.items():
            winner.partners.setdefault(nation, view)
        winner.observed_s = max(winner.observed_s, loser.observed_s)
        del self._events[loser.event]
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
        return [Superseded(old, best, last)]

    def _add(self, event: Event) -> None:
        self._events[event.event] = event
        if len(self._events) > EVENTS_MAX:
            for old in list(self._events.values()):
                if old.closed_at is not None:
                    self._forget(old)
                    break

    def _forget(self, event: Event) -> None:
        """Let go of an event, of all its ids and of its track."""
        del self._events[event.event]
        names = {event.own_name[0]} if event.own_name is not None else set()
        for identity in event.births.keys() | names:
            self._alias.pop(identity, None)
        if event.own_track is not None:
            self._retired.pop(event.own_track.track, None)


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
