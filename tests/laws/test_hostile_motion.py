"""However a body moves, and however well or badly it is seen, what a node writes of it is in order.

The lines are all of the kind that a node takes; the motion is not: through the ground, with ten
thousand metres a second squared, out to the Moon, in two places at once.
"""

import json
import math
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from signalfire.basis.identity import NationId
from signalfire.basis.kernel import Floats
from signalfire.basis.realm import Realm
from signalfire.basis.utc import instant_from_utc
from signalfire.cli.assemble import Federation, first_node, load_areas, load_sensors, public_keys
from signalfire.cli.scenarios import packaged_agreement, packaged_sensors
from signalfire.federation.keys import key_for_replay
from signalfire.formats.native.detections import encode_line
from signalfire.node.inbox import TICK, InboxItem, ItemKind
from signalfire.node.node import Node
from signalfire.node.outbox import Stream
from signalfire.picture.detection import (
    AngleSigma,
    Detection,
    InfraredSight,
    RadarPlot,
    RadarSigma,
    Sensor,
)
from signalfire.release.agreement import read_agreement
from signalfire.rim.files import read_file
from signalfire.space.geodesy import Geodetic, enu_from_ecef, geodetic

REALM = Realm("test:motion")
NOW = instant_from_utc("2025-06-01T12:00:00Z")
JPN = NationId("JPN")
KEY = key_for_replay(REALM, first_node(JPN))
AGREEMENT = read_agreement(read_file(packaged_agreement(), what="agreement"))
FEDERATION = Federation(REALM, AGREEMENT, load_sensors(packaged_sensors()), load_areas(), NOW)
LOOKS = 24


def node() -> Node:
    return FEDERATION.node(first_node(JPN), KEY, public_keys({first_node(JPN): KEY}))


SENSORS = [s for s in node().setup.sensors if s.site_ecef_m is not None]
SPEEDS_M_S = st.sampled_from([0.0, 1.0, 300.0, 2_000.0, 7_000.0, 12_000.0])
PUSHES_M_S2 = st.sampled_from([0.0, 0.0, 9.8, 60.0, 500.0, 10_000.0])
HEIGHTS_M = st.sampled_from([-4_000.0, 0.0, 8_000.0, 40_000.0, 150_000.0, 900_000.0, 3.6e7])
SIGMAS = st.sampled_from([1e-9, 1e-3, 0.02, 1.0, 30.0, 1e4])
"""Of ranges in units of 50 m, of angles in units of a milliradian."""


def turned(draw: st.DrawFn, length: float) -> Floats:
    """Any direction: the poles of the axes too, where formulas divide by zero."""
    direction = np.array(draw(st.tuples(*[st.sampled_from([-1.0, 0.0, 0.0, 0.3, 1.0])] * 3)))
    size = np.linalg.norm(direction)
    return length * direction / size if size else np.zeros(3)


@st.composite
def sightings(draw: st.DrawFn) -> list[Detection]:
    """One body, or two that are told as one, for some twenty looks of up to three sensors."""
    place = Geodetic.from_degrees(
        draw(st.floats(33.0, 44.0)), draw(st.floats(125.0, 145.0)), draw(HEIGHTS_M)
    )
    start_m = place.ecef_m()
    speed = turned(draw, draw(SPEEDS_M_S))
    push = turned(draw, draw(PUSHES_M_S2))
    aside_m = turned(draw, draw(st.sampled_from([0.0, 0.0, 100.0, 1e5])))
    step_s = draw(st.sampled_from([0.0, 0.05, 0.5, 1.0, 1.0, 2.0, 9.0]))
    seen_by = draw(st.lists(st.sampled_from(SENSORS), min_size=1, max_size=3, unique=True))
    coarse = draw(SIGMAS), draw(SIGMAS)
    noise = np.random.default_rng(draw(st.integers(0, 99)))
    told = []
    for look in range(LOOKS):
        t_s = step_s * look
        at_m = start_m + speed * t_s + 0.5 * push * t_s**2 + aside_m * (look % 2)
        for sensor in seen_by:
            seen = look_at(sensor, at_m, t_s, coarse, noise.normal(size=3))
            if seen is not None:
                told.append(seen)
    return told


def look_at(
    sensor: Sensor, at_m: Floats, t_s: float, coarse: tuple[float, float], noise: Floats
) -> Detection | None:
    """What the sensor would report, its errors as it states them; None on its own place."""
    assert sensor.site_ecef_m is not None
    site_m = np.array(sensor.site_ecef_m)
    away_m = at_m - site_m
    range_m = float(np.linalg.norm(away_m))
    if range_m < 1.0:
        return None
    angle = coarse[1] * 1e-3
    at = NOW.later(t_s)
    if isinstance(sensor.sigma, AngleSigma):
        sight = away_m / range_m + angle * noise
        x, y, z = (float(v) for v in sight / np.linalg.norm(sight))
        return InfraredSight(
            sensor.sensor, sensor.path, at, at.later(0.5), sensor.site_ecef_m, (x, y, z),
            AngleSigma(angle), None,
        )  # fmt: skip
    east, north, up = enu_from_ecef(geodetic(site_m)) @ away_m
    spread = RadarSigma(coarse[0] * 50.0, angle, angle, None)
    return RadarPlot(
        sensor.sensor, sensor.path, at, at.later(0.1), sensor.site_ecef_m,
        abs(range_m + spread.range_m * float(noise[0])) or 1.0,
        math.remainder(math.atan2(east, north) + angle * float(noise[1]), 2.0 * math.pi),
        max(-1.57, min(1.57, math.asin(up / range_m) + angle * float(noise[2]))),
        spread, None,
    )  # fmt: skip


def play(seen: list[Detection]) -> tuple[Node, list[Any]]:
    """Each second its lines, then half a minute of silence."""
    machine, written = node(), []
    by_second: dict[int, list[bytes]] = {}
    for detection in seen:
        second = math.ceil(detection.received_at.elapsed_s(since=NOW))
        by_second.setdefault(second, []).append(encode_line(detection))
    for second in range(max(by_second, default=0) + 30):
        now = NOW.later(float(second))
        bodies = by_second.get(second, [])
        items = [InboxItem(ItemKind.DETECTION, body, number) for number, body in enumerate(bodies)]
        for inbox in (*((item,) for item in items), (TICK,)):
            written += machine.advance(now, inbox).lines
    return machine, written


def refuse(word: str) -> float:
    raise AssertionError(f"{word} is no JSON")


def numbers(value: Any) -> list[float]:
    if isinstance(value, dict):
        return [number for inner in value.values() for number in numbers(inner)]
    if isinstance(value, list):
        return [number for inner in value for number in numbers(inner)]
    return [value] if isinstance(value, float) else []


@settings(max_examples=60)
@given(seen=sightings())
def test_what_is_written_is_finite_and_every_ellipse_is_one(seen: list[Detection]) -> None:
    machine, written = play(seen)
    for row in written:
        told = json.loads(row.body, parse_constant=refuse)
        assert all(math.isfinite(number) for number in numbers(told)), told
        if row.stream is Stream.PICTURE:
            for ellipse in ellipses(told):
                assert 0.0 < ellipse["semi_minor_m"] <= ellipse["semi_major_m"], told
    for track in machine._post.tracker.tracks():
        assert np.isfinite(track.state.mean).all()
        assert np.linalg.eigvalsh(track.state.covariance)[0] > 0.0


def ellipses(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, list):
        return [found for inner in value for found in ellipses(inner)]
    if not isinstance(value, dict):
        return []
    own = [value] if "semi_major_m" in value else []
    return own + [found for inner in value.values() for found in ellipses(inner)]
