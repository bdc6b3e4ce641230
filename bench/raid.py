"""A raid as plain arrays: many objects that fly alike, and one radar that sees them every second.

The same numbers go to our kernels and to other people's trackers. All objects are copies of one
medium-range flight of 1240 km, some way apart, 90 s after burnout; the radar stands where it comes
down. Both are made up, in the size of real ones.
"""

import math
from dataclasses import dataclass

import numpy as np

from signalfire.basis.kernel import Floats, Integers
from signalfire.motion._kernels import propagate
from signalfire.space.geodesy import Geodetic, enu_from_ecef
from signalfire.tracking._kernels import (
    ALONG,
    ASIDE,
    GAP,
    KIND,
    RANGE,
    RECORD,
    S_ACROSS,
    S_ASIDE,
    S_RANGE,
    SITE,
)

RADAR = Geodetic(math.radians(35.77), math.radians(135.22), 100.0)
RANGE_SIGMA_M, ANGLE_SIGMA_RAD = 50.0, 1e-3
BURNOUT = Geodetic(math.radians(38.90), math.radians(126.50), 70_000.0)
SPEED_M_S, AZIMUTH_RAD, CLIMB_RAD = 3139.6, math.radians(96.62), math.radians(43.0)
DRAG_M2_KG = 1.0 / 6_000.0
NOISE_M2_S3 = 1e-2
HIT_PROBABILITY = 0.95
CLUTTER_SHARE = 0.1
"""False plots of a scan, for each object."""
PLACE_SIGMA_M, VELOCITY_SIGMA_M_S = 300.0, 20.0
"""How well each track is known at the start."""
UP_SIGMA_M = 10_000.0
SPREAD_SIGMA_M_S = 30.0
"""How far the objects are apart in height and in velocity; over the ground it is the caller's."""


@dataclass(frozen=True)
class Scan:
    """What the radar reports a second after the last scan: range, azimuth, elevation of each plot,
    the same as rows of the filter's kernels, and whose each is (-1: nobody's)."""

    polar: Floats
    records: Floats
    owners: Integers


@dataclass(frozen=True)
class Raid:
    """Tracks at the start and the scans that follow, one a second; ``truth`` is that of the start,
    ``truths`` those of the scans. Earth-fixed axes, SI."""

    means: Floats
    covariances: Floats
    truth: Floats
    truths: tuple[Floats, ...]
    scans: tuple[Scan, ...]


def after_burnout(elapsed_s: float) -> Floats:
    """The one flight that all are copies of."""
    level = SPEED_M_S * math.cos(CLIMB_RAD)
    velocity_enu = np.array(
        [
            level * math.sin(AZIMUTH_RAD),
            level * math.cos(AZIMUTH_RAD),
            SPEED_M_S * math.sin(CLIMB_RAD),
        ]
    )
    start = np.concatenate([BURNOUT.ecef_m(), enu_from_ecef(BURNOUT).T @ velocity_enu])
    out = np.empty(6)
    propagate(start, DRAG_M2_KG, elapsed_s, 0.25, out)
    return out


def records_of(polar: Floats) -> Floats:
    """Rows for the filter's kernels of plots by range, azimuth and elevation, shape (n, 3)."""
    range_m, azimuth_rad, elevation_rad = polar.T
    ecef_from_enu = enu_from_ecef(RADAR).T
    sin_a, cos_a = np.sin(azimuth_rad), np.cos(azimuth_rad)
    sin_e, cos_e = np.sin(elevation_rad), np.cos(elevation_rad)
    rows = np.zeros((len(polar), RECORD))
    rows[:, KIND] = 3.0
    rows[:, SITE : SITE + 3] = RADAR.ecef_m()
    rows[:, ALONG : ALONG + 3] = (
        np.column_stack([sin_a * cos_e, cos_a * cos_e, sin_e]) @ ecef_from_enu.T
    )
    rows[:, ASIDE : ASIDE + 3] = (
        np.column_stack([cos_a, -sin_a, np.zeros_like(sin_a)]) @ ecef_from_enu.T
    )
    rows[:, RANGE] = range_m
    rows[:, S_RANGE] = RANGE_SIGMA_M
    rows[:, S_ASIDE] = ANGLE_SIGMA_RAD * np.hypot(cos_e, ANGLE_SIGMA_RAD)
    rows[:, S_ACROSS] = ANGLE_SIGMA_RAD
    rows[:, GAP] = 5.0
    return rows


def polar_of(places: Floats) -> Floats:
    """Range, azimuth and elevation of places (n, 3) from the radar."""
    east, north, up = enu_from_ecef(RADAR) @ (places - RADAR.ecef_m()).T
    level = np.hypot(east, north)
    return np.column_stack([np.hypot(level, up), np.arctan2(east, north), np.arctan2(up, level)])


def raid(count: int, *, spread_m: float, scans: int, seed: int, elapsed_s: float = 90.0) -> Raid:
    """So many objects, so far apart over the ground (sigma), and so many scans of them."""
    draw = np.random.default_rng(seed)
    middle = after_burnout(elapsed_s)
    apart = np.clip(draw.normal(size=(count, 3)), -3.0, 3.0) * [spread_m, spread_m, UP_SIGMA_M]
    truth = np.tile(middle, (count, 1))
    truth[:, :3] += apart @ enu_from_ecef(BURNOUT)
    truth[:, 3:] += draw.normal(size=(count, 3)) * SPREAD_SIGMA_M_S
    sigmas = np.repeat([PLACE_SIGMA_M, VELOCITY_SIGMA_M_S], 3)
    means = truth + draw.normal(size=(count, 6)) * sigmas
    truths: list[Floats] = []
    now = truth
    for _ in range(scans):
        after = np.empty_like(now)
        for one, moved in zip(now, after, strict=True):
            propagate(one, DRAG_M2_KG, 1.0, 1.0, moved)
        truths.append(after)
        now = after
    return Raid(
        means,
        np.tile(np.diag(sigmas**2), (count, 1, 1)),
        truth,
        tuple(truths),
        tuple(_scan(states, draw) for states in truths),
    )


def _scan(truth: Floats, draw: np.random.Generator) -> Scan:
    seen = np.flatnonzero(draw.uniform(size=len(truth)) < HIT_PROBABILITY)
    polar = polar_of(truth[seen, :3])
    polar += draw.normal(size=polar.shape) * [RANGE_SIGMA_M, ANGLE_SIGMA_RAD, ANGLE_SIGMA_RAD]
    false = draw.poisson(CLUTTER_SHARE * len(truth)) if len(seen) else 0
    if false:
        low, high = polar.min(axis=0), polar.max(axis=0)
        polar = np.vstack([polar, draw.uniform(low, high, size=(false, 3))])
    owners = np.concatenate([seen, np.full(false, -1)]).astype(np.int64)
    order = draw.permutation(len(polar))
    return Scan(polar[order], records_of(polar[order]), owners[order])
