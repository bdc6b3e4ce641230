"""Which areas of a nation a missile threatens, how likely and when, from its sample flights."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from signalfire.assess.areas import AreaTable, AreaThreat
from signalfire.basis.identity import NationId
from signalfire.basis.instant import Instant
from signalfire.basis.kernel import Floats
from signalfire.picture.estimate import CHI2_2_P90
from signalfire.picture.footprint import Footprint
from signalfire.space.earth import MEAN_RADIUS_M


def jeffreys_probability(hits: int, samples: int) -> float:
    """(k + 1/2)/(S + 1): what k hits among S equally likely flights say."""
    return (hits + 0.5) / (samples + 1.0)


def joint_probability(threats: Sequence[AreaThreat]) -> float:
    """The probability that the missile hits or flies over any of these areas; 0 for none.

    The threats are of one footprint, and of one nation or of several.
    """
    if not threats:
        return 0.0
    touched_by = 0
    for threat in threats:
        touched_by |= threat.touched_by
    return jeffreys_probability(touched_by.bit_count(), threats[0].samples)


def last_down(footprint: Footprint) -> Instant | None:
    """When the last of the flights has come down; None where that is not known of all."""
    if footprint.samples == 0 or footprint.landed is not None:
        return None
    end_s = footprint.time_s[np.arange(footprint.samples), footprint.count - 1]
    return footprint.start.later(float(end_s.max())) if np.isfinite(end_s).all() else None


def threats(footprint: Footprint, table: AreaTable, nation: NationId) -> tuple[AreaThreat, ...]:
    """What the footprint means for each area of a nation, in the order of the table.

    Named are areas that a flight touches, and those under the 90 % ellipse of the points of impact
    that no flight happened to touch (k = 0). Others are left out: their probability is not told
    apart from 0.
    """
    if footprint.samples == 0:
        return ()
    first_s, last_s = table.overflown_s(footprint)
    flights = np.arange(footprint.samples)
    end = footprint.count - 1
    end_latitude_rad = footprint.latitude_rad[flights, end]
    end_longitude_rad = footprint.longitude_rad[flights, end]
    landed = flights >= 0 if footprint.landed is None else footprint.landed
    hit = np.where(landed, table.locate(end_latitude_rad, end_longitude_rad), -1)
    under: set[int] = set()
    if landed.any():
        probes = _ellipse_probes(end_latitude_rad[landed], end_longitude_rad[landed])
        under = set(table.locate(*probes).tolist())
    end_s = np.sort(footprint.time_s[flights, end])
    found = []
    for index, area in enumerate(table.areas):
        touching = np.flatnonzero(np.isfinite(first_s[:, index]))
        if area.nation != nation or (touching.size == 0 and index not in under):
            continue
        times_s = (
            (np.sort(first_s[touching, index]), np.sort(last_s[touching, index]))
            if touching.size
            else (end_s, end_s)
        )
        found.append(
            AreaThreat(
                area.area,
                area.name,
                jeffreys_probability(int(np.count_nonzero(hit == index)), footprint.samples),
                jeffreys_probability(touching.size, footprint.samples),
                _middle(footprint.start, *times_s),
                sum(1 << int(flight) for flight in touching),
                footprint.samples,
            )
        )
    return tuple(found)


def threats_of_all(
    futures: Sequence[Footprint], table: AreaTable, nation: NationId
) -> tuple[AreaThreat, ...]:
    """What every one of several futures of one object means for areas of a nation.

    Flight s starts from the same state in each: it counts where it touches an area in all of them.
    The window runs from the earliest to the latest of the futures' windows.
    """
    found = [{t.area: t for t in threats(each, table, nation)} for each in futures]
    if not found:
        return ()
    return tuple(
        _joined([of_one[area] for of_one in found])
        for area in found[0]
        if all(area in of_one for of_one in found)
    )


def with_debris(
    by_missile: Sequence[AreaThreat], by_parts: Sequence[AreaThreat], *, least_probability: float
) -> tuple[AreaThreat, ...]:
    """Threats by a missile, and to areas that it leaves alone those by what came off it.

    Left alone is an area that the missile affects with less than ``least_probability``. Of several
    parts the one that falls there most probably counts.
    """
    found = {t.area: t for t in by_missile}
    taken = {t.area for t in by_missile if t.affected_probability >= least_probability}
    for threat in sorted(by_parts, key=lambda part: part.affected_probability):
        if threat.area not in taken:
            found[threat.area] = threat
    return tuple(found[area] for area in sorted(found))


def _joined(several: Sequence[AreaThreat]) -> AreaThreat:
    touched_by = several[0].touched_by
    for each in several[1:]:
        touched_by &= each.touched_by
    return replace(
        several[0],
        hit_probability=min(each.hit_probability for each in several),
        affected_probability=jeffreys_probability(touched_by.bit_count(), several[0].samples),
        window=(min(t.window[0] for t in several), max(t.window[1] for t in several)),
        touched_by=touched_by,
    )


def _middle(start: Instant, first_s: Floats, last_s: Floats) -> tuple[Instant, Instant]:
    """The middle 90 % of sorted times, rounded outwards to a flight: all of them below twenty."""
    left_out = int(0.05 * first_s.size)
    return start.later(float(first_s[left_out])), start.later(float(last_s[-1 - left_out]))


def _ellipse_probes(latitude_rad: Floats, longitude_rad: Floats) -> tuple[Floats, Floats]:
    """Points spread over the 90 % ellipse of sample points: a centre and five rings of 48."""
    reference_rad = longitude_rad[0]
    away_rad = np.mod(longitude_rad - reference_rad + np.pi, 2.0 * np.pi) - np.pi
    middle_rad = np.array([away_rad.mean(), latitude_rad.mean()])
    shrink = np.array([max(math.cos(float(middle_rad[1])), 1e-3), 1.0]) * MEAN_RADIUS_M
    offsets_m = (np.column_stack([away_rad, latitude_rad]) - middle_rad) * shrink
    covariance_m2 = offsets_m.T @ offsets_m / len(offsets_m)
    values, vectors = np.linalg.eigh(covariance_m2)
    axes_m = vectors * np.sqrt(np.maximum(values, 0.0) * CHI2_2_P90)
    angles_rad = np.arange(48) * (2.0 * np.pi / 48.0)
    ring = np.column_stack([np.cos(angles_rad), np.sin(angles_rad)]) @ axes_m.T
    disc_m = np.vstack([np.zeros((1, 2)), *(ring * part / 5.0 for part in range(1, 6))])
    probes_rad = middle_rad + disc_m / shrink
    wrapped_rad = np.mod(probes_rad[:, 0] + reference_rad + np.pi, 2.0 * np.pi) - np.pi
    return probes_rad[:, 1], wrapped_rad
