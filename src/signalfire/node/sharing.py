"""Decide and seal: every partner gets what the agreement lets it have of what is our own.

Own tracks go once a second and at every change of phase; own assessments when they change
materially, and now and then so that a partner's picture does not grow old; warnings always at once.
"""

from collections.abc import Sequence
from dataclasses import replace

from signalfire.basis.identity import NationId
from signalfire.basis.utc import utc_text
from signalfire.formats.native.content import (
    EventMessage,
    Status,
    event_content,
    receipt_contents,
    status_content,
    track_contents,
    warning_content,
)
from signalfire.formats.native.lines import line
from signalfire.node.desk import Desk
from signalfire.node.events import Event
from signalfire.node.outbox import Stream
from signalfire.node.post import Post, ToldTrack
from signalfire.node.watching import Changes
from signalfire.picture.event import Phase, TrackReport
from signalfire.picture.marking import Kind
from signalfire.picture.warning import Warning

REFRESH_S = 5.0
"""What is our own is told again after so long even if nothing changed: a track is sent once only,
and a partner whose link was cut would otherwise never have the last one.
"""


def share(post: Post, desk: Desk, changes: Changes, warnings: Sequence[Warning]) -> None:
    """Offer everything new of our own to the border, which decides recipient by recipient."""
    border = post.border
    for warning in warnings:
        border.offer(Kind.WARNING, warning_content(warning), desk)
    tracks = _tracks(post, changes, desk)
    for content in track_contents(tracks):
        border.offer(Kind.TRACK, content, desk)
    for event in post.book.open_events():
        message = _message(post, event, changes, desk)
        if message is not None:
            border.offer(Kind.EVENT, event_content(message), desk)
    if post.detections_heard:
        border.withhold_detections(post.detections_heard, desk)
        post.detections_heard = 0
    if desk.is_second:
        for partner in post.setup.partners:
            border.offer_to(
                partner, Kind.STATUS, status_content(_status(post, partner, desk)), desk
            )
            _show_link(post, partner, desk)
        border.write_withheld(desk)
    for partner, receipts in border.receipts_owed():
        for content in receipt_contents(receipts):
            border.offer_to(partner, Kind.RECEIPT, content, desk)


def _tracks(post: Post, changes: Changes, desk: Desk) -> list[TrackReport]:
    """Own tracks that moved since they were told, whose phase is another, or told long ago."""
    reports = []
    for event in post.book.open_events():
        track, own = event.own_track, event.own
        if track is None or own is None:
            continue
        told = post.told_tracks.get(track.track)
        phase = own.assessment.phase
        is_due = desk.is_second and (
            told is None
            or told.valid_at != track.state.valid_at
            or desk.now.elapsed_s(since=told.at) >= REFRESH_S
        )
        is_turned = event.event in changes.own and (told is None or told.phase is not phase)
        if not (is_due or is_turned) or phase is Phase.ENDED:
            continue
        post.told_tracks[track.track] = ToldTrack(desk.now, track.state.valid_at, phase)
        reports.append(
            TrackReport(
                track=track.track,
                event=event.event,
                phase=phase,
                state=track.state,
                thrust_probability=track.thrust_probability,
                last_observed_at=track.last_observed_at,
            )
        )
    return reports


def _message(post: Post, event: Event, changes: Changes, desk: Desk) -> EventMessage | None:
    """Our own assessment of an event, when it is time to tell it."""
    if event.own is None or event.event not in changes.own:
        return None
    told = post.told_events.get(event.event)
    assessment = event.own.assessment
    is_due = told is None or desk.now.elapsed_s(since=told) >= REFRESH_S
    if not changes.own[event.event] and not (is_due and assessment.phase is not Phase.ENDED):
        return None
    post.told_events[event.event] = desk.now
    has_ended = assessment.phase is Phase.ENDED
    return EventMessage(
        replace(assessment, event=event.event, state=None), event.members, None, has_ended
    )


def _status(post: Post, partner: NationId, desk: Desk) -> Status:
    outgoing = post.border.outgoing(partner)
    return Status(
        sensors_available=post.health.sensors_active(desk.now),
        sensors_total=len(post.setup.sensors),
        epoch=outgoing.epoch,
        reliable_count=post.border.reliable_count(partner),
        journal_head=outgoing.head,
    )


def _show_link(post: Post, partner: NationId, desk: Desk) -> None:
    """How the partner does, for our own page."""
    health = post.health.partners[partner]
    state = "withdrawn" if post.border.is_suspended(partner) else None
    fields = {
        "at": utc_text(desk.now),
        "partner": partner,
        "state": state or post.health.link_state(partner, desk.now),
        "heard_at": None if health.heard_at is None else utc_text(health.heard_at),
        "received": health.received,
        "refused": health.refused,
    }
    desk.write(Stream.LINKS, line(fields))
