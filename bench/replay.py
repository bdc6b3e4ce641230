"""Replay: detections through all nations' nodes, against the bare decoding of the same lines."""

from functools import partial

from bench.measured import Measured, beside_s
from bench.workload import Volley, federation, nodes_of, volley
from signalfire.cli.assemble import Federation
from signalfire.formats.native.detections import decode_line
from signalfire.sim.recording import Recording
from signalfire.sim.world import World

OBJECTS = (1, 2, 4)
UNTIL_S = 150.0


def measure() -> list[Measured]:
    """Detections a second for one, two and four missiles, from lift-off until they coast."""
    nations = federation()
    found = []
    for objects in OBJECTS:
        shot = volley(nations, objects, until_s=UNTIL_S)
        lines = shot.lines
        played = partial(_play, nations, shot)
        taken_s, bare_s = beside_s(played, partial(_decode, nations, lines), repeats=1)
        found.append(
            Measured(
                path="replay",
                work=f"{objects} missiles, {len(lines):,} detections",
                figure=f"{len(lines) / taken_s:,.0f} detections/s",
                yardstick=f"decoding alone {len(lines) / bare_s:,.0f}/s",
                ratio=f"{taken_s / bare_s:.1f}",
            )
        )
    return found


def _play(nations: Federation, shot: Volley) -> None:
    """Until the last line; what is ticked after it has no detections to be counted by."""
    until = shot.last_lift_off.later(UNTIL_S)
    for advanced in World(nodes_of(nations)).play(
        Recording(nations.sensors_by_id()).reports(shot.lines)
    ):
        if advanced.now > until:
            break


def _decode(nations: Federation, lines: tuple[bytes, ...]) -> None:
    sensors = nations.sensors_by_id()
    for number, line in enumerate(lines, start=1):
        decode_line(line, number, sensors)
