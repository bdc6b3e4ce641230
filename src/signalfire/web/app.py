"""The page of one nation, or the director's, as an ASGI application. It reads; it never writes."""

import asyncio
import contextlib
import html
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from pathlib import Path

import msgspec
from prometheus_client import CollectorRegistry, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from signalfire.basis.errors import Unavailable, WrongRealm
from signalfire.basis.realm import Realm
from signalfire.web.areas import areas_json
from signalfire.web.guard import Guard
from signalfire.web.live import LivePicture, Viewer
from signalfire.web.metrics import PictureCollector

STATIC = Path(__file__).parent / "static"
NOT_BUILT = (
    "The picture in the browser is not built. In a checkout run: make setup "
    "(needs Node >= 20 with npm); an installed package brings it along.\n"
)
ASK_FOR_SNAPSHOT = '{"do":"snapshot"}'
"""All that a screen may say: it lost count."""
_RETRY_MS = 1000


def loopback_hosts() -> frozenset[str]:
    """The names under which a page on this machine alone is reached."""
    return frozenset({"127.0.0.1", "localhost", "::1"})


def loopback_origins(port: int) -> frozenset[str]:
    """The origins of a page that is served on this machine alone."""
    return frozenset(f"http://{host}:{port}" for host in ("127.0.0.1", "localhost", "[::1]"))


def is_built() -> bool:
    """Whether the browser's part is there."""
    return (STATIC / "index.html").is_file()


@dataclass(frozen=True)
class Page:
    """An ASGI application and the picture behind it (``serve`` closes both)."""

    live: LivePicture
    guard: Guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.guard(scope, receive, send)


def make_app(
    live: LivePicture,
    *,
    nation: str | None,
    realm: str,
    allowed_hosts: Collection[str],
    allowed_origins: Collection[str],
) -> Page:
    """The page of ``nation``; None makes the director's, which shows all nations side by side.

    ``allowed_hosts`` are host names without port, ``allowed_origins`` whole origins of pages that
    may open the picture's WebSocket. Raises WrongRealm for a director's page in the live realm: no
    node has all nations' data there.
    """
    if nation is None and Realm(realm).is_live:
        raise WrongRealm(
            "the director's page shows all nations side by side; it exists in the exercise and "
            "test realms only"
        )
    handlers = _Handlers(live, nation, Realm(realm))
    routes = [
        Route("/", handlers.page),
        Route("/warnings", handlers.warning_stream),
        Route("/warnings.json", handlers.warnings),
        Route("/state.json", handlers.state),
        Route("/areas.json", handlers.areas),
        Route("/health", handlers.health),
        Route("/metrics", handlers.metrics),
        WebSocketRoute("/picture", handlers.picture),
        Mount("/static", _Static(directory=STATIC, check_dir=False)),
    ]
    inner = Starlette(routes=routes)
    return Page(live, Guard(inner, frozenset(allowed_hosts), frozenset(allowed_origins)))


class _Static(StaticFiles):
    """Files whose names hold a hash of their content: they never change."""

    def file_response(self, *args: object, **options: object) -> Response:
        response = super().file_response(*args, **options)  # type: ignore[arg-type]
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


class _Handlers:
    def __init__(self, live: LivePicture, nation: str | None, realm: Realm) -> None:
        self._live, self._nation, self._realm = live, nation, realm
        self._registry = CollectorRegistry()
        self._registry.register(PictureCollector(live))

    async def page(self, request: Request) -> Response:
        if not is_built():
            return Response(NOT_BUILT, status_code=503, media_type="text/plain")
        text = (STATIC / "index.html").read_text(encoding="utf-8")
        text = text.replace("@REALM@", html.escape(self._realm.name, quote=True))
        text = text.replace("@REALM_KIND@", self._realm.kind)
        text = text.replace("@NATION@", html.escape(self._nation or "", quote=True))
        return Response(text, media_type="text/html", headers={"Cache-Control": "no-cache"})

    async def picture(self, websocket: WebSocket) -> None:
        """Send frames while receiving; whichever side ends first ends the other."""
        try:
            with self._live.viewer() as viewer:
                await websocket.accept()
                tasks = {
                    asyncio.create_task(self._send(websocket, viewer)),
                    asyncio.create_task(self._receive(websocket, viewer)),
                }
                await _first_to_end(tasks)
        except Unavailable:
            await websocket.close(1013)
            return
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):
            await websocket.close(1001)

    async def _send(self, websocket: WebSocket, viewer: Viewer) -> None:
        async for frame in self._live.frames(viewer):
            await websocket.send_text(frame.decode())

    async def _receive(self, websocket: WebSocket, viewer: Viewer) -> None:
        while True:
            message = await websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
            if message.get("text") != ASK_FOR_SNAPSHOT:
                await websocket.close(1008)
                return
            self._live.resend(viewer)

    async def warning_stream(self, request: Request) -> Response:
        """Server-sent events; the id is ``<run>:<position>``, and another run starts at zero."""
        asked = request.headers.get("last-event-id") or request.query_params.get("after", "")
        run, _, number = asked.rpartition(":")
        known = run == self._live.run and number.isascii() and number.isdigit()
        after = int(number) + 1 if known and len(number) < 12 else 0
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(
            self._events(after), media_type="text/event-stream", headers=headers
        )

    async def _events(self, position: int) -> AsyncIterator[bytes]:
        yield b"retry: %d\n\n" % _RETRY_MS
        try:
            async for entry in self._live.warnings_from(position):
                if entry is None:
                    yield b": alive\n\n"
                else:
                    at, warning = entry
                    name = f"{self._live.run}:{at}".encode()
                    yield b"id: %b\ndata: %b\n\n" % (name, msgspec.json.encode(warning))
        except Unavailable as error:
            yield b": %b\n\n" % str(error).encode()

    async def warnings(self, request: Request) -> Response:
        return _json({
            "run": self._live.run,
            "warnings": [w for _, w in self._live.warnings_since(0)],
            "next": self._live.warning_count,
        })  # fmt: skip

    async def state(self, request: Request) -> Response:
        page = {"nation": self._nation, "realm": self._realm.name}
        return _json({**page, **self._live.state()})

    async def areas(self, request: Request) -> Response:
        body = await asyncio.to_thread(areas_json)
        return Response(
            body,
            media_type="application/geo+json",
            headers={"Cache-Control": "max-age=3600"},
        )

    async def health(self, request: Request) -> Response:
        live = self._live
        return JSONResponse({
            "status": "ok",
            "nation": self._nation,
            "realm": self._realm.name,
            "now": live.now,
            "feed_age_s": round(live.feed_age_s, 2),
            "viewers": live.viewer_count,
            "picture_built": is_built(),
        })  # fmt: skip

    async def metrics(self, request: Request) -> Response:
        return Response(generate_latest(self._registry), media_type="text/plain; version=0.0.4")


async def _first_to_end(tasks: set[asyncio.Task[None]]) -> None:
    """Wait until one task ends, then end the others; a screen that went away is no error."""
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, Exception) and not isinstance(outcome, WebSocketDisconnect):
            raise outcome


def _json(value: object) -> Response:
    return Response(
        msgspec.json.encode(value),
        media_type="application/json",
        headers={"Cache-Control": "no-store"},
    )
