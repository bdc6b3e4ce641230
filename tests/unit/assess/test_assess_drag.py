"""What the air took of the speed tells the ballistic coefficient."""

import math

import numpy as np
import pytest

from signalfire.assess.drag import Entry, drag_of, entry_after
from signalfire.assess.settings import DEFAULT_SETTINGS
from signalfire.basis.instant import Instant
from signalfire.picture.estimate import StateEstimate
from signalfire.sim import _kernels as truth
from signalfire.space.geodesy import Geodetic, enu_from_ecef

START = Instant(1_800_000_000 * 10**9)
COVARIANCE = np.diag([30.0**2] * 3 + [4.0**2] * 3)


def fall(beta_kg_m2: float, *, noise_m_s: float = 0.0) -> list[StateEstimate]:
    """A body flown by the simulator from 100 km down, a state a second."""
    place = Geodetic.from_degrees(39.0, 130.0, 100e3)
    angle = math.radians(-40.0)
    ahead = 2_500.0 * np.array([math.cos(angle), 0.0, math.sin(angle)])
    now = np.concatenate([place.ecef_m(), enu_from_ecef(place).T @ ahead])
    plan = np.zeros(truth.PLAN_LENGTH)
    plan[truth.BURN], plan[truth.DRAG_FREE] = 1.0, 1.0 / beta_kg_m2
    axes, work, draw = np.zeros((4, 3)), np.empty((5, 6)), np.random.default_rng(2)
    states = []
    for second in range(60):
        seen = now.copy()
        seen[3:] += noise_m_s * draw.normal(size=3)
        states.append(StateEstimate(START.later(float(second)), seen, COVARIANCE.copy()))
        for _ in range(4):
            truth.step(0.0, now.copy(), 0.25, axes, plan, truth.FREE, work, now)
    return states


def told(states: list[StateEstimate]) -> tuple[float, float]:
    """Ballistic coefficient and log sigma after a fall."""
    entry: Entry | None = None
    for state in states:
        entry = entry_after(entry, state)
    drag = drag_of(entry, states[-1], DEFAULT_SETTINGS)
    return 1.0 / drag.drag_m2_kg, drag.log_sigma


@pytest.mark.parametrize("beta_kg_m2", [4_500.0, 8_000.0, 18_000.0])
def test_a_fall_through_the_air_tells_the_ballistic_coefficient(beta_kg_m2: float) -> None:
    found, log_sigma = told(fall(beta_kg_m2, noise_m_s=4.0)[:50])
    assert found == pytest.approx(beta_kg_m2, rel=0.1)
    assert log_sigma < 0.3 * DEFAULT_SETTINGS.ballistic_coefficient_log_sigma


@pytest.mark.parametrize("beta_kg_m2", [700.0, 1_500.0])
def test_the_fall_of_what_failed_tells_that_it_is_light(beta_kg_m2: float) -> None:
    found, log_sigma = told(fall(beta_kg_m2, noise_m_s=4.0)[:46])
    assert found == pytest.approx(beta_kg_m2, rel=0.1)
    assert log_sigma < 0.3 * DEFAULT_SETTINGS.light_coefficient_log_sigma


def test_above_the_air_only_the_class_is_known() -> None:
    found, log_sigma = told(fall(4_500.0)[:15])
    assert found == pytest.approx(DEFAULT_SETTINGS.ballistic_coefficient_kg_m2)
    assert log_sigma == DEFAULT_SETTINGS.ballistic_coefficient_log_sigma
    entry = entry_after(None, fall(4_500.0)[0])
    kind = drag_of(entry, fall(4_500.0)[0], DEFAULT_SETTINGS)
    assert kind.light_probability == DEFAULT_SETTINGS.light_probability


def test_a_fall_not_seen_for_a_while_or_from_its_middle_tells_nothing() -> None:
    states = fall(4_500.0)
    entry: Entry | None = None
    for state in states[:30] + states[44:46]:
        entry = entry_after(entry, state)
    assert entry is None
    assert entry_after(None, states[45]) is None


def test_the_same_state_twice_counts_once() -> None:
    entry: Entry | None = None
    for state in fall(8_000.0)[:40]:
        entry = entry_after(entry, state)
        assert entry_after(entry, state) == entry
