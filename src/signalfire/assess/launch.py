"""Where and when it was launched, by going back along its track.

Seen under thrust, the way back to lift-off follows a family of generic boosts: time and ground
distance since lift-off follow from height, speed and path angle. Seen after burnout, the way back
is a ballistic arc to where the engine must have stopped, which only the energy tells, and the
family from there.

**The family** is an ensemble of 4,000 boosts, none of them any real missile's: burn 45 to 320 s
(log-uniform) in one to three stages, lift-off thrust 1.15 to 4 g (brisker where the burn is
short), thrust growing as the mass of each stage falls to 0.12-0.55, vertical rise 1-12 s, then a
tilt as a power (0.5-1.6) of time to a thrust elevation of 15-88 degrees, drag 3e-5 to 2e-4 m2/kg,
over a round Earth. The coefficients below are least-squares fits to points log-uniform in height;
the rms residuals are stated beside them and go into the ellipse.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from signalfire.assess import _kernels
from signalfire.basis.instant import Instant
from signalfire.basis.kernel import Floats
from signalfire.motion._kernels import propagate
from signalfire.picture.estimate import Launch, PlaceEstimate, StateEstimate, Unknown
from signalfire.picture.track import Track
from signalfire.space.geodesy import Geodetic, enu_from_ecef

_AGE = np.array([2.0682, -1.7198, -0.058967, 0.61534, -0.025439, 0.059812])
_RUN = np.array([1.0586, -1.9242, -0.1051, 0.61958, -0.030159, 0.070139])
AGE_SPREAD = 0.14
RUN_SPREAD = 0.18
AZIMUTH_SPREAD_RAD = 0.02
"""A boost does not keep exactly to one vertical plane: steering, wind, the turning Earth."""
SITE_SIGMA_M = 300.0
BURN_S_PER_M_S = 0.035
"""Burn time over the speed that the energy gives at sea level: 70 s at 2 km/s, 245 s at 7 km/s,
as published class values have it (60-80 s short range, 110-150 s medium, 200-290 s long)."""
BURN_LOG_SIGMA = 0.3
_NODES = np.array([-1.8, -0.9, 0.0, 0.9, 1.8])
_WEIGHTS = np.exp(-0.5 * _NODES**2) / np.exp(-0.5 * _NODES**2).sum()
COAST_BACK_MAX_S = 1_800.0


def estimate_launch(track: Track) -> Launch:
    """The launch that the whole early arc of a track allows."""
    states = track.ascent or (track.state,)
    if _seen_under_thrust(track):
        until = track.burnt_out_at or track.last_observed_at
        powered = [s for s in states if s.valid_at <= until] or list(states[:1])
        climbing = [found for s in powered if (found := _from_thrust(s)) is not None]
        if not climbing:
            return Unknown("does not climb as a launch does")
        return _best(climbing)
    coasting = [found for s in (states[0], states[-1]) if (found := _from_coast(s)) is not None]
    if not coasting:
        return Unknown("the way back to the launch is too long or leaves the air")
    return _best(coasting)


def fuse_launches(estimates: Sequence[PlaceEstimate]) -> PlaceEstimate:
    """One launch from several nations' estimates whose errors are alike in an unknown way.

    The surest one is kept; where others contradict it by more than their covariances explain, the
    ellipse grows to hold them. Place and time are judged apart. Never surer than the surest.
    """
    assert estimates, "there is nothing to fuse"
    return _best(list(estimates))


def _best(estimates: list[PlaceEstimate]) -> PlaceEstimate:
    """The place of the surest place, the time of the surest time."""
    place = min(estimates, key=lambda e: (_area(e), e.time.tai_ns))
    moment = min(estimates, key=lambda e: (e.time_sigma_s, e.time.tai_ns))
    return PlaceEstimate(
        place.latitude_rad,
        place.longitude_rad,
        place.covariance_east_north_m2,
        moment.time,
        moment.time_sigma_s,
    )


def _area(estimate: PlaceEstimate) -> float:
    ee, _, nn = estimate.covariance_east_north_m2
    return ee + nn


def _seen_under_thrust(track: Track) -> bool:
    if not track.free_flight_seen:
        return True
    burnt_out_at = track.burnt_out_at
    return burnt_out_at is not None and burnt_out_at > track.first_observed_at


@dataclass(frozen=True)
class _Liftoff:
    """One way back: ground point (unit sphere), when, and the covariance of both (metres, s)."""

    point: Floats
    at: Instant
    spread: Floats
    along: Floats


def _from_thrust(state: StateEstimate) -> PlaceEstimate | None:
    found = _liftoff(state)
    return None if found is None else _place([found], np.ones(1))


def _liftoff(state: StateEstimate) -> _Liftoff | None:
    out = np.empty(8)
    spread = np.empty((4, 4))
    _kernels.liftoff_spread(state.mean, state.covariance, _AGE, _RUN, out, spread)
    age_s, run_m = float(out[0]), float(out[1])
    values = np.empty(_kernels.NUMBERS)
    _kernels.shape(state.mean, values)
    if values[0] < 100.0 or values[2] < 20.0 or not np.all(np.isfinite(spread)):
        return None
    point, along = out[2:5].copy(), out[5:8].copy()
    across = np.cross(point, along)
    spread[:3, :3] += (RUN_SPREAD * run_m) ** 2 * np.outer(along, along)
    spread[:3, :3] += (AZIMUTH_SPREAD_RAD * run_m) ** 2 * np.outer(across, across)
    spread[:3, :3] += SITE_SIGMA_M**2 * np.eye(3)
    spread[3, 3] += (AGE_SPREAD * age_s) ** 2 + 1.0
    return _Liftoff(point, state.valid_at.later(-age_s), spread, along)


def _from_coast(state: StateEstimate) -> PlaceEstimate | None:
    """Back along the ballistic arc to where the family is as old as burns of this energy last."""
    values = np.empty(_kernels.NUMBERS)
    _kernels.shape(state.mean, values)
    burn_s = BURN_S_PER_M_S * float(values[6])
    ways: list[_Liftoff] = []
    weights: list[float] = []
    for node, weight in zip(_NODES, _WEIGHTS, strict=True):
        start = _burnout(state, burn_s * math.exp(BURN_LOG_SIGMA * float(node)))
        found = None if start is None else _liftoff(start)
        if found is not None:
            ways.append(found)
            weights.append(float(weight))
    if not ways:
        return None
    return _place(ways, np.array(weights) / sum(weights))


def _burnout(state: StateEstimate, burn_s: float) -> StateEstimate | None:
    """The state on the way back at which the boost family is ``burn_s`` old; None if never."""
    now = state.mean.copy()
    back = np.empty(6)
    out = np.empty(8)
    values = np.empty(_kernels.NUMBERS)
    elapsed_s = 0.0
    while elapsed_s < COAST_BACK_MAX_S:
        _kernels.shape(now, values)
        if values[0] < 3_000.0:
            return None
        _kernels.liftoff(now, _AGE, _RUN, out)
        if values[2] > 20.0 and out[0] <= burn_s:
            break
        propagate(now, 0.0, -4.0, 4.0, back)
        now[:] = back
        elapsed_s += 4.0
    else:
        return None
    root = np.zeros((6, 6))
    moved = np.empty(6)
    for i in range(6):
        small = 10.0 if i < 3 else 0.1
        ahead = state.mean.copy()
        ahead[i] += small
        propagate(ahead, 0.0, -elapsed_s, 4.0, moved)
        root[:, i] = (moved - now) / small
    return StateEstimate(
        state.valid_at.later(-elapsed_s), now, root @ state.covariance @ root.T
    )


def _place(ways: list[_Liftoff], weights: Floats) -> PlaceEstimate:
    """Mean and covariance of a mixture of ways back."""
    points = np.array([w.point for w in ways])
    middle = weights @ points
    latitude_rad, longitude_rad, _ = _kernels.ground_of(
        *(float(v) for v in middle / np.linalg.norm(middle) * _kernels.SEMI_MAJOR_M)
    )
    enu = enu_from_ecef(Geodetic(latitude_rad, longitude_rad))[:2]
    offsets = (points - middle) @ enu.T * _kernels.SEMI_MAJOR_M
    first = ways[0].at
    after_s = np.array([w.at.elapsed_s(since=first) for w in ways])
    mean_s = float(weights @ after_s)
    covariance = np.zeros((2, 2))
    variance_s2 = 0.0
    for way, weight, offset, moment_s in zip(ways, weights, offsets, after_s, strict=True):
        covariance += weight * (enu @ way.spread[:3, :3] @ enu.T + np.outer(offset, offset))
        variance_s2 += float(weight) * (float(way.spread[3, 3]) + (float(moment_s) - mean_s) ** 2)
    return PlaceEstimate(
        latitude_rad,
        longitude_rad,
        (float(covariance[0, 0]), float(covariance[0, 1]), float(covariance[1, 1])),
        first.later(mean_s),
        math.sqrt(variance_s2),
    )
