"""One track at a time: one step of other people's filters against one of ours, called from Python.

Not the same generality: Stone Soup keeps objects and history and takes any model; ours is a kernel
for one kind of flight. All take the same plots of the same flight; how far each ends from the truth
stands beside its time.
"""

import importlib.util
import time
from importlib.metadata import version
from typing import Any

import numpy as np

from bench.measured import Measured
from bench.raid import (
    ANGLE_SIGMA_RAD,
    DRAG_M2_KG,
    NOISE_M2_S3,
    RANGE_SIGMA_M,
    after_burnout,
    polar_of,
    raid,
    records_of,
)
from signalfire.basis.kernel import Floats
from signalfire.motion._kernels import predict_driven, propagate, transition
from signalfire.tracking._kernels import S_RANGE, innovate, update

STEPS = 200
ROUNDS = 3
PATH = "filter step, one track"
CURE = "make bench installs it"


class Ours:
    """The scalar kernels, called one by one."""

    name = "ours"

    def __init__(self, mean: Floats, covariance: Floats) -> None:
        self.mean, self._covariance = mean.copy(), covariance.copy()

    def step(self, polar: Floats, record: Floats) -> None:
        predict_driven(
            self.mean, self._covariance, DRAG_M2_KG, 0.0, 0.0, 0.0, NOISE_M2_S3, 1.0, 1.0
        )
        update(self.mean, self._covariance, record)


def _stone_soup(model_name: str) -> type[Any]:
    from bench import stone_soup as soup

    model = soup.Ballistic() if model_name == "our flight" else soup.constant_velocity()

    class StoneSoup:
        """Its extended Kalman filter: one prediction, one update."""

        name = f"Stone Soup {version('stonesoup')} EKF, {model_name}"

        def __init__(self, mean: Floats, covariance: Floats) -> None:
            self._state = soup.state_of(mean, covariance)
            self._predictor, self._updater = soup.predictor_and_updater(model)
            self._second = 0

        @property
        def mean(self) -> Floats:
            return soup.from_enu(np.asarray(self._state.state_vector, dtype=np.float64)[:, 0])

        def step(self, polar: Floats, record: Floats) -> None:
            from stonesoup.types.hypothesis import SingleHypothesis

            self._second += 1
            detection = soup.detection_of(polar, self._second)
            prediction = self._predictor.predict(self._state, timestamp=soup.at(self._second))
            self._state = self._updater.update(SingleHypothesis(prediction, detection))

    return StoneSoup


def _filterpy() -> type[Any]:
    from filterpy.kalman import ExtendedKalmanFilter

    class Flight(ExtendedKalmanFilter):  # type: ignore[misc]
        """It leaves the flight and its gradient to the user: these are our kernels."""

        x: Floats
        F: Floats

        def predict_x(self, u: object = 0) -> None:
            middle, out = np.empty(6), np.empty(6)
            propagate(self.x, DRAG_M2_KG, 0.5, 1.0, middle)
            transition(middle, DRAG_M2_KG, 1.0, self.F)
            propagate(self.x, DRAG_M2_KG, 1.0, 1.0, out)
            self.x = out

    class FilterPy:
        name = f"filterpy {version('filterpy')} EKF, our flight"

        def __init__(self, mean: Floats, covariance: Floats) -> None:
            self._filter = Flight(6, 3)
            self._filter.x, self._filter.P = mean.copy(), covariance.copy()
            self._filter.Q = NOISE_M2_S3 * np.kron([[1 / 3, 1 / 2], [1 / 2, 1.0]], np.eye(3))

        @property
        def mean(self) -> Floats:
            return np.asarray(self._filter.x)

        def step(self, polar: Floats, record: Floats) -> None:
            residual, slope, noise = np.empty(4), np.empty((4, 6)), np.empty(4)

            def slope_at(x: Floats) -> Floats:
                innovate(x, record, residual, slope, noise)
                return slope[:3]

            self._filter.predict()
            self._filter.R = np.diag(record[S_RANGE : S_RANGE + 3] ** 2)
            self._filter.update(np.zeros(3), slope_at, lambda x: -residual[:3])

    return FilterPy


def measure() -> list[Measured]:
    """Each peer's step beside ours."""
    kinds: list[type[Any]] = [Ours]
    found: list[Measured] = []
    if importlib.util.find_spec("filterpy"):
        kinds.append(_filterpy())
    else:
        found.append(Measured(PATH, "filterpy", "-", f"not installed: {CURE}", "-"))
    if importlib.util.find_spec("stonesoup"):
        kinds += [_stone_soup("our flight"), _stone_soup("constant velocity")]
    else:
        found.append(Measured(PATH, "Stone Soup", "-", f"not installed: {CURE}", "-"))
    start = raid(1, spread_m=0.0, scans=0, seed=1)
    draw = np.random.default_rng(2)
    truth = np.array([after_burnout(90.0 + step) for step in range(1, STEPS + 1)])
    polar = polar_of(truth[:, :3])
    polar += draw.normal(size=polar.shape) * [RANGE_SIGMA_M, ANGLE_SIGMA_RAD, ANGLE_SIGMA_RAD]
    given = (start.means[0], start.covariances[0])
    taken_s = np.empty((ROUNDS, len(kinds)))
    apart_m = np.empty(len(kinds))
    for row in taken_s:
        for i, kind in enumerate(kinds):
            row[i], apart_m[i] = _play(kind(*given), polar, truth[-1])
    for i, kind in enumerate(kinds[1:], start=1):
        ours_us, theirs_us = 1e6 * np.median(taken_s, axis=0)[[0, i]]
        found.append(
            Measured(
                path=PATH,
                work=f"{kind.name}; ends {apart_m[i]:.0f} m off (ours {apart_m[0]:.0f} m)",
                figure=f"{theirs_us:.0f} us",
                yardstick=f"our scalar kernels, called from Python: {ours_us:.1f} us",
                ratio=f"{np.median(taken_s[:, i] / taken_s[:, 0]):.0f}",
            )
        )
    return found


def _play(each: Any, polar: Floats, truth: Floats) -> tuple[float, float]:
    """Median seconds of a step, and how far from the truth it ends."""
    taken_s = []
    for plot, record in zip(polar, records_of(polar), strict=True):
        began_s = time.process_time()
        each.step(plot, record)
        taken_s.append(time.process_time() - began_s)
    return float(np.median(taken_s)), float(np.linalg.norm((each.mean - truth)[:3]))
