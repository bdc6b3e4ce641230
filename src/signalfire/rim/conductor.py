"""Plays a recorded or simulated performance to the nodes of all nations, second by second.

Detections go to the node of their sensor's nation at the time at which they were received, ticks
and commands to whom they concern. Nodes may come late or come back: they follow from then on.
"""

import asyncio
import hmac
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from signalfire.basis.errors import Malformed, Unavailable
from signalfire.basis.identity import NationId
from signalfire.basis.instant import NS_PER_S, Instant
from signalfire.node.inbox import TICK, InboxItem
from signalfire.rim.cues import (
    CUE_BYTES_MAX,
    END,
    Cue,
    Done,
    cue,
    decode_done,
    decode_hello,
    encode,
)

_GREETING_WITHIN_S = 5.0
_UNREAD_BYTES_MAX = 8 * 1024**2

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Part:
    """One item of a performance, and the nation whose node takes it (None: every one)."""

    now: Instant
    nation: NationId | None
    item: InboxItem


@dataclass(frozen=True, slots=True)
class Tempo:
    """How fast a performance is played.

    ``speed_ratio`` is seconds of the scenario per second; None: as fast as the nodes finish. At a
    stated speed the play slows down rather than leave a node further behind than ``behind_max_s``
    seconds of the scenario. A node is not waited for longer than ``patience_s``. ``tail_max_s``
    bounds how long after the last part the seconds go on while a node still has something open.
    """

    speed_ratio: float | None
    patience_s: float = 5.0
    tail_max_s: float = 7200.0
    behind_max_s: float = 2.0

    def __post_init__(self) -> None:
        assert self.speed_ratio is None or self.speed_ratio > 0.0


@dataclass(eq=False)
class _Player:
    """One connected node."""

    nation: NationId
    writer: asyncio.StreamWriter
    finished: Instant
    is_idle: bool = True
    is_waited_for: bool = True
    progress: asyncio.Event = field(default_factory=asyncio.Event)


class Conductor:
    """Serves the nodes on a loopback port and plays to those that are connected.

    ``now`` is the present second; ``on_second`` is called when one has been played. A greeting
    without the run's ``token`` is refused.
    """

    def __init__(
        self,
        parts: Iterable[Part],
        tempo: Tempo,
        token: str,
        *,
        on_second: Callable[[Instant], None] | None = None,
    ) -> None:
        self.now: Instant | None = None
        self._parts = sorted(parts, key=lambda part: part.now)
        self._tempo = tempo
        self._token = token
        self._on_second = on_second
        self._players: dict[NationId, _Player] = {}
        self._arrived = asyncio.Event()
        self._end = asyncio.Event()
        self._server: asyncio.Server | None = None

    async def open(self, port: int) -> None:
        """Listen on a loopback port. Raises Unavailable when it is taken."""
        try:
            self._server = await asyncio.start_server(
                self._greet, "127.0.0.1", port, limit=CUE_BYTES_MAX
            )
        except OSError as error:
            raise Unavailable(
                f"port {port} of 127.0.0.1 cannot be listened on ({error.strerror}): end the "
                "program that has it, or name another port"
            ) from error

    @property
    def port(self) -> int:
        """The port that is listened on, also when the system chose it."""
        assert self._server is not None, "open the conductor first"
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def connected(self) -> tuple[NationId, ...]:
        """Nations whose nodes are there, in alphabetical order."""
        return tuple(sorted(self._players))

    async def wait_for(self, nations: Iterable[NationId], *, within_s: float) -> None:
        """Wait until the nodes of ``nations`` are connected.

        Raises Unavailable, with the missing ones, when they are not there in time.
        """
        wanted = set(nations)
        loop = asyncio.get_running_loop()
        until_s = loop.time() + within_s
        while not wanted <= self._players.keys():
            self._arrived.clear()
            try:
                await asyncio.wait_for(self._arrived.wait(), until_s - loop.time())
            except TimeoutError as error:
                missing = ", ".join(sorted(wanted - self._players.keys()))
                raise Unavailable(
                    f"the nodes of {missing} are not there after {within_s:.0f} s: see their logs"
                ) from error

    def command(self, item: InboxItem, *, nation: NationId | None = None) -> None:
        """Give a command to a node, or to all, at the present second."""
        assert self.now is not None, "the performance has not begun"
        self._send(Part(self.now, nation, item))

    def end(self) -> None:
        """End the performance at the next second."""
        self._end.set()

    async def play(self) -> None:
        """Play everything, then go on ticking until no node has anything open.

        A second is the parts before it and then its tick, which so comes before the parts of its
        own instant. At full speed, seconds in which no node has anything open are skipped.
        """
        if not self._parts:
            return
        wall_start_s = asyncio.get_running_loop().time()
        start, index = self._parts[0].now, 0
        second = _second_not_before(start)
        while not self._end.is_set():
            while index < len(self._parts) and self._parts[index].now < second:
                part = self._parts[index]
                await self._until(start, part.now, wall_start_s)
                self._send(part)
                index += 1
            await self._until(start, second, wall_start_s)
            self._tick(second)
            await self._let_finish(second)
            if index == len(self._parts) and not await self._goes_on(second):
                return
            second = self._following(second, index)

    async def close(self) -> None:
        """Tell every node that it is over, and stop listening."""
        now_ns = 0 if self.now is None else self.now.tai_ns
        for player in list(self._players.values()):
            player.writer.write(encode(Cue(now_ns, END)))
            player.writer.close()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _goes_on(self, second: Instant) -> bool:
        """After the last part: whether a node still has something open, by its newest word."""
        if second.elapsed_s(since=self._parts[-1].now) > self._tempo.tail_max_s:
            return False
        if self._is_idle():
            await self._wait_for_all(second)
        return not self._is_idle()

    def _is_idle(self) -> bool:
        return all(player.is_idle for player in self._players.values())

    def _following(self, second: Instant, index: int) -> Instant:
        following = Instant(second.tai_ns + NS_PER_S)
        if self._tempo.speed_ratio is None and index < len(self._parts) and self._is_idle():
            return max(following, self._parts[index].now.whole_second())
        return following

    async def _until(self, start: Instant, now: Instant, wall_start_s: float) -> None:
        speed = self._tempo.speed_ratio
        if speed is None:
            return
        wait_s = wall_start_s + now.elapsed_s(since=start) / speed
        wait_s -= asyncio.get_running_loop().time()
        if wait_s > 0.0:
            await asyncio.sleep(wait_s)

    def _tick(self, second: Instant) -> None:
        self.now = second
        self._send(Part(second, None, TICK))
        if self._on_second is not None:
            self._on_second(second)

    def _send(self, part: Part) -> None:
        line = encode(cue(part.now, part.item))
        for nation, player in list(self._players.items()):
            if part.nation in (None, nation):
                self._write(player, line)

    def _write(self, player: _Player, line: bytes) -> None:
        transport = player.writer.transport
        if transport.get_write_buffer_size() > _UNREAD_BYTES_MAX:
            log.warning("%s does not read: its connection is closed", player.nation)
            transport.abort()
            return
        player.writer.write(line)

    async def _let_finish(self, second: Instant) -> None:
        """Wait for the nodes, or at a stated speed for those that fall behind: better slow than
        nodes that live in different minutes."""
        behind_s = 0.0 if self._tempo.speed_ratio is None else self._tempo.behind_max_s
        await self._wait_for_all(second.later(-behind_s))

    async def _wait_for_all(self, second: Instant) -> None:
        """Wait until every node has finished the second, each within its patience.

        One that was too slow is waited for again once it has caught up.
        """
        for player in list(self._players.values()):
            if player.is_waited_for and not await self._finishes(player, second):
                player.is_waited_for = False
                log.warning("%s does not finish its second: no longer waited for", player.nation)

    async def _finishes(self, player: _Player, second: Instant) -> bool:
        loop = asyncio.get_running_loop()
        until_s = loop.time() + self._tempo.patience_s
        while player.finished < second and self._players.get(player.nation) is player:
            player.progress.clear()
            try:
                await asyncio.wait_for(player.progress.wait(), until_s - loop.time())
            except TimeoutError:
                return False
        return True

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            line = await asyncio.wait_for(reader.readline(), _GREETING_WITHIN_S)
            hello = decode_hello(line)
        except (OSError, ValueError, TimeoutError, Malformed) as error:
            log.warning("conductor: a connection without a greeting: %s", error)
            writer.close()
            return
        if not hmac.compare_digest(hello.token.encode(), self._token.encode()):
            log.warning("conductor: a greeting of %r without the run's token", hello.hello[:8])
            writer.close()
            return
        present = self.now if self.now is not None else Instant(0)
        await self._accompany(_Player(NationId(hello.hello), writer, present), reader)

    async def _accompany(self, player: _Player, reader: asyncio.StreamReader) -> None:
        earlier = self._players.get(player.nation)
        if earlier is not None:
            earlier.writer.close()
        self._players[player.nation] = player
        self._arrived.set()
        try:
            while line := await reader.readline():
                self._heard(player, decode_done(line))
        except (OSError, ValueError, Malformed) as error:
            log.warning("conductor: %s: %s", player.nation, error)
        finally:
            if self._players.get(player.nation) is player:
                del self._players[player.nation]
            player.progress.set()
            player.writer.close()

    def _heard(self, player: _Player, done: Done) -> None:
        player.finished = max(player.finished, Instant(done.done))
        player.is_idle = done.is_idle
        if self.now is not None and player.finished >= self.now:
            player.is_waited_for = True
        player.progress.set()


def _second_not_before(now: Instant) -> Instant:
    whole = now.whole_second()
    return whole if whole == now else Instant(whole.tai_ns + NS_PER_S)
