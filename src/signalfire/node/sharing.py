"""Decide and seal: every partner gets what the agreement lets it have of what is our own.

Own tracks go once a second and at every change of phase; own assessments when they change
materially, and now and then so that a partner's picture does not grow old; warnings always at once.
"""

from collections.abc import Sequence
from dataclasses import replace

from signalfire.basis.identity import EventId, NationId, minted_by, nation_of
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
from signalfire.node.event import Event
from signalfire.node.naming import names_for
from signalfire.node.outbox import Stream
from signalfire.node.post import Post, ToldEvent, ToldTrack
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
    tracks = _tracks(post, changes, desk)
    for partner, known in post.known_nations.items():
        for warning in warnings:
            about = post.book.find(warning.event)
            name = warning.event if about is None else _name(warning.event, about, known)
            content = warning_content(replace(warning, event=name))
            border.offer_to(partner, Kind.WARNING, content, desk)
        reports = [replace(told, event=names_for(event, known).event) for event, told in tracks]
        for content in track_contents(reports):
            border.offer_to(partner, Kind.TRACK, content, desk)
        for event in post.book.open_events():
            message = _message(post, event, partner, changes, desk)
            if message is not None:
                border.offer_to(partner, Kind.EVENT, event_content(message), desk)
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


def _tracks(post: Post, changes: Changes, desk: Desk) -> list[tuple[Event, TrackReport]]:
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
        report = TrackReport(
            track=track.track,
            event=event.event,
            phase=phase,
            state=track.state,
            thrust_probability=track.thrust_probability,
            last_observed_at=track.last_observed_at,
            pedigree=post.pedigree,
        )
        reports.append((event, report))
    return reports


def _message(
    post: Post, event: Event, partner: NationId, changes: Changes, desk: Desk
) -> EventMessage | None:
    """Our own assessment of an event for one partner, when it is time to tell it."""
    if event.own is None or event.own_track is None or event.event not in changes.own:
        return None
    names = names_for(event, post.known_nations[partner])
    key, assessment = (partner, event.own_track.track), event.own.assessment
    told, has_ended = post.told_events.get(key), assessment.phase is Phase.ENDED
    is_due = (
        told is None or told.name != names.event or desk.now.elapsed_s(since=told.at) >= REFRESH_S
    )
    if not changes.own[event.event] and not (is_due and not has_ended):
        return None
    post.told_events[key] = ToldEvent(desk.now, names.event)
    return EventMessage(
        replace(assessment, event=names.event, state=None), names.members, None, has_ended
    )


def _name(warned: EventId, event: Event, known: frozenset[NationId]) -> EventId:
    """The id in a warning, where the partner may know it, else the event's name for the partner."""
    return warned if nation_of(minted_by(warned)) in known else names_for(event, known).event


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
