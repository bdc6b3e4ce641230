"""Which states are one object: by the trajectory, never by a launch time alone."""

import math

import numpy as np

from signalfire.fusion import _kernels
from signalfire.picture.estimate import PlaceEstimate, StateEstimate

CONSISTENT_D2_MAX = 33.1
"""Chi-square with 6 degrees of freedom, one in 100,000: beyond this two states contradict."""
SAME_OBJECT_D2_MAX = 22.5
"""Chi-square with 6 degrees of freedom, one in 1,000: up to this two states may be one object."""
SAME_PLACES_D2_MAX = 18.5
"""Chi-square with 4 degrees of freedom, one in 1,000: launch point and impact point together."""
REGISTRATION_POSITION_SIGMA_M = 1_000.0
"""Allowance for what separate nations' sensors disagree by (siting, clocks), not in covariances."""
REGISTRATION_VELOCITY_SIGMA_M_S = 20.0
LAUNCH_CLOCK_SIGMA_S = 30.0
"""One sensor's launch time may be a minute off another's (two sigma)."""


def separation_distance2(a: StateEstimate, b: StateEstimate) -> float:
    """Squared Mahalanobis distance of two states at one instant, with the registration allowance.

    Infinite where the covariances cannot be used.
    """
    allowance = np.diag(
        [REGISTRATION_POSITION_SIGMA_M**2] * 3 + [REGISTRATION_VELOCITY_SIGMA_M_S**2] * 3
    )
    d2 = _kernels.quadratic(a.mean - b.mean, a.covariance + b.covariance + allowance)
    return d2 if d2 >= 0.0 else math.inf


def places_distance2(a: PlaceEstimate, b: PlaceEstimate) -> float:
    """Squared Mahalanobis distance of two points on the ground, by their joint ellipse.

    Infinite where the covariances cannot be used. Local flat offsets: for points up to some
    hundred kilometres apart; further ones are far apart in any case.
    """
    east_m = ((b.longitude_rad - a.longitude_rad + math.pi) % (2.0 * math.pi) - math.pi) * math.cos(
        a.latitude_rad
    )
    offset_m = np.array([east_m, b.latitude_rad - a.latitude_rad]) * 6_371_008.8
    ee, en, nn = (
        p + q for p, q in zip(a.covariance_east_north_m2, b.covariance_east_north_m2, strict=True)
    )
    allowance_m2 = REGISTRATION_POSITION_SIGMA_M**2
    joint_m2 = np.array([[ee + allowance_m2, en], [en, nn + allowance_m2]])
    d2 = _kernels.quadratic(offset_m, joint_m2)
    return d2 if d2 >= 0.0 else math.inf


def are_times_apart(a: PlaceEstimate, b: PlaceEstimate) -> bool:
    """Whether two times differ by more than three sigma, the clock allowance included."""
    sigma_s = math.sqrt(a.time_sigma_s**2 + b.time_sigma_s**2 + LAUNCH_CLOCK_SIGMA_S**2)
    return abs(a.time.elapsed_s(since=b.time)) > 3.0 * sigma_s
