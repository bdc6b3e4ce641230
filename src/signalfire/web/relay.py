"""Follow a node's page and show it on the director's.

The node serves its nation's picture and nothing else; the director's page is made of what several
nodes serve, over the same two channels that any browser uses.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import h11
import msgspec
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from signalfire.basis.errors import Malformed, Unavailable
from signalfire.basis.limits import FRAME_BYTES_MAX
from signalfire.basis.utc import instant_from_utc
from signalfire.web.live import LivePicture
from signalfire.web.views import Drawn

RETRY_S = 0.5
SILENCE_MAX_S = 3.0
"""A node that says nothing for this long is shown as lost and called again."""
_SSE_LINE_BYTES_MAX = 256 * 1024
_STREAM_OF = {"issued": "warnings", "received": "received"}


@dataclass(frozen=True)
class Relay:
    """From one node's page at ``host``:``port`` into a director's picture."""

    live: LivePicture
    nation: str
    host: str
    port: int

    async def run(self) -> None:
        """Follow both channels for ever, calling again whenever one ends; ends by cancellation."""
        await asyncio.gather(self._for_ever_picture(), self._for_ever_warnings())

    async def _for_ever_picture(self) -> None:
        while True:
            with contextlib.suppress(OSError, WebSocketException, TimeoutError, Malformed):
                await self._follow_picture()
            self._show_node({"is_connected": False})
            await asyncio.sleep(RETRY_S)

    async def _for_ever_warnings(self) -> None:
        last = ""
        while True:
            with contextlib.suppress(OSError, h11.ProtocolError, TimeoutError, Unavailable):
                async for name, body in _events(self.host, self.port, last):
                    self._show_warning(msgspec.json.decode(body))
                    last = name
            await asyncio.sleep(RETRY_S)

    async def _follow_picture(self) -> None:
        origin = f"http://{self.host}:{self.port}"
        address = f"ws://{self.host}:{self.port}/picture"
        async with connect(
            address,
            origin=origin,  # type: ignore[arg-type]
            max_size=FRAME_BYTES_MAX,
            compression=None,
            proxy=None,
            open_timeout=SILENCE_MAX_S,
        ) as socket:
            while True:
                async with asyncio.timeout(SILENCE_MAX_S):
                    frame = msgspec.json.decode(await socket.recv())
                self._show_frame(frame)

    def _show_frame(self, frame: Drawn) -> None:
        if frame["type"] == "snapshot":
            self.live.adopt(self.nation, frame["set"])
        else:
            self.live.merge(frame["set"], frame["gone"])
        head = {name: frame[name] for name in ("now", "feed_age_s", "has_ended")}
        self._show_node({"is_connected": True, **head})
        if frame["now"] is not None:
            self.live.tick(instant_from_utc(frame["now"]).tai_ns)

    def _show_node(self, state: Drawn) -> None:
        node = {"kind": "node", "nation": self.nation, **state}
        self.live.merge({f"{self.nation}/node": node})

    def _show_warning(self, warning: Drawn) -> None:
        now_ns = instant_from_utc(warning["line"]["at"]).tai_ns
        stream = _STREAM_OF[warning["stream"]]
        self.live.publish(now_ns, self.nation, stream, warning["line"])


async def _events(host: str, port: int, last: str) -> AsyncIterator[tuple[str, bytes]]:
    """Server-sent events after ``last``: pairs of id and data. Ends with the stream.

    Raises Unavailable for an answer other than 200, TimeoutError after a long silence.
    """
    reader, writer = await asyncio.open_connection(host, port)
    connection = h11.Connection(h11.CLIENT)
    headers = [("Host", f"{host}:{port}"), ("Accept", "text/event-stream")]
    if last:
        headers.append(("Last-Event-ID", last))
    try:
        asked = h11.Request(method="GET", target="/warnings", headers=headers)
        writer.write(connection.send(asked) + connection.send(h11.EndOfMessage()))
        name, buffer = "", b""
        async for data in _body(connection, reader):
            buffer += data
            if len(buffer) > _SSE_LINE_BYTES_MAX:
                raise Unavailable("an event of the warning list is longer than any can be")
            *blocks, buffer = buffer.split(b"\n\n")
            for block in blocks:
                fields = dict(part.split(b": ", 1) for part in block.split(b"\n") if b": " in part)
                if b"data" in fields:
                    name = fields.get(b"id", b"").decode()
                    yield name, fields[b"data"]
    finally:
        writer.close()


async def _body(connection: h11.Connection, reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            async with asyncio.timeout(30.0):
                connection.receive_data(await reader.read(65536))
        elif isinstance(event, h11.Response):
            if event.status_code != 200:
                raise Unavailable(f"the warning list answered {event.status_code}")
        elif isinstance(event, h11.Data):
            yield bytes(event.data)
        else:
            return
