"""Gravity that the filter does not know: what the field has beyond J2, drawn anew for each run."""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np

from accuracy_world import MU, RADIUS_M, truth_of
from signalfire.basis.kernel import Floats
from signalfire.motion._kernels import transition
from signalfire.space.geodesy import Geodetic, enu_from_ecef, geodetic

DEGREE_MAX = 20
"""Finer parts of the field are gone at these heights: (R / r)^22 is 1/2 at 200 km."""
DEGREE_POWERS = {2: 7.9e-12, 3: 8.8e-12, 4: 2.5e-12}
"""Sum of the squares of the normalised coefficients of a degree, without J2. Reference: Lemoine et
al. (1998), The Development of the Joint NASA GSFC and NIMA Geopotential Model EGM96,
NASA/TP-1998-206861, from its coefficients. Above these Kaula's rule: (2 n + 1) 1e-10 / n^4 (Kaula
1966, Theory of Satellite Geodesy, section 5.2)."""
STEP_S = 5.0
FIELD_SAMPLES = 150
_SHIFT_M = 100.0
"""Of the differences that make pull of potential."""


@dataclass(frozen=True)
class _Flight:
    """What is the same in all runs of a flight: seconds after launch (n + 1,), transition of each
    step (n, 6, 6), drag included, and pull by each coefficient at its middle (n, 3, coefficients).
    """

    times_s: Floats
    transitions: Floats
    pulls: Floats


def harmonics(places_m: Floats) -> tuple[Floats, Floats]:
    """Potential (m2/s2) at places (n, 3) by each normalised coefficient of degree 2 and more, and
    sigma of each coefficient; that of J2 is left out.

    Legendre functions by the recursion of Holmes and Featherstone (2002), Journal of Geodesy 76,
    279-299, formula 11.
    """
    r = np.linalg.norm(places_m, axis=1)
    t, u = places_m[:, 2] / r, np.hypot(places_m[:, 0], places_m[:, 1]) / r
    longitude = np.arctan2(places_m[:, 1], places_m[:, 0])
    columns, sigmas = [], []
    sectoral = np.ones_like(r)
    for m in range(DEGREE_MAX + 1):
        if m > 0:
            sectoral = sectoral * u * math.sqrt(3.0 if m == 1 else (2 * m + 1) / (2 * m))
        before, now = np.zeros_like(r), sectoral
        for n in range(m, DEGREE_MAX + 1):
            if n > m:
                a = math.sqrt((2 * n - 1) * (2 * n + 1) / ((n - m) * (n + m)))
                b = 0.0
                if n > m + 1:
                    b = math.sqrt(
                        (2 * n + 1) * (n + m - 1) * (n - m - 1) / ((n - m) * (n + m) * (2 * n - 3))
                    )
                before, now = now, a * t * now - b * before
            if n < 2 or (n, m) == (2, 0):
                continue
            power = DEGREE_POWERS.get(n, (2 * n + 1) * 1e-10 / n**4)
            sigma = math.sqrt(power / (4 if n == 2 else 2 * n + 1))
            size = MU / r * (RADIUS_M / r) ** n * now
            columns.append(size * np.cos(m * longitude))
            sigmas.append(sigma)
            if m > 0:
                columns.append(size * np.sin(m * longitude))
                sigmas.append(sigma)
    return np.stack(columns, axis=1), np.array(sigmas)


def pulls(places_m: Floats) -> Floats:
    """Acceleration (m/s2) at places (n, 3) by each coefficient, as many sigmas: (n, 3, count)."""
    found = []
    for axis in np.eye(3) * _SHIFT_M:
        ahead, sigmas = harmonics(places_m + axis)
        behind, _ = harmonics(places_m - axis)
        found.append((ahead - behind) * sigmas / (2.0 * _SHIFT_M))
    return np.stack(found, axis=1)


@cache
def _flight(name: str) -> _Flight:
    truth = truth_of(name)
    begin_s = truth.scenario.boost_s
    count = math.ceil((truth.impact_s - begin_s) / STEP_S)
    times_s = np.linspace(begin_s, truth.impact_s, count + 1)
    middles_s = 0.5 * (times_s[1:] + times_s[:-1])
    middles = np.ascontiguousarray(truth.at(middles_s))
    transitions = np.empty((count, 6, 6))
    for k, middle in enumerate(middles):
        dt = times_s[k + 1] - times_s[k]
        transition(middle, 1.0 / truth.scenario.beta_kg_m2, dt, transitions[k])
    every = max(1, count // FIELD_SAMPLES)
    sampled = pulls(middles[::every, :3])
    return _Flight(times_s, transitions, sampled[np.arange(count) // every])


@dataclass(frozen=True)
class Sway:
    """By how much one run's flight leaves that of the nominal field; Earth-fixed axes."""

    times_s: Floats
    offsets: Floats

    def at(self, times_s: Floats) -> Floats:
        """Place and velocity (n, 6) at seconds after launch."""
        columns = [np.interp(times_s, self.times_s, column) for column in self.offsets.T]
        return np.stack(columns, axis=1)


def sway(name: str, draw: np.random.Generator) -> Sway:
    """A field, drawn isotropic, and what it does to a flight, to first order.

    It displaces the longest flights by a kilometre; what second order would add is below a metre.
    """
    flight = _flight(name)
    pull = flight.pulls @ draw.standard_normal(flight.pulls.shape[2])
    offsets = np.zeros((len(flight.times_s), 6))
    for k, step in enumerate(flight.transitions):
        dt = flight.times_s[k + 1] - flight.times_s[k]
        push = np.concatenate([0.5 * dt * dt * pull[k], dt * pull[k]])
        offsets[k + 1] = step @ offsets[k] + push
    return Sway(flight.times_s, offsets)


def impact_m(name: str, of: Sway) -> Floats:
    """Where the swayed flight comes down, Earth-fixed axes."""
    truth = truth_of(name)
    end_s = np.array([truth.impact_s])
    state, offset = truth.at(end_s)[0], of.at(end_s)[0]
    ground = geodetic(state[:3])
    up = enu_from_ecef(Geodetic(ground.latitude_rad, ground.longitude_rad))[2]
    moved: Floats = state[:3] + offset[:3] - state[3:] * (up @ offset[:3]) / (up @ state[3:])
    return moved
