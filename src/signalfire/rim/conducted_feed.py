"""The feed of a node that a conductor leads: it says what time it is and what sensors report."""

import asyncio
import contextlib
import logging

from signalfire.basis.errors import Malformed
from signalfire.basis.identity import NationId
from signalfire.basis.instant import Instant
from signalfire.basis.limits import MOMENTS_WAITING_MAX
from signalfire.rim.cues import CUE_BYTES_MAX, END, Done, Hello, decode_cue, encode
from signalfire.rim.feeds import Moment

_RETRY_S = 0.25
_AT_ONCE_MAX = 64

log = logging.getLogger(__name__)


class ConductedFeed:
    """Connects to the conductor, and connects again whenever the connection breaks.

    What was played meanwhile is gone, as what a sensor saw while the node was down is gone.
    """

    def __init__(self, nation: NationId, port: int, token: str, *, host: str = "127.0.0.1") -> None:
        self._hello = encode(Hello(nation, token))
        self._address = (host, port)
        self._moments: asyncio.Queue[Moment | None] = asyncio.Queue(MOMENTS_WAITING_MAX)
        self._writer: asyncio.StreamWriter | None = None
        self._task: asyncio.Task[None] | None = None
        self._is_over = False

    async def open(self) -> None:
        """Begin to connect; the conductor may come later."""
        self._task = asyncio.create_task(self._follow())

    async def take(self) -> tuple[Moment, ...]:
        moments: list[Moment] = []
        while not self._is_over and len(moments) < _AT_ONCE_MAX:
            if moments and self._moments.empty():
                break
            moment = await self._moments.get()
            if moment is None:
                self._is_over = True
            else:
                moments.append(moment)
        return tuple(moments)

    async def done(self, now: Instant, *, is_idle: bool) -> None:
        if self._writer is not None and not self._writer.is_closing():
            self._writer.write(encode(Done(now.tai_ns, is_idle)))

    async def close(self) -> None:
        """Disconnect for good."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        if self._writer is not None:
            self._writer.close()

    async def _follow(self) -> None:
        while True:
            try:
                reader, self._writer = await asyncio.open_connection(
                    *self._address, limit=CUE_BYTES_MAX
                )
                self._writer.write(self._hello)
                if await self._listen(reader):
                    await self._moments.put(None)
                    return
            except (OSError, ValueError, Malformed) as error:
                log.debug("conductor: %s", error)
            if self._writer is not None:
                self._writer.close()
            await asyncio.sleep(_RETRY_S)

    async def _listen(self, reader: asyncio.StreamReader) -> bool:
        """Read cues until the connection breaks (False) or the conductor ends it (True)."""
        while line := await reader.readline():
            cue = decode_cue(line)
            if cue.kind == END:
                return True
            await self._moments.put(Moment(cue.instant, (cue.item(),)))
        return False
