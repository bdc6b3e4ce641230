"""Keeps the processes of one machine running: starts them in order, restarts what dies, ends all.

Each child has a compartment of its own: when one dies the others go on. A child that dies again
and again is given up and shown as such, which is no reason to stop the others either.
"""

import asyncio
import contextlib
import logging
import signal
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from signalfire.basis.errors import Unavailable
from signalfire.rim.clock import monotonic_s
from signalfire.rim.nats_server import last_line
from signalfire.rim.process import ChildProcess

_POLL_S = 0.05
_STEADY_AFTER_S = 30.0
"""A child that ran this long has earned its restarts back."""

log = logging.getLogger(__name__)


class Phase(StrEnum):
    """What a child is doing."""

    WAITING = "waiting"
    STARTING = "starting"
    RUNNING = "running"
    DOWN = "down"
    """It died and starts again after its delay."""
    HELD = "held"
    """It was killed and is kept down for a stated time."""
    ENDED = "ended"
    """It ended by itself with status 0, or was stopped."""
    GIVEN_UP = "given up"


@dataclass(frozen=True, slots=True)
class ChildPlan:
    """A program to keep running.

    ``ready`` answers whether it does its work; the next child starts only then. More than
    ``restarts_max`` deaths in a row, none after a long run, and it is given up. ``may_end``: status
    0 means that its work is done; otherwise any end is a death.
    """

    name: str
    command: tuple[str, ...]
    log: Path
    ready: Callable[[], Awaitable[bool]] | None = None
    ready_within_s: float = 20.0
    restart_delay_s: float = 1.0
    restarts_max: int = 10
    may_end: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChildState:
    """What the live view shows of a child; ``since_s`` is monotonic, ``status`` its last exit."""

    name: str
    phase: Phase
    since_s: float
    pid: int | None
    restarts: int
    status: int | None


class Supervisor:
    """Runs children until ``stop``; ``on_change`` is called with every new state of a child."""

    def __init__(
        self,
        plans: Sequence[ChildPlan],
        *,
        on_change: Callable[[ChildState], None] | None = None,
    ) -> None:
        assert len({plan.name for plan in plans}) == len(plans), "two children of one name"
        self._children = {plan.name: _Child(plan, on_change) for plan in plans}

    async def start(self) -> None:
        """Start all in order, each when the one before is ready.

        Raises Unavailable, after ending what was started, when one does not become ready.
        """
        try:
            for child in self._children.values():
                await child.start()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """End all, the last started first; returns when no process is left."""
        for child in reversed(self._children.values()):
            await child.stop()

    async def ended(self, name: str) -> int | None:
        """Wait until a child has ended by itself or was given up; returns its last exit status."""
        return await self._children[name].ended()

    def states(self) -> tuple[ChildState, ...]:
        """The state of every child, in the order of their start."""
        return tuple(child.state for child in self._children.values())

    async def kill(self, name: str) -> None:
        """End a child as a crash would; it starts again after its delay."""
        await self._children[name].kill()

    async def hold(self, name: str, for_s: float) -> None:
        """End a child as a crash would and keep it down for ``for_s`` seconds."""
        await self._children[name].hold(for_s)

    @contextlib.contextmanager
    def stopping_on_signals(self, stop: Callable[[], None]) -> Iterator[None]:
        """Call ``stop`` on SIGINT, SIGTERM and SIGHUP instead of dying of them."""
        loop = asyncio.get_running_loop()
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        for number in numbers:
            loop.add_signal_handler(number, stop)
        try:
            yield
        finally:
            for number in numbers:
                loop.remove_signal_handler(number)


class _Child:
    """One compartment: a process, and the task that watches over it."""

    def __init__(self, plan: ChildPlan, on_change: Callable[[ChildState], None] | None) -> None:
        self._plan = plan
        self._on_change = on_change
        self._process: ChildProcess | None = None
        self._watch: asyncio.Task[None] | None = None
        self._held_until_s = 0.0
        self._deaths = 0
        self._over = asyncio.Event()
        self.state = ChildState(plan.name, Phase.WAITING, monotonic_s(), None, 0, None)

    async def start(self) -> None:
        await self._begin()
        await self._require_ready()
        self._watch = asyncio.create_task(self._keep_running())

    async def stop(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watch
        if self._process is not None:
            status = await self._process.stop()
            if self.state.phase is not Phase.GIVEN_UP:
                self._enter(Phase.ENDED, status=status)
        self._over.set()

    async def kill(self) -> None:
        if self._process is not None:
            await self._process.kill()

    async def hold(self, for_s: float) -> None:
        self._held_until_s = monotonic_s() + for_s
        await self.kill()

    async def ended(self) -> int | None:
        await self._over.wait()
        return self.state.status

    async def _begin(self) -> None:
        plan = self._plan
        self._process = await ChildProcess.start(
            plan.name, plan.command, log=plan.log, environment=plan.environment
        )
        self._enter(Phase.STARTING, pid=self._process.pid)

    async def _require_ready(self) -> None:
        until_s = monotonic_s() + self._plan.ready_within_s
        while not await self._is_ready():
            has_ended = self._process is None or self._process.status is not None
            if has_ended or monotonic_s() > until_s:
                what = "ended at once" if has_ended else "is not ready in time"
                raise Unavailable(
                    f"{self._plan.name} {what}: {last_line(self._plan.log)} (log {self._plan.log})"
                )
            await asyncio.sleep(_POLL_S)
        self._enter(Phase.RUNNING)

    async def _is_ready(self) -> bool:
        if self._process is None or self._process.status is not None:
            return False
        return self._plan.ready is None or await self._plan.ready()

    async def _keep_running(self) -> None:
        while True:
            status = await self._watch_one_life()
            if status == 0 and self._plan.may_end:
                self._enter(Phase.ENDED, status=status)
                break
            if self._deaths > self._plan.restarts_max:
                self._enter(Phase.GIVEN_UP, status=status)
                log.error("%s died %d times: given up", self._plan.name, self._deaths)
                break
            await self._pause(status)
            try:
                await self._begin()
            except Unavailable as error:
                log.warning("%s", error)
                self._process = None
        self._over.set()

    async def _watch_one_life(self) -> int:
        """Wait for the end of the process; its status, -1 when it could not even be started."""
        process, began_s = self._process, monotonic_s()
        if process is None:
            self._deaths += 1
            return -1
        ready = asyncio.create_task(self._become_ready())
        try:
            status = await process.wait()
        finally:
            ready.cancel()
        is_ours = monotonic_s() < self._held_until_s
        if monotonic_s() - began_s >= _STEADY_AFTER_S or is_ours:
            self._deaths = 0
        self._deaths += not is_ours
        return status

    async def _become_ready(self) -> None:
        if self.state.phase is Phase.RUNNING:
            return
        while not await self._is_ready():
            await asyncio.sleep(_POLL_S)
        self._enter(Phase.RUNNING)

    async def _pause(self, status: int) -> None:
        until_s = monotonic_s() + self._plan.restart_delay_s
        is_held = monotonic_s() < self._held_until_s
        self._enter(Phase.HELD if is_held else Phase.DOWN, status=status)
        if not is_held:
            log.warning("%s ended with status %d: starts again", self._plan.name, status)
        while (now_s := monotonic_s()) < (self._held_until_s if is_held else until_s):
            await asyncio.sleep(_POLL_S)
            if not is_held and now_s < self._held_until_s:
                self._enter(Phase.HELD)
                is_held = True

    def _enter(self, phase: Phase, *, pid: int | None = None, status: int | None = None) -> None:
        earlier = self.state
        is_new_life = phase is Phase.STARTING and earlier.phase is not Phase.WAITING
        if phase is Phase.RUNNING:
            pid = earlier.pid
        self.state = ChildState(
            earlier.name,
            phase,
            monotonic_s(),
            pid,
            earlier.restarts + is_new_life,
            earlier.status if status is None else status,
        )
        if self._on_change is not None:
            self._on_change(self.state)
