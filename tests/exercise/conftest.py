"""Whole scenarios in this process, for as long as a test needs them."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from signalfire.basis.identity import NationId
from signalfire.basis.instant import Instant
from signalfire.basis.realm import Realm
from signalfire.basis.utc import instant_from_utc
from signalfire.cli.assemble import (
    Federation,
    first_node,
    load_areas,
    load_sensors,
    public_keys,
)
from signalfire.cli.scenarios import packaged_agreement, packaged_sensors
from signalfire.federation.keys import key_for_replay
from signalfire.node.node import Node
from signalfire.release.agreement import read_agreement
from signalfire.sim.recording import Recording
from signalfire.sim.world import World

REALM = Realm("test:detections.jsonl")


@dataclass
class Told:
    """What came of a play: every nation's lines by stream, and the envelopes by who got them."""

    lines: dict[tuple[str, str], list[bytes]] = field(default_factory=lambda: defaultdict(list))
    envelopes: dict[str, list[tuple[Instant, str, bytes]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    refused: int = 0


class Stage:
    """Builds nodes as a replay does, and plays lines to them."""

    def __init__(self, agreement: Path) -> None:
        self._agreement = agreement

    def nodes(self) -> dict[NationId, Node]:
        federation = self._federation()
        keys = {first_node(n): key_for_replay(REALM, n) for n in federation.nations}
        trust = public_keys(keys)
        return {
            nation: federation.node(first_node(nation), keys[first_node(nation)], trust)
            for nation in federation.nations
        }

    def play(self, lines: Iterable[bytes], *, until: Instant | None = None) -> Told:
        told, recording = Told(), Recording(self._federation().sensors_by_id())
        for advanced in World(self.nodes()).play(recording.reports(lines)):
            if until is not None and advanced.now > until:
                break
            for line in advanced.outbox.lines:
                told.lines[advanced.nation, line.stream.value].append(line.body)
            for bulletin in advanced.outbox.bulletins:
                sent = (advanced.now, str(advanced.nation), bulletin.content.payload)
                told.envelopes[bulletin.recipient].append(sent)
        told.refused = len(recording.faults)
        return told

    def _federation(self) -> Federation:
        agreement = read_agreement(self._agreement.read_bytes())
        return Federation(
            REALM,
            agreement,
            load_sensors(packaged_sensors()),
            load_areas(),
            instant_from_utc("2026-01-01T00:00:00Z"),
        )


@pytest.fixture
def stage() -> Callable[..., Any]:
    """A stage under the packaged agreement, or under another one."""
    return lambda agreement=None: Stage(agreement or packaged_agreement())
