"""``signalfire up``: hub, leaves, every nation's node, the director's page, a performance."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path

from signalfire.basis.errors import Unavailable
from signalfire.basis.instant import Instant
from signalfire.cli.loopback import Plan, Wanted, choose_ports, prepare
from signalfire.cli.scenarios import Performance, packaged_agreement
from signalfire.formats.native.detections import encode_line
from signalfire.node.inbox import InboxItem, ItemKind
from signalfire.picture.scenario import EventKind
from signalfire.release.agreement import read_agreement
from signalfire.rim.conductor import Conductor, Part, Tempo
from signalfire.rim.files import read_file, write_whole
from signalfire.rim.nats_server import find_server
from signalfire.rim.supervisor import Supervisor
from signalfire.web.app import is_built, loopback_hosts, loopback_origins, make_app
from signalfire.web.live import LivePicture
from signalfire.web.relay import Relay
from signalfire.web.serve import serve

NODES_WITHIN_S = 120.0
"""First start compiles the kernels unless ``signalfire warm`` did."""
ENDS_WITHIN_S = 15.0
HELD_S = 1.0e6


@dataclass(frozen=True)
class UpOptions:
    """How to run: ``speed_ratio`` None is as fast as the nodes finish; ``port`` None any free."""

    out: Path
    speed_ratio: float | None
    is_headless: bool
    port: int | None


@dataclass
class Running:
    """A federation that is up, for whoever watches it."""

    plan: Plan
    performance: Performance
    supervisor: Supervisor
    conductor: Conductor
    picture: LivePicture
    stop: asyncio.Event


Watch = Callable[[Running], "contextlib.AbstractAsyncContextManager[None]"]


async def up(performance: Performance, options: UpOptions, watch: Watch) -> None:
    """Bring everything up, play the performance, and take everything down.

    ``watch`` shows what happens meanwhile. Ends after the performance when headless, otherwise
    when told to. Raises BadInput for taken ports and unusable folders, Unavailable when a part
    does not start; no process is left either way.
    """
    if not options.is_headless and not is_built():
        raise Unavailable("the page has not been built: run `make up`, or add --headless")
    running = _plan(performance, options)
    supervisor, conductor = running.supervisor, running.conductor
    with supervisor.stopping_on_signals(running.stop.set):
        await conductor.open(running.plan.ports.conductor)
        try:
            async with _director(running), watch(running):
                await _until_stopped(running, _perform(running, options))
        finally:
            await conductor.close()
            await supervisor.stop()
            _gather_refusals(running.plan)


def _plan(performance: Performance, options: UpOptions) -> Running:
    agreement = packaged_agreement()
    parties = read_agreement(read_file(agreement, what="agreement")).parties
    nations = tuple(sorted({s.nation for s in performance.sensors} | set(parties)))
    ports = choose_ports(nations, options.port)
    wanted = Wanted(
        realm=performance.scenario.realm,
        agreement=agreement,
        sensors=performance.sensors_path,
        owned=performance.sensors,
        server=find_server(),
        stays=not options.is_headless,
    )
    plan = prepare(options.out, wanted, ports)
    supervisor = Supervisor(plan.children)
    orders = _Orders(performance, supervisor)
    conductor = Conductor(
        _parts(performance), Tempo(options.speed_ratio), plan.token, on_second=orders.at
    )
    picture = LivePicture(nations=tuple(str(nation) for nation in nations))
    return Running(plan, performance, supervisor, conductor, picture, asyncio.Event())


def _gather_refusals(plan: Plan) -> None:
    """Every nation's refused detections in one file, in the order of their lines."""
    found: list[tuple[int, bytes]] = []
    for nation in plan.nations:
        path = plan.folder / nation / "refused.jsonl"
        bodies = read_file(path, what="record").splitlines() if path.exists() else []
        rows = ((json.loads(body), body) for body in bodies)
        found += [(row["line"], body) for row, body in rows if "line" in row]
    lines = [body + b"\n" for _, body in sorted(found)]
    write_whole(plan.folder / "refused.jsonl", b"".join(lines))


async def _perform(running: Running, options: UpOptions) -> None:
    nations = running.plan.nations
    await running.supervisor.start()
    await running.conductor.wait_for(nations, within_s=NODES_WITHIN_S)
    await running.conductor.play()
    await running.conductor.close()
    if not options.is_headless:
        running.picture.end()
        await running.stop.wait()
        return
    ends = [running.supervisor.ended(f"node-{nation}") for nation in nations]
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(asyncio.gather(*ends), ENDS_WITHIN_S)


async def _until_stopped(running: Running, work: Coroutine[None, None, None]) -> None:
    task = asyncio.ensure_future(work)
    stopped = asyncio.create_task(running.stop.wait())
    await asyncio.wait({task, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if not task.done():
        running.conductor.end()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    else:
        task.result()


@contextlib.asynccontextmanager
async def _director(running: Running) -> AsyncIterator[None]:
    """The director's page, fed from every node's own page."""
    plan = running.plan
    port = plan.ports.director
    page = make_app(
        running.picture,
        nation=None,
        realm=plan.realm.name,
        allowed_hosts=loopback_hosts(),
        allowed_origins=loopback_origins(port),
    )
    served = await serve(page, "127.0.0.1", port)
    relays = [
        asyncio.create_task(
            Relay(running.picture, nation, "127.0.0.1", plan.ports.pages[nation]).run()
        )
        for nation in plan.nations
    ]
    try:
        yield
    finally:
        for relay in relays:
            relay.cancel()
        await asyncio.gather(*relays, return_exceptions=True)
        await served.close()


def _parts(performance: Performance) -> list[Part]:
    """Detections for their owners' nodes, and who withdraws or rejoins for all of them."""
    owner = {sensor.sensor: sensor.nation for sensor in performance.sensors}
    parts = [
        Part(
            detection.received_at,
            owner[detection.sensor],
            InboxItem(ItemKind.DETECTION, encode_line(detection), number),
        )
        for number, detection in enumerate(performance.simulation.detections, start=1)
    ]
    start = performance.scenario.start
    for event in performance.scenario.events:
        if event.do in (EventKind.WITHDRAW, EventKind.REJOIN):
            body = json.dumps({"do": event.do.value, "who": event.who}).encode()
            parts.append(Part(start.later(event.at_s), None, InboxItem(ItemKind.COMMAND, body)))
    return parts


class _Orders:
    """Cuts and restores links as the scenario says: a nation's leaf goes down and comes back."""

    def __init__(self, performance: Performance, supervisor: Supervisor) -> None:
        start = performance.scenario.start
        self._supervisor = supervisor
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiting = [
            (start.later(event.at_s), event)
            for event in performance.scenario.events
            if event.do in (EventKind.LINK_DOWN, EventKind.LINK_UP)
        ]

    def at(self, second: Instant) -> None:
        """Carry out what is due."""
        while self._waiting and self._waiting[0][0] <= second:
            _, event = self._waiting.pop(0)
            held_s = HELD_S if event.do is EventKind.LINK_DOWN else 0.0
            task = asyncio.ensure_future(self._supervisor.hold(f"leaf-{event.who}", held_s))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
