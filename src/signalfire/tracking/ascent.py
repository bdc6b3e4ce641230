"""The early arc of a track as a sequence of states, which are columns until they are asked for.

Of ten thousand tracks hardly any is ever asked: as values the arcs would be most of what a node
holds.
"""

from collections.abc import Iterator, Sequence
from typing import overload

from signalfire.basis.instant import Instant
from signalfire.basis.kernel import Floats, Integers
from signalfire.picture.estimate import StateEstimate
from signalfire.picture.table import TrackTable


class Arc:
    """The states kept of one row's track: those that were asked for, and how to come by the others.

    A state that is kept does not change. ``keep`` before the row is given back: values that were
    handed out outlive it.
    """

    __slots__ = ("_epoch", "_kept", "_row", "_states", "_table")

    def __init__(self, table: TrackTable, row: int, epoch: Instant) -> None:
        self._table = table
        self._row = row
        self._epoch = epoch
        self._kept: tuple[Integers, Floats] | None = None
        self._states: list[StateEstimate] = []

    def keep(self) -> None:
        """The row is given back."""
        self._kept = self._table.arc_of(self._row)

    def states(self, count: int) -> list[StateEstimate]:
        """The first states; the same values each time."""
        known = len(self._states)
        if known < count:
            times_ns, moments = self._kept or self._table.arc_of(self._row)
            for at_ns, moment in zip(
                times_ns[known:count].tolist(), moments[known:count].tolist(), strict=True
            ):
                self._states.append(
                    StateEstimate.from_upper(
                        Instant(self._epoch.tai_ns + at_ns), tuple(moment[:6]), tuple(moment[6:])
                    )
                )
        return self._states[:count]


class Ascent(Sequence[StateEstimate]):
    """The first ``count`` states of an arc, oldest first."""

    __slots__ = ("_arc", "_count")

    def __init__(self, arc: Arc, count: int) -> None:
        self._arc = arc
        self._count = count

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, place: int) -> StateEstimate: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[StateEstimate]: ...

    def __getitem__(self, place: int | slice) -> StateEstimate | Sequence[StateEstimate]:
        return self._arc.states(self._count)[place]

    def __iter__(self) -> Iterator[StateEstimate]:
        return iter(self._arc.states(self._count))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Ascent)
            and self._arc is other._arc  # of its own kind
            and self._count == other._count
        )

    __hash__ = None  # type: ignore[assignment] # a track is no key either
