"""One step of a node: a detection, a second's tick, a partner's message."""

import time

from bench.measured import Measured, percentiles_ms
from bench.workload import federation, nodes_of, volley
from signalfire.basis.identity import NationId
from signalfire.basis.instant import Instant
from signalfire.node.inbox import InboxItem, ItemKind
from signalfire.node.node import Node
from signalfire.node.outbox import Outbox
from signalfire.sim.recording import Recording
from signalfire.sim.world import World

OBJECTS = (1, 10, 50, 100)
UNTIL_S = 50.0
"""After the last lift-off: the first have burnt out and are asked about by those that follow."""
WINDOW_S = 10.0
"""Only the last seconds count: every missile is up and most are under track."""
KINDS = (ItemKind.DETECTION, ItemKind.TICK, ItemKind.ENVELOPE)


class TimedNode(Node):
    """A node that notes when it took what, and how long that took."""

    def __init__(self, node: Node) -> None:
        super().__init__(node.setup)
        self.taken: list[tuple[Instant, ItemKind, float]] = []

    def advance(self, now: Instant, inbox: tuple[InboxItem, ...]) -> Outbox:
        """As any node does, with a stopwatch."""
        began_s = time.process_time()
        outbox = super().advance(now, inbox)
        self.taken.append((now, inbox[0].kind, time.process_time() - began_s))
        return outbox


def measure(counts: tuple[int, ...] = OBJECTS) -> list[Measured]:
    """p50 and p99 of a step, while so many missiles are under track."""
    nations = federation()
    sensors = nations.sensors_by_id()
    found = []
    base_ms: dict[ItemKind, float] = {}
    for objects in counts:
        shot = volley(nations, objects, until_s=UNTIL_S)
        timed: dict[NationId, TimedNode] = {
            nation: TimedNode(node) for nation, node in nodes_of(nations).items()
        }
        since = shot.last_lift_off.later(UNTIL_S - WINDOW_S)
        until = shot.last_lift_off.later(UNTIL_S)
        for advanced in World(timed).play(Recording(sensors).reports(shot.lines)):
            if advanced.now > until:
                break
        for kind in KINDS:
            taken_s = [
                each_s
                for node in timed.values()
                for now, what, each_s in node.taken
                if what is kind and now >= since
            ]
            p50_ms, p99_ms = percentiles_ms(taken_s)
            base_ms.setdefault(kind, p50_ms)
            found.append(
                Measured(
                    path=f"advance, {kind.value}",
                    work=f"{objects} missiles, {len(taken_s):,} steps",
                    figure=f"p50 {p50_ms:.2f} ms, p99 {p99_ms:.2f} ms",
                    yardstick=f"p50 with {counts[0]}: {base_ms[kind]:.2f} ms",
                    ratio=f"{p50_ms / base_ms[kind]:.1f}",
                )
            )
    return found
