"""``signalfire warm``: a short performance in memory, so that every kernel is compiled and kept."""

import time

import numpy as np
from rich.console import Console

from signalfire.basis.kernel import COMPILED
from signalfire.basis.realm import Realm
from signalfire.cli.assemble import Federation, first_node, load_areas, public_keys
from signalfire.cli.defaults import DEFAULT_FLIGHT
from signalfire.cli.scenarios import (
    packaged_agreement,
    packaged_sensors,
    perform,
    scenario_of_flight,
)
from signalfire.federation.keys import key_for_replay
from signalfire.formats.native.detections import encode_line
from signalfire.release.agreement import read_agreement
from signalfire.rim.clock import system_now
from signalfire.rim.files import read_file
from signalfire.sim.recording import Recording
from signalfire.sim.world import World
from signalfire.space.geodesy import Geodetic
from signalfire.tracking.templates import View, explain

LINES_PLAYED = 1_800
"""Of the default flight: past burnout, until areas are threatened."""


def warm_kernels() -> None:
    """Play the beginning of the default flight; says how long it took."""
    console = Console(stderr=True, highlight=False)
    if not COMPILED:
        console.print("numba is not installed: the kernels run as plain Python, slowly")
        return
    began_s = time.monotonic()
    with console.status("compiling the kernels"):
        performance = perform(scenario_of_flight(DEFAULT_FLIGHT), packaged_sensors().parent, seed=1)
        agreement = read_agreement(read_file(packaged_agreement(), what="agreement"))
        realm = Realm("test:warm")
        federation = Federation(realm, agreement, performance.sensors, load_areas(), system_now())
        keys = {first_node(n): key_for_replay(realm, n) for n in federation.nations}
        trust = public_keys(keys)
        nodes = {
            n: federation.node(first_node(n), keys[first_node(n)], trust)
            for n in federation.nations
        }
        recording = Recording(federation.sensors_by_id())
        lines = (encode_line(d) for d in performance.simulation.detections[:LINES_PLAYED])
        played = World(nodes).play(recording.reports(lines))
        for _ in zip(played, range(20 * LINES_PLAYED), strict=False):
            pass
        _explain_one_launch()
    console.print(f"kernels ready after {time.monotonic() - began_s:.0f} s")


def _explain_one_launch() -> None:
    """Six sights from straight above: the templates are called for one satellite's word alone."""
    after_s = 2.0 * np.arange(6.0)
    axes = np.array([[1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
    seen_m = np.column_stack([500.0 * after_s, 0.0 * after_s])
    straight_down = np.array([0.0, 0.0, -1.0])
    explain(
        View(Geodetic(0.0, 0.0), np.eye(3), straight_down, axes, seen_m, 0.0 * after_s + 700.0,
             after_s),
        last_ns=0,
    )  # fmt: skip
