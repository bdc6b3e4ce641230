"""The tracks as the rest of the house sees them, from the columns and what these do not hold."""

from dataclasses import dataclass, field

import numpy as np

from signalfire.basis.identity import TrackId
from signalfire.basis.instant import NS_PER_S, Instant
from signalfire.basis.kernel import Floats
from signalfire.picture.estimate import PlaceEstimate, StateEstimate
from signalfire.picture.table import CONFIRMED, FREE, LOST
from signalfire.picture.track import Track, TrackStatus
from signalfire.tracking import _kernels as k
from signalfire.tracking.arrivals import Paths
from signalfire.tracking.ascent import Arc, Ascent
from signalfire.tracking.bank import FilterBank
from signalfire.tracking.lookback import Burn
from signalfire.tracking.registration import Registration

_STATUS = {CONFIRMED: TrackStatus.CONFIRMED, LOST: TrackStatus.LOST}


@dataclass
class Story:
    """What the columns do not hold of a confirmed track: its name, arc and burn."""

    track: TrackId
    arc: Arc | None = None
    burn: Burn = field(default_factory=Burn)
    lift_off: PlaceEstimate | None = None


class Stories:
    """The stories of the confirmed and lost tracks, row by row, in the order of confirmation."""

    def __init__(self, bank: FilterBank, registration: Registration, paths: Paths) -> None:
        self._bank = bank
        self._registration = registration
        self._paths = paths
        self._stories: dict[int, Story] = {}
        self._shown: dict[int, Track] = {}
        """What was shown of each row of ``_stories``, in the same order."""

    def begin(self, row: int, track: TrackId) -> None:
        """A row's track is confirmed, and has its name."""
        self._stories[row] = Story(track)

    def tell(self, row: int, lift_off: PlaceEstimate) -> None:
        """What is known of where a row's track lifted off has changed."""
        self._stories[row].lift_off = lift_off
        self.change(row)

    def end(self, row: int) -> None:
        """A row's track is dropped, and the row not yet; it may never have been confirmed."""
        story = self._stories.pop(row, None)
        if story is not None and story.arc is not None:
            story.arc.keep()
        self._shown.pop(row, None)

    def burn(self, row: int) -> Burn:
        """What is known of a row's thrust by looking back."""
        return self._stories[row].burn

    def change(self, row: int) -> None:
        """Something of a row has changed that its count of updates does not tell."""
        self._bank.table.shown_status[row] = FREE

    def tracks(self, epoch: Instant) -> tuple[Track, ...]:
        """All of them as values; the columns' times count from ``epoch``."""
        table = self._bank.table
        rows = np.fromiter(self._stories, dtype=np.int64, count=len(self._stories))
        is_stale = table.status[rows] != table.shown_status[rows]
        is_stale |= table.updates[rows] != table.shown_updates[rows]
        for row in rows[is_stale].tolist():
            self._shown[row] = self._show(row, epoch)
        return tuple(self._shown.values())

    def _show(self, row: int, epoch: Instant) -> Track:
        story, table = self._stories[row], self._bank.table
        table.shown_status[row], table.shown_updates[row] = table.status[row], table.updates[row]
        state = table.state[row]
        last = _instant(epoch, table.time[row])
        burnt_out_ns = self._burnt_out_ns(row)
        return Track(
            track=story.track,
            status=_STATUS[int(table.status[row])],
            state=StateEstimate(last, *self._estimate(row)),
            thrust_probability=story.burn.thrust_probability(float(state[k.P_FORCED])),
            first_observed_at=_instant(epoch, table.first_time[row]),
            last_observed_at=last,
            observed_s=float(state[k.OBSERVED_S]),
            updates=int(table.updates[row]),
            paths=self._paths.named(table.paths[row]),
            ascent=self._ascent(row, epoch),
            burnt_out_at=None if burnt_out_ns is None else _instant(epoch, burnt_out_ns),
            free_flight_seen=not story.burn.may_burn
            and (story.burn.has_coasted or bool(state[k.FREE_SEEN] > 0.0)),
            climb=story.burn.climb,
            lift_off=story.lift_off,
        )

    def _burnt_out_ns(self, row: int) -> int | None:
        """When thrust ended: by looking back, else as the filter had it."""
        burn, state = self._stories[row].burn, self._bank.table.state[row]
        if burn.ended_ns is not None:
            return burn.ended_ns
        if state[k.FREE_SEEN] == 0.0 or state[k.THRUST_SEEN] == 0.0:
            return None
        return burn.suspected_ns or round(float(state[k.BURNT_OUT_S]) * NS_PER_S) or None

    def _estimate(self, row: int) -> tuple[Floats, Floats]:
        """Mean and covariance at the row's last detection, what radars are off by considered."""
        table = self._bank.table
        known = self._registration.estimate(int(table.serial[row]), int(table.time[row]))
        return known or self._bank.estimate(row)

    def _ascent(self, row: int, epoch: Instant) -> Ascent:
        """The states of the early arc; those that were shown before are the same values."""
        table, story = self._bank.table, self._stories[row]
        if story.arc is None:
            story.arc = Arc(table, row, epoch)
        return Ascent(story.arc, int(table.arc_count[row]))


def _instant(epoch: Instant, at_ns: int) -> Instant:
    return Instant(epoch.tai_ns + int(at_ns))
