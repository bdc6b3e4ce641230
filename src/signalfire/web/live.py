"""The picture as it happens, to any number of screens.

Latest wins for the picture: a slow screen skips what has been overtaken and never holds up another.
Warnings are a list from which nothing is dropped. All calls belong to one event loop; a feed in
another thread uses ``loop.call_soon_threadsafe``.
"""

import asyncio
import contextlib
import secrets
import time
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from signalfire.basis.errors import Unavailable
from signalfire.basis.instant import Instant
from signalfire.basis.limits import VIEWERS_MAX, WARNINGS_SHOWN_MAX
from signalfire.basis.utc import utc_text
from signalfire.web.board import Board
from signalfire.web.views import Drawn, Line, warning_object

FRAME_PERIOD_S = 0.2
"""Shortest time between two frames to one screen."""
KEEPALIVE_S = 0.5
"""Longest time between two frames to one screen."""
COMMENT_PERIOD_S = 15.0
"""Longest silence on a list of warnings."""


@dataclass(eq=False)
class Viewer:
    """One open screen: what changed since its last frame, and how many frames it has had."""

    changed: dict[str, None] = field(default_factory=dict)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    needs_snapshot: bool = True
    sequence: int = -1


class LivePicture:
    """What the screens of one page show now.

    ``nations`` are those of which a view may be expected, so that a page can say who has not
    reported. ``run`` tells one life of the feed from the next; a page that meets another run starts
    afresh.
    """

    def __init__(self, *, nations: tuple[str, ...] = (), run: str | None = None) -> None:
        self.nations = nations
        self.run = run or secrets.token_hex(6)
        self.frames_sent = 0
        self._board = Board()
        self._now_ns: int | None = None
        self._fed_at_s = time.monotonic()
        self._has_ended = False
        self._is_closed = False
        self._viewers: set[Viewer] = set()
        self._readers: set[asyncio.Event] = set()
        self._warnings: deque[Drawn] = deque()
        self._warnings_before = 0
        self._warnings_known: set[tuple[str, str, str]] = set()

    def publish(self, now_ns: int, nation: str, stream: str, line: Line) -> None:
        """Show one line of the contract; ``now_ns`` is the node's now, TAI nanoseconds.

        Streams: picture, warnings, received, links, sent, withheld; others are passed over. A
        warning message that is already listed (same page, stream and id) changes nothing.
        Raises Malformed when the line lacks what its stream promises.
        """
        if stream in ("warnings", "received"):
            self._list_warning(nation, stream, line)
        else:
            self._changed(self._board.take(nation, stream, line))
        self.tick(now_ns)

    def tick(self, now_ns: int) -> None:
        """The feed is alive and this is its now; call it at every advance, also when nothing
        changed. The clock never goes back."""
        self._now_ns = now_ns if self._now_ns is None else max(now_ns, self._now_ns)
        self._fed_at_s = time.monotonic()
        self._has_ended = False
        self._wake()

    def end(self) -> None:
        """The feed is over: the picture stands, and says so instead of calling itself lost."""
        self._has_ended = True
        self._wake()

    def merge(self, objects: Mapping[str, Drawn], gone: Iterable[str] = ()) -> None:
        """Show ready objects of another LivePicture (a relay)."""
        self._changed(self._board.merge(objects, gone))

    def adopt(self, nation: str, objects: Mapping[str, Drawn]) -> None:
        """Replace all that is shown for one nation by ready objects (a relay's snapshot)."""
        self._changed(self._board.adopt(nation, objects))

    def close(self) -> None:
        """End every open screen and list; for the end of the server."""
        self._is_closed = True
        self._wake()
        for reader in self._readers:
            reader.set()

    @property
    def now(self) -> str | None:
        """The feed's now as UTC text; None before the first line."""
        return None if self._now_ns is None else utc_text(Instant(self._now_ns))

    @property
    def feed_age_s(self) -> float:
        """Wall time since the feed last gave a sign."""
        return time.monotonic() - self._fed_at_s

    @property
    def viewer_count(self) -> int:
        return len(self._viewers)

    @property
    def warning_count(self) -> int:
        """Warning messages so far; also the position of the next one."""
        return self._warnings_before + len(self._warnings)

    def state(self) -> Drawn:
        """The whole present picture, as plain objects."""
        return {
            "format": 1,
            **self._head(),
            "objects": {key: msgspec.Raw(body) for key, body in self._bodies(self._board.shown())},
            "warnings": [w for _, w in self.warnings_since(0)],
        }

    def warnings_since(self, position: int) -> list[tuple[int, Drawn]]:
        """The listed warning messages from a position on, with their positions."""
        skip = max(0, position - self._warnings_before)
        return [(self._warnings_before + i, w) for i, w in enumerate(self._warnings) if i >= skip]

    async def frames(self, viewer: Viewer) -> AsyncIterator[bytes]:
        """The frames for one screen, as JSON: a snapshot, then deltas and signs of life.

        Ends when the picture is closed. ``viewer`` comes from ``viewer()``.
        """
        while not self._is_closed:
            viewer.wake.clear()
            yield self.next_frame(viewer)
            self.frames_sent += 1
            await asyncio.sleep(FRAME_PERIOD_S)
            await _woken(viewer.wake, within_s=KEEPALIVE_S - FRAME_PERIOD_S)

    @contextlib.contextmanager
    def viewer(self) -> Iterator[Viewer]:
        """Room for one more screen; raises Unavailable when there are too many."""
        if len(self._viewers) >= VIEWERS_MAX:
            raise Unavailable(f"{VIEWERS_MAX} screens are open already: close one")
        viewer = Viewer()
        self._viewers.add(viewer)
        try:
            yield viewer
        finally:
            self._viewers.discard(viewer)

    def resend(self, viewer: Viewer) -> None:
        """The screen lost count: its next frame is a snapshot."""
        viewer.needs_snapshot = True
        viewer.wake.set()

    async def warnings_from(self, position: int) -> AsyncIterator[tuple[int, Drawn] | None]:
        """Every warning message from a position on, for ever; None as a sign of life.

        Raises Unavailable when too many lists are open.
        """
        if len(self._readers) >= VIEWERS_MAX:
            raise Unavailable(f"{VIEWERS_MAX} warning lists are open already: close one")
        wake = asyncio.Event()
        self._readers.add(wake)
        try:
            yield None
            while not self._is_closed:
                wake.clear()
                for at, warning in self.warnings_since(position):
                    position = at + 1
                    yield at, warning
                if not await _woken(wake, within_s=COMMENT_PERIOD_S):
                    yield None
        finally:
            self._readers.discard(wake)

    def _list_warning(self, nation: str, stream: str, line: Line) -> None:
        name = (nation, stream, str(line["id"]))
        if name in self._warnings_known:
            return
        self._warnings_known.add(name)
        self._warnings.append(warning_object(nation, stream, line))
        if len(self._warnings) > WARNINGS_SHOWN_MAX:
            self._warnings.popleft()
            self._warnings_before += 1
        for reader in self._readers:
            reader.set()

    def _changed(self, keys: Iterable[str]) -> None:
        touched = dict.fromkeys(keys)
        for viewer in self._viewers:
            viewer.changed.update(touched)

    def _wake(self) -> None:
        for viewer in self._viewers:
            viewer.wake.set()

    def _head(self) -> dict[str, Any]:
        return {
            "run": self.run,
            "now": self.now,
            "feed_age_s": round(self.feed_age_s, 2),
            "has_ended": self._has_ended,
            "nations": self.nations,
            "warning_count": self.warning_count,
        }

    def _bodies(self, keys: Iterable[str]) -> list[tuple[str, bytes]]:
        found = ((key, self._board.encoded(key)) for key in keys)
        return [(key, body) for key, body in found if body is not None]

    def next_frame(self, viewer: Viewer) -> bytes:
        """The next frame for a screen; clears what it has pending."""
        viewer.sequence += 1
        keys = self._board.shown() if viewer.needs_snapshot else tuple(viewer.changed)
        bodies = dict(self._bodies(keys))
        frame = {
            "type": "snapshot" if viewer.needs_snapshot else "delta",
            "sequence": viewer.sequence,
            **self._head(),
            "set": {key: msgspec.Raw(body) for key, body in bodies.items()},
            "gone": [] if viewer.needs_snapshot else [k for k in keys if k not in bodies],
        }
        viewer.changed.clear()
        viewer.needs_snapshot = False
        return msgspec.json.encode(frame)


async def _woken(event: asyncio.Event, *, within_s: float) -> bool:
    try:
        async with asyncio.timeout(within_s):
            await event.wait()
    except TimeoutError:
        return False
    return True
