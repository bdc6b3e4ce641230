"""The picture: the common view and every national view of each event, side by side."""

from dataclasses import replace

import numpy as np

from signalfire.assess.assessor import Assessed
from signalfire.basis.identity import NationId
from signalfire.basis.instant import Instant
from signalfire.basis.kernel import Floats
from signalfire.formats.native.lines import picture_line
from signalfire.node.debris import debris_of
from signalfire.node.desk import Desk
from signalfire.node.event import FRESH_S, Event, moved
from signalfire.node.outbox import Stream
from signalfire.node.post import Post
from signalfire.node.watching import Changes
from signalfire.picture.estimate import PlaceEstimate, StateEstimate
from signalfire.picture.event import Assessment, EventView, Phase
from signalfire.picture.track import TrackStatus
from signalfire.space.geodesy import enu_from_ecef

FORCED_MAX_S = 60.0
"""What an engine or lift may drive is carried forward no longer than this unobserved."""
DRIVE_SIGMA_M_S2 = 30.0
"""What drives it, in each direction, pushes on as steadily as the engines of missiles do: with 20
to 60 m/s2. White noise, which is all that a filter between two looks needs, grows more slowly."""


def show(post: Post, desk: Desk, changes: Changes) -> None:
    """Write the lines that are due: all views at a whole second, else those that changed."""
    for gone in changes.renamed:
        for view in _views(post, gone.last, changes, every=True):
            last = replace(view, event=gone.old, superseded_by=gone.new)
            desk.write(Stream.PICTURE, picture_line(last, now=desk.now, nation=post.setup.nation))
    for event in post.book.open_events():
        if not desk.is_second and not changes.touched(event.event):
            continue
        for view in _views(post, event, changes, every=desk.is_second):
            shown = at_now(view, desk.now) if desk.now.is_whole_second() else view
            desk.write(Stream.PICTURE, picture_line(shown, now=desk.now, nation=post.setup.nation))


def _views(post: Post, event: Event, changes: Changes, *, every: bool) -> list[EventView]:
    views: list[EventView] = []
    own = post.setup.nation

    def add(
        name: str,
        sources: tuple[NationId, ...],
        assessment: Assessment,
        parts: tuple[StateEstimate, ...] = (),
        debris: tuple[PlaceEstimate, ...] = (),
    ) -> None:
        of = event.event, event.members, None
        views.append(EventView(*of, name, sources, assessment, parts, debris))

    def add_ours(name: str, sources: tuple[NationId, ...], made: Assessed) -> None:
        shown = made.assessment
        add(name, sources, shown, _objects(event, shown.state), debris_of(event, made))

    if event.common is not None and (every or changes.joint.get(event.event, False)):
        add_ours("common", event.sources, event.common)
    if event.own is not None and (every or changes.own.get(event.event, False)):
        add_ours(f"national:{own}", (own,), event.own)
    told = changes.partners.get(event.event, set())
    for nation, view in sorted(event.partners.items()):
        if view.assessment is not None and (every or nation in told):
            state = view.report.state if view.report is not None else None
            add(f"national:{nation}", (nation,), replace(view.assessment, state=state))
    return views


def _objects(event: Event, shown: StateEstimate | None) -> tuple[StateEstimate, ...]:
    """What our own sensors see of the event beside the object that the view is about.

    Partners may take another of its objects for the threatening one than our own sensors do.
    """
    tracks = [track for _, track in sorted(event.objects.items())]
    seen = [t.state for t in tracks if t.status is TrackStatus.CONFIRMED]
    if not seen or shown is None or event.own_track is None:
        return ()
    seen.append(event.own_track.state)
    gaps_m = [
        float(np.linalg.norm(moved(s, shown.valid_at, is_forced=False).mean[:3] - shown.mean[:3]))
        for s in seen
    ]
    del seen[int(np.argmin(gaps_m))]
    return tuple(seen)


def at_now(view: EventView, now: Instant) -> EventView:
    """The view with its state moved to ``now``; what came down before lies where it fell.

    Of that place nobody knows more than of the impact.
    """
    assessment = view.assessment
    state, impact = assessment.state, assessment.impact
    if view.objects:
        parts = (moved(part, max(part.valid_at, now), is_forced=False) for part in view.objects)
        view = replace(view, objects=tuple(parts))
    if state is None:
        return view
    is_forced = assessment.phase in (Phase.BOOST, Phase.MANOEUVRING)
    if isinstance(impact, PlaceEstimate):
        # A partner may name any time: an impact before the last observation moves nothing back.
        until = max(min(now, impact.time), min(now, state.valid_at))
        state = _carried(state, until, is_forced=is_forced)
    elif _is_anywhere(assessment, state, now):
        return replace(view, assessment=replace(assessment, state=None))
    else:
        state = _carried(state, now, is_forced=is_forced)
    if isinstance(impact, PlaceEstimate) and state.valid_at < now:
        at_rest = np.concatenate([state.position_ecef_m, np.zeros(3)])
        covariance = state.covariance.copy()
        covariance[:3, :3] += _place_covariance_m2(impact)
        state = StateEstimate(now, at_rest, covariance)
    return replace(view, assessment=replace(assessment, state=state))


def _place_covariance_m2(impact: PlaceEstimate) -> Floats:
    """The covariance of a place on the ground in Earth-fixed axes, shape (3, 3), m2."""
    east, north, _ = enu_from_ecef(impact.place)
    ee, en, nn = impact.covariance_east_north_m2
    mixed = np.outer(east, north)
    covariance: Floats = (
        ee * np.outer(east, east) + nn * np.outer(north, north) + en * (mixed + mixed.T)
    )
    return covariance


def _carried(state: StateEstimate, at: Instant, *, is_forced: bool) -> StateEstimate:
    """The state at another instant, with the doubt of a steady push once nobody has looked."""
    carried = moved(state, at, is_forced=is_forced)
    unseen_s = at.elapsed_s(since=state.valid_at) - FRESH_S
    if not is_forced or unseen_s <= 0.0:
        return carried
    reach = DRIVE_SIGMA_M_S2 * np.vstack([0.5 * unseen_s**2 * np.eye(3), unseen_s * np.eye(3)])
    return replace(carried, covariance=carried.covariance + reach @ reach.T)


def _is_anywhere(assessment: Assessment, state: StateEstimate, now: Instant) -> bool:
    """Whether nothing honest can be said of where an object is whose fall is not foreseen."""
    if assessment.phase in (Phase.LOST, Phase.ENDED):
        return True
    is_forced = assessment.phase in (Phase.BOOST, Phase.MANOEUVRING)
    return is_forced and now.elapsed_s(since=state.valid_at) > FORCED_MAX_S
