"""Paths through given positions, and truth as text."""

import numpy as np
import pytest

from signalfire.basis.errors import BadInput
from signalfire.basis.utc import instant_from_utc
from signalfire.sim.trajectory import Flown, Trajectory, trajectory_from_samples
from signalfire.sim.truth import read_truth, truth_lines, with_burnout
from signalfire.space.geodesy import Geodetic, distance_m, enu_from_ecef

PLACE = Geodetic.from_degrees(39.0, 126.0)
LIFT_OFF = instant_from_utc("2020-01-01T00:00:00Z")


def hop(spacing_s: float = 2.0) -> Trajectory:
    """A parabola of 200 s, 49 km high, 200 km to the east of the launch place's plane."""
    t_s = np.arange(0.0, 200.0 + spacing_s / 2, spacing_s)
    enu_m = np.column_stack(
        [1_000.0 * t_s, np.zeros_like(t_s), 0.5 * 9.8 * t_s * (200.0 - t_s) - 0.0787 * t_s**2]
    )
    return trajectory_from_samples(t_s, PLACE.ecef_m() + enu_m @ enu_from_ecef(PLACE))


def test_a_path_passes_through_its_samples_and_curves_between_them() -> None:
    dense, sparse = hop(1.0), hop(40.0)
    moments_s = np.linspace(0.0, 200.0, 401)
    np.testing.assert_allclose(dense.at(dense.t_s), dense.position_ecef_m, atol=1e-9)
    np.testing.assert_allclose(sparse.at(moments_s), dense.at(moments_s), atol=1e-5)


def test_a_path_that_ends_near_the_ground_ends_in_an_impact() -> None:
    path = hop()
    assert path.impact is not None and path.impact_t_s == 200.0
    assert path.apogee_m == pytest.approx(48_900.0, abs=300.0)
    half = trajectory_from_samples(path.t_s[:60], path.position_ecef_m[:60])
    assert half.impact is None and half.impact_t_s is None


def test_thrust_is_read_from_the_climb_and_not_seen_in_free_fall() -> None:
    t_s = np.arange(0.0, 120.0, 1.0)
    push_s = np.minimum(t_s, 50.0)
    up_m = 10.0 * push_s**2 + 1_000.0 * (t_s - push_s) - 4.9 * (t_s - push_s) ** 2
    up = PLACE.ecef_m() / np.linalg.norm(PLACE.ecef_m())
    path = trajectory_from_samples(t_s, PLACE.ecef_m() + up_m[:, None] * up)
    assert path.burnout_t_s == pytest.approx(50.0, abs=2.0)
    assert hop().burnout_t_s is None


def test_thrust_is_not_guessed_from_sparse_samples() -> None:
    t_s = np.arange(0.0, 120.0, 20.0)
    up = PLACE.ecef_m() / np.linalg.norm(PLACE.ecef_m())
    path = trajectory_from_samples(t_s, PLACE.ecef_m() + 20.0 * (t_s**2)[:, None] * up)
    assert path.burnout_t_s is None


@pytest.mark.parametrize(
    ("t_s", "why"),
    [
        ([0.0, 1.0, 2.0], "four rows"),
        ([0.0, 1.0, 1.0, 2.0], "row 3"),
        ([0.0, 1.0, float("nan"), 3.0], "finite"),
    ],
)
def test_samples_that_make_no_path_are_refused(t_s: list[float], why: str) -> None:
    with pytest.raises(BadInput, match=why):
        trajectory_from_samples(np.array(t_s), np.ones((len(t_s), 3)) * 7e6)


def test_a_moment_outside_the_path_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(AssertionError, match="outside"):
        hop().at(np.array([201.0]))


def test_truth_written_and_read_again_is_the_same_flight() -> None:
    objects = (
        Flown("one", LIFT_OFF, with_burnout(hop(), 60.0)),
        Flown("two", LIFT_OFF.later(7.5), hop(4.0)),
    )
    read = read_truth("\n".join(truth_lines(objects)))
    assert [(flown.name, flown.lift_off) for flown in read] == [
        (flown.name, flown.lift_off) for flown in objects
    ]
    moments_s = np.linspace(0.0, 200.0, 333)
    for before, after in zip(objects, read, strict=True):
        np.testing.assert_allclose(
            after.trajectory.at(moments_s), before.trajectory.at(moments_s), atol=0.01
        )
        assert after.trajectory.burnout_t_s == before.trajectory.burnout_t_s
        assert before.trajectory.impact is not None and after.trajectory.impact is not None
        assert distance_m(after.trajectory.impact, before.trajectory.impact) < 0.01


def plain_text() -> str:
    path = hop(10.0)
    rows = np.column_stack([path.t_s, path.position_ecef_m])
    return "t_s,x_ecef_m,y_ecef_m,z_ecef_m\n" + "\n".join(
        ",".join(map(repr, map(float, r))) for r in rows
    )


def test_a_file_of_four_columns_is_one_object_whose_lift_off_the_caller_knows() -> None:
    (flown,) = read_truth(plain_text(), name="object1.csv", lift_off=LIFT_OFF)
    assert (flown.name, flown.lift_off) == ("object1.csv", LIFT_OFF)
    assert flown.impact_at == LIFT_OFF.later(200.0)
    with pytest.raises(BadInput, match="add a column lift_off"):
        read_truth(plain_text())


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("t_s,x_ecef_m,y_ecef_m\n0,1,2", "z_ecef_m is missing"),
        ("", "t_s is missing"),
        ("t_s,x_ecef_m,y_ecef_m,z_ecef_m\n", "no row"),
        ("t_s,x_ecef_m,y_ecef_m,z_ecef_m\n0,1,2,high", "line 2"),
        ("t_s,x_ecef_m,y_ecef_m,z_ecef_m\n0,1,2", "line 2"),
        ("t_s,x_ecef_m,y_ecef_m,z_ecef_m,lift_off\n0,1,2,3,noon", "lift_off"),
    ],
)
def test_a_truth_file_that_cannot_be_read_is_refused_by_place(text: str, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        read_truth(text, lift_off=LIFT_OFF)


def test_a_burnout_outside_the_flight_is_refused() -> None:
    assert with_burnout(hop(), 70.0).burnout_t_s == 70.0
    with pytest.raises(BadInput, match="outside the flight"):
        with_burnout(hop(), 900.0)
