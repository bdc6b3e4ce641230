"""A real server in a thread, a real Chromium in front of it, and every complaint collected."""

import asyncio
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from signalfire.web.app import loopback_hosts, loopback_origins, make_app
from signalfire.web.live import LivePicture
from signalfire.web.relay import Relay
from signalfire.web.serve import Served, serve

sys.path.insert(0, str(Path(__file__).parent))

import flight_lines

CHROMIUM = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LAPTOP = {"width": 1280, "height": 800}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Floor:
    """Pages of nations, and the director's, served by one loop in a thread of its own."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        self.lives: dict[str | None, LivePicture] = {}
        self.urls: dict[str | None, str] = {}
        self._served: dict[str | None, Served] = {}
        self._relays: list[asyncio.Task[None]] = []
        self._is_ticking = True

    def do(self, work: Any) -> Any:
        """Run a coroutine in the loop and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout=30)

    def call(self, function: Callable[..., Any], *given: Any) -> Any:
        """Call a function in the loop and wait for it."""

        async def inside() -> Any:
            return function(*given)

        return self.do(inside())

    def open(self, nation: str | None, port: int | None = None) -> str:
        """Serve a page; the same port again after ``close`` is a restart."""
        port = port or free_port()
        live = self.lives[nation] = LivePicture(nations=flight_lines.NATIONS)
        page = make_app(
            live,
            nation=nation,
            realm=flight_lines.REALM,
            allowed_hosts=loopback_hosts(),
            allowed_origins=loopback_origins(port),
        )
        self._served[nation] = self.do(serve(page, "127.0.0.1", port))
        self.urls[nation] = self._served[nation].url
        return self.urls[nation]

    def relay(self, nation: str) -> None:
        """Let the director's page follow a nation's."""
        relay = Relay(self.lives[None], nation, "127.0.0.1", self._served[nation].port)

        async def begin() -> None:
            self._relays.append(asyncio.create_task(relay.run()))

        self.do(begin())

    def play(self, nation: str, until_s: int, from_s: int = 50) -> None:
        """Feed what the nation's node has written between two seconds after lift-off."""
        live = self.lives[nation]
        first_ns = flight_lines.at(from_s).tai_ns
        lines = [x for x in flight_lines.lines_until(nation, until_s) if x[0] >= first_ns]

        def feed() -> None:
            for now_ns, stream, line in lines:
                live.publish(now_ns, nation, stream, line)
            live.tick(flight_lines.at(until_s).tai_ns)

        self.call(feed)

    def keep_alive(self) -> None:
        """Tick every feed, as nodes do, until ``fall_silent``."""

        def tick() -> None:
            if not self._is_ticking:
                return
            for nation, live in self.lives.items():
                if nation is not None:
                    live.tick(0)
            self.loop.call_later(0.2, tick)

        self._is_ticking = True
        self.call(tick)

    def fall_silent(self) -> None:
        self._is_ticking = False

    def close(self, nation: str | None) -> None:
        self.do(self._served.pop(nation).close())

    def close_all(self) -> None:
        self.fall_silent()

        async def end() -> None:
            for relay in self._relays:
                relay.cancel()
            await asyncio.gather(*self._relays, return_exceptions=True)

        self.do(end())
        for nation in list(self._served):
            self.close(nation)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(timeout=10)
        self.loop.close()


@pytest.fixture
def floor() -> Iterator[Floor]:
    ready = Floor()
    yield ready
    ready.close_all()


# Of a module, not of the session: while it is open, Playwright's loop runs in this thread, and
# asyncio.run in anybody's later test would be refused.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = next((name for name in CHROMIUM if Path(name).exists()), None)
    assert path, "no Chromium: on Debian apt-get install chromium fonts-noto-cjk"
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield opened
        opened.close()


@dataclass
class Screens:
    """Opens pages in fresh profiles; whatever they complain of ends the test."""

    browser: Browser
    complaints: list[str] = field(default_factory=list)
    contexts: list[Any] = field(default_factory=list)

    def open(self, url: str, view: str = "", size: dict[str, int] | None = None) -> Page:
        context = self.browser.new_context(viewport=size or LAPTOP, locale="en-US")
        self.contexts.append(context)
        page = context.new_page()
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("request", lambda request: self._request(request.url))
        page.goto(f"{url}/#{view}")
        page.wait_for_function("() => window.signalfire?.sequence >= 0")
        return page

    def _console(self, message: Any) -> None:
        # A link that was cut on purpose is reported by Chromium itself; the page says so too.
        if "ERR_CONNECTION_REFUSED" in message.text or "WebSocket connection" in message.text:
            return
        self.complaints.append(f"console {message.type}: {message.text}")

    def _request(self, url: str) -> None:
        if not url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:")):
            self.complaints.append(f"foreign request: {url}")


@pytest.fixture
def screens(browser: Browser) -> Iterator[Screens]:
    ready = Screens(browser)
    yield ready
    for context in ready.contexts:
        context.close()
    assert ready.complaints == []


@pytest.fixture
def shots(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where screenshots go that people look at."""
    folder = tmp_path_factory.getbasetemp() / "screenshots"
    folder.mkdir(exist_ok=True)
    return folder
