"""The coarse form: positions and times rounded as a rule states, uncertainty widened to match.

Rounding to a step s adds an error spread evenly over one step, of variance s²/12 (Widrow & Kollár
2008, "Quantization Noise", section 4.1). It is added to every covariance, so that the partner is
not led to believe more than it was told. Velocity is not rounded: where something comes down rests
on it, and a partner that may know the one within a step may know the other. Reports one after
another can be averaged to better than one step: the coarse form hides a sensor's quality and its
looks, not a trajectory.
"""

import math
from collections.abc import Mapping
from typing import Any

from signalfire.basis.errors import Malformed
from signalfire.basis.instant import NS_PER_S, Instant
from signalfire.basis.utc import instant_from_utc, utc_text
from signalfire.release.agreement import Share
from signalfire.space.earth import MEAN_RADIUS_M

EVEN_SPREAD = 1.0 / 12.0
"""Variance of a value spread evenly over one step, in steps squared."""
FREE_FALL_M_S2 = 10.0
FORCED_M_S2 = 60.0
"""How fast velocity changes while time is rounded: by gravity, or under power or in dense air."""
COSINE_MIN = 0.01
"""Nearer to a pole than this the grid in longitude no longer narrows."""

_DIAGONAL = (0, 6, 11, 15, 18, 20)
"""Where the six variances stand among the 21 numbers of an upper triangle, row by row."""


def coarse_track(track: Mapping[str, Any], share: Share) -> dict[str, Any]:
    """One rebuilt track, rounded, and without the pedigree that a rounded state has no more.

    The error of rounding is much the same from one report to the next: who receives them must not
    take them for so many looks.
    """
    forced = track["phase"] != "ballistic"
    return {
        **track,
        "state": _state(track["state"], share, FORCED_M_S2 if forced else FREE_FALL_M_S2),
        "last_observed_at": _time_down(track["last_observed_at"], share),
        "pedigree": None,
    }


def coarse_event(event: Mapping[str, Any], share: Share) -> dict[str, Any]:
    """One rebuilt event, rounded."""
    position_step_m, time_step_s = _steps(share)
    forced = event["phase"] != "ballistic"
    acceleration_m_s2 = FORCED_M_S2 if forced else FREE_FALL_M_S2
    state, apogee_m, flight_s = event["state"], event["apogee_m"], event["flight_s"]
    return {
        **event,
        "state": None if state is None else _state(state, share, acceleration_m_s2),
        "launch": _place(event["launch"], share),
        "impact": _place(event["impact"], share),
        "apogee_m": None if apogee_m is None else _to_grid(apogee_m, position_step_m),
        "observed_s": math.floor(event["observed_s"] / time_step_s) * time_step_s,
        "flight_s": None if flight_s is None else _to_grid(flight_s, time_step_s),
        "last_observed_at": _time_down(event["last_observed_at"], share),
    }


def _steps(share: Share) -> tuple[float, float]:
    """The rule's roundings of position and time."""
    assert share.round_position_m is not None and share.round_time_s is not None
    return share.round_position_m, share.round_time_s


def _state(state: Mapping[str, Any], share: Share, acceleration_m_s2: float) -> dict[str, Any]:
    """Round the time down, so that it is never in the future, and the position to the grid.

    The position is first moved back by half a time step, the mean of what rounding down takes; what
    is left of the time's error is spread evenly along the velocity.
    """
    position_step_m, time_step_s = _steps(share)
    velocity = state["velocity_ecef_m_s"]
    centred = [
        place - 0.5 * time_step_s * speed
        for place, speed in zip(state["position_ecef_m"], velocity, strict=True)
    ]
    covariance = list(state["covariance_upper"])
    time_variance_s2 = time_step_s**2 * EVEN_SPREAD
    for i in range(3):
        for j in range(i, 3):
            covariance[_DIAGONAL[i] + j - i] += velocity[i] * velocity[j] * time_variance_s2
        covariance[_DIAGONAL[i]] += position_step_m**2 * EVEN_SPREAD
        covariance[_DIAGONAL[i + 3]] += acceleration_m_s2**2 * time_variance_s2
    return {
        "valid_at": _time_down(state["valid_at"], share),
        "position_ecef_m": [_to_grid(value, position_step_m) for value in centred],
        "velocity_ecef_m_s": velocity,
        "covariance_upper": covariance,
    }


def _place(place: Mapping[str, Any], share: Share) -> Mapping[str, Any]:
    if "unknown" in place:
        return place
    position_step_m, time_step_s = _steps(share)
    step_rad = position_step_m / MEAN_RADIUS_M
    latitude_rad = max(
        -0.5 * math.pi, min(0.5 * math.pi, _to_grid(place["latitude_rad"], step_rad))
    )
    narrowing = max(math.cos(latitude_rad), COSINE_MIN)
    ee, en, nn = place["covariance_east_north_m2"]
    rounded_m2 = position_step_m**2 * EVEN_SPREAD
    return {
        "latitude_rad": latitude_rad,
        "longitude_rad": _to_grid(place["longitude_rad"], step_rad / narrowing),
        "covariance_east_north_m2": [ee + rounded_m2, en, nn + rounded_m2],
        "time": _time_nearest(place["time"], share),
        "time_sigma_s": math.sqrt(place["time_sigma_s"] ** 2 + time_step_s**2 * EVEN_SPREAD),
    }


def _to_grid(value: float, step: float) -> float:
    return round(value / step) * step


def _time_down(text: str, share: Share) -> str:
    step_ns = _step_ns(share)
    return utc_text(Instant(_tai_ns(text) // step_ns * step_ns), 9)


def _time_nearest(text: str, share: Share) -> str:
    step_ns = _step_ns(share)
    return utc_text(Instant((_tai_ns(text) + step_ns // 2) // step_ns * step_ns), 9)


def _step_ns(share: Share) -> int:
    return round(_steps(share)[1] * NS_PER_S)


def _tai_ns(text: str) -> int:
    """Raises Malformed, which ``decide`` takes as content that is not of its form."""
    if not isinstance(text, str):
        raise Malformed("not a UTC time")
    return instant_from_utc(text).tai_ns
