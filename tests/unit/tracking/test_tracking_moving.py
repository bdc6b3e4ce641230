"""Sensors on platforms that move: every detection says where its sensor was."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest
from scipy.stats import chi2

from signalfire.basis.instant import Instant
from signalfire.basis.realm import Realm
from signalfire.cli.assemble import Federation, first_node, load_areas, public_keys
from signalfire.federation.keys import key_for_replay
from signalfire.formats.native.detections import encode_line
from signalfire.node.outbox import Stream
from signalfire.picture.detection import Detection, Sensor
from signalfire.picture.estimate import StateEstimate
from signalfire.picture.track import TrackStatus
from signalfire.release.agreement import read_agreement
from signalfire.rim.packaged import packaged_text
from signalfire.sim.recording import Recording
from signalfire.sim.world import World
from signalfire.space.geodesy import Geodetic, enu_from_ecef

RUNS = 5
SHIP_M_S, AIRCRAFT_M_S, SATELLITE_M_S = 15.0, 250.0, 7_500.0


def at_sea(t: float) -> np.ndarray:
    """A ship in the Sea of Japan, bound north-east."""
    return _along(Geodetic.from_degrees(38.5, 131.0, 30.0), np.radians(45.0), SHIP_M_S * t)


def in_the_air(t: float) -> np.ndarray:
    """An aircraft at 9 km that passes by, southwards."""
    return _along(Geodetic.from_degrees(39.5, 130.5, 9_000.0), np.radians(180.0), AIRCRAFT_M_S * t)


def in_low_orbit(t: float) -> np.ndarray:
    """A satellite at 900 km that comes up from the south."""
    return _along(Geodetic.from_degrees(33.0, 133.0, 900_000.0), 0.0, SATELLITE_M_S * t)


def _along(start: Geodetic, azimuth_rad: float, way_m: float) -> np.ndarray:
    """On a circle about the Earth's centre, at a speed of its own over the turning Earth."""
    place = start.ecef_m()
    east, north, _ = enu_from_ecef(start)
    ahead = np.sin(azimuth_rad) * east + np.cos(azimuth_rad) * north
    radius = np.linalg.norm(place)
    ahead -= (ahead @ place) / radius**2 * place
    ahead /= np.linalg.norm(ahead)
    angle = way_m / radius
    return np.cos(angle) * place + np.sin(angle) * radius * ahead


def platform(sensor: Sensor) -> Sensor:
    """The same sensor, with no place of its own."""
    return replace(sensor, site_ecef_m=None)


def seen_from(world, where, sensor: Sensor, times_s, draw) -> list[Detection]:
    found = []
    for t in map(float, times_s):
        here = replace(sensor, site_ecef_m=tuple(float(v) for v in where(t)))
        found.append(world.look(here, t, world.truth(t), draw))
    return [each for each in found if each is not None]


def squared(state: StateEstimate, truth: np.ndarray) -> float:
    error = state.mean - truth
    return float(error @ np.linalg.solve(state.covariance, error))


@pytest.mark.parametrize("where", [at_sea, in_the_air])
def test_a_radar_that_moves_alone_tracks_as_well_as_it_claims(world, where) -> None:
    radar = platform(world.radar("M1", 0.0, 0.0))
    total = 0.0
    for run in range(RUNS):
        tracker = world.tracker(radar)
        draw = np.random.default_rng(run)
        world.play(tracker, seen_from(world, where, radar, np.arange(50.0, 181.0), draw))
        (track,) = tracker.tracks()
        assert track.status is TrackStatus.CONFIRMED
        assert track.burnt_out_at is not None
        assert abs(track.burnt_out_at.elapsed_s(since=world.start) - world.burnt_out_s) < 5.0
        total += squared(track.state, world.truth(180.0))
    low, high = chi2.ppf([0.001, 0.999], 6 * RUNS)
    assert low < total < high


def test_a_radar_at_sea_and_one_ashore_have_one_track(world) -> None:
    ship = platform(world.radar("M1", 0.0, 0.0))
    tracker, draw = world.tracker(ship, world.east), np.random.default_rng(1)
    plots = seen_from(world, at_sea, ship, np.arange(50.0, 181.0), draw)
    plots += world.plots(world.east, np.arange(50.5, 181.0), draw)
    world.play(tracker, sorted(plots, key=lambda plot: plot.received_at))
    (track,) = tracker.tracks()
    assert track.paths == {"path-M1", "path-J1"}
    truth = world.truth(track.last_observed_at.elapsed_s(since=world.start))
    assert squared(track.state, truth) < chi2.ppf(0.9999, 6)


@pytest.mark.parametrize("with_another", [True, False])
def test_a_satellite_in_low_orbit_fixes_a_launch_with_another_and_not_with_itself(
    world, with_another: bool
) -> None:
    low = platform(world.satellite("S1", 0.0))
    high = world.satellite("S2", 90.0)
    tracker, draw = world.tracker(low, high), np.random.default_rng(2)
    sights = seen_from(world, in_low_orbit, low, np.arange(40.0, 100.0, 2.0), draw)
    if with_another:
        sights += world.plots(high, np.arange(41.0, 100.0, 2.0), draw)
    world.play(tracker, sorted(sights, key=lambda sight: sight.received_at))
    assert len(tracker.tracks()) == int(with_another)
    for track in tracker.tracks():
        truth = world.truth(track.last_observed_at.elapsed_s(since=world.start))
        assert squared(track.state, truth) < chi2.ppf(0.9999, 6)
        assert np.linalg.norm(track.state.mean[:3] - truth[:3]) < 3_000.0


def test_a_replay_of_a_ship_alone_has_one_event_that_falls_where_the_missile_does(world) -> None:
    ship = platform(world.radar("M1", 0.0, 0.0))
    plots = seen_from(world, at_sea, ship, np.arange(50.0, 201.0), np.random.default_rng(4))
    said = replayed(ship, plots)
    last = said[-1]
    assert {line["event"] for line in said} == {last["event"]}
    state = last["state"]
    truth = world.truth(200.0)
    assert np.linalg.norm(np.array(state["position_ecef_m"]) - truth[:3]) < 1_000.0
    end = next(t for t in np.arange(300.0, 660.0, 0.1) if altitude_m(world.truth(t)) < 0.0)
    fell = Geodetic.from_degrees(last["impact"]["lat_deg"], last["impact"]["lon_deg"])
    assert np.linalg.norm(fell.ecef_m() - world.truth(end)[:3]) < 10_000.0


def altitude_m(state: np.ndarray) -> float:
    return float(np.linalg.norm(state[:3])) - 6_370_000.0


def replayed(ship: Sensor, plots: list[Detection]) -> list[dict[str, object]]:
    """What the ship's nation shows at the seconds of a recording."""
    agreement = read_agreement(packaged_text("agreements", "trilateral.toml").encode())
    realm = Realm("test:moving")
    federation = Federation(realm, agreement, (ship,), load_areas(), Instant(0))
    keys = {first_node(n): key_for_replay(realm, n) for n in federation.nations}
    node = first_node(ship.nation)
    nodes = {ship.nation: federation.node(node, keys[node], public_keys(keys))}
    recording = Recording(federation.sensors_by_id())
    shown = []
    until = plots[-1].received_at
    for advanced in World(nodes).play(recording.reports(encode_line(p, ship) for p in plots)):
        if advanced.now > until:
            break
        shown += [
            msgspec.json.decode(line.body)
            for line in advanced.outbox.lines
            if line.stream is Stream.PICTURE
        ]
    assert not recording.faults
    return [line for line in shown if line["view"] == "common"]
