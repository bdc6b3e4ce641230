"""Boosts of the generic family as templates: what one satellite's sights of a launch mean.

A line of sight says nothing of how far along it the heat stands. What flies says it: heat is first
seen where the booster comes out of the clouds, and from there on it climbs and gains speed as
boosts do. The family is that of ``assess/boost.py``, drawn anew: burn times, thrust, staging and
steering of no real missile. Each template, first seen at each of several heights, is laid through
the sights; where it stands across the first sight is free, and its heading is the best one and its
spread (the sum of squares is two waves of the heading). Their likelihoods give the mean and the
covariance of where and when it lifted off, and of its place and velocity now.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from signalfire.basis.instant import NS_PER_S, Instant
from signalfire.basis.kernel import Floats, Integers
from signalfire.picture.estimate import PlaceEstimate
from signalfire.space.earth import SEMI_MAJOR_M
from signalfire.space.geodesy import Geodetic, enu_from_ecef, geodetic
from signalfire.tracking import _kernels as k
from signalfire.tracking import _template_kernels as t

TEMPLATES = 384
SECONDS = 200
"""A template is known up to here: later nobody needs one satellite's word for a launch."""
LEVELS_M = np.array([4e3, 6e3, 8e3, 10e3, 12e3, 14e3])
LEVELS_SHARE = np.array([0.08, 0.17, 0.22, 0.25, 0.18, 0.10])
"""Heights at which heat is first seen, and how probably: cloud tops and water vapour hide what is
below 5 to 12 km, and a look that missed it adds 1 km."""
REFERENCE_M = 8e3
"""A line of sight is met at this height first."""
UNLIKE_SHARE = 0.04
"""No template is the booster: each may be wrong by this share of the way since the first sight."""
SOFT_TEMPLATES = 12.0
"""The likelihoods are softened until so many templates share them: the family has more members than
were drawn, and a few that happen to fit best say too little of the others."""
PAD_SIGMA_M = 300.0
HEADING_SIGMA_RAD = 0.02
"""A boost does not keep to one vertical plane (``assess/boost.py``)."""
SPEED_SIGMA_M_S = 30.0
"""What a template's velocity is unlike the booster's in the least case: a second of thrust."""
ELEVATION_MIN_RAD = math.radians(10.0)
"""Nearer to the limb a sight skims the air, and satellites and stars stand behind it."""
_SEED = 20_171
_SOFTENINGS = 0.75 ** np.arange(24)


@dataclass(frozen=True, eq=False)
class Sights:
    """One sensor's sights of one object, oldest first: instants since the tracker's epoch (n,) and
    rows of ``_kernels`` (n, RECORD)."""

    at_ns: Integers
    records: Floats


@dataclass(frozen=True, eq=False)
class View:
    """Sights as places across the first line of sight, at the height ``REFERENCE_M`` along it.

    ``seen_m`` (n, 2) are east-north-up axes' components by ``axes`` (2, 3), ``along`` (3,) is the
    line of sight in them; ``sigma_m`` (n,) the errors; ``after_s`` (n,) from the first sight.
    """

    ground: Geodetic
    enu: Floats
    along: Floats
    axes: Floats
    seen_m: Floats
    sigma_m: Floats
    after_s: Floats

    @property
    def is_on_earth(self) -> bool:
        """Whether it looks down steeply enough."""
        return bool(-self.along[2] > math.sin(ELEVATION_MIN_RAD))


class Bank(NamedTuple):
    """Templates: heights, runs at whole seconds, their last seconds, and ages at ``LEVELS_M``."""

    heights: Floats
    runs: Floats
    lasts: Integers
    ages: Floats


@dataclass(frozen=True, eq=False)
class Boosting:
    """What the family makes of the sights of one launch.

    ``misfit_ratio`` is the best template's sum of squares over what is expected. The lift-off has a
    place, the covariance of its east and north (m2), and an instant; ``mean`` (6,) and
    ``covariance`` (6, 6) are the state at the last sight, Earth-fixed.
    """

    misfit_ratio: float
    lift_off: Geodetic
    lift_off_covariance_m2: Floats
    lift_off_ns: int
    lift_off_sigma_s: float
    mean: Floats
    covariance: Floats

    def place_estimate(self, epoch: Instant) -> PlaceEstimate:
        """The lift-off as a value; ``epoch`` is the tracker's."""
        p = self.lift_off_covariance_m2
        return PlaceEstimate(
            self.lift_off.latitude_rad,
            self.lift_off.longitude_rad,
            (float(p[0, 0]), float(p[0, 1]), float(p[1, 1])),
            Instant(epoch.tai_ns + self.lift_off_ns),
            self.lift_off_sigma_s,
        )


def view_of(sights: Sights) -> View | None:
    """The sights across the first of them; None where that one meets no ground."""
    first = sights.records[0]
    site, along = first[k.SITE : k.SITE + 3], first[k.ALONG : k.ALONG + 3]
    # A ball through the reference height below the place first met: twice is enough.
    radius_m = SEMI_MAJOR_M
    place = site
    for _ in range(2):
        nearest_m = float(-site @ along)
        inside = radius_m**2 - float(site @ site) + nearest_m**2
        if inside <= 0.0 or nearest_m <= 0.0:
            return None
        place = site + (nearest_m - math.sqrt(inside)) * along
        radius_m = float(np.linalg.norm(place)) + REFERENCE_M - geodetic(place).altitude_m
    there = geodetic(place)
    ground = Geodetic(there.latitude_rad, there.longitude_rad)
    enu = enu_from_ecef(ground)
    aside = first[k.ASIDE : k.ASIDE + 3]
    axes = np.vstack([aside, np.cross(along, aside)])
    lines = sights.records[:, k.ALONG : k.ALONG + 3]
    sites = sights.records[:, k.SITE : k.SITE + 3]
    # Each line where it goes through the plane across the first.
    reach_m = ((place - sites) @ along) / (lines @ along)
    seen_m = (sites + reach_m[:, None] * lines - place) @ axes.T
    angles = np.hypot(sights.records[:, k.S_ASIDE], sights.records[:, k.S_ACROSS]) / math.sqrt(2.0)
    after_s = (sights.at_ns - sights.at_ns[0]) / NS_PER_S
    return View(
        ground, enu, enu @ along, np.ascontiguousarray(axes @ enu.T), seen_m, reach_m * angles,
        after_s,
    )  # fmt: skip


def explain(view: View, last_ns: int) -> Boosting | None:
    """What the family makes of the sights; None where no template goes on for so long.

    ``last_ns`` is the instant of the last sight.
    """
    bank = bank_of_templates()
    moved_m = np.linalg.norm(view.seen_m - view.seen_m[0], axis=1)
    weights = 1.0 / (view.sigma_m**2 + (UNLIKE_SHARE * moved_m) ** 2)
    shape = (*bank.ages.shape, t.BRANCHES)
    misfits, headings, spreads = np.empty(shape), np.zeros(shape), np.zeros(shape)
    t.lay(
        bank.heights, bank.runs, bank.lasts, bank.ages, view.after_s, view.seen_m, weights,
        view.axes, misfits, headings, spreads,
    )  # fmt: skip
    best = float(misfits.min())
    if not math.isfinite(best):
        return None
    prior = LEVELS_SHARE[:, None] * np.where(np.isfinite(misfits), spreads, 0.0)
    for softening in _SOFTENINGS:
        likelihoods = prior * np.exp(-0.5 * softening * (misfits - best))
        likelihoods /= likelihoods.sum()
        shares = likelihoods.sum(axis=(1, 2))
        if 1.0 / float(shares @ shares) >= SOFT_TEMPLATES:
            break
    mean, covariance = np.empty(t.MOMENTS), np.empty((t.MOMENTS, t.MOMENTS))
    t.gather(
        bank.heights, bank.runs, bank.ages, LEVELS_M - REFERENCE_M, view.after_s, view.seen_m,
        weights, view.axes, view.along, likelihoods, headings, spreads / math.sqrt(softening), 1e-7,
        mean, covariance,
    )  # fmt: skip
    across_m2 = 1.0 / float(weights.sum())
    run_m = mean[3:5] - mean[:2]
    aside_m2 = PAD_SIGMA_M**2 + across_m2 + HEADING_SIGMA_RAD**2 * float(run_m @ run_m)
    covariance = 0.5 * (covariance + covariance.T)
    covariance[range(2), range(2)] += aside_m2
    covariance[range(3, 6), range(3, 6)] += across_m2
    covariance[range(6, 9), range(6, 9)] += SPEED_SIGMA_M_S**2
    freedom = max(2 * len(view.after_s) - 4, 1)
    return _on_earth(view, best / freedom, mean, covariance, last_ns)


def _on_earth(
    view: View, misfit_ratio: float, mean: Floats, covariance: Floats, last_ns: int
) -> Boosting:
    """The moments in Earth-fixed axes."""
    to_ecef = np.kron(np.eye(2), view.enu.T)
    base = view.ground.ecef_m()
    state = to_ecef @ mean[3:9]
    up = view.enu.T @ np.array([0.0, 0.0, REFERENCE_M])
    state[:3] += base + up
    start = geodetic(base + view.enu.T @ np.array([mean[0], mean[1], 0.0]))
    last_s = float(view.after_s[-1])
    return Boosting(
        misfit_ratio=misfit_ratio,
        lift_off=Geodetic(start.latitude_rad, start.longitude_rad),
        lift_off_covariance_m2=covariance[:2, :2].copy(),
        lift_off_ns=last_ns + round((float(mean[2]) - last_s) * NS_PER_S),
        lift_off_sigma_s=math.sqrt(float(covariance[2, 2]) + 1.0),
        mean=state,
        covariance=to_ecef @ covariance[3:9, 3:9] @ to_ecef.T,
    )


@lru_cache(maxsize=1)
def bank_of_templates() -> Bank:
    """The templates that climb all the way to burn-out, the same in every process."""
    draw = np.random.default_rng(_SEED)
    plans = np.array([_plan(draw) for _ in range(2 * TEMPLATES)])
    heights = np.zeros((len(plans), SECONDS + 1))
    runs = np.zeros_like(heights)
    lasts = np.zeros(len(plans), dtype=np.int64)
    t.fly(plans, heights, runs, lasts)
    good = np.flatnonzero(lasts)[:TEMPLATES]
    heights, runs, lasts = heights[good], runs[good], lasts[good]
    ages = np.empty((len(good), len(LEVELS_M)))
    t.ages_at(heights, lasts, LEVELS_M, ages)
    return Bank(heights, runs, lasts, ages)


def _plan(draw: Generator) -> Floats:
    """One member of the family."""

    def between(low: float, high: float) -> float:
        return math.exp(draw.uniform(math.log(low), math.log(high)))

    plan = np.zeros(t.PLAN)
    burn_s = plan[t.BURN] = between(45.0, 320.0)
    first = (1.3 + 0.6 * math.exp(-(burn_s - 45.0) / 60.0)) * math.exp(0.3 * draw.normal())
    first = max(1.12, first)
    knots = (
        [(0.0, first), (1.0, first * between(1.5, 7.0))]
        if draw.random() < 0.5
        else _stages(draw, burn_s, first)
    )
    plan[t.KNOTS] = len(knots)
    plan[t.KNOT : t.KNOT + 2 * len(knots)] = np.array(knots).ravel()
    plan[t.RISE] = draw.uniform(2.0, 14.0)
    plan[t.TURNS] = float(draw.random() < 0.5)
    lean_deg = draw.uniform(0.5, 8.0) if plan[t.TURNS] else draw.uniform(2.0, 75.0)
    plan[t.LEAN] = math.radians(lean_deg)
    plan[t.POWER], plan[t.END] = draw.uniform(0.5, 1.6), draw.uniform(0.35, 1.0)
    plan[t.DRAG] = between(3e-5, 2e-4)
    return plan


def _stages(draw: Generator, burn_s: float, first: float) -> list[tuple[float, float]]:
    """One to three stages, each growing as its mass falls, by four knots."""
    count = 1 if burn_s < 90.0 else int(draw.integers(1, 4))
    ends = np.cumsum(draw.uniform(0.6, 1.4, count))
    ends /= ends[-1]
    begin, begins, knots = 0.0, first, []
    for end in ends.tolist():
        left = draw.uniform(0.15, 0.55)
        for part in (0.0, 0.5, 0.8, 1.0):
            knots.append((begin + (end - begin) * part, begins / (1.0 - (1.0 - left) * part)))
        begin, begins = end, begins * draw.uniform(0.9, 1.9)
    return knots
