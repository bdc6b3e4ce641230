"""What the air took of the speed tells the ballistic coefficient."""

import math

import numpy as np
import pytest

from signalfire.assess import _kernels
from signalfire.assess.drag import AIR_SIGMA, Drag, Entry, drag_of, entry_after
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


def looked(seen_kg_m2: float, share: float) -> Drag:
    """What is believed when 1/beta was seen as so much, with a sigma that is a share of it."""
    state = StateEstimate(START, fall(8_000.0)[30].mean, np.diag([1e-6] * 6))
    values = np.empty(_kernels.NUMBERS)
    _kernels.shape(state.mean, values)
    passed = 1e6
    energy = 0.5 * float(values[6]) ** 2 + passed / seen_kg_m2
    entry = Entry(energy, share * passed / seen_kg_m2, passed, 1.0, state.valid_at)
    return drag_of(entry, state, DEFAULT_SETTINGS)


@pytest.mark.parametrize("share", [0.1, 0.3])
def test_what_is_believed_holds_nine_of_ten_bodies_also_at_the_edges_of_the_class(
    share: float,
) -> None:
    draw = np.random.default_rng(4)
    held, edge = [], []
    for _ in range(400):
        beta_kg_m2 = 4_000.0 * 5.0 ** draw.random()
        seen = max(0.2, 1.0 + share * draw.normal()) / beta_kg_m2
        drag = looked(1.0 / seen, share / seen / beta_kg_m2)
        held.append(abs(math.log(drag.drag_m2_kg * beta_kg_m2)) < 1.645 * drag.log_sigma)
        if not 5_000.0 < beta_kg_m2 < 16_000.0:
            edge.append(held[-1])
    assert 0.87 < np.mean(held) < 0.97
    assert np.mean(edge) > 0.75


def test_what_is_lighter_than_any_missile_is_believed_to_be_and_not_too_surely() -> None:
    piece = looked(150.0, 0.05)
    assert 1.0 / piece.drag_m2_kg == pytest.approx(150.0, rel=0.5)
    assert piece.log_sigma > 2.0 * AIR_SIGMA


def test_a_state_lags_behind_a_drag_that_is_not_the_trackers_and_tells_less_of_it() -> None:
    near, far = looked(9_000.0, 0.1), looked(1_500.0, 0.1)
    assert far.log_sigma > 1.5 * near.log_sigma


def test_the_flattening_of_the_earth_is_no_drag() -> None:
    # A slender body seen without error from 100 km: at 80 km the air took 10 J/kg, J2 forty times
    # that, and gravity that nobody knows as much.
    states = [StateEstimate(s.valid_at, s.mean, COVARIANCE * 1e-6) for s in fall(18_000.0)]
    entry: Entry | None = None
    for state in states[:20]:
        entry = entry_after(entry, state)
        drag = drag_of(entry, state, DEFAULT_SETTINGS)
        assert drag.light_probability < 2.0 * DEFAULT_SETTINGS.light_probability
        assert 0.4 < drag.drag_m2_kg * DEFAULT_SETTINGS.ballistic_coefficient_kg_m2 < 1.3
