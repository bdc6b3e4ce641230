"""Which tracks and which detections of one scan may belong together, sparsely.

Predicted places and detections are laid into cells of direction and range as the sensor sees them;
only what shares a cell is weighed. A state and a detection are rows as ``_kernels`` has them.
Status codes, no exceptions.
"""

import math

import numpy as np

from signalfire.basis.kernel import Flags, Floats, Integers, inner_kernel, kernel
from signalfire.tracking._cell_kernels import bucket, lay, quantile
from signalfire.tracking._kernels import (
    ALONG,
    ASIDE,
    HEAD,
    KIND,
    MODE,
    RANGE,
    S_ACROSS,
    S_ASIDE,
    S_RANGE,
    SITE,
)
from signalfire.tracking._ring_kernels import weigh

Three = tuple[float, float, float]
Nine = tuple[float, float, float, float, float, float, float, float, float]

NOWHERE, NARROW, WIDE = 0, 1, 2
"""What a box is: empty; small enough for the cells; to be compared with every detection."""
_ANGLE_NARROW = 0.1
_EVERYWHERE = 2.0
_CELLS_MAX = 64
_CELL_QUANTILE = 0.9
_TOGETHER = 2
"""Rows are weighed together until what their boxes hold may not fit into so many scans."""
_WIDE_RATIO = 2.0
"""Detections less sure than this times the usual are laid aside from the cells."""


@kernel
def frame_of(records: Floats, left: Integers, frame: Floats) -> bool:
    """Axes (rows) of which the first is the mean line of sight, the third a pole far from it.

    False when the detections do not have one site: then no cells can be laid.
    """
    mean = np.zeros(3)
    one_site = True
    first = records[left[0]]
    for n in left:
        for i in range(3):
            mean[i] += records[n, ALONG + i]
            one_site = one_site and records[n, SITE + i] == first[SITE + i]
    size = math.sqrt(mean[0] ** 2 + mean[1] ** 2 + mean[2] ** 2)
    if size < 1e-6 * left.shape[0]:
        mean[:] = first[ALONG : ALONG + 3]
        size = 1.0
    least = 0
    for i in range(3):
        frame[0, i] = mean[i] / size
        if abs(frame[0, i]) < abs(frame[0, least]):
            least = i
    part = frame[0, least]
    for i in range(3):
        frame[2, i] = (1.0 if i == least else 0.0) - part * frame[0, i]
    size = math.sqrt(frame[2, 0] ** 2 + frame[2, 1] ** 2 + frame[2, 2] ** 2)
    for i in range(3):
        frame[2, i] /= size
    frame[1, 0] = frame[2, 1] * frame[0, 2] - frame[2, 2] * frame[0, 1]
    frame[1, 1] = frame[2, 2] * frame[0, 0] - frame[2, 0] * frame[0, 2]
    frame[1, 2] = frame[2, 0] * frame[0, 1] - frame[2, 1] * frame[0, 0]
    return one_site


@inner_kernel
def direction(x: float, y: float, z: float, frame: Floats) -> tuple[float, float]:
    """Direction cosines of a unit vector along the second and third axis of a frame.

    They change by no more than the angle does, wherever it points, and need no trigonometry. What
    lies as far behind the frame's plane as another before it shares them: too many are compared.
    """
    return (
        x * frame[1, 0] + y * frame[1, 1] + z * frame[1, 2],
        x * frame[2, 0] + y * frame[2, 1] + z * frame[2, 2],
    )


@inner_kernel
def variance_of_cosine(p: Nine, d: Three, r: float, frame: Floats, axis: int,
                       cosine: float) -> float:  # fmt: skip
    """Variance of a direction cosine by the covariance of the place."""
    x = (frame[axis, 0] - cosine * d[0]) / r
    y = (frame[axis, 1] - cosine * d[1]) / r
    z = (frame[axis, 2] - cosine * d[2]) / r
    return form(p, (x, y, z), (x, y, z))


@inner_kernel
def box_of(states: Floats, row: int, site: Floats, frame: Floats, has_range: bool, root_gate: float,
           s_angle: float, s_range: float, probability_min: float,
           box: Floats) -> int:  # fmt: skip
    """Where detections of a track can be: centre, half width of two direction cosines and range.

    It holds the gate of each way of moving that is probable enough: what the innovation's variance
    along each axis allows, and what the sphere bends within the largest angle.
    """
    kind = NOWHERE
    for mode in range(2):
        if not states[row, mode] >= probability_min:
            continue
        place, p = place_of(states, row, mode)
        dx, dy, dz = place[0] - site[0], place[1] - site[1], place[2] - site[2]
        r = math.sqrt(dx * dx + dy * dy + dz * dz)
        if not r > 1.0:
            continue
        dx, dy, dz = dx / r, dy / r, dz / r
        d = (dx, dy, dz)
        along = form(p, d, d)
        aside = max(p[0] + p[4] + p[8] - along, 0.0)
        noise = s_angle * s_angle
        off = 1.1 * root_gate * math.sqrt(aside / (r * r) + noise)
        half_r = 1.02 * root_gate * math.sqrt(max(along, 0.0) + s_range * s_range)
        one, other = direction(dx, dy, dz, frame)
        half_one, half_other = _EVERYWHERE, _EVERYWHERE
        if off < _ANGLE_NARROW:
            bend = 2.0 * off * off
            half_one = variance_of_cosine(p, d, r, frame, 1, one)
            half_one = 1.05 * root_gate * math.sqrt(max(half_one, 0.0) + noise) + bend
            half_other = variance_of_cosine(p, d, r, frame, 2, other)
            half_other = 1.05 * root_gate * math.sqrt(max(half_other, 0.0) + noise) + bend
        if not has_range:
            r, half_r = 0.0, 1.0
        if kind == NOWHERE:
            box[0], box[1], box[2] = one, other, r
            box[3], box[4], box[5] = half_one, half_other, half_r
            kind = NARROW
        else:
            _widen(box, 0, one - box[0], half_one)
            _widen(box, 1, other - box[1], half_other)
            _widen(box, 2, r - box[2], half_r)
    if kind == NARROW and box[3] > 0.5:
        kind = WIDE
    return kind


@inner_kernel
def _widen(box: Floats, axis: int, shift: float, half: float) -> None:
    """Let a box hold another one that lies ``shift`` from its centre."""
    low = min(-box[axis + 3], shift - half)
    high = max(box[axis + 3], shift + half)
    box[axis] += 0.5 * (low + high)
    box[axis + 3] = 0.5 * (high - low)


@inner_kernel
def place_of(states: Floats, row: int, mode: int) -> tuple[Three, Nine]:
    """The place by one way of moving and its covariance, by rows.

    As values: each access to the columns has to ask whether its index counts from the end.
    """
    x = HEAD + MODE * mode
    p = x + 6
    return (
        (states[row, x], states[row, x + 1], states[row, x + 2]),
        (
            states[row, p], states[row, p + 1], states[row, p + 2],
            states[row, p + 6], states[row, p + 7], states[row, p + 8],
            states[row, p + 12], states[row, p + 13], states[row, p + 14],
        ),
    )  # fmt: skip


@inner_kernel
def form(p: Nine, a: Three, b: Three) -> float:
    """a' P b."""
    return float(
        a[0] * (p[0] * b[0] + p[1] * b[1] + p[2] * b[2])
        + a[1] * (p[3] * b[0] + p[4] * b[1] + p[5] * b[2])
        + a[2] * (p[6] * b[0] + p[7] * b[1] + p[8] * b[2])
    )


@inner_kernel
def cost_of(states: Floats, row: int, records: Floats, plot: int, gates: Floats,
            probability_min: float, mean: Floats, covariance: Floats) -> float:  # fmt: skip
    """The cost that ``weigh`` gives, infinite outside the gate; without range rate in one piece.

    The innovation's covariance in closed form (Cholesky), as no number depends on the velocity.
    """
    if records[plot, KIND] > 3.5:
        return weigh(states[row], records[plot], gates, probability_min, mean, covariance)
    best = math.inf
    has_range = records[plot, KIND] > 2.5
    gate = gates[3] if has_range else gates[2]
    ux, uy, uz = records[plot, ALONG], records[plot, ALONG + 1], records[plot, ALONG + 2]
    ex, ey, ez = records[plot, ASIDE], records[plot, ASIDE + 1], records[plot, ASIDE + 2]
    fx, fy, fz = uy * ez - uz * ey, uz * ex - ux * ez, ux * ey - uy * ex
    site = (records[plot, SITE], records[plot, SITE + 1], records[plot, SITE + 2])
    seen, s_range = records[plot, RANGE], records[plot, S_RANGE]
    s_aside, s_across = records[plot, S_ASIDE], records[plot, S_ACROSS]
    for mode in range(2):
        if not states[row, mode] >= probability_min:
            continue
        place, p = place_of(states, row, mode)
        dx, dy, dz = place[0] - site[0], place[1] - site[1], place[2] - site[2]
        r = math.sqrt(dx * dx + dy * dy + dz * dz)
        if not r > 1.0:
            continue
        dx, dy, dz = dx / r, dy / r, dz / r
        d = (dx, dy, dz)
        if not dx * ux + dy * uy + dz * uz > 0.1:
            continue
        srr = 1.0
        if has_range:
            srr = form(p, d, d) + s_range**2
            if (seen - r) ** 2 > gate * srr:
                continue
        aside = dx * ex + dy * ey + dz * ez
        across = dx * fx + dy * fy + dz * fz
        a = ((ex - aside * dx) / r, (ey - aside * dy) / r, (ez - aside * dz) / r)
        b = ((fx - across * dx) / r, (fy - across * dy) / r, (fz - across * dz) / r)
        saa = form(p, a, a) + s_aside**2
        sab = form(p, a, b)
        sbb = form(p, b, b) + s_across**2
        square, determinant = 0.0, 1.0
        miss_a, miss_b = -aside, -across
        if has_range:
            sra, srb = form(p, d, a) / srr, form(p, d, b) / srr
            miss = seen - r
            square = miss * miss / srr
            determinant = srr
            miss_a -= sra * miss
            miss_b -= srb * miss
            saa -= sra * sra * srr
            sab -= sra * srb * srr
            sbb -= srb * srb * srr
        left = sbb - sab * sab / saa
        miss_b -= sab / saa * miss_a
        square += miss_a * miss_a / saa + miss_b * miss_b / left
        determinant *= saa * left
        if saa > 0.0 and left > 0.0 and determinant > 0.0 and square <= gate:
            best = min(best, square + math.log(determinant) - 2.0 * math.log(states[row, mode]))
    return best


@inner_kernel
def is_sure(states: Floats, row: int, sigma_max: float) -> bool:
    """Whether the place is known this well, by the likelier way of moving."""
    p = HEAD + 6 if states[row, 0] >= states[row, 1] else HEAD + MODE + 6
    square = states[row, p] + states[row, p + 7] + states[row, p + 14]
    return bool(square < sigma_max * sigma_max)


@kernel
def boxes_of(rows: Integers, ahead: Floats, ready: Integers, site: Floats, frame: Floats,
             has_range: bool, root_gate: float, s_angle: float, s_range: float,
             probability_min: float, sigma_max: float, boxes: Floats,
             kinds: Integers) -> None:  # fmt: skip
    """The box of each row that is ready to be weighed."""
    for i in range(rows.shape[0]):
        kinds[i] = NOWHERE
        if ready[i] > 0 and is_sure(ahead, rows[i], sigma_max):
            kinds[i] = box_of(
                ahead, rows[i], site, frame, has_range, root_gate, s_angle, s_range,
                probability_min, boxes[i],
            )  # fmt: skip


@kernel
def cells_of(boxes: Floats, kinds: Integers, cell: Floats) -> None:
    """The size of a cell: twice what most boxes are half wide, so that eight cells hold a box.

    A quantile, so that a few tracks that have lost their way cannot make all cells large.
    """
    count = 0
    widths = np.empty((3, boxes.shape[0]))
    for i in range(boxes.shape[0]):
        if kinds[i] == NARROW:
            for axis in range(3):
                widths[axis, count] = boxes[i, axis + 3]
            count += 1
    for axis in range(3):
        least = 1.0 if axis == 2 else 1e-6
        cell[axis] = max(2.0 * quantile(widths[axis], count, _CELL_QUANTILE), least)


@inner_kernel
def is_in(boxes: Floats, i: int, points: Floats, n: int) -> bool:
    """Whether a box holds a point."""
    return bool(
        abs(points[n, 2] - boxes[i, 2]) <= boxes[i, 5]
        and abs(points[n, 1] - boxes[i, 1]) <= boxes[i, 4]
        and abs(points[n, 0] - boxes[i, 0]) <= boxes[i, 3]
    )


@kernel
def sure_first(records: Floats, left: Integers, sigmas: Floats) -> Integers:
    """The detections with those of unusual uncertainty at the end; ``sigmas`` gets what is usual.

    ``sigmas``: angle and range of the surer ones, and how many these are.
    """
    count = left.shape[0]
    angles, ranges = np.empty(count), np.empty(count)
    for m in range(count):
        angles[m] = max(records[left[m], S_ASIDE], records[left[m], S_ACROSS])
        ranges[m] = records[left[m], S_RANGE]
    angle_most = _WIDE_RATIO * quantile(angles, count, _CELL_QUANTILE)
    range_most = _WIDE_RATIO * quantile(ranges, count, _CELL_QUANTILE)
    order = np.empty(count, dtype=np.int64)
    low, high = 0, count
    sigmas[0] = sigmas[1] = 0.0
    for m in range(count):
        if angles[m] <= angle_most and ranges[m] <= range_most:
            sigmas[0] = max(sigmas[0], angles[m])
            sigmas[1] = max(sigmas[1], ranges[m])
            order[low] = left[m]
            low += 1
        else:
            high -= 1
            order[high] = left[m]
    sigmas[2] = low
    return order


@inner_kernel
def shared(i: int, is_narrow: bool, one_site: bool, boxes: Floats, cell: Floats, mask: int,
           cells: Integers, starts: Integers, members: Integers, points: Floats, sure: int,
           total: int, near: Integers) -> int:  # fmt: skip
    """Detections that a box may hold: those of its cells, and all that lie aside from the cells.

    They go into ``near`` from ``total`` on. A box of too many cells is compared with every one.
    """
    first = 0
    if is_narrow:
        many = 1.0
        for axis in range(3):
            many *= 2.0 + 2.0 * boxes[i, axis + 3] / cell[axis]
        is_narrow = many <= _CELLS_MAX
    if is_narrow:
        first = sure
        x0 = math.floor((boxes[i, 0] - boxes[i, 3]) / cell[0])
        x1 = math.floor((boxes[i, 0] + boxes[i, 3]) / cell[0])
        y0 = math.floor((boxes[i, 1] - boxes[i, 4]) / cell[1])
        y1 = math.floor((boxes[i, 1] + boxes[i, 4]) / cell[1])
        z0 = math.floor((boxes[i, 2] - boxes[i, 5]) / cell[2])
        z1 = math.floor((boxes[i, 2] + boxes[i, 5]) / cell[2])
        for x in range(x0, x1 + 1):
            for y in range(y0, y1 + 1):
                for z in range(z0, z1 + 1):
                    b = bucket(x, y, z) & mask
                    for at in range(starts[b], starts[b + 1]):
                        n = members[at]
                        is_here = cells[n, 0] == x and cells[n, 1] == y and cells[n, 2] == z
                        if is_here and is_in(boxes, i, points, n):
                            near[total] = n
                            total += 1
    for n in range(first, points.shape[0]):
        if n >= sure or not one_site or is_in(boxes, i, points, n):
            near[total] = n
            total += 1
    return total


@kernel
def candidates(rows: Integers, ready: Integers, ahead: Floats, records: Floats, left: Integers,
               gates: Floats, probability_min: float, sigma_max: float, crowd_max: int,
               crowded: Flags) -> tuple[int, Integers, Floats]:  # fmt: skip
    """All pairs (place in ``rows``, detection) inside a gate, and their costs; the room grows.

    A row with more than ``crowd_max`` detections in its gate gets none and is marked: it knows too
    little to choose before the others have chosen.
    """
    count = left.shape[0]
    sigmas = np.zeros(3)
    order = sure_first(records, left, sigmas)
    sure = int(sigmas[2])
    frame = np.empty((3, 3))
    one_site = frame_of(records, left, frame)
    kind_most = 2
    points = np.empty((count, 3))
    for m in range(count):
        record = records[order[m]]
        kind_most = max(kind_most, int(record[KIND]))
        points[m, 0], points[m, 1] = direction(
            record[ALONG], record[ALONG + 1], record[ALONG + 2], frame
        )
        points[m, 2] = record[RANGE] if record[KIND] > 2.5 else 0.0
    boxes = np.zeros((rows.shape[0], 6))
    kinds = np.empty(rows.shape[0], dtype=np.int64)
    boxes_of(
        rows, ahead, ready, records[order[0], SITE : SITE + 3], frame, kind_most > 2,
        math.sqrt(gates[kind_most]), sigmas[0], sigmas[1], probability_min, sigma_max, boxes,
        kinds,
    )  # fmt: skip
    cell = np.empty(3)
    cells_of(boxes, kinds, cell)
    mask = 1
    while mask < 2 * sure:
        mask *= 2
    cells = np.empty((count, 3), dtype=np.int64)
    starts = np.zeros(mask + 1, dtype=np.int64)
    members = np.empty(count, dtype=np.int64)
    lay(points, sure, cell, mask - 1, cells, starts, members)
    for i in range(rows.shape[0]):
        if kinds[i] == NARROW and not one_site:
            kinds[i] = WIDE
    pairs = np.empty((2 * rows.shape[0] + crowd_max, 2), dtype=np.int64)
    costs = np.empty(pairs.shape[0])
    done, found = 0, 0
    while True:
        done, found = weigh_each(
            done, found, rows, kinds, boxes, ahead, records, order, one_site, cell, mask - 1,
            cells, starts, members, points, sure, gates, probability_min, crowd_max, crowded,
            pairs, costs,
        )  # fmt: skip
        if done == rows.shape[0]:
            return found, pairs, costs
        pairs, costs = _with_room(pairs, costs)


@kernel
def weigh_each(
    first: int, found: int, rows: Integers, kinds: Integers, boxes: Floats, ahead: Floats,
    records: Floats, order: Integers, one_site: bool, cell: Floats, mask: int, cells: Integers,
    starts: Integers, members: Integers, points: Floats, sure: int, gates: Floats,
    probability_min: float, crowd_max: int, crowded: Flags, pairs: Integers, costs: Floats,
) -> tuple[int, int]:  # fmt: skip
    """The pairs of rows from the ``first`` on, as far as there is room; where it ended.

    First what the boxes of many rows may hold, then the costs: either loop is small enough to run
    from the processor's first cache.
    """
    count = points.shape[0]
    near = np.empty(_TOGETHER * count, dtype=np.int64)
    ends = np.empty(rows.shape[0], dtype=np.int64)
    mean, covariance = np.empty(6), np.empty((6, 6))
    while first < rows.shape[0]:
        last, held = first, 0
        while last < rows.shape[0] and held + count <= near.shape[0]:
            if kinds[last] != NOWHERE:
                held = shared(last, kinds[last] == NARROW, one_site, boxes, cell, mask, cells,
                              starts, members, points, sure, held, near)  # fmt: skip
            ends[last] = held
            last += 1
        begin = 0
        for i in range(first, last):
            if found + crowd_max > costs.shape[0]:
                return i, found
            had = found
            for m in range(begin, ends[i]):
                n = order[near[m]]
                cost = cost_of(ahead, rows[i], records, n, gates, probability_min, mean, covariance)
                if not cost < math.inf:
                    continue
                if found - had == crowd_max:
                    found = had
                    crowded[i] = True
                    break
                pairs[found, 0] = i
                pairs[found, 1] = n
                costs[found] = cost
                found += 1
            begin = ends[i]
        first = last
    return first, found


@kernel
def _with_room(pairs: Integers, costs: Floats) -> tuple[Integers, Floats]:
    """The same with twice the room."""
    size = costs.shape[0]
    longer = np.empty((2 * size, 2), dtype=np.int64)
    longer_costs = np.empty(2 * size)
    longer[:size] = pairs
    longer_costs[:size] = costs
    return longer, longer_costs
