"""The kernels of the true flight: compiled equals written."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from signalfire.basis.kernel import Floats
from signalfire.sim import _kernels as k
from signalfire.space.geodesy import Geodetic, enu_from_ecef

PLACE = Geodetic.from_degrees(39.0, 126.0)
START = PLACE.ecef_m()
AXES = np.vstack([enu_from_ecef(PLACE), START / np.linalg.norm(START)])
STATE = np.array([*(START * 1.004), 900.0, -1_200.0, 700.0])


def plan() -> Floats:
    made = np.zeros(k.PLAN_LENGTH)
    made[k.BURN], made[k.THRUST_FIRST], made[k.THRUST_GROWTH] = 70.0, 1.4, 4.0
    made[k.TILT_EAST], made[k.TILT_NORTH], made[k.TILT_POWER] = 1.0, 0.5, 1.0
    made[k.DRAG_BOOST], made[k.DRAG_FREE] = 5e-5, 1.25e-4
    made[k.LIFT_TO_DRAG], made[k.LIFT_MAX], made[k.CLIMB] = 2.5, 80.0, 0.07
    made[k.CEILING], made[k.LIFT_UNTIL] = 60e3, 400e3
    return made


def answers(kernel: Callable[..., Any]) -> list[Any]:
    """What a kernel says to a few questions; arrays that it fills count as answers."""
    name = kernel.__name__
    out = np.zeros(6)
    if name == "air_density":
        return [kernel(h) for h in (-100.0, 0.0, 12e3, 30e3, 60e3, 86e3, 123e3, 250e3)]
    if name == "lift":
        return [kernel(25e3, 2e3, s, 6.4e6, 1e5, 5.0, plan()) for s in (-0.3, 0.0, 0.2)]
    if name == "gravity":
        kernel(STATE, out)
    if name == "thrust":
        kernel(40.0, STATE, AXES, plan(), out)
    if name == "acceleration":
        for phase in (k.BOOST, k.FREE, k.GLIDE):
            kernel(40.0, STATE, AXES, plan(), phase, out[3:])
            out[phase] = out[3]
    if name == "step":
        kernel(40.0, STATE, 0.25, AXES, plan(), k.BOOST, np.empty((5, 6)), out)
    if name == "radial_speed":
        return [kernel(STATE)]
    if name == "heights":
        kernel(np.stack([START, START * 1.1, START * 3.0]), out[:3])
    if name == "fly":
        path = np.zeros((40, 7))
        return [kernel(START, AXES, plan(), 9.0, path), path]
    return [out]


@pytest.mark.parametrize(
    "kernel",
    [
        k.air_density, k.lift, k.gravity, k.thrust, k.acceleration,
        k.step, k.radial_speed, k.heights, k.fly,
    ],
    ids=lambda kernel: str(kernel.__name__),
)  # fmt: skip
def test_the_compiled_kernel_is_the_written_one(kernel: Any) -> None:
    for compiled, written in zip(answers(kernel), answers(kernel.py_func), strict=True):
        if isinstance(compiled, tuple):
            assert compiled[0] == written[0] and compiled[2] == written[2]
            compiled, written = compiled[1], written[1]
        np.testing.assert_allclose(compiled, written, rtol=1e-12, atol=1e-9)


def test_lift_never_pushes_down_and_never_passes_its_bounds() -> None:
    strong = plan()
    for sine in np.linspace(-0.9, 0.9, 19):
        for drag in (0.0, 1.0, 10.0, 200.0):
            force = k.lift(20e3, 2_000.0, sine, 6.39e6, 1e5, drag, strong)
            assert 0.0 <= force <= min(2.5 * drag, 80.0) + 1e-12


def test_lift_has_faded_where_it_shall_end() -> None:
    assert k.lift(20e3, 2_000.0, -0.2, 6.39e6, 400e3, 50.0, plan()) == 0.0
    assert k.lift(20e3, 2_000.0, -0.2, 6.39e6, 300e3, 50.0, plan()) > 1.0


def test_a_path_that_does_not_fit_says_that_it_did_not_come_down() -> None:
    rows, apogee_m, is_down = k.fly(START, AXES, plan(), 1_000.0, np.zeros((50, 7)))
    assert rows == 50 and not is_down and apogee_m > 0.0
