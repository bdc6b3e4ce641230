"""A pass of one free flight: what its plots say of the flight and of the radars' biases."""

from functools import cache

import numpy as np

from signalfire.basis.chi_square import exceeded_distance2
from signalfire.basis.instant import NS_PER_S
from signalfire.basis.kernel import Floats, Integers
from signalfire.space.geodesy import geodetic
from signalfire.tracking import _registration_kernels as k
from signalfire.tracking._kernels import RECORD, Law
from signalfire.tracking.bias import explained_distance2
from signalfire.tracking.measurement import place_of
from signalfire.tracking.settings import RegistrationSettings

PLOTS_REMEMBERED = 512
"""Plots of a pass remembered; a later one is put in its place among them."""


@cache
def _square_max(numbers: int, probability: float) -> float:
    return exceeded_distance2(max(numbers, 1), probability)


class RegisteredFlight:
    """The plots of one track from when it may be in free flight, filtered as if no radar were off.

    ``take`` changes it. First it is a trial: plots that do not agree with free flight, whatever the
    biases, begin it anew. Then it is free (``is_free``), and says what it has learnt, until plots
    disagree (``is_broken``).
    """

    def __init__(self, settings: RegistrationSettings, law: Law, radars: int) -> None:
        self._settings = settings
        self._law = law
        self._sigmas = np.tile(settings.sigmas, k.RADARS)
        self._prior = np.square(settings.sigmas)
        self._slots: Integers = np.full(radars, -1, dtype=np.int64)
        self._records: Floats = np.zeros((PLOTS_REMEMBERED, RECORD))
        self._times: Integers = np.zeros(PLOTS_REMEMBERED, dtype=np.int64)
        self._radars: Integers = np.zeros(PLOTS_REMEMBERED, dtype=np.int64)
        blocks = PLOTS_REMEMBERED // k.BLOCK
        self._snapshot: Floats = np.zeros((blocks, k.WIDTH))
        self._snapshot_time: Integers = np.zeros(blocks, dtype=np.int64)
        self._row: Floats = np.zeros(k.WIDTH)
        self._clear()
        self.is_free = False
        self.is_broken = False

    def _clear(self) -> None:
        self._count = 0
        self._has_begun = False
        self._is_whole = True
        self._lined = 0
        self._began_ns = 0
        self.time_ns = 0
        self._tested = (0, 0.0)
        self._sound: tuple[Floats, Floats] | None = None
        self._slots[:] = -1

    @property
    def _is_told(self) -> bool:
        return self.is_free and self._has_begun and not self.is_broken

    @property
    def radars(self) -> list[int]:
        """Radars whose plots it has taken, in the order of its slots."""
        known = np.flatnonzero(self._slots >= 0)
        return [int(radar) for radar in known[np.argsort(self._slots[known])]]

    def take(self, at_ns: int, record: Floats, radar: int) -> None:
        """Take a plot as it was measured, whenever it comes; one too late changes nothing."""
        if self.is_broken or not self._has_slot(radar):
            return
        if not self._is_whole and at_ns < self._times[0]:
            return
        if self._count == PLOTS_REMEMBERED:
            self._forget()
        place = k.insert(
            at_ns, record, radar, self._count, self._records, self._times, self._radars
        )
        self._count += 1
        is_better_known = self._is_whole and self._count >= 2 * self._lined
        if not self._has_begun or is_better_known or (self._is_whole and place < k.BLOCK):
            self._begin()
        else:
            self._run(place)
        if self._has_begun and self._row[k.NUMBERS] - self._tested[0] >= (
            self._settings.test_numbers
        ):
            self._test()

    def said(self) -> tuple[Floats, Floats] | None:
        """Information and weighted innovations of the biases, by slot; None before it is free.

        Of a broken flight: what it said when it last agreed.
        """
        if self.is_broken:
            return self._sound
        if not self._is_told:
            return None
        return k.information_of(self._row), k.weighted_of(self._row)

    def estimate(self, at_ns: int) -> tuple[Floats, Floats, Floats] | None:
        """Mean, covariance for known biases, and slope by the biases (6, n), at an instant.

        None while it is not free, or the instant is not near its last plot.
        """
        far_ns = round(self._settings.fresh_s * NS_PER_S)
        if not self._is_told or abs(at_ns - self.time_ns) > far_ns:
            return None
        row = self._row.copy()
        k.carry(row, (at_ns - self.time_ns) / NS_PER_S, self._law)
        return k.mean_of(row), k.covariance_of(row), k.slope_of(row)

    def _has_slot(self, radar: int) -> bool:
        if self._slots[radar] < 0:
            taken = int((self._slots >= 0).sum())
            if taken == k.RADARS:
                return False
            self._slots[radar] = taken
        return True

    def _forget(self) -> None:
        if not self._has_begun:
            self._keep_from(self._times[k.BLOCK])
            return
        self._is_whole = False
        self._count = k.forget_block(
            self._count, self._records, self._times, self._radars, self._snapshot,
            self._snapshot_time,
        )  # fmt: skip

    def _keep_from(self, since_ns: int) -> None:
        """Begin anew with the plots since an instant."""
        first = int(np.searchsorted(self._times[: self._count], since_ns))
        kept = slice(first, self._count)
        rest = [
            part[kept].copy() for part in (self._records, self._times, self._radars)
        ]  # fmt: skip
        self._clear()
        self._count = len(rest[0])
        self._records[: self._count] = rest[0]
        self._times[: self._count] = rest[1]
        self._radars[: self._count] = rest[2]
        for radar in rest[2].tolist():
            self._has_slot(radar)
        self._begin()

    def _begin(self) -> None:
        """Filter all plots along a flight found from them; done again when it is better known."""
        settings, count = self._settings, self._count
        span_s = float(self._times[count - 1] - self._times[0]) / NS_PER_S if count else 0.0
        if count < settings.start_plots or span_s < settings.start_span_s:
            return
        few = min(count, k.BLOCK)
        if self._has_begun:
            mean = self._back()
        else:
            mean = self._rough(few)
            if geodetic(mean[:3]).altitude_m < settings.altitude_min_m:
                self._drop_first()
                return
        steps = (count,) if self._has_begun else (few, count)
        self._has_begun = True
        self._lined = count
        self._began_ns = int(self._times[0])
        for plots in steps:
            row = self._snapshot[0]
            k.begin(row, mean, settings.start_position_sigma_m, settings.start_speed_sigma_m_s)
            self._snapshot_time[0] = self.time_ns = self._began_ns
            self._run(0, plots)
            if self.is_broken:
                return
            mean = self._back()

    def _back(self) -> Floats:
        """The state at the first plot, from all taken."""
        row = self._row.copy()
        k.carry(row, float(self._times[0] - self.time_ns) / NS_PER_S, self._law)
        return k.mean_of(row)

    def _drop_first(self) -> None:
        """Leave the oldest plot: too low to begin with."""
        self._count -= 1
        for part in (self._records, self._times, self._radars):
            part[: self._count] = part[1 : self._count + 1]

    def _rough(self, plots: int) -> Floats:
        """A state at the first plot, from it and from the last one of the same radar, if any."""
        same = np.flatnonzero(self._radars[1:plots] == self._radars[0]) + 1
        last = int(same[-1]) if same.size else plots - 1
        if self._times[last] - self._times[0] < NS_PER_S:
            last = plots - 1
        place, _ = place_of(self._records[0])
        other, _ = place_of(self._records[last])
        gap_s = max(float(self._times[last] - self._times[0]) / NS_PER_S, 1.0)
        return np.concatenate([place, (other - place) / gap_s])

    def _run(self, place: int, plots: int | None = None) -> None:
        count = self._count if plots is None else plots
        status, self.time_ns = k.run(
            place, count, self._law, self._prior, self._row, self.time_ns, self._records,
            self._times, self._radars, self._slots, self._snapshot, self._snapshot_time,
        )  # fmt: skip
        if status == k.DIVERGED:
            self.is_broken = True

    def _square(self) -> float:
        """Sum of normalised innovations squared, as the best biases leave it."""
        information, weighted = k.information_of(self._row), k.weighted_of(self._row)
        explained = explained_distance2(information, weighted, self._sigmas)
        return float(self._row[k.SQUARES]) - explained

    def _test(self) -> None:
        """Whether the plots still agree with free flight, whatever the biases."""
        settings = self._settings
        numbers, square = int(self._row[k.NUMBERS]), self._square()
        new = numbers - self._tested[0]
        grown = square - self._tested[1]
        if self.is_free:
            if grown > _square_max(new, settings.broken_probability):
                self.is_broken = True
                return
            self._sound = (
                k.information_of(self._row).copy(), k.weighted_of(self._row).copy(),
            )  # fmt: skip
        elif square > _square_max(numbers - 6, settings.trial_probability) or (
            grown > _square_max(new, 0.1 * settings.trial_probability)
        ):
            self._keep_from(int(self._times[max(0, self._count - settings.start_plots)]))
            return
        self._tested = (numbers, square)
        span_s = float(self.time_ns - self._began_ns) / NS_PER_S
        if not self.is_free and span_s >= settings.free_span_s:
            self.is_free = True
            self._keep_from(self._began_ns + round(settings.free_guard_s * NS_PER_S))
