"""Envelopes that wait for the node, in two lanes: what must arrive, and where the latest is enough.

The reliable lane never drops: when it is full, whoever fills it waits, and behind him the broker.
The other lane drops its oldest and counts. The reliable lane is emptied first.
"""

import asyncio
from collections import deque
from dataclasses import dataclass

from signalfire.basis.identity import NationId
from signalfire.basis.limits import LOSSY_WAITING_MAX, RELIABLE_WAITING_MAX
from signalfire.picture.marking import RELIABLE, Kind

RELIABLE_LANE = RELIABLE | {Kind.RECEIPT}


@dataclass(frozen=True, slots=True)
class Arrival:
    """An envelope as the broker brought it; partner and kind are its subject's word, unproved."""

    partner: NationId
    kind: Kind
    envelope: bytes


class Lanes:
    """Two bounded queues with one reader. ``dropped`` counts what the lossy lane let go."""

    def __init__(
        self, *, reliable_max: int = RELIABLE_WAITING_MAX, lossy_max: int = LOSSY_WAITING_MAX
    ) -> None:
        self.dropped = 0
        self._reliable: deque[Arrival] = deque()
        self._lossy: deque[Arrival] = deque()
        self._reliable_max = reliable_max
        self._lossy_max = lossy_max
        self._filled = asyncio.Event()
        self._has_room = asyncio.Event()
        self._has_room.set()

    async def put(self, arrival: Arrival) -> None:
        """Add an arrival; waits while the reliable lane is full and it belongs there."""
        if arrival.kind in RELIABLE_LANE:
            while len(self._reliable) >= self._reliable_max:
                self._has_room.clear()
                await self._has_room.wait()
            self._reliable.append(arrival)
        else:
            if len(self._lossy) >= self._lossy_max:
                self._lossy.popleft()
                self.dropped += 1
            self._lossy.append(arrival)
        self._filled.set()

    async def ready(self) -> None:
        """Wait until something can be taken."""
        await self._filled.wait()

    def take(self, count_max: int) -> tuple[Arrival, ...]:
        """Up to ``count_max`` arrivals, the reliable ones first, each lane in its order."""
        taken: list[Arrival] = []
        for lane in (self._reliable, self._lossy):
            while lane and len(taken) < count_max:
                taken.append(lane.popleft())
        if len(self._reliable) < self._reliable_max:
            self._has_room.set()
        if not self._reliable and not self._lossy:
            self._filled.clear()
        return tuple(taken)

    def __len__(self) -> int:
        return len(self._reliable) + len(self._lossy)
