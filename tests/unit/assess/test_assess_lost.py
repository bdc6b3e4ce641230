"""A track that is lost early never becomes a confident line: wider, then lost, then ``Unknown``."""

import math
from dataclasses import replace

import numpy as np
import pytest

from signalfire.assess.assessor import Assessed, assess_state
from signalfire.assess.observed import Observed
from signalfire.basis.identity import NationId, NodeId, event_id
from signalfire.basis.instant import Instant
from signalfire.picture.estimate import PlaceEstimate, StateEstimate, Unknown
from signalfire.picture.event import Phase
from signalfire.sim.flight import Boost, fly_boost
from signalfire.sim.trajectory import Trajectory
from signalfire.space.geodesy import Geodetic, azimuth_rad, distance_m

LIFT_OFF = Instant(1_800_000_000 * 10**9)
BURN_S = 100.0
SIGMAS = np.array([400.0] * 3 + [12.0] * 3)


@pytest.fixture(scope="module")
def flight() -> Trajectory:
    """About 900 km, seen from nowhere in particular."""
    boost = Boost(
        burn_s=BURN_S,
        thrust_g=((0.0, 1.7), (1.0, 5.0)),
        rise_s=6.0,
        lean_rad=math.radians(50.0),
        azimuth_rad=1.4,
        ballistic_kg_m2=7_000.0,
    )
    path = fly_boost(Geodetic.from_degrees(39.0, 127.0), boost)
    assert path.impact is not None
    return path


def seen_last(path: Trajectory, t_s: float, observed_s: float, seed: int = 0) -> Observed:
    """What an assessment rests on when the last look was at ``t_s``, with errors as stated."""
    before, here, after = path.at(np.array([t_s - 0.1, t_s, t_s + 0.1]))
    draw = np.random.default_rng(seed)
    mean = np.concatenate([here, (after - before) / 0.2]) + SIGMAS * draw.normal(size=6)
    return Observed(
        event=event_id(NodeId("KOR-1"), 1),
        author=NationId("KOR"),
        state=StateEstimate(LIFT_OFF.later(t_s), mean, np.diag(SIGMAS**2)),
        thrust_probability=0.001 if t_s > BURN_S else 0.999,
        free_flight_seen=t_s > BURN_S + 10.0,
        launch=Unknown("not asked"),
        observed_s=observed_s,
        witnesses=1,
        last_observed_at=LIFT_OFF.later(t_s),
    )


def told(observed: Observed, after_s: list[float]) -> list[Assessed]:
    """Assessments at moments after the last look, each with the memory of the one before."""
    found: list[Assessed] = []
    for elapsed_s in after_s:
        before = found[-1].remembered if found else None
        now = observed.last_observed_at.later(elapsed_s)
        found.append(assess_state(replace(observed, before=before), now))
    return found


def holds(estimate: PlaceEstimate, truth: Geodetic) -> bool:
    gap_m, azimuth = distance_m(estimate.place, truth), azimuth_rad(estimate.place, truth)
    gap = gap_m * np.array([math.sin(azimuth), math.cos(azimuth)])
    ee, en, nn = estimate.covariance_east_north_m2
    return bool(gap @ np.linalg.solve([[ee, en], [en, nn]], gap) < 4.605)


def sizes_m(assessed: list[Assessed]) -> list[float]:
    impacts = [one.assessment.impact for one in assessed]
    return [i.ellipse_p90.semi_major_m for i in impacts if isinstance(i, PlaceEstimate)]


@pytest.mark.parametrize("observed_s", [10.0, 60.0])
def test_a_track_lost_in_coast_widens_and_then_says_nothing(
    flight: Trajectory, observed_s: float
) -> None:
    observed = seen_last(flight, BURN_S + 20.0, observed_s)
    until_s = (observed_s + 10.0) * np.array([0.0, 2.0, 5.0, 7.0, 11.0, 13.0])
    at_moments = told(observed, [float(s) for s in until_s if s < flight.end_t_s - 150.0])
    sizes = sizes_m(at_moments)
    assert len(sizes) >= 2 and sizes == sorted(sizes) and sizes[-1] > 1.1 * sizes[0]
    fractions = [one.assessment.observed_fraction for one in at_moments]
    assert all(fraction is None or fraction < 0.5 for fraction in fractions)
    assert all(one.assessment.last_observed_at == observed.last_observed_at for one in at_moments)
    if observed_s == 10.0:
        assert at_moments[3].assessment.phase is Phase.LOST
        last = at_moments[-1]
        assert (
            isinstance(last.assessment.impact, Unknown)
            and "expired" in last.assessment.impact.reason
        )
        assert last.prediction is not None and last.prediction.footprint() is None


def test_while_it_is_named_the_ellipse_of_a_lost_track_holds_the_truth(flight: Trajectory) -> None:
    assert flight.impact is not None
    held = []
    for seed in range(30):
        observed = seen_last(flight, BURN_S + 20.0, 10.0, seed)
        for one in told(observed, [40.0, 100.0, 200.0]):
            impact = one.assessment.impact
            if isinstance(impact, PlaceEstimate):
                held.append(holds(impact, flight.impact))
    assert len(held) >= 60
    assert np.mean(held) >= 0.85


def test_a_track_lost_in_boost_never_names_an_impact(flight: Trajectory) -> None:
    observed = seen_last(flight, BURN_S - 40.0, 30.0)
    at_moments = told(observed, [0.0, 10.0, 40.0, 200.0, 600.0])
    assert all(isinstance(one.assessment.impact, Unknown) for one in at_moments)
    assert all(one.prediction is None for one in at_moments)
    assert at_moments[0].assessment.phase is Phase.BOOST
    assert {one.assessment.phase for one in at_moments[2:]} == {Phase.LOST}


def test_a_forecast_of_which_nothing_changed_is_not_made_anew(flight: Trajectory) -> None:
    first, second, later = told(seen_last(flight, BURN_S + 20.0, 60.0), [0.0, 0.2, 60.0])
    third = told(seen_last(flight, BURN_S + 21.0, 60.0), [0.0])[0]
    assert second.prediction is not None and third.prediction is not None
    assert later.prediction is not first.prediction is not third.prediction
    again = told(seen_last(flight, BURN_S + 20.0, 60.0), [0.0, 0.1, 0.2])
    assert again[1].prediction is again[2].prediction
