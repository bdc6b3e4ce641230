"""Where a node's moments come from: a recording, or datagrams (``conducted_feed``: a conductor).

A feed gives moments, each an instant and what reached the node at it, in an order that never goes
back; bytes stay as they came, reading them is the node's work. All queues are bounded.
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from signalfire.basis.errors import Unavailable
from signalfire.basis.instant import NS_PER_S, Instant
from signalfire.basis.limits import (
    DATAGRAM_BYTES_MAX,
    DATAGRAMS_WAITING_MAX,
)
from signalfire.node.inbox import TICK, InboxItem, ItemKind
from signalfire.rim.clock import system_now

_JUMP_S = 60.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Moment:
    """What reached the node at one instant."""

    now: Instant
    items: tuple[InboxItem, ...]

    @property
    def is_tick(self) -> bool:
        return any(item.kind is ItemKind.TICK for item in self.items)


class Feed(Protocol):
    """What a node needs of a feed."""

    async def open(self) -> None:
        """Begin to listen. Raises BadInput or Unavailable when that cannot be."""

    async def take(self) -> tuple[Moment, ...]:
        """Wait for the next moments; none at all means that the feed is over."""

    async def done(self, now: Instant, *, is_idle: bool) -> None:
        """Say that the node has finished the second at ``now``, and whether nothing is open."""

    async def close(self) -> None: ...


class RecordedFeed:
    """Plays the reports of a recording as fast as the node takes them: (received at, item), in
    order of arrival. The clock is the largest time so far, with a tick at each whole second.
    """

    def __init__(self, reports: Iterable[tuple[Instant, InboxItem]]) -> None:
        self._moments = _played(reports)

    async def open(self) -> None:
        """There is nothing to open."""

    async def take(self) -> tuple[Moment, ...]:
        moment = next(self._moments, None)
        return () if moment is None else (moment,)

    async def done(self, now: Instant, *, is_idle: bool) -> None:
        """Nobody waits for it."""

    async def close(self) -> None:
        self._moments = iter(())


def _played(reports: Iterable[tuple[Instant, InboxItem]]) -> Iterator[Moment]:
    now: Instant | None = None
    second: Instant | None = None
    for received_at, item in reports:
        now = received_at if now is None else max(now, received_at)
        for tick in _ticks(after=second, to=now):
            yield Moment(tick, (TICK,))
        second = now.whole_second()
        yield Moment(now, (item,))


def _ticks(*, after: Instant | None, to: Instant) -> Iterator[Instant]:
    """The whole seconds after one instant up to another; without the first, at most ``to``."""
    if after is None:
        if to.is_whole_second():
            yield to
        return
    second = after.whole_second()
    while second < to.whole_second():
        second = Instant(second.tai_ns + NS_PER_S)
        yield second


class UdpFeed:
    """Datagrams of one or more detection lines, and a tick at each second of the system clock.

    ``refused`` counts datagrams that are too long, ``dropped`` those that nobody took in time.
    """

    def __init__(
        self,
        port: int,
        *,
        host: str = "127.0.0.1",
        now: Callable[[], Instant] = system_now,
        waiting_max: int = DATAGRAMS_WAITING_MAX,
    ) -> None:
        self.refused = 0
        self.dropped = 0
        self._address = (host, port)
        self._now = now
        self._waiting_max = waiting_max
        self._waiting: deque[tuple[Instant, bytes]] = deque()
        self._filled = asyncio.Event()
        self._transport: asyncio.DatagramTransport | None = None
        self._second: Instant | None = None
        self._lines = 0
        self._is_closed = False

    async def open(self) -> None:
        """Raises Unavailable when the port is taken."""
        loop = asyncio.get_running_loop()
        try:
            transport, _ = await loop.create_datagram_endpoint(
                lambda: _Datagrams(self._received), local_addr=self._address
            )
        except OSError as error:
            raise Unavailable(
                f"UDP port {self._address[1]} of {self._address[0]} cannot be listened on "
                f"({error.strerror}): end the program that has it, or name another port"
            ) from error
        self._transport = transport
        self._second = self._now().whole_second()

    @property
    def port(self) -> int:
        """The port that is listened on, also when the system chose it."""
        assert self._transport is not None, "open the feed first"
        return int(self._transport.get_extra_info("sockname")[1])

    async def take(self) -> tuple[Moment, ...]:
        moments: tuple[Moment, ...] = ()
        while not moments and not self._is_closed:
            now = self._now()
            until_tick_s = 1.0 - (now.tai_ns % NS_PER_S) / NS_PER_S
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._filled.wait(), until_tick_s)
            moments = self._gathered(self._now())
        return moments

    async def done(self, now: Instant, *, is_idle: bool) -> None:
        """Nobody waits for it."""

    async def close(self) -> None:
        self._is_closed = True
        self._filled.set()
        if self._transport is not None:
            self._transport.close()

    def _received(self, datagram: bytes) -> None:
        if len(datagram) > DATAGRAM_BYTES_MAX:
            self.refused += 1
            return
        if len(self._waiting) >= self._waiting_max:
            self._waiting.popleft()
            self.dropped += 1
        self._waiting.append((self._now(), datagram))
        self._filled.set()

    def _gathered(self, now: Instant) -> tuple[Moment, ...]:
        """Ticks and datagrams in the order of time; each datagram is one moment."""
        moments: list[Moment] = []
        while self._waiting:
            at, datagram = self._waiting.popleft()
            moments += self._ticks_to(at)
            moments.append(Moment(at, self._items(datagram)))
        self._filled.clear()
        moments += self._ticks_to(now)
        return tuple(moments)

    def _ticks_to(self, at: Instant) -> list[Moment]:
        """After a jump of the system clock only the last second ticks."""
        assert self._second is not None, "open the feed first"
        if at.elapsed_s(since=self._second) > _JUMP_S:
            self._second = Instant(at.whole_second().tai_ns - NS_PER_S)
        found = list(_ticks(after=self._second, to=at))
        self._second = max(self._second, at.whole_second())
        return [Moment(second, (TICK,)) for second in found]

    def _items(self, datagram: bytes) -> tuple[InboxItem, ...]:
        items = []
        for line in datagram.splitlines():
            if line.strip():
                self._lines += 1
                items.append(InboxItem(ItemKind.DETECTION, line, self._lines))
        return tuple(items)


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, received: Callable[[bytes], None]) -> None:
        self._received = received

    def datagram_received(self, data: bytes, addr: object) -> None:
        self._received(data)

    def error_received(self, exc: Exception) -> None:
        log.warning("UDP feed: %s", exc)
