"""What sensors would report: limits of view, noise, misses, delay, and streams of chance."""

import math
from dataclasses import replace

import numpy as np
import pytest

from signalfire.basis.identity import NationId, SensorId
from signalfire.basis.instant import Instant
from signalfire.basis.utc import instant_from_utc
from signalfire.picture.detection import (
    AngleSigma,
    Detection,
    InfraredSight,
    RadarPlot,
    RadarSigma,
    Sensor,
    SensorKind,
)
from signalfire.sim.sensors import (
    INFRARED,
    RADAR,
    Conduct,
    Watch,
    clear_of_the_earth,
    detections,
    sees,
)
from signalfire.sim.trajectory import Flown, trajectory_from_samples
from signalfire.sim.truth import with_burnout
from signalfire.space.geodesy import Geodetic, destination
from signalfire.space.sight import sight

START = instant_from_utc("2020-01-01T00:00:00Z")
SITE = Geodetic.from_degrees(37.0, 127.0, 100.0)
SPAN = (START, START.later(300.0))


def radar(**changes: object) -> Sensor:
    x, y, z = (float(v) for v in SITE.ecef_m())
    sensor = Sensor(
        sensor=SensorId("R"),
        nation=NationId("KOR"),
        kind=SensorKind.RADAR,
        path="R",
        site_ecef_m=(x, y, z),
        sigma=RadarSigma(50.0, 1e-3, 1e-3),
        range_max_m=1_000e3,
        elevation_min_rad=0.0,
        period_s=1.0,
    )
    return replace(sensor, **changes)  # type: ignore[arg-type]


def infrared() -> Sensor:
    return Sensor(
        sensor=SensorId("I"),
        nation=NationId("USA"),
        kind=SensorKind.INFRARED,
        path="I",
        site_ecef_m=(42_164e3 * math.cos(2.0), 42_164e3 * math.sin(2.0), 0.0),
        sigma=AngleSigma(2e-5),
        period_s=2.0,
    )


def climb(*, azimuth_rad: float = 0.5, away_m: float = 200e3, top_m: float = 300e3) -> Flown:
    """Straight up in 300 s, above a point at some distance from the radar."""
    below = destination(SITE, azimuth_rad=azimuth_rad, distance_m=away_m)
    t_s = np.arange(0.0, 301.0, 10.0)
    up_m = [
        Geodetic(below.latitude_rad, below.longitude_rad, top_m * t / 300.0).ecef_m() for t in t_s
    ]
    return Flown("climb", START, with_burnout(trajectory_from_samples(t_s, np.array(up_m)), 120.0))


def watch(sensor: Sensor, **changes: object) -> list[Detection]:
    seed = changes.pop("seed", 1)
    objects = changes.pop("objects", [climb()])
    return detections(Watch(sensor, SPAN, **changes), objects, seed=seed)  # type: ignore[arg-type]


def times_s(found: list[Detection]) -> list[float]:
    return [plot.observed_at.elapsed_s(since=START) for plot in found]


def test_plots_scatter_about_the_truth_as_the_sensor_states() -> None:
    flown = climb()
    site_ecef_m = SITE.ecef_m()
    scaled = []
    for seed in range(12):
        for plot in watch(radar(), seed=seed):
            assert isinstance(plot, RadarPlot)
            t_s = plot.observed_at.elapsed_s(since=START)
            true = sight(site_ecef_m, flown.trajectory.at(np.array([t_s]))[0])
            scaled.append(
                (
                    (plot.range_m - true.range_m) / 50.0,
                    math.remainder(plot.azimuth_rad - true.azimuth_rad, 2 * math.pi) / 1e-3,
                    (plot.elevation_rad - true.elevation_rad) / 1e-3,
                )
            )
    errors = np.array(scaled)
    assert len(errors) > 2_500
    np.testing.assert_allclose(errors.mean(axis=0), 0.0, atol=4.0 / math.sqrt(len(errors)))
    np.testing.assert_allclose(errors.std(axis=0), 1.0, atol=0.05)


def test_about_one_look_in_twenty_is_missed() -> None:
    seen = sum(len(watch(radar(), seed=seed)) for seed in range(20))
    possible = 20 * len(watch(radar(), conduct=replace(RADAR, detection_probability=1.0)))
    assert seen / possible == pytest.approx(0.95, abs=0.01)


@pytest.mark.parametrize("sensor", [radar(range_max_m=300e3), infrared()])
def test_what_a_sensor_sees_is_what_it_reports_when_it_misses_nothing(sensor: Sensor) -> None:
    flown = climb()
    usual = RADAR if sensor.kind is SensorKind.RADAR else INFRARED
    manner = replace(usual, detection_probability=1.0)
    reported_s = times_s(watch(sensor, conduct=manner))
    every_s = np.arange(reported_s[0] % sensor.period_s, 300.0, sensor.period_s)
    seen = sees(Watch(sensor, SPAN), flown.trajectory, every_s)
    assert 0 < seen.sum() < len(seen)
    np.testing.assert_allclose(every_s[seen], reported_s, atol=1e-6)


def test_looks_are_a_period_apart_with_a_phase_of_the_sensors_own() -> None:
    sure = replace(RADAR, detection_probability=1.0)
    found_s = times_s(watch(radar(), conduct=sure))
    np.testing.assert_allclose(np.diff(found_s), 1.0, atol=1e-9)
    other_s = times_s(watch(radar(sensor=SensorId("S")), conduct=sure))
    assert (found_s[0] % 1.0) != (other_s[0] % 1.0)
    assert all(instant.observed_at.tai_ns % 1_000_000 == 0 for instant in watch(radar()))


def test_nothing_is_seen_below_the_horizon_or_beyond_the_range() -> None:
    far = climb(away_m=900e3)
    found = watch(radar(), objects=[far])
    assert found
    for plot in found:
        at_m = far.trajectory.at(np.array([plot.observed_at.elapsed_s(since=START)]))[0]
        true = sight(SITE.ecef_m(), at_m)
        assert true.elevation_rad >= 0.0 and true.range_m <= 1_000e3
    assert times_s(found)[0] > 60.0  # 900 km away the horizon stands at about 64 km
    assert watch(radar(range_max_m=100e3), objects=[far]) == []


def test_a_higher_least_elevation_sees_later() -> None:
    low, high = watch(radar()), watch(radar(elevation_min_rad=math.radians(20.0)))
    assert times_s(high)[0] > times_s(low)[0] + 30.0


@pytest.mark.parametrize(
    ("sector_deg", "azimuth_deg", "sees_it"),
    [
        ((300.0, 80.0), 30.0, True),
        ((300.0, 80.0), 310.0, True),
        ((300.0, 80.0), 90.0, False),
        ((80.0, 300.0), 90.0, True),
        ((80.0, 300.0), 30.0, False),
        ((0.0, 360.0), 200.0, True),
        (None, 200.0, True),
    ],
)
def test_sectors_run_clockwise_from_the_first_to_the_second(
    sector_deg: tuple[float, float] | None, azimuth_deg: float, sees_it: bool
) -> None:
    sector = None if sector_deg is None else tuple(map(math.radians, sector_deg))
    found = watch(radar(azimuth_rad=sector), objects=[climb(azimuth_rad=math.radians(azimuth_deg))])
    assert bool(found) == sees_it


def test_an_infrared_sensor_sees_heat_above_the_clouds_until_burnout() -> None:
    found = watch(infrared())
    assert times_s(found)[0] == pytest.approx(10.0, abs=4.1)  # 10 km at 1 km/s
    assert times_s(found)[-1] == pytest.approx(120.0, abs=4.1)


def test_an_infrared_sensor_does_not_see_what_has_no_known_burnout() -> None:
    cold = climb()
    cold = replace(cold, trajectory=replace(cold.trajectory, burnout_t_s=None))
    assert watch(infrared(), objects=[cold]) == []


def test_an_infrared_sensor_does_not_see_through_the_earth() -> None:
    behind = replace(
        infrared(), site_ecef_m=(-42_164e3 * math.cos(2.0), -42_164e3 * math.sin(2.0), 0.0)
    )
    assert watch(behind) == []


def test_lines_of_sight_are_unit_vectors_and_scatter_as_stated() -> None:
    flown, site = climb(), np.array(infrared().site_ecef_m)
    off = []
    for seed in range(40):
        for plot in watch(infrared(), seed=seed):
            assert isinstance(plot, InfraredSight)
            line = np.array(plot.line_of_sight_ecef)
            assert np.linalg.norm(line) == pytest.approx(1.0, abs=1e-12)
            t_s = np.array([plot.observed_at.elapsed_s(since=START)])
            true = flown.trajectory.at(t_s)[0] - site
            off.append(np.linalg.norm(np.cross(line, true / np.linalg.norm(true))))
    # Two independent directions across: the mean square angle is twice the variance.
    assert np.sqrt(np.mean(np.square(off)) / 2.0) == pytest.approx(2e-5, rel=0.05)


def test_reports_arrive_after_the_delay_of_their_kind() -> None:
    for sensor, manner in ((radar(), RADAR), (infrared(), INFRARED)):
        late_s = [plot.received_at.elapsed_s(since=plot.observed_at) for plot in watch(sensor)]
        assert min(late_s) >= manner.latency_s - 1e-9
        assert max(late_s) <= manner.latency_s + manner.latency_spread_s + 1e-3
        assert len(set(late_s)) > 5


def test_same_seed_same_plots_and_another_seed_others() -> None:
    assert watch(radar(), seed=5) == watch(radar(), seed=5)
    assert watch(radar(), seed=5) != watch(radar(), seed=6)


def test_another_object_or_an_outage_changes_nothing_in_the_rest() -> None:
    alone = watch(radar())
    second = replace(climb(azimuth_rad=1.0), name="second")
    both = watch(radar(), objects=[climb(), second])
    assert [plot for plot in both if plot in set(alone)] == alone
    outage = (START.later(100.0), START.later(150.0))
    with_gap = watch(radar(), outages=(outage,))
    assert with_gap == [plot for plot in alone if not outage[0] <= plot.observed_at < outage[1]]
    assert len(with_gap) < len(alone)


def test_false_plots_come_at_the_stated_rate_and_within_the_coverage() -> None:
    noisy = Conduct(false_plots_hz=0.5)
    sector = (math.radians(300.0), math.radians(80.0))
    found = watch(radar(azimuth_rad=sector), objects=[], conduct=noisy)
    assert len(found) == pytest.approx(150, abs=45)
    for plot in found:
        assert isinstance(plot, RadarPlot)
        assert 0.0 < plot.range_m <= 1_000e3 and plot.elevation_rad >= 0.0
        assert (plot.azimuth_rad - sector[0]) % (2 * math.pi) <= math.radians(140.0) + 1e-9
    assert watch(radar(), objects=[]) == []


def test_the_earth_hides_what_lies_behind_it_and_nothing_else() -> None:
    site = np.array([6_378_137.0, 0.0, 0.0])
    targets = np.array(
        [
            [7.0e6, 0.0, 0.0],  # overhead
            [6_378_137.0, 5.0e6, 0.0],  # on the tangent plane
            [6_378_137.0 - 1e4, 5.0e6, 0.0],  # just below it
            [-7.0e6, 0.0, 0.0],  # antipode
            [6_378_137.0, 0.0, 3.0e6],  # tangent, polewards
        ]
    )
    assert clear_of_the_earth(site, targets).tolist() == [True, True, False, False, True]


def test_a_look_is_made_only_while_the_object_exists() -> None:
    late = replace(climb(), lift_off=Instant(START.tai_ns + 200 * 10**9))
    assert min(times_s(watch(radar(), objects=[late]))) >= 200.0
