"""What a vehicle that still burns may fly over: its engine stops now, later, or in orbit.

Where a thing under thrust comes down is not settled before burn-out, but what lies under its way
is settled earlier. So nothing is said of an impact; flights are drawn over what the engine may do:

- a *space launch* (by its class) goes on to orbit, or fails on the way there, at any time alike;
- what burns for longer than all but long-range missiles and launchers do may be either: then only
  what it flies over both if the engine stops now and if it goes on counts.

While the engine works, it pushes in the plane of the velocity over ground, and the climb falls
evenly to nothing by the time of orbit: what every ascent to a low orbit does, however it is steered
between. From orbit on it coasts.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from signalfire.assess import _corridor_kernels, _flight_kernels, _kernels
from signalfire.assess.flown import footprint_of, root_of
from signalfire.assess.observed import Observed, Remembered
from signalfire.assess.phase import is_driven
from signalfire.assess.points import even_points, normal_points
from signalfire.assess.settings import AssessmentSettings
from signalfire.basis.kernel import Floats
from signalfire.picture.estimate import PlaceEstimate, StateEstimate
from signalfire.picture.event import MissileClass, Phase
from signalfire.picture.footprint import Footprint

LONG_BURN_S = 180.0
"""Only long-range missiles (200 to 290 s) and launchers burn longer: public class values."""
GAIN_M_S2 = (8.0, 28.0)
"""How fast the speed over ground grows from here to orbit, on average: 11 to 27 m/s2 in two webcast
ascents from their second stage on (f9_paz_ascent_polar, fh_demo1_ascent); slower stages are known.
"""
YAW_SIGMA_RAD = 0.05
"""By how much the thrust may point to the side for good: three degrees. Assumed."""
FAILS_EVERY_S = 1_700.0
"""An engine fails on average once in so long: in 0.3 of ascents that take 500 s. Some tenth of all
launches fail, and about half of the first ones of a new launcher. Assumed, between the two."""
COAST_S = 300.0
"""So long after the engine has stopped in orbit the way is still named: two thousand kilometres, on
which covers and the last stage part from the payload. Later it is a satellite."""
SAMPLES = 64
_STEP_S = 4.0
_HIGH_STEP_S = 8.0
_FALL_MAX_S = 3_600.0
_FALL_ROWS = int(_FALL_MAX_S / _STEP_S) + 60
_RISE_ROWS = int((1_200.0 + COAST_S) / _STEP_S)
"""Twenty minutes are more than the slowest gain takes from rest to orbit."""
_DIMENSIONS = 10
_EVEN = even_points(SAMPLES, _DIMENSIONS)
_NORMAL = normal_points(_EVEN)
_NO_PUSH = np.zeros((2, 3))


@dataclass(frozen=True)
class Corridor:
    """A vehicle under power, or just in orbit, and what is believed of its engine.

    ``coast_s`` is None while it burns, and in orbit how much of the way is still to be named;
    ``is_space_launch`` says that it is surely one.
    """

    state: StateEstimate
    is_space_launch: bool
    coast_s: float | None
    settings: AssessmentSettings

    @property
    def is_in_orbit(self) -> bool:
        return self.coast_s is not None

    @cached_property
    def futures(self) -> tuple[Footprint, ...]:
        """Flights for each thing that may be true of it; flight s of each has the same state.

        What is named must lie under each of these footprints.
        """
        states = self.state.mean + _NORMAL[:, :6] @ root_of(self.state.covariance).T
        if self.coast_s is not None:
            return (self._flown(states, np.zeros(SAMPLES), np.full(SAMPLES, math.inf)),)
        gain_m_s2 = GAIN_M_S2[0] * (GAIN_M_S2[1] / GAIN_M_S2[0]) ** _EVEN[:, 6]
        if self.is_space_launch:
            return (self._flown(states, gain_m_s2, FAILS_EVERY_S * _EVEN[:, 7]),)
        return (
            self._flown(states, gain_m_s2, np.zeros(SAMPLES)),
            self._flown(states, gain_m_s2, np.full(SAMPLES, math.inf)),
        )

    def _flown(self, states: Floats, gain_m_s2: Floats, stops_s: Floats) -> Footprint:
        """Flights whose engine stops after so many seconds, or in orbit if that comes first."""
        coast_s = COAST_S if self.coast_s is None else self.coast_s
        rows = np.empty((SAMPLES, _RISE_ROWS + _FALL_ROWS, 4))
        count = np.empty(SAMPLES, dtype=np.int64)
        ends = np.empty((SAMPLES, 8))
        _corridor_kernels.to_orbit(
            states, gain_m_s2, YAW_SIGMA_RAD * _NORMAL[:, 9], stops_s, coast_s, _STEP_S,
            rows[:, :_RISE_ROWS], count, ends,
        )  # fmt: skip
        fails = ends[:, 7] > 0.0
        fallen, fall_count = _fallen(ends[fails, :6], self.settings, _EVEN[fails, 8])
        for place, flight in enumerate(np.flatnonzero(fails)):
            first, more = count[flight], fall_count[place]
            rows[flight, first : first + more, 0] = ends[flight, 6] + fallen[place, :more, 0]
            rows[flight, first : first + more, 1:] = fallen[place, :more, 1:]
            count[flight] += more
        landed = np.zeros(SAMPLES, dtype=bool)
        landed[np.flatnonzero(fails)[fall_count > 0]] = True
        return footprint_of(self.state.valid_at, rows, count, np.arange(SAMPLES), landed)


def corridor(
    observed: Observed, remembered: Remembered, settings: AssessmentSettings
) -> Corridor | None:
    """The corridor of an object that is not lost, by what has just been assessed of it.

    None where its engine says nothing of the way.
    """
    is_space_launch = remembered.belief.likeliest is MissileClass.SLV
    if remembered.motion is Phase.BOOST:
        if is_space_launch or (is_driven(observed, settings) and _burns_long(observed)):
            return Corridor(observed.state, is_space_launch, None, settings)
        return None
    forecast, driven_at = remembered.prediction, remembered.driven_at
    stays_up = forecast is not None and len(forecast.path) == 0
    if not (is_space_launch and stays_up) or driven_at is None:
        return None
    rest_s = COAST_S - observed.state.valid_at.elapsed_s(since=driven_at)
    return Corridor(observed.state, is_space_launch, rest_s, settings) if rest_s > 0.0 else None


def _burns_long(observed: Observed) -> bool:
    launch = observed.launch
    if not isinstance(launch, PlaceEstimate):
        return False
    burning_s = observed.state.valid_at.elapsed_s(since=launch.time)
    return burning_s - 2.0 * launch.time_sigma_s > LONG_BURN_S


def _fallen(ends: Floats, settings: AssessmentSettings, drag: Floats) -> tuple[Floats, np.ndarray]:
    """Falls from where the engine failed: rows ``[t x y z]`` after that, and how many."""
    rows = np.zeros((len(ends), _FALL_ROWS, 4))
    count = np.zeros(len(ends), dtype=np.int64)
    if len(ends):
        points = np.zeros((len(ends), _kernels.SPREAD))
        points[:, :6] = ends
        points[:, 6] = math.sqrt(3.0) * (2.0 * drag - 1.0)
        air = np.array(
            [1.0 / settings.ballistic_coefficient_kg_m2,
             settings.ballistic_coefficient_log_sigma, 0.0]
        )  # fmt: skip
        _flight_kernels.fly_blocks(
            np.zeros(6), np.eye(6), air, _NO_PUSH, points, _HIGH_STEP_S, _FALL_MAX_S, _STEP_S,
            np.empty((len(ends), 4)), rows, count,
        )  # fmt: skip
    return rows, count
