"""Back to the launch: under thrust, after burnout, while that is open, and from several nations."""

import math
from dataclasses import replace

import numpy as np
import pytest

from signalfire.assess import _kernels
from signalfire.assess.launch import estimate_launch, fuse_launches
from signalfire.basis.identity import NodeId, track_id
from signalfire.basis.instant import Instant
from signalfire.picture.estimate import PlaceEstimate, StateEstimate, Unknown
from signalfire.picture.track import Track, TrackStatus
from signalfire.space.geodesy import Geodetic, distance_m, enu_from_ecef

LIFT_OFF = Instant(1_800_000_000 * 10**9)
PAD = Geodetic.from_degrees(39.0, 127.0)
COVARIANCE = np.diag([200.0**2] * 3 + [60.0**2] * 3)


def boost(age_s: float) -> StateEstimate:
    """A steady boost: acceleration 14 + 0.2 t m/s2 along a path that leans over from the vertical.

    Height and run are sums over small steps, over a flat tangent plane.
    """
    step_s = 0.1
    up_m = run_m = up_m_s = run_m_s = 0.0
    for k in range(round(age_s / step_s)):
        t = k * step_s
        lean = 0.0 if t < 8.0 else 0.008 * (t - 8.0)
        push = 14.0 + 0.2 * t
        up_m_s += (push * math.cos(lean) - 9.8) * step_s
        run_m_s += push * math.sin(lean) * step_s
        up_m += up_m_s * step_s
        run_m += run_m_s * step_s
    ecef_from_enu = enu_from_ecef(PAD).T
    position = PAD.ecef_m() + ecef_from_enu @ np.array([run_m, 0.0, up_m])
    velocity = ecef_from_enu @ np.array([run_m_s, 0.0, up_m_s])
    return StateEstimate(
        LIFT_OFF.later(age_s), np.concatenate([position, velocity]), COVARIANCE.copy()
    )


def track(ascent: tuple[StateEstimate, ...]) -> Track:
    return Track(
        track=track_id(NodeId("KOR-1"), 1),
        status=TrackStatus.CONFIRMED,
        state=ascent[-1],
        thrust_probability=0.99,
        first_observed_at=ascent[0].valid_at,
        last_observed_at=ascent[-1].valid_at,
        observed_s=20.0,
        updates=20,
        paths=frozenset({"kor-1"}),
        ascent=ascent,
        burnt_out_at=None,
        free_flight_seen=False,
    )


def found(launch: PlaceEstimate | Unknown) -> PlaceEstimate:
    assert isinstance(launch, PlaceEstimate)
    return launch


def miss_m(launch: PlaceEstimate) -> float:
    return distance_m(launch.place, PAD)


def test_a_boost_seen_early_leads_back_to_its_launch() -> None:
    launch = found(estimate_launch(track(tuple(boost(45.0 + k) for k in range(20)))))
    assert miss_m(launch) < 3_000.0
    assert abs(launch.time.elapsed_s(since=LIFT_OFF)) < 10.0
    assert launch.ellipse_p90.semi_major_m < 10_000.0


def test_more_of_the_arc_makes_the_launch_hardly_less_sure() -> None:
    arcs = [tuple(boost(45.0 + k) for k in range(count)) for count in (1, 5, 10, 15, 20)]
    launches = [found(estimate_launch(track(arc))) for arc in arcs]
    sizes_m2 = [sum(launch.covariance_east_north_m2[::2]) for launch in launches]
    assert sizes_m2[-1] <= 1.25**2 * sizes_m2[0]
    assert launches[-1].time_sigma_s <= 1.25 * launches[0].time_sigma_s


def test_what_comes_after_the_early_arc_does_not_move_the_launch() -> None:
    arc = tuple(boost(45.0 + k) for k in range(12))
    during = track(arc)
    later = replace(
        during,
        state=boost(80.0),
        free_flight_seen=True,
        burnt_out_at=boost(75.0).valid_at,
        thrust_probability=0.0,
    )
    assert estimate_launch(during) == estimate_launch(later)


def test_states_after_burnout_take_no_part_in_the_way_back_under_thrust() -> None:
    arc = tuple(boost(45.0 + k) for k in range(12))
    stray = tuple(
        StateEstimate(LIFT_OFF.later(60.0 + k), 1.02 * boost(60.0).mean, COVARIANCE.copy())
        for k in range(12)
    )
    burnt_out = LIFT_OFF.later(58.0)
    with_stray = replace(track(arc + stray), free_flight_seen=True, burnt_out_at=burnt_out)
    without = replace(track(arc), free_flight_seen=True, burnt_out_at=burnt_out)
    assert estimate_launch(with_stray) == estimate_launch(without)


def test_an_age_that_noise_made_too_small_does_not_pass_for_the_surest() -> None:
    states = [boost(45.0 + 3.0 * k) for k in range(8)]
    mean = states[1].mean.copy()
    mean[3:] *= 1.3
    stray = StateEstimate(states[1].valid_at, mean, COVARIANCE.copy())
    launch = found(estimate_launch(track((states[0], stray, *states[2:]))))
    late_s = launch.time.elapsed_s(since=LIFT_OFF)
    assert abs(late_s) < 5.0 < launch.time_sigma_s


def coasting(after_s: float) -> StateEstimate:
    """The boost above ends at 90 s; flown on without air by small steps."""
    seen = boost(90.0)
    mean = seen.mean.copy()
    step_s = 0.5
    for _ in range(round(after_s / step_s)):
        r = mean[:3]
        pull = -3.986004418e14 * r / np.linalg.norm(r) ** 3
        spin = np.array([0.0, 0.0, 7.292115e-5])
        pull -= 2.0 * np.cross(spin, mean[3:]) + np.cross(spin, np.cross(spin, r))
        mean[:3] += mean[3:] * step_s + 0.5 * pull * step_s**2
        mean[3:] += pull * step_s
    return StateEstimate(LIFT_OFF.later(90.0 + after_s), mean, 0.01 * COVARIANCE)


def test_first_seen_after_burnout_the_launch_is_wide_and_holds_the_pad() -> None:
    seen = replace(track((coasting(60.0),)), free_flight_seen=True, thrust_probability=0.0)
    launch = found(estimate_launch(seen))
    early = found(estimate_launch(track(tuple(boost(45.0 + k) for k in range(20)))))
    assert launch.ellipse_p90.semi_major_m > 1.5 * early.ellipse_p90.semi_major_m
    assert miss_m(launch) < launch.ellipse_p90.semi_major_m
    assert abs(launch.time.elapsed_s(since=LIFT_OFF)) < 2.0 * launch.time_sigma_s


def test_while_it_is_open_whether_it_burns_both_ways_back_are_in_the_answer() -> None:
    young = track((coasting(60.0),))
    burning = found(estimate_launch(young))
    falling = found(estimate_launch(replace(young, free_flight_seen=True, thrust_probability=0.0)))
    unsure = found(estimate_launch(replace(young, thrust_probability=0.4)))
    times_s = [launch.time.elapsed_s(since=LIFT_OFF) for launch in (burning, unsure, falling)]
    assert min(times_s[0], times_s[2]) < times_s[1] < max(times_s[0], times_s[2])
    assert unsure.time_sigma_s > falling.time_sigma_s


def test_what_does_not_climb_has_no_launch() -> None:
    down = boost(60.0).mean.copy()
    down[3:] *= -1.0
    falling = track((StateEstimate(LIFT_OFF, down, COVARIANCE.copy()),))
    assert isinstance(estimate_launch(falling), Unknown)


def place(
    lat_deg: float, sigma_m: float = 2_000.0, at_s: float = 0.0, time_sigma_s: float = 5.0
) -> PlaceEstimate:
    where = Geodetic.from_degrees(lat_deg, 127.0)
    return PlaceEstimate(
        where.latitude_rad,
        where.longitude_rad,
        (sigma_m**2, 0.0, sigma_m**2),
        LIFT_OFF.later(at_s),
        time_sigma_s,
    )


def test_fused_launches_are_never_surer_than_the_surest() -> None:
    fused = fuse_launches([place(39.0), place(39.0), place(39.0, 9_000.0)])
    assert fused.ellipse_p90.semi_major_m == pytest.approx(place(39.0).ellipse_p90.semi_major_m)
    assert fused.time_sigma_s == pytest.approx(5.0)


def test_launches_that_contradict_each_other_widen_the_answer() -> None:
    agreeing = fuse_launches([place(39.0), place(39.01)])
    apart = fuse_launches([place(39.0), place(39.3)])
    assert apart.ellipse_p90.semi_major_m > 3.0 * agreeing.ellipse_p90.semi_major_m
    late = fuse_launches([place(39.0), place(39.0, at_s=60.0)])
    assert late.time_sigma_s > 20.0


def test_the_order_of_the_launches_does_not_matter() -> None:
    several = [place(39.0), place(39.1, 3_000.0, 4.0, 3.0), place(38.9, 5_000.0, -2.0, 9.0)]
    assert fuse_launches(several) == fuse_launches(several[::-1])


@pytest.mark.parametrize("doubt", [_kernels.doubt, _kernels.doubt.py_func])  # type: ignore[attr-defined]
def test_what_a_family_leaves_open_lies_along_and_across_the_way(doubt) -> None:  # type: ignore[no-untyped-def]
    """A way of 1000 m due z from a point on x: along is z, across is y; then the site's 10 m."""
    out = np.array([50.0, 1_000.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0])
    spread = np.zeros((4, 4))
    assert doubt(out, 0.2, 0.03, 10.0, 0.1, 1.0, spread)
    assert spread == pytest.approx(np.diag([100.0, 900.0 + 100.0, 40_000.0 + 100.0, 25.0 + 1.0]))
    spread = np.full((4, 4), 8.0)
    assert doubt(np.zeros(8), 0.2, 0.03, 0.0, 0.1, 0.0, spread)
    assert spread == pytest.approx(np.full((4, 4), 8.0))
    spread[1, 2] = math.inf
    assert not doubt(out, 0.2, 0.03, 10.0, 0.1, 1.0, spread)
