"""Points and flights over outlines: arrays in, arrays out; no objects, no exceptions.

Outlines come as edges, straight in longitude (x) and latitude (y), sorted by bands of latitude and,
inside a band, by area; an edge stands in every band that it touches. A *group* is the edges of
one area in one band, with their extent in longitude. ``bands[b]`` is the first group of band b,
``groups[g]`` the first edge of group g, each with one more entry that closes the last.
"""

import math

from signalfire.basis.kernel import Floats, Integers, kernel


@kernel
def is_inside(x: float, y: float, edges: Floats, first: int, last: int) -> bool:
    """Whether a ray to the east crosses the edges [first, last) an odd number of times.

    A vertex belongs to the edge above it, so that a point on a border common to two areas is
    inside exactly one. Reference: Hormann and Agathos (2001), Computational Geometry 20, 131-144.
    """
    odd = False
    for i in range(first, last):
        xa, ya, xb, yb = edges[i, 0], edges[i, 1], edges[i, 2], edges[i, 3]
        if (ya > y) != (yb > y) and x < xa + (y - ya) * (xb - xa) / (yb - ya):
            odd = not odd
    return odd


@kernel
def locate(
    x: Floats,
    y: Floats,
    south: float,
    height: float,
    bands: Integers,
    groups: Integers,
    group_area: Integers,
    group_extent: Floats,
    edges: Floats,
    area_out: Integers,
) -> None:
    """The first area that holds each point; -1 where none does or a number is not finite."""
    north = south + height * (bands.shape[0] - 1)
    for i in range(x.shape[0]):
        area_out[i] = -1
        if not (south <= y[i] < north):
            continue
        b = min(int((y[i] - south) / height), bands.shape[0] - 2)
        for g in range(bands[b], bands[b + 1]):
            if group_extent[g, 0] <= x[i] <= group_extent[g, 1] and is_inside(
                x[i], y[i], edges, groups[g], groups[g + 1]
            ):
                area_out[i] = group_area[g]
                break


@kernel
def crossing(xa: float, ya: float, xb: float, yb: float, edges: Floats, i: int) -> float:
    """Where, from 0 at a to 1 at b, the way from a to b meets edge ``i``; nan where it does not."""
    ex, ey = edges[i, 0], edges[i, 1]
    dx, dy = edges[i, 2] - ex, edges[i, 3] - ey
    wx, wy = xb - xa, yb - ya
    turn = wx * dy - wy * dx
    if turn == 0.0:
        return math.nan
    along = ((ex - xa) * dy - (ey - ya) * dx) / turn
    across = ((ex - xa) * wy - (ey - ya) * wx) / turn
    if 0.0 <= along <= 1.0 and 0.0 <= across <= 1.0:
        return float(along)
    return math.nan


@kernel
def overfly(
    x: Floats,
    y: Floats,
    time: Floats,
    count: Integers,
    south: float,
    height: float,
    bands: Integers,
    groups: Integers,
    group_area: Integers,
    group_extent: Floats,
    edges: Floats,
    first_out: Floats,
    last_out: Floats,
) -> None:
    """When each flight (a row of x, y, time) is first and last above each area.

    ``first_out`` and ``last_out``, flights by areas, come filled with inf and -inf and stay so
    where a flight touches an area nowhere. Between two points the way is straight, and the moments
    at which it crosses an outline are found exactly: no area is too narrow to be noticed.
    """
    band_count = bands.shape[0] - 1
    north = south + height * band_count
    for s in range(x.shape[0]):
        for k in range(count[s]):
            xa, ya, ta = x[s, k], y[s, k], time[s, k]
            n = min(k + 1, count[s] - 1)
            xb, yb, tb = x[s, n], y[s, n], time[s, n]
            low, high = min(ya, yb), max(ya, yb)
            if not (high >= south and low < north):
                continue
            # A step across the antimeridian is not straight in longitude; no area lies there.
            # The comparisons also pass over what is not finite.
            if not (abs(xb - xa) < math.pi and abs(yb - ya) < math.pi):
                continue
            west, east = min(xa, xb), max(xa, xb)
            own = math.floor((ya - south) / height)
            b_first = max(0, math.floor((low - south) / height))
            b_last = min(band_count - 1, math.floor((high - south) / height))
            for b in range(b_first, b_last + 1):
                for g in range(bands[b], bands[b + 1]):
                    if group_extent[g, 0] > east or group_extent[g, 1] < west:
                        continue
                    a = group_area[g]
                    if b == own and is_inside(xa, ya, edges, groups[g], groups[g + 1]):
                        first_out[s, a] = min(first_out[s, a], ta)
                        last_out[s, a] = max(last_out[s, a], ta)
                    for i in range(groups[g], groups[g + 1]):
                        along = crossing(xa, ya, xb, yb, edges, i)
                        if not math.isnan(along):
                            t = ta + along * (tb - ta)
                            first_out[s, a] = min(first_out[s, a], t)
                            last_out[s, a] = max(last_out[s, a], t)
