"""Serve a page inside an event loop that somebody else runs."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from dataclasses import dataclass

import uvicorn

from signalfire.basis.errors import Unavailable
from signalfire.basis.limits import VIEWER_MESSAGE_BYTES_MAX
from signalfire.web.app import Page

CLOSE_MAX_S = 2
"""Open streams are cut after this; by themselves they would hold up the end for ever."""


class _Server(uvicorn.Server):
    """Leaves signals to whoever runs the loop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@dataclass(frozen=True)
class Served:
    """A page that is being served; ``close`` it."""

    url: str
    port: int
    page: Page
    _server: _Server
    _task: asyncio.Task[None]

    async def close(self) -> None:
        """End all open screens and stop listening; takes about two seconds at most."""
        self.page.live.close()
        self._server.should_exit = True
        await self._task


async def serve(page: Page, host: str, port: int) -> Served:
    """Listen on ``host``:``port`` (0 picks a free one) and return as soon as the page answers.

    Raises Unavailable when the address cannot be had; the text names the port and the cure.
    """
    listener = _listen(host, port)
    config = uvicorn.Config(
        page,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        ws="websockets-sansio",
        ws_max_size=4 * VIEWER_MESSAGE_BYTES_MAX,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=CLOSE_MAX_S,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started and not task.done():
        await asyncio.sleep(0.01)
    if task.done():
        task.result()
        raise Unavailable(f"the page on {host}:{port} ended at once")
    bound = listener.getsockname()[1]
    name = f"[{host}]" if ":" in host else host
    return Served(f"http://{name}:{bound}", bound, page, server, task)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise Unavailable(
            f"port {port} on {host} cannot be used ({error.strerror or error}): end the program "
            "that holds it, or choose another with --port"
        ) from error
    listener.setblocking(False)
    return listener
