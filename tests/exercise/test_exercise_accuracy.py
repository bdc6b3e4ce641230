"""The tracker beside the Cramer-Rao bound: a small part of the accuracy campaign.

The whole of it is ``make accuracy``; its page is ``docs/validation/accuracy.md``.
"""

import numpy as np
import pytest

from accuracy_field import sway
from accuracy_raid import run_raid
from accuracy_runs import Cell, course, run_all
from accuracy_summary import summarise
from accuracy_world import K1, START, schedule, truth_of
from signalfire.analysis.metrics import nees_band
from signalfire.motion.shaken import move
from signalfire.picture.estimate import StateEstimate
from signalfire.tracking.settings import TrackingSettings

RUNS = 12


@pytest.fixture(scope="module")
def short_range():
    """One flight of 600 km seen by one near radar."""
    cell = Cell("SRBM600", "K1")
    path = course(cell)
    results = run_all(cell, path, list(range(RUNS)), TrackingSettings())
    return path, results, summarise(cell, path, results)


def test_above_the_air_the_error_is_the_least_possible(short_range) -> None:
    """Twelve runs know an RMSE to some 12 % at one report, less so over the whole flight."""
    _, _, summary = short_range
    assert summary.aloft.reports > 40
    assert 0.8 < summary.aloft.median < 1.25
    assert summary.speed_aloft.median < 1.35
    assert summary.single_share == 1.0


def test_the_covariance_claims_no_more_than_is_known(short_range) -> None:
    path, results, summary = short_range
    high = nees_band(6, RUNS)[1] / 6.0
    assert summary.nees < high
    assert 0.85 < summary.nis < 1.15
    # Nobody is surer than the bound, but for the last digits of a filter that errs by linearising.
    least_m = np.sqrt(np.einsum("nii->n", path.bound[:, :3, :3]))
    assert np.all(np.median(results.sigma_m, axis=0) > 0.97 * least_m)


def test_in_air_the_covariance_does_not_rest_on_a_pull_up_that_nobody_sees() -> None:
    """A flight that never leaves the air and never lifts: 0.5 if that it might is shown as well."""
    cell = Cell("DEPR", "K1")
    path = course(cell)
    results = run_all(cell, path, list(range(RUNS)), TrackingSettings())
    assert 0.6 < summarise(cell, path, results).nees < 1.0


def test_unseen_on_a_lofted_flight_a_state_is_as_unsure_as_gravity_makes_it() -> None:
    """Fifty minutes, 4,700 km high: by one noise at all heights 0.7, by the eighth power 2.1."""
    truth, begin_s, end_s = truth_of("LOFT"), 280.0, 3_300.0
    start = StateEstimate(START, truth.at(np.array([begin_s]))[0], np.zeros((6, 6)))
    motion = TrackingSettings().motion()
    stated = move(start, START.later(end_s - begin_s), motion, is_forced=False).covariance
    draw = np.random.default_rng(1)
    swayed = [sway("LOFT", draw).at(np.array([end_s]))[0, :3] for _ in range(300)]
    ratio = np.sqrt(np.square(swayed).sum() / len(swayed) / np.trace(stated[:3, :3]))
    assert 1.0 < ratio < 1.6


def test_the_impact_is_found_and_its_ellipse_holds_it(short_range) -> None:
    _, _, summary = short_range
    below_20_s, below_10_s, below_5_s, below_1_s = summary.below_s
    assert None not in summary.below_s
    assert below_20_s <= below_10_s <= below_5_s <= below_1_s <= 160.0
    assert summary.covered > 0.85


def test_the_truth_of_the_campaign_is_the_published_one() -> None:
    """Seconds of impact and of first and last sight, km of apogee: stated beforehand."""
    for name, impact_s, apogee_km, first_s, last_s in (
        ("SRBM300", 342, 101.4, 60, 321),
        ("SRBM600", 464, 181.7, 75, 438),
        ("MRBM1200", 665, 350.2, 100, 484),
    ):
        truth = truth_of(name)
        seen = schedule(truth, [K1]).times_s
        assert truth.impact_s == pytest.approx(impact_s, abs=1.0)
        assert truth.apogee_m / 1e3 == pytest.approx(apogee_km, abs=0.3)
        assert (seen[0], seen[-1]) == (pytest.approx(first_s, abs=1), pytest.approx(last_s, abs=1))


def test_of_a_raid_of_eighteen_nothing_is_missed_doubled_or_made_up() -> None:
    found = run_raid("K1", [3], TrackingSettings())
    assert found.air.completeness_share > 0.99
    assert found.air.ambiguity_ratio < 1.02
    assert found.air.spuriousness_share < 0.02
    assert found.localisation_m < 200.0
