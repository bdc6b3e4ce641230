"""When a stage may have come off: where a burn was seen to end."""

from dataclasses import replace

from signalfire.assess.observed import Observed
from signalfire.assess.splash import NOTICED_S, Spent
from signalfire.basis.instant import Instant
from signalfire.picture.event import Phase

BURN_MIN_S = 15.0
"""A push shorter than this, after a burn, is noise and no other stage."""
STAGES_MAX = 4
FOLLOWED_EVERY_S = 10.0
FOLLOWED_S = 60.0
"""The missile's state says that of the stage for so long: then carrying it back adds more doubt
than observation takes."""


def boosting_since(observed: Observed, motion: Phase) -> Instant | None:
    """From when on it has been seen to boost without pause; None where it does not."""
    if motion is not Phase.BOOST:
        return None
    before = observed.before
    return (before.boosting_since if before is not None else None) or observed.state.valid_at


def spent_after(observed: Observed, motion: Phase) -> tuple[Spent, ...]:
    """The stages of an object so far, oldest first, after one more assessment of it.

    One is added where a burn ends, and followed for a while as its state becomes better known.
    """
    before = observed.before
    if before is None:
        return ()
    state, stages = observed.state, before.spent
    if motion not in (Phase.BALLISTIC, Phase.REENTRY):
        return stages
    if before.motion is Phase.BOOST and before.driven_at is not None:
        since = before.boosting_since or before.driven_at
        is_another = not stages or before.driven_at.elapsed_s(since=since) > BURN_MIN_S
        if is_another and len(stages) < STAGES_MAX:
            noticed_late = before.driven_at.later(-NOTICED_S)
            return (*stages, Spent(state, noticed_late, state.valid_at))
    if stages:
        last = stages[-1]
        is_new = state.valid_at >= last.state.valid_at.later(FOLLOWED_EVERY_S)
        if is_new and state.valid_at <= last.latest.later(FOLLOWED_S):
            return (*stages[:-1], replace(last, state=state))
    return stages
