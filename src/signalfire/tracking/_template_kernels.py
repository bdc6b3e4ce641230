"""Boosts of the generic family flown, and laid through one satellite's lines of sight; SI.

A template is a row of heights and of ground runs at whole seconds since lift-off, up to its
burn-out.
"""

import math

import numpy as np

from signalfire.basis.kernel import Floats, Integers, kernel
from signalfire.space.earth import GRAVITY_M3_S2, SEMI_MAJOR_M

BURN, RISE, LEAN, POWER, END, DRAG, TURNS, KNOTS, KNOT = range(9)
"""One plan: burn time; s straight up; lean (rad); power of the lean; part of the burn at which it
is complete; drag, m2/kg; 1 for a gravity turn; how many knots; then knots (part of the burn, thrust
over weight)."""
KNOTS_MAX = 12
PLAN = KNOT + 2 * KNOTS_MAX
MOMENTS = 11
"""Lift-off east and north of the reference, and when; place and velocity at the last look, east,
north, up; and the heading's sine and cosine."""
BRANCHES = 4
"""Headings that one template may have that explain the sights: the minima of a sum of two waves."""
_HEADINGS = 16
_G0 = 9.80665
_STEP = 0.25
_RHO0, _SCALE_HEIGHT = 1.225, 7200.0


@kernel
def push(part: float, plan: Floats) -> float:
    """Thrust over weight at a part of the burn, between the knots."""
    count = int(plan[KNOTS])
    for n in range(1, count):
        left, right = plan[KNOT + 2 * n - 2], plan[KNOT + 2 * n]
        if part <= right:
            share = (part - left) / max(right - left, 1e-9)
            low, high = plan[KNOT + 2 * n - 1], plan[KNOT + 2 * n + 1]
            return float(low + share * (high - low))
    return float(plan[KNOT + 2 * count - 1])


@kernel
def pull(t: float, x: float, y: float, u: float, v: float, plan: Floats) -> tuple[float, float]:
    """Acceleration in the plane of flight: thrust, gravity of a round Earth, drag."""
    r = math.sqrt(x * x + y * y)
    speed = math.sqrt(u * u + v * v)
    size = _G0 * push(t / plan[BURN], plan)
    if t < plan[RISE] or (plan[TURNS] > 0.0 and speed < 1.0):
        ahead, up = x / r, y / r
    elif plan[TURNS] > 0.0:
        ahead, up = u / speed, v / speed
    else:
        whole = max(plan[END] * plan[BURN] - plan[RISE], 1.0)
        lean = plan[LEAN] * min(1.0, (t - plan[RISE]) / whole) ** plan[POWER]
        ahead, up = math.sin(lean), math.cos(lean)
    height = r - SEMI_MAJOR_M
    drag = 0.5 * _RHO0 * math.exp(-height / _SCALE_HEIGHT) * speed * plan[DRAG]
    fall = GRAVITY_M3_S2 / (r * r * r)
    return size * ahead - fall * x - drag * u, size * up - fall * y - drag * v


@kernel
def fly(plans: Floats, heights: Floats, runs: Floats, lasts: Integers) -> None:
    """Fly each plan to its burn-out; ``lasts`` is the last second of each, 0 for one that fails.

    It fails where it does not climb all the way. By the midpoint rule.
    """
    for n in range(plans.shape[0]):
        plan = plans[n]
        x, y, u, v = 0.0, SEMI_MAJOR_M, 0.0, 0.0
        is_tipped = False
        seconds = min(int(plan[BURN]), heights.shape[1] - 1)
        heights[n, 0] = runs[n, 0] = 0.0
        lasts[n] = seconds
        for second in range(1, seconds + 1):
            for part in range(round(1.0 / _STEP)):
                t = second - 1 + part * _STEP
                if plan[TURNS] > 0.0 and not is_tipped and t >= plan[RISE]:
                    is_tipped = True
                    u, v = v * math.sin(plan[LEAN]), v * math.cos(plan[LEAN])
                a, b = pull(t, x, y, u, v, plan)
                half = 0.5 * _STEP
                a, b = pull(t + half, x + half * u, y + half * v, u + half * a, v + half * b, plan)
                x += _STEP * (u + half * a)
                y += _STEP * (v + half * b)
                u += _STEP * a
                v += _STEP * b
            heights[n, second] = math.sqrt(x * x + y * y) - SEMI_MAJOR_M
            runs[n, second] = SEMI_MAJOR_M * math.atan2(x, y)
            if not heights[n, second] > heights[n, second - 1]:
                lasts[n] = 0
                break


@kernel
def ages_at(heights: Floats, lasts: Integers, levels: Floats, ages: Floats) -> None:
    """When each template passes each height, s after lift-off; NaN where it does not."""
    for n in range(heights.shape[0]):
        for j in range(levels.shape[0]):
            ages[n, j] = math.nan
            for second in range(1, lasts[n] + 1):
                if heights[n, second] >= levels[j]:
                    low, high = heights[n, second - 1], heights[n, second]
                    ages[n, j] = second - 1 + (levels[j] - low) / (high - low)
                    break


@kernel
def between(row: Floats, t: float) -> float:
    """A template's value between two whole seconds."""
    at = min(int(t), row.shape[0] - 2)
    return float(row[at] + (t - at) * (row[at + 1] - row[at]))


@kernel
def ahead(heights: Floats, runs: Floats, age: float, after: float) -> tuple[float, float]:
    """How far up and ahead, in the level axes of its place at an age, a template is later."""
    h0, d0 = between(heights, age), between(runs, age)
    h, d = between(heights, age + after), between(runs, age + after)
    turn = (d - d0) / SEMI_MAJOR_M
    r = SEMI_MAJOR_M + h
    return r * math.cos(turn) - SEMI_MAJOR_M - h0, r * math.sin(turn)


@kernel
def waves(up: Floats, run: Floats, seen: Floats, weights: Floats, view: Floats,
          out: Floats) -> None:  # fmt: skip
    """The sum of squares that a template leaves, as a function of its heading's sine and cosine.

    out[0] - 2 (out[1] s + out[2] c) + out[3] s^2 + 2 out[4] s c + out[5] c^2, where it stands
    across being free.
    """
    total = mean0 = mean1 = mean_run = 0.0
    for i in range(up.shape[0]):
        total += weights[i]
        mean0 += weights[i] * (seen[i, 0] - up[i] * view[0, 2])
        mean1 += weights[i] * (seen[i, 1] - up[i] * view[1, 2])
        mean_run += weights[i] * run[i]
    rest = cross0 = cross1 = square = 0.0
    for i in range(up.shape[0]):
        a = seen[i, 0] - up[i] * view[0, 2] - mean0 / total
        b = seen[i, 1] - up[i] * view[1, 2] - mean1 / total
        d = run[i] - mean_run / total
        rest += weights[i] * (a * a + b * b)
        cross0 += weights[i] * d * a
        cross1 += weights[i] * d * b
        square += weights[i] * d * d
    out[0] = rest
    out[1] = view[0, 0] * cross0 + view[1, 0] * cross1
    out[2] = view[0, 1] * cross0 + view[1, 1] * cross1
    out[3] = square * (view[0, 0] ** 2 + view[1, 0] ** 2)
    out[4] = square * (view[0, 0] * view[0, 1] + view[1, 0] * view[1, 1])
    out[5] = square * (view[0, 1] ** 2 + view[1, 1] ** 2)


@kernel
def left_by(w: Floats, heading: float) -> float:
    """The sum of squares of ``waves`` at a heading."""
    s, c = math.sin(heading), math.cos(heading)
    value = w[0] - 2.0 * (w[1] * s + w[2] * c) + w[3] * s * s + 2.0 * w[4] * s * c + w[5] * c * c
    return float(value)


@kernel
def minima(w: Floats, misfits: Floats, headings: Floats, spreads: Floats) -> None:
    """The headings that leave least and their sigmas: from the best of some by Newton's steps."""
    coarse = np.empty(_HEADINGS)
    for m in range(_HEADINGS):
        coarse[m] = left_by(w, m * math.tau / _HEADINGS)
    branch = 0
    for m in range(_HEADINGS):
        before, later = coarse[m - 1], coarse[(m + 1) % _HEADINGS]
        if branch == BRANCHES or coarse[m] > before or coarse[m] >= later:
            continue
        heading = m * math.tau / _HEADINGS
        bend = 0.0
        for _ in range(4):
            s, c = math.sin(heading), math.cos(heading)
            slope = -2.0 * (w[1] * c - w[2] * s) + 2.0 * (w[3] - w[5]) * s * c
            slope += 2.0 * w[4] * (c * c - s * s)
            bend = 2.0 * (w[1] * s + w[2] * c) + 2.0 * (w[3] - w[5]) * (c * c - s * s)
            bend -= 8.0 * w[4] * s * c
            if bend > 0.0:
                heading -= max(-0.3, min(0.3, slope / bend))
        misfits[branch] = left_by(w, heading)
        headings[branch] = heading
        spreads[branch] = min(0.5, math.sqrt(2.0 / bend)) if bend > 0.0 else 0.5
        branch += 1


@kernel
def lay(heights: Floats, runs: Floats, lasts: Integers, ages: Floats, after: Floats,
        seen: Floats, weights: Floats, view: Floats, misfits: Floats, headings: Floats,
        spreads: Floats) -> None:  # fmt: skip
    """How well each template, first seen at each height, goes through the sights, and where to.

    ``seen`` (n, 2): where the sights are across the line of sight, m; ``view`` (2, 3): those axes
    by east, north, up; ``weights``: reciprocal variances. Per branch: the sum of squares (infinite:
    none), the heading, and its sigma.
    """
    count = after.shape[0]
    up, run, w = np.empty(count), np.empty(count), np.empty(6)
    misfits[:] = math.inf
    for k in range(heights.shape[0]):
        for j in range(ages.shape[1]):
            if not ages[k, j] + after[count - 1] <= lasts[k]:
                continue
            for i in range(count):
                up[i], run[i] = ahead(heights[k], runs[k], ages[k, j], after[i])
            waves(up, run, seen, weights, view, w)
            minima(w, misfits[k, j], headings[k, j], spreads[k, j])


@kernel
def way(heights: Floats, runs: Floats, age: float, after: Floats, weights: Floats,
        out: Floats) -> None:  # fmt: skip
    """What a template flies, whatever its heading: mean climb and run since the first sight, by the
    sights' weights; the last climb and run, and how fast they grow; run from lift-off until then.
    """
    total = 0.0
    out[:2] = 0.0
    for i in range(after.shape[0]):
        up, run = ahead(heights, runs, age, after[i])
        total += weights[i]
        out[0] += weights[i] * up
        out[1] += weights[i] * run
    out[0] /= total
    out[1] /= total
    last = after[after.shape[0] - 1]
    up_0, run_0 = ahead(heights, runs, age, last)
    up_1, run_1 = ahead(heights, runs, age, last - 1.0)
    up_2, run_2 = ahead(heights, runs, age, last - 2.0)
    out[2], out[3] = up_0, run_0
    out[4] = 1.5 * up_0 - 2.0 * up_1 + 0.5 * up_2
    out[5] = 1.5 * run_0 - 2.0 * run_1 + 0.5 * run_2
    out[6] = between(runs, age)


@kernel
def tell(f: Floats, age: float, level: float, heading: float, middle: Floats, view: Floats,
         along: Floats, q: Floats) -> None:  # fmt: skip
    """The numbers whose ``MOMENTS`` are wanted, of a template's ``way`` with a heading.

    It was first seen at a height ``level`` above the reference. ``middle`` (2,) is the mean of the
    sights.
    """
    s, c = math.sin(heading), math.cos(heading)
    o0 = middle[0] - view[0, 2] * f[0] - (view[0, 0] * s + view[0, 1] * c) * f[1]
    o1 = middle[1] - view[1, 2] * f[0] - (view[1, 0] * s + view[1, 1] * c) * f[1]
    depth = (level - view[0, 2] * o0 - view[1, 2] * o1) / along[2]
    x = view[0, 0] * o0 + view[1, 0] * o1 + along[0] * depth
    y = view[0, 1] * o0 + view[1, 1] * o1 + along[1] * depth
    q[0], q[1], q[2] = x - f[6] * s, y - f[6] * c, -age
    q[3], q[4], q[5] = x + f[3] * s, y + f[3] * c, level + f[2]
    q[6], q[7], q[8] = f[5] * s, f[5] * c, f[4]
    q[9], q[10] = s, c


@kernel
def gather(heights: Floats, runs: Floats, ages: Floats, levels: Floats, after: Floats,
           seen: Floats, weights: Floats, view: Floats, along: Floats, likelihoods: Floats,
           headings: Floats, spreads: Floats, least: float, mean: Floats,
           covariance: Floats) -> None:  # fmt: skip
    """The moments of what the templates say, by their likelihoods (their sum is 1).

    Those below ``least`` are left out. East, north and up count from the reference; ``levels`` are
    heights above it, ``along`` is the line of sight. Three nodes of each heading's normal spread
    (Gauss and Hermite).
    """
    middle, f, q = np.zeros(2), np.empty(7), np.empty(MOMENTS)
    total = used = 0.0
    for i in range(after.shape[0]):
        total += weights[i]
        middle += weights[i] * seen[i]
    middle /= total
    mean[:] = 0.0
    covariance[:, :] = 0.0
    for k in range(heights.shape[0]):
        for j in range(levels.shape[0]):
            for branch in range(BRANCHES):
                likelihood = likelihoods[k, j, branch]
                if not likelihood > least:
                    continue
                way(heights[k], runs[k], ages[k, j], after, weights, f)
                for node in range(-1, 2):
                    heading = headings[k, j, branch]
                    heading += node * math.sqrt(3.0) * spreads[k, j, branch]
                    tell(f, ages[k, j], levels[j], heading, middle, view, along, q)
                    weight = likelihood * (2.0 / 3.0 if node == 0 else 1.0 / 6.0)
                    used += weight
                    for a in range(MOMENTS):
                        mean[a] += weight * q[a]
                        for b in range(MOMENTS):
                            covariance[a, b] += weight * q[a] * q[b]
    for a in range(MOMENTS):
        mean[a] /= used
    for a in range(MOMENTS):
        for b in range(MOMENTS):
            covariance[a, b] = covariance[a, b] / used - mean[a] * mean[b]
