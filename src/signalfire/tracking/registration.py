"""Registration: what a nation's own radars are off by, learnt from the flights they share.

Each flight says what it can, in numbers that add up over flights; what they say together, and
which radars are thereby held to be out of register, is in ``bias``. References: Friedland (1969),
IEEE Trans. Automatic Control 14(4), 359-367; van Doorn and Blom (1993), Systematic error estimation
in multisensor fusion systems, SPIE 1954, 450-461.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from signalfire.basis.instant import NS_PER_S
from signalfire.basis.kernel import Flags, Floats, Integers
from signalfire.picture.detection import Sensor, SensorKind
from signalfire.tracking import _registration_kernels as k
from signalfire.tracking._kernels import ALONG, RANGE, SITE
from signalfire.tracking.bias import Posterior, SensorBias, posterior_of
from signalfire.tracking.noise import Noise
from signalfire.tracking.registered_flight import RegisteredFlight
from signalfire.tracking.scan import Measured
from signalfire.tracking.settings import TrackingSettings

_REFRESHED_NS = NS_PER_S


class Registration:
    """What is known of the biases of one node's radars; ``take`` and ``end`` change it.

    While only one radar has seen a flight nothing can be compared, and it is taken as it states.
    What two radars share (the same shift of both) no flight shows: the covariance keeps it.
    """

    def __init__(self, sensors: Sequence[Sensor], settings: TrackingSettings) -> None:
        self._names = tuple(sensor.sensor for sensor in sensors)
        self._is_radar = [sensor.kind is SensorKind.RADAR for sensor in sensors]
        self._settings = settings.registration
        self._law = settings.law()
        self._noise = Noise(len(self._names), settings)
        self._crowded_m = settings.crowded_m
        size = len(self._names) * k.WAYS
        self._flights: dict[int, RegisteredFlight] = {}
        self._told: dict[int, tuple[Floats, Floats] | None] = {}
        """What each of them has said, where it has said nothing new since."""
        self._ended_information: Floats = np.zeros((size, size))
        self._ended_weighted: Floats = np.zeros(size)
        self._ended_compared: Flags = np.zeros(len(self._names), dtype=bool)
        self._refreshed_ns: int | None = None
        self._corrections: Floats | None = None
        self._known: Posterior | None = None
        nothing = np.zeros((size, size)), np.zeros(size)
        self._prior = posterior_of(*nothing, [], self._settings)
        self._prior_of: list[int] = []
        """Before anything is known, and of which radars in doubt that is."""

    def corrected(self, radar: int, measured: Measured) -> Measured:
        """Plots and their instant without the biases, and with the noise, that their radar has."""
        if not self._is_radar[radar]:
            return measured
        widened = self._widened(radar, measured)
        if self._corrections is None:
            return widened
        bias = self._corrections[k.WAYS * radar : k.WAYS * (radar + 1)]
        if not bias.any():
            return widened
        records = widened.records.copy()
        k.correct_each(records, bias)
        return Measured(measured.at_ns - round(float(bias[3]) * NS_PER_S), records)

    def _widened(self, radar: int, measured: Measured) -> Measured:
        records = self._noise.widened(radar, measured.at_ns, measured.records)
        return measured if records is measured.records else Measured(measured.at_ns, records)

    def take(self, flights: Integers, plots: Integers, radar: int, measured: Measured) -> None:
        """Learn from plots of a scan, by their places in it, that belong to flights, by number.

        A flight is any number that is used for no other; the first that come are followed.
        """
        if len(flights) == 0 or not self._is_radar[radar]:
            return
        self._listen(flights, plots, radar, measured)
        if sum(self._is_radar) < 2:
            return
        is_followed = np.isin(flights, list(self._flights))
        room = self._settings.flights_max - len(self._flights)
        chosen = np.concatenate([np.flatnonzero(is_followed), np.flatnonzero(~is_followed)[:room]])
        widened = self._widened(radar, measured)
        for place in chosen.tolist():
            record = widened.records[int(plots[place])]
            self._follow(int(flights[place]), radar, measured.at_ns, record)
        self._refresh(measured.at_ns)

    def _listen(self, flights: Integers, plots: Integers, radar: int, measured: Measured) -> None:
        """Learn of a radar's noise, from flights that its scan shows nothing else beside."""
        records = measured.records
        places = records[:, SITE : SITE + 3] + (
            records[:, RANGE, np.newaxis] * records[:, ALONG : ALONG + 3]
        )
        for flight, plot in zip(
            flights[: self._settings.flights_max].tolist(), plots.tolist(), strict=False
        ):
            near = np.square(places - places[plot]).sum(axis=1) < self._crowded_m**2
            if np.count_nonzero(near) == 1:
                self._noise.take(flight, radar, measured.at_ns, records[plot])

    def _follow(self, flight: int, radar: int, at_ns: int, record: Floats) -> None:
        followed = self._flights.get(flight)
        if followed is None:
            followed = RegisteredFlight(self._settings, self._law, len(self._names))
            self._flights[flight] = followed
        followed.take(at_ns, record, radar)
        self._told.pop(flight, None)
        if followed.is_free:
            self._known = None
        if followed.is_broken:
            self.end(flight)

    def end(self, flight: int) -> None:
        """A flight is over: what it has said stays, and fades."""
        self._noise.end(flight)
        followed = self._flights.pop(flight, None)
        self._told.pop(flight, None)
        if followed is not None and (said := self._said(followed)) is not None:
            self._ended_information += said[0]
            self._ended_weighted += said[1]
            self._ended_compared[followed.radars] = True
            self._known = None

    def estimate(self, flight: int, at_ns: int) -> tuple[Floats, Floats] | None:
        """Mean and covariance of a flight at an instant, biases considered.

        None where the tracker's own estimate is to be believed: its radars are all but certainly
        as they state, or the flight is not followed, or not free.
        """
        followed = self._flights.get(flight)
        if followed is None:
            return None
        known = self._posterior()
        radars = followed.radars
        at_first = self._prior.registered_probability(radars)
        if known.registered_probability(radars) > self._settings.believed_ratio * at_first:
            return None
        state = followed.estimate(at_ns)
        if state is None:
            return None
        mean, covariance, slope = state
        places = _places(radars)
        slope = slope[:, : len(places)]
        spread = slope @ known.covariance[np.ix_(places, places)] @ slope.T
        return mean + slope @ known.mean[places], covariance + 0.5 * (spread + spread.T)

    def biases(self) -> tuple[SensorBias, ...]:
        """What each radar is held to be off by, in the order of the sensors."""
        known = self._posterior()
        sigmas = np.sqrt(np.diagonal(known.covariance))
        told = []
        for radar, name in enumerate(self._names):
            if not self._is_radar[radar]:
                continue
            pairs = [
                (float(known.mean[place]), float(sigmas[place])) for place in _places([radar])
            ]  # fmt: skip
            out = 1.0 - known.registered_probability([radar])
            bias = SensorBias(name, min(max(out, 0.0), 1.0), *(x for p in pairs for x in p))
            along, aside, across = self._noise.ratios(radar)
            told.append(replace(
                bias, range_noise_ratio=along, azimuth_noise_ratio=aside,
                elevation_noise_ratio=across,
            ))  # fmt: skip
        return tuple(told)

    def _said(self, followed: RegisteredFlight) -> tuple[Floats, Floats] | None:
        """What a flight has said in terms of all radars; None of one that compares none.

        None, too, of one whose sums are not finite: it would say nothing of anything for good.
        """
        radars = followed.radars
        said = followed.said()
        if said is None or len(radars) < 2 or not all(np.isfinite(part).all() for part in said):
            return None
        places = _places(radars)
        information = np.zeros_like(self._ended_information)
        weighted = np.zeros_like(self._ended_weighted)
        information[np.ix_(places, places)] = said[0][: len(places), : len(places)]
        weighted[places] = said[1][: len(places)]
        return information, weighted

    def _posterior(self) -> Posterior:
        """What all flights say together."""
        if self._known is None:
            information, weighted = self._ended_information.copy(), self._ended_weighted.copy()
            compared = self._ended_compared.copy()
            for number in sorted(self._flights):
                followed = self._flights[number]
                if number not in self._told:
                    self._told[number] = self._said(followed)
                said = self._told[number]
                if said is not None:
                    information += said[0]
                    weighted += said[1]
                    compared[followed.radars] = True
            radars = np.flatnonzero(compared).tolist()
            self._known = posterior_of(information, weighted, radars, self._settings)
            if radars != self._prior_of:
                nothing = np.zeros_like(information), np.zeros_like(weighted)
                self._prior = posterior_of(*nothing, radars, self._settings)
                self._prior_of = radars
        return self._known

    def _refresh(self, at_ns: int) -> None:
        """Once a second: let what ended flights said fade, and settle how plots are corrected."""
        if self._refreshed_ns is not None and at_ns < self._refreshed_ns + _REFRESHED_NS:
            return
        if self._refreshed_ns is not None and self._ended_compared.any():
            kept = math.exp((self._refreshed_ns - at_ns) / NS_PER_S / self._settings.drift_s)
            self._ended_information *= kept
            self._ended_weighted *= kept
            self._known = None
        self._refreshed_ns = at_ns
        known = self._posterior()
        is_doubted = known.weights[0] < self._settings.doubted_ratio * self._prior.weights[0]
        self._corrections = known.mean.copy() if is_doubted else None


def _places(radars: Sequence[int]) -> list[int]:
    """The places of some radars' biases among all."""
    return [k.WAYS * radar + way for radar in radars for way in range(k.WAYS)]
