"""The bound, and filters made of its recursion, on published re-entry problems.

The models are other people's, flat or in a plane; the recursion is ours.
"""

import math

import numpy as np
import pytest

from signalfire.analysis.bound import one_step
from signalfire.analysis.metrics import nees, nees_band


class Falling:
    """Farina, Ristic and Benvenuti (2002), IEEE Trans. AES 38(3), 854-867: state x, vx, y, vy.

    Radar at the origin, 100 m and 0.017 rad, every 2 s; beta 40,000 kg/(m s2), q 1 m2/s3.
    """

    T, G, BETA = 2.0, 9.81, 40_000.0
    VARIANCES = np.array([100.0**2, 0.017**2])
    NOISE = np.kron(np.eye(2), [[T**3 / 3.0, T**2 / 2.0], [T**2 / 2.0, T]])

    @staticmethod
    def start() -> np.ndarray:
        angle = math.radians(190.0)
        return np.array([232e3, 2_290.0 * math.cos(angle), 88e3, 2_290.0 * math.sin(angle)])

    @classmethod
    def step(cls, s: np.ndarray) -> np.ndarray:
        sea, scale = (1.227, 1.093e-4) if s[2] < 9_144.0 else (1.754, 1.49e-4)
        rho = sea * math.exp(-scale * s[2])
        k = -0.5 * cls.G / cls.BETA * rho * math.hypot(s[1], s[3])
        push = np.array([k * s[1], k * s[3] - cls.G])
        half = 0.5 * cls.T**2 * push
        return s + np.array([cls.T * s[1] + half[0], cls.T * push[0],
                             cls.T * s[3] + half[1], cls.T * push[1]])  # fmt: skip

    @classmethod
    def slope(cls, s: np.ndarray) -> np.ndarray:
        steps = np.array([1.0, 0.01, 1.0, 0.01])
        pairs = [(cls.step(s + h), cls.step(s - h)) for h in np.diag(steps)]
        return np.stack([(up - down) / (2 * h) for (up, down), h in zip(pairs, steps, strict=True)],
                        axis=1)  # fmt: skip

    @staticmethod
    def sight(s: np.ndarray) -> np.ndarray:
        square = s[0] ** 2 + s[2] ** 2
        r = math.sqrt(square)
        return np.array([[s[0] / r, 0, s[2] / r, 0], [-s[2] / square, 0, s[0] / square, 0]])


def test_the_bound_of_a_falling_object_is_the_published_one() -> None:
    """The paper's case; the figures are an independent computation of its bound, x vx y vy."""
    published = {
        22: (703.8, 55.1, 1_700.8, 137.4),
        62: (316.9, 11.7, 658.4, 23.0),
        102: (72.4, 5.2, 69.0, 3.0),
        118: (43.0, 2.7, 46.1, 2.5),
    }
    state = Falling.start()
    nothing_known = np.diag([1e6, 1e5, 1e6, 1e5]) ** 2
    covariance = one_step(nothing_known, transition=np.eye(4), noise=np.zeros((4, 4)),
                          slopes=Falling.sight(state), variances=Falling.VARIANCES)  # fmt: skip
    for second in range(2, 120, 2):
        transition = Falling.slope(state)
        state = Falling.step(state)
        covariance = one_step(covariance, transition=transition, noise=Falling.NOISE,
                              slopes=Falling.sight(state), variances=Falling.VARIANCES)  # fmt: skip
        if second in published:
            expected = np.array(published[second])
            # To 2 %, and the rounding of the printed figure.
            assert np.all(np.abs(np.sqrt(np.diag(covariance)) - expected) < 0.02 * expected + 0.05)


class Reentry:
    """Julier and Uhlmann (2004), Proc. IEEE 92(3), 401-422: km and s, in a plane.

    State: place, velocity, logarithm of the drag. Radar at (6374, 0), 1 m and 0.17 mrad, 10 Hz.
    """

    B0, H0, GM, R0, DT = -0.59783, 13.406, 3.986e5, 6_374.0, 0.1
    SIGMAS = np.array([1e-3, 0.17e-3])
    START = np.array([6_500.4, 349.14, -1.8093, -6.7967, 0.6932])
    NOISE = np.diag([0.0, 0.0, 2.4064e-5, 2.4064e-5, 1e-6])

    @classmethod
    def forces(cls, s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        r, v = np.hypot(s[..., 0], s[..., 1]), np.hypot(s[..., 2], s[..., 3])
        return cls.B0 * np.exp(s[..., 4] + (cls.R0 - r) / cls.H0) * v, -cls.GM / r**3

    @classmethod
    def step(cls, s: np.ndarray) -> np.ndarray:
        drag, pull = cls.forces(s)
        out = s.copy()
        out[..., :2] += cls.DT * s[..., 2:4]
        out[..., 2:4] += cls.DT * (drag[..., None] * s[..., 2:4] + pull[..., None] * s[..., :2])
        return out

    @classmethod
    def slope(cls, s: np.ndarray) -> np.ndarray:
        drag, pull = cls.forces(s)
        place, speed = s[:2], s[2:4]
        r, v = math.hypot(*place), math.hypot(*speed)
        g = np.zeros((5, 5))
        g[0, 2] = g[1, 3] = 1.0
        g[2:4, :2] = (-drag / (cls.H0 * r) * np.outer(speed, place) + pull * np.eye(2)
                      - 3.0 * pull / r**2 * np.outer(place, place))  # fmt: skip
        g[2:4, 2:4] = drag * np.eye(2) + drag / v**2 * np.outer(speed, speed)
        g[2:4, 4] = drag * speed
        return np.eye(5) + cls.DT * g

    @classmethod
    def sight(cls, s: np.ndarray) -> np.ndarray:
        east, north = s[..., 0] - cls.R0, s[..., 1]
        return np.stack([np.hypot(east, north), np.arctan2(north, east)], axis=-1)

    @classmethod
    def sight_slope(cls, s: np.ndarray) -> np.ndarray:
        d = np.array([s[0] - cls.R0, s[1]])
        r = math.hypot(*d)
        out = np.zeros((2, 5))
        out[0, :2], out[1, :2] = d / r, np.array([-d[1], d[0]]) / r**2
        return out


def test_a_filter_of_this_recursion_re_enters_as_the_published_one() -> None:
    """Place to 8.16 m over 200 s and 30 runs (an independent computation of the paper's filter)."""
    draw = np.random.default_rng(20040301)
    runs, steps = 5, 2_000
    truth = np.empty((steps + 1, runs, 5))
    spread = np.array([1e-3, 1e-3, 1e-3, 1e-3, 0.0])
    truth[0] = Reentry.START + draw.normal(size=(runs, 5)) * spread
    for k in range(steps):
        truth[k + 1] = Reentry.step(truth[k])
        truth[k + 1, :, 2:4] += draw.normal(size=(runs, 2)) * math.sqrt(2.4064e-5)
    plots = Reentry.sight(truth) + draw.normal(size=(steps + 1, runs, 2)) * Reentry.SIGMAS
    errors = np.empty((steps, runs, 2))
    for run in range(runs):
        state = np.array([*Reentry.START[:4], 0.0])
        covariance = np.diag([1e-6] * 4 + [1.0])
        for k in range(steps):
            transition = Reentry.slope(state)
            state = Reentry.step(state)
            slopes = Reentry.sight_slope(state)
            covariance = one_step(covariance, transition=transition, noise=Reentry.NOISE,
                                  slopes=slopes, variances=Reentry.SIGMAS**2)  # fmt: skip
            residual = plots[k + 1, run] - Reentry.sight(state)
            state = state + covariance @ slopes.T @ (residual / Reentry.SIGMAS**2)
            errors[k, run] = state[:2] - truth[k + 1, run, :2]
    rms_m = 1e3 * math.sqrt(float(np.mean(np.sum(errors**2, axis=2))))
    # Five runs know it to some 8 %.
    assert rms_m == pytest.approx(8.16, rel=0.15)


def test_a_falling_object_of_unknown_drag_is_followed_honestly() -> None:
    """Zarchan and Musoff, "Fundamentals of Kalman Filtering", chapter on a falling object (feet).

    From 200,000 ft at 6,000 ft/s, beta 500 lb/ft2 (800 assumed), 25 ft, every 0.1 s.
    """
    g, dt, runs, steps = 32.2, 0.1, 20, 250
    draw = np.random.default_rng(7)

    def slow(s: np.ndarray) -> float:
        return 0.0034 * math.exp(-s[0] / 22_000.0) * s[1] ** 2 * g / (2.0 * s[2])

    def step(s: np.ndarray) -> np.ndarray:
        for _ in range(10):
            s = s + 0.1 * dt * np.array([s[1], slow(s) - g, 0.0])
        return s

    prior = np.diag([625.0, 20_000.0, 300.0**2])
    slopes, noise = np.array([[1.0, 0.0, 0.0]]), np.diag([0.0, 0.0, 300.0**2 / 30.0 * dt])
    squares = []
    first_miss, last_miss = [], []
    for _ in range(runs):
        truth = np.array([200_000.0, -6_000.0, 500.0])
        state = truth + np.array([25.0 * draw.normal(), -150.0, 300.0])
        covariance = prior.copy()
        first_miss.append(abs(state[2] - truth[2]))
        for _ in range(steps):
            d = slow(state)
            f = np.eye(3) + dt * np.array([[0, 1, 0], [-d / 22_000.0, 2 * d / state[1],
                                                       -d / state[2]], [0, 0, 0]])  # fmt: skip
            truth, state = step(truth), step(state)
            covariance = one_step(covariance, transition=f, noise=noise, slopes=slopes,
                                  variances=np.array([625.0]))  # fmt: skip
            miss = truth[0] + 25.0 * draw.normal() - state[0]
            state = state + covariance[:, 0] * miss / 625.0
        squares.append(nees((state - truth)[None], covariance[None])[0])
        last_miss.append(abs(state[2] - truth[2]))
    assert np.mean(squares) < nees_band(3, runs)[1], "its covariance claims no more than it knows"
    assert np.mean(last_miss) < 0.2 * np.mean(first_miss)
