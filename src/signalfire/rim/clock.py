"""The clocks of this machine: what time it is, and how long something took."""

import time

from signalfire.basis.instant import NS_PER_S, Instant
from signalfire.basis.utc import instant_from_utc

_LAST_LEAP_SECOND = instant_from_utc("2017-01-01T00:00:00Z")
_TAI_MINUS_UTC_S = 37
"""Since 2017-01-01 (IERS Bulletin C 52); the system clock is refused before that date."""


def system_now() -> Instant:
    """What the machine's clock says, which may be wrong: ``doctor`` looks at it.

    POSIX time counts 86,400 seconds a day, so leap seconds are added here. Good from 2017 on.
    """
    return Instant(time.time_ns() + _TAI_MINUS_UTC_S * NS_PER_S)


def is_plausible(now: Instant) -> bool:
    """Whether a clock can be right: not before the last leap second that is known here."""
    return now >= _LAST_LEAP_SECOND


def monotonic_s() -> float:
    """Seconds that never go back, for intervals and timers; their start means nothing."""
    return time.monotonic()
