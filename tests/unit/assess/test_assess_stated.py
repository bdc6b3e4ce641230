"""What partners tell without a state: how sure it is, where it may come down, when it is over."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from signalfire.assess.stated import SAMPLES, StatedImpact, Statement, assess_statements
from signalfire.basis.identity import EventId, NationId
from signalfire.basis.utc import instant_from_utc
from signalfire.picture.estimate import PlaceEstimate, Unknown
from signalfire.picture.event import Assessment, ClassBelief, MissileClass, Phase
from signalfire.space.earth import MEAN_RADIUS_M

NOW = instant_from_utc("2025-06-01T12:00:00Z")
KOR, USA = NationId("KOR"), NationId("USA")
EVENT = EventId("E-KOR-1-1")


def place(sigma_m: float, after_s: float = 300.0, lat_deg: float = 43.0) -> PlaceEstimate:
    covariance_m2 = (sigma_m**2, 0.0, sigma_m**2)
    at = NOW.later(after_s)
    return PlaceEstimate(math.radians(lat_deg), math.radians(142.5), covariance_m2, at, 4.0)


def told(nation: NationId = KOR, **changes: Any) -> Statement:
    belief = ClassBelief(tuple(float(kind is MissileClass.MRBM) for kind in MissileClass))
    assessment = Assessment(
        event=EVENT,
        author=nation,
        phase=Phase.BALLISTIC,
        belief=belief,
        state=None,
        launch=place(3e3, -400.0, 39.0),
        impact=place(10e3),
        apogee_m=5e5,
        observed_s=100.0,
        flight_s=700.0,
        witnesses=1,
        last_observed_at=NOW,
    )
    return Statement(nation, replace(assessment, **changes), NOW)


def spread_m(impact: StatedImpact) -> np.ndarray:
    """Points east and north of the told place."""
    shown = impact.footprint
    east = (shown.longitude_rad - impact.place.longitude_rad) * math.cos(impact.place.latitude_rad)
    north = shown.latitude_rad - impact.place.latitude_rad
    return np.column_stack([east, north]) * MEAN_RADIUS_M


def test_points_of_impact_have_the_told_covariance_and_nothing_is_flown_over() -> None:
    covariance_m2 = (9e8, 5e8, 4e8)
    impact = StatedImpact(replace(place(0.0), covariance_east_north_m2=covariance_m2))
    offsets_m = spread_m(impact)
    found = offsets_m.T @ offsets_m / SAMPLES
    np.testing.assert_allclose(found, [[9e8, 5e8], [5e8, 4e8]], rtol=1e-6)
    np.testing.assert_allclose(impact.footprint.time_s.std(), 4.0, rtol=1e-6)
    assert impact.footprint.count.max() == 1


@pytest.mark.parametrize("own_sigma_m", [1.0, 2e3])
def test_a_rounded_place_is_spread_evenly_over_its_cell(own_sigma_m: float) -> None:
    cell_m = 40e3
    claimed_m = math.sqrt(own_sigma_m**2 + cell_m**2 / 12.0)
    offsets_m = spread_m(StatedImpact(place(claimed_m), cell_m))
    assert np.abs(offsets_m).max() < 0.5 * cell_m + 4.0 * own_sigma_m
    np.testing.assert_allclose(offsets_m.std(axis=0), claimed_m, rtol=0.04)
    # Each quarter of the cell, to the corners, holds its share.
    inner = np.mean(np.abs(offsets_m).max(axis=1) < 0.25 * cell_m)
    assert inner == pytest.approx(0.25, abs=0.06)


def test_the_surest_is_named_and_two_words_make_nobody_surer() -> None:
    sure, vague = told(impact=place(5e3)), told(USA, impact=place(20e3), witnesses=2)
    stated = assess_statements(EVENT, [sure, vague], NOW)
    assert stated.assessed.assessment.impact == sure.assessment.impact
    assert stated.assessed.assessment.witnesses == 3
    assert stated.assessed.assessment.author is None and stated.assessed.assessment.state is None
    assert stated.assessed.assessment.launch != Unknown("")


def test_what_is_no_longer_confirmed_is_doubted_then_lost_then_expired() -> None:
    sizes_m, phases, is_named = [], [], []
    for after_s in (0.0, 100.0, 400.0, 900.0, 1_500.0):
        found = assess_statements(EVENT, [told(impact=place(10e3, 1_600.0))], NOW.later(after_s))
        assessment = found.assessed.assessment
        phases.append(assessment.phase)
        is_named.append(found.impact is not None)
        if isinstance(assessment.impact, PlaceEstimate):
            sizes_m.append(assessment.impact.ellipse_p90.semi_major_m)
    assert sizes_m == sorted(sizes_m) and sizes_m[-1] > 1.2 * sizes_m[0]
    assert phases == [Phase.BALLISTIC] * 3 + [Phase.LOST] * 2
    assert is_named == [True] * 4 + [False]


@pytest.mark.parametrize(
    "impact",
    [
        place(10e3, -20_000.0),
        place(10e3, 1e9),
        place(5e5),
        replace(place(1e3), time_sigma_s=1e12),
        replace(place(1e3), covariance_east_north_m2=(1e300, 0.0, 1e300)),
    ],
)
def test_an_impact_that_cannot_be_meant_is_not_named(impact: PlaceEstimate) -> None:
    stated = assess_statements(EVENT, [told(impact=impact)], NOW)
    assert stated.impact is None and isinstance(stated.assessed.assessment.impact, Unknown)
