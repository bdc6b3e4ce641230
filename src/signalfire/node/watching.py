"""Tracking, fusion and assessment of one node: from detections and reports to what is believed."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from signalfire.assess.assessor import assess_state, observed_by
from signalfire.assess.evidence import evidence
from signalfire.assess.launch import estimate_launch, fuse_launches
from signalfire.assess.observed import Observed
from signalfire.assess.stated import assess_statements, is_better
from signalfire.basis.errors import LimitExceeded
from signalfire.basis.identity import EventId, NationId, TrackId
from signalfire.basis.instant import Instant
from signalfire.node.change import is_material
from signalfire.node.debris import follow_objects
from signalfire.node.desk import Desk
from signalfire.node.event import FRESH_S, Event
from signalfire.node.events import Superseded, surely_launched
from signalfire.node.intake import PartnerReport, refuse
from signalfire.node.post import Post
from signalfire.node.separation import does_outlast
from signalfire.node.stated import statements
from signalfire.picture.detection import Detection
from signalfire.picture.estimate import Launch, PlaceEstimate, Unknown
from signalfire.picture.event import Assessment
from signalfire.picture.track import Track, TrackStatus

YOUNG_S = 10.0
"""A track beside a known one waits so long for the tracker to find out that both are one."""


@dataclass
class Changes:
    """What one advance changed: ids that gave way, and the events that somebody's word touched."""

    renamed: list[Superseded] = field(default_factory=list)
    turned: set[EventId] = field(default_factory=set)
    """Events whose own track is new, was lost or found, or began or ceased to be under power."""
    partners: dict[EventId, set[NationId]] = field(default_factory=dict)
    """Events of which partners said something materially new."""
    own: dict[EventId, bool] = field(default_factory=dict)
    """Events assessed from own sensors, and whether that changed materially."""
    joint: dict[EventId, bool] = field(default_factory=dict)
    """Events assessed from everything that may be seen, and whether that changed materially."""

    def touched(self, event: EventId) -> bool:
        """Whether an event was assessed anew, or a partner said something new of it."""
        return event in self.own or event in self.joint or event in self.partners


def track(post: Post, desk: Desk, detections: Sequence[Detection]) -> None:
    """Own detections move own tracks; at whole seconds the rules for dropping them apply."""
    if detections:
        post.tracker.take(detections, desk.now)
    if desk.is_second:
        post.tracker.tick(desk.now)


def fuse(post: Post, desk: Desk, reports: Sequence[PartnerReport]) -> Changes:
    """Whose missile is whose: own tracks and partners' reports find their events."""
    changes = Changes()
    tracks = tuple(t for t in post.tracker.tracks() if not post.book.is_retired(t))
    followed = post.book.followed()
    confirmed = frozenset(t.track for t in tracks if t.status is TrackStatus.CONFIRMED)
    waiting = [t for t in tracks if t.track not in followed and _shows_missile(post, t)]
    if len(waiting) > 1:
        post.book.judge_waiting(waiting, busy=confirmed)
    for current in tracks:
        event = followed.get(current.track)
        if event is None:
            event = _new_own_event(post, current, confirmed, desk.now)
            if event is None:
                continue
            followed = post.book.followed()
            changes.turned.add(event.event)
        elif event.own_track is None or event.own_track.track != current.track:
            event.objects[current.track] = current
            continue
        elif _turned(event.own_track, current):
            changes.turned.add(event.event)
        event.follow(current)
    held = {current.track for current in tracks}
    for event in post.book.open_events():
        if _settle_objects(event, held):
            changes.turned.add(event.event)
        event.own_is_alive = event.own_track is not None and event.own_track.track in held
    # Assessments first: they say under which launch time an id was told.
    for report in sorted(reports, key=lambda report: report.assessment is None):
        _enter(post, desk, report, changes)
    if desk.is_second:
        post.harmless = {name: t for name, t in post.harmless.items() if name in held}
        post.missiles = {name: t for name, t in post.missiles.items() if name in held}
        post.book.forget_kin(held)
        changes.renamed += post.book.merge_agreeing()
        post.book.release_strayed()
    return changes


def assess(post: Post, desk: Desk, changes: Changes) -> None:
    """Assess events: all at a whole second, else those that something touched.

    First from own sensors alone, which is what may be shared, then from everything seen.
    """
    for event in post.book.open_events():
        if event.own_track is not None and (desk.is_second or event.event in changes.turned):
            before = event.own.assessment if event.own is not None else None
            handed_on = event.own.remembered if event.own is not None else None
            rests_on = observed_by(
                event.event, post.setup.nation, event.own_track, _own_launch(event), handed_on
            )
            event.own = assess_state(rests_on, desk.now)
            follow_objects(event, desk.now)
            changes.own[event.event] = is_material(before, event.own.assessment)
        if desk.is_second or event.event in changes.own or event.event in changes.partners:
            before = event.common.assessment if event.common is not None else None
            _assess_common(post, desk, event)
            if event.common is not None:
                changes.joint[event.event] = is_material(before, event.common.assessment)


def _new_own_event(
    post: Post, current: Track, confirmed: frozenset[TrackId], now: Instant
) -> Event | None:
    """The event of an own track that has none; None while it has none to have.

    ``confirmed`` are the own tracks that the tracker has and sees.
    """
    if not _shows_missile(post, current):
        return None
    alive = confirmed - {current.track}
    whole, is_open = post.book.came_off(current, busy=alive)
    if whole is not None:
        whole.objects[current.track] = current
        return None
    if is_open:
        return None
    if current.observed_s < YOUNG_S and post.book.is_beside_another(current, busy=alive):
        return None
    # The launch takes long to reckon: not at every step of those that wait.
    born = surely_launched(estimate_launch(current), current.last_observed_at)
    return post.book.join_own(current, born, now, busy=alive)


def _shows_missile(post: Post, current: Track) -> bool:
    """Whether an own track is surely of a missile; asked once of each as it is."""
    if post.missiles.get(current.track) is current:
        return True
    if post.harmless.get(current.track) is current:
        return False
    shows = current.status is TrackStatus.CONFIRMED and evidence(current).is_missile
    (post.missiles if shows else post.harmless)[current.track] = current
    return shows


def _settle_objects(event: Event, held: set[TrackId]) -> bool:
    """Let go of objects whose tracks are gone; whether another one is the threatening one now.

    It is the one that surely flies on furthest; when the tracker lets that one go, the next.
    """
    if not event.objects:
        return False
    for gone in event.objects.keys() - held:
        del event.objects[gone]
    seen = [t for _, t in sorted(event.objects.items()) if t.status is TrackStatus.CONFIRMED]
    if event.own_track is None or not seen:
        return False
    best = seen[0]
    for other in seen[1:]:
        best = other if does_outlast(other, best) else best
    if event.own_track.track in held and not does_outlast(best, event.own_track):
        return False
    event.threaten_with(best.track)
    if event.own_track is not None:
        event.objects = {name: t for name, t in event.objects.items() if name in held}
    return True


def _own_launch(event: Event) -> Launch:
    """The launch estimate of the own track, reckoned anew only when its early arc has changed."""
    current = event.own_track
    assert current is not None
    mark = (
        current.track,
        len(current.ascent),
        current.burnt_out_at,
        current.free_flight_seen,
        round(current.thrust_probability, 1) if not current.free_flight_seen else 0.0,
        current.lift_off,
    )
    if event.own_launch is None or event.own_launch[0] != mark:
        event.own_launch = (mark, estimate_launch(current))
    return event.own_launch[1]


def _joint_launch(event: Event, told: tuple[PlaceEstimate, ...]) -> Launch:
    """The launch that all tell of together, reckoned anew only when one tells of another."""
    if not told:
        return Unknown("nobody has an estimate yet")
    if event.joint_launch is None or event.joint_launch[0] != told:
        event.joint_launch = (told, fuse_launches(told))
    return event.joint_launch[1]


def _turned(before: Track | None, current: Track) -> bool:
    """Whether thrust began or ceased, or the track was lost or found again."""
    if before is None:
        return True
    was, now_is = before.thrust_probability > 0.5, current.thrust_probability > 0.5
    return was != now_is or before.status != current.status


def _enter(post: Post, desk: Desk, report: PartnerReport, changes: Changes) -> None:
    known = post.book.find(report.event)
    before = None
    if known is not None and report.nation in known.partners:
        before = known.partners[report.nation].assessment
    try:
        event, gave_way = post.book.take(
            report.nation,
            report=report.track,
            assessment=report.assessment,
            members=report.members,
            now=desk.now,
        )
    except LimitExceeded as error:
        refuse(post, desk, report.nation, "event", error)
        return
    changes.renamed += gave_way
    if event is None or report.assessment is None:
        return
    if is_material(before, report.assessment):
        changes.partners.setdefault(event.event, set()).add(report.nation)


def _assess_common(post: Post, desk: Desk, event: Event) -> None:
    """The common view of one event: from states, or from what was told without, if that says more.

    What the view's state is, where there is one, stays: only the end of it is better known.
    """
    event.is_stated, event.stated = False, None
    is_seen = _assess_seen(post, desk, event)
    told = statements(post, event)
    if not told:
        return
    stated = assess_statements(event.event, told, desk.now)
    if is_seen and event.common is not None:
        seen_at = event.common.assessment.last_observed_at
        is_fresh = desk.now.elapsed_s(since=seen_at) <= FRESH_S
        if not is_better(stated, event.common, is_fresh=is_fresh):
            return
        state = None if event.common.prediction is None else event.common.assessment.state
        sources = {*event.sources, *(each.nation for each in told)}
        assessment = replace(stated.assessed.assessment, state=state)
        event.common = replace(event.common, assessment=assessment)
        event.sources = tuple(sorted(sources))
    else:
        event.common = stated.assessed
        event.sources = tuple(each.nation for each in told)
    event.is_stated, event.stated = True, stated.impact


def _assess_seen(post: Post, desk: Desk, event: Event) -> bool:
    """The common view from states: fused, launches fused, assessed like any other; False: none."""
    contributions = event.contributions(post.setup.nation, post.pedigree, desk.now)
    if not contributions:
        return False
    # A partner's clock, or its node, may be ahead of ours: its state is then taken back to our
    # present, or what lies between would count as flown already.
    at = min(max(each.state.valid_at for each in contributions), desk.now)
    combined = event.joint.fuse(contributions, at)
    if combined is None:
        return False
    told = event.assessments()
    launches = possible_launches(event, told)
    launch = _joint_launch(event, tuple(launches))
    if desk.is_second and desk.now.elapsed_s(since=combined.last_observed_at) <= FRESH_S:
        event.observed_s += 1.0
    event.observed_s = max([event.observed_s, *(a.observed_s for a in told)])
    rests_on = Observed(
        event=event.event,
        author=None,
        state=combined.state,
        thrust_probability=combined.thrust_probability,
        free_flight_seen=event.free_flight_seen(),
        launch=launch,
        observed_s=event.observed_s,
        witnesses=sum(a.witnesses for a in told),
        last_observed_at=combined.last_observed_at,
        before=event.common.remembered if event.common is not None else None,
        manoeuvre_seen=event.manoeuvre_seen(),
    )
    event.common = assess_state(rests_on, desk.now)
    event.sources = combined.nations
    return True


def possible_launches(event: Event, told: Sequence[Assessment]) -> list[PlaceEstimate]:
    """The launches told of, without those of when it had been seen to fly already.

    A nation that saw it in mid-air for the first time may take that for its launch.
    """
    known = [a.launch for a in told if isinstance(a.launch, PlaceEstimate)]
    flies_by = min(event.births.values())
    possible = [each for each in known if each.time.later(-3.0 * each.time_sigma_s) <= flies_by]
    return possible or known
