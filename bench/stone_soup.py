"""Stone Soup with the models of our raid: states east, north, up of the radar, and its plots.

It has no model of a ballistic flight; the documented way to one is a ``GaussianTransitionModel`` of
one's own. Ours gives it the compiled flight and gradient of our scalar kernels, so that what is
measured is the framework and not the physics; beside it stands its own ``ConstantVelocity``.
Reference: stonesoup.readthedocs.io; version: ``requirements/bench.txt``.
"""

import datetime as dt
from typing import Any

import numpy as np
from stonesoup.models.measurement.nonlinear import CartesianToElevationBearingRange
from stonesoup.models.transition.linear import (
    CombinedLinearGaussianTransitionModel,
    ConstantVelocity,
)
from stonesoup.models.transition.nonlinear import GaussianTransitionModel
from stonesoup.predictor.kalman import ExtendedKalmanPredictor
from stonesoup.types.array import StateVector
from stonesoup.types.detection import Detection
from stonesoup.types.state import GaussianState
from stonesoup.types.track import Track
from stonesoup.updater.kalman import ExtendedKalmanUpdater

from bench.raid import ANGLE_SIGMA_RAD, DRAG_M2_KG, NOISE_M2_S3, RADAR, RANGE_SIGMA_M
from signalfire.basis.kernel import Floats
from signalfire.motion._kernels import propagate, transition
from signalfire.space.geodesy import enu_from_ecef

START = dt.datetime(2030, 1, 1)
CONSTANT_VELOCITY_NOISE_M2_S3 = 100.0
"""As much as a straight line needs to follow a fall."""

_ORDER = np.array([0, 2, 4, 1, 3, 5])
"""Their e, ve, n, vn, u, vu from our places and velocities: theirs[_ORDER] = ours."""
_TURN = np.kron(np.eye(2), enu_from_ecef(RADAR))
_SITE = np.concatenate([RADAR.ecef_m(), np.zeros(3)])


def to_enu(mean: Floats) -> Floats:
    """Our state in their axes and order."""
    theirs = np.empty(6)
    theirs[_ORDER] = _TURN @ (mean - _SITE)
    return theirs


def from_enu(theirs: Floats) -> Floats:
    """Their state in ours."""
    return np.asarray(_TURN.T @ theirs[_ORDER] + _SITE)


class Ballistic(GaussianTransitionModel):  # type: ignore[misc]
    """Free flight with gravity, J2, the turning Earth and air."""

    @property
    def ndim_state(self) -> int:
        return 6

    def function(self, state: Any, noise: Any = False, **kwargs: Any) -> Any:
        """The state after the interval."""
        out = np.empty(6)
        start = from_enu(np.asarray(state.state_vector, dtype=np.float64)[:, 0])
        propagate(start, DRAG_M2_KG, kwargs["time_interval"].total_seconds(), 1.0, out)
        return StateVector(to_enu(out))

    def jacobian(self, state: Any, **kwargs: Any) -> Floats:
        """The transition matrix from the gradient midway."""
        elapsed_s = kwargs["time_interval"].total_seconds()
        middle, ours, theirs = np.empty(6), np.empty((6, 6)), np.empty((6, 6))
        start = from_enu(np.asarray(state.state_vector, dtype=np.float64)[:, 0])
        propagate(start, DRAG_M2_KG, 0.5 * elapsed_s, 1.0, middle)
        transition(middle, DRAG_M2_KG, elapsed_s, ours)
        theirs[np.ix_(_ORDER, _ORDER)] = _TURN @ ours @ _TURN.T
        return theirs

    def covar(self, time_interval: dt.timedelta, **kwargs: Any) -> Floats:
        """White acceleration."""
        t = time_interval.total_seconds()
        block = np.array([[t**3 / 3.0, t**2 / 2.0], [t**2 / 2.0, t]])
        return NOISE_M2_S3 * np.kron(np.eye(3), block)


def constant_velocity() -> Any:
    """The stock model nearest to a flight."""
    return CombinedLinearGaussianTransitionModel(
        [ConstantVelocity(CONSTANT_VELOCITY_NOISE_M2_S3) for _ in range(3)]
    )


MEASUREMENT = CartesianToElevationBearingRange(
    ndim_state=6,
    mapping=(0, 2, 4),
    noise_covar=np.diag([ANGLE_SIGMA_RAD**2, ANGLE_SIGMA_RAD**2, RANGE_SIGMA_M**2]),
)


def predictor_and_updater(model: Any) -> tuple[Any, Any]:
    """An extended Kalman filter with that model."""
    return ExtendedKalmanPredictor(model), ExtendedKalmanUpdater(MEASUREMENT)


def at(second: int) -> dt.datetime:
    """So many seconds after the start."""
    return START + dt.timedelta(seconds=second)


def state_of(mean: Floats, covariance: Floats) -> Any:
    """Their state at the start."""
    turned = np.empty((6, 6))
    turned[np.ix_(_ORDER, _ORDER)] = _TURN @ covariance @ _TURN.T
    return GaussianState(StateVector(to_enu(mean)), turned, timestamp=START)


def track_of(mean: Floats, covariance: Floats) -> Any:
    """A track that begins with that state."""
    return Track([state_of(mean, covariance)])


def detection_of(polar: Floats, second: int) -> Any:
    """Their detection; bearings count from east to the left."""
    range_m, azimuth_rad, elevation_rad = polar
    return Detection(
        StateVector([elevation_rad, 0.5 * np.pi - azimuth_rad, range_m]),
        timestamp=at(second),
        measurement_model=MEASUREMENT,
    )
