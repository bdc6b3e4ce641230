"""UTC text to instants and back: the only place where leap seconds exist.

Reference: IERS Bulletin C (leap seconds to 2017-01-01; none announced since); the calendar is
the proleptic Gregorian one, by the days-from-civil algorithm (Hinnant 2013,
"chrono-Compatible Low-Level Date Algorithms").
"""

import re
from functools import lru_cache

from signalfire.basis.errors import Malformed
from signalfire.basis.instant import NS_PER_S, Instant

# TAI - UTC in seconds from the start of each date. Source: IERS Bulletin C 1-52.
_LEAPS = (
    ("1972-01-01", 10), ("1972-07-01", 11), ("1973-01-01", 12), ("1974-01-01", 13),
    ("1975-01-01", 14), ("1976-01-01", 15), ("1977-01-01", 16), ("1978-01-01", 17),
    ("1979-01-01", 18), ("1980-01-01", 19), ("1981-07-01", 20), ("1982-07-01", 21),
    ("1983-07-01", 22), ("1985-07-01", 23), ("1988-01-01", 24), ("1990-01-01", 25),
    ("1991-01-01", 26), ("1992-07-01", 27), ("1993-07-01", 28), ("1994-07-01", 29),
    ("1996-01-01", 30), ("1997-07-01", 31), ("1999-01-01", 32), ("2006-01-01", 33),
    ("2009-01-01", 34), ("2012-07-01", 35), ("2015-07-01", 36), ("2017-01-01", 37),
)  # fmt: skip
_TEXT = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,12}))?)?Z", re.ASCII
)
_DAY_S = 86_400
_TEXTS_REMEMBERED = 1_024
"""The instants of one tick are written again and again: in every line of every event."""


def _days_from_civil(year: int, month: int, day: int) -> int:
    shifted = year - (month <= 2)
    era = shifted // 400
    of_era = shifted - era * 400
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468


def _civil_from_days(days: int) -> tuple[int, int, int]:
    shifted = days + 719_468
    era = shifted // 146_097
    of_era = shifted - era * 146_097
    year_of_era = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted_month = (5 * of_year + 2) // 153
    day = of_year - (153 * shifted_month + 2) // 5 + 1
    month = shifted_month + (3 if shifted_month < 10 else -9)
    return year_of_era + era * 400 + (month <= 2), month, day


_LEAP_DAYS = tuple(
    (_days_from_civil(int(d[:4]), int(d[5:7]), int(d[8:])), offset) for d, offset in _LEAPS
)


def _offset_s(day: int) -> int:
    """TAI - UTC on a UTC day; before 1972 the value of 1972 (fractions are not modelled)."""
    offset_s = _LEAP_DAYS[0][1]
    for first, value in _LEAP_DAYS:
        if day >= first:
            offset_s = value
    return offset_s


def instant_from_utc(text: str) -> Instant:
    """Read ISO 8601 UTC with ``Z``; seconds and fractions optional, finer than 1 ns is rounded off.

    Raises Malformed for anything else (a local time, an offset, a date that does not exist); the
    60th second is allowed where a leap second was.

    >>> instant_from_utc("2017-09-14T21:57:00Z").tai_ns
    1505426257000000000
    """
    match = _TEXT.fullmatch(text)
    if match is None:
        raise Malformed("not a UTC time such as 2017-09-14T21:57:00Z: write ISO 8601 with Z")
    year, month, day, hour, minute = (int(part) for part in match.groups()[:5])
    second = int(match[6] or 0)
    days = _days_from_civil(year, month, day)
    if not 1 <= month <= 12 or _civil_from_days(days) != (year, month, day):
        raise Malformed(f"{text[:10]} is no date of the calendar")
    is_leap = (
        second == 60
        and (hour, minute) == (23, 59)
        and _offset_s(days + 1) == _offset_s(days) + 1
        and days >= _LEAP_DAYS[0][0]
    )
    if hour > 23 or minute > 59 or (second > 59 and not is_leap):
        raise Malformed(f"{text[11:19]} is no time of that day")
    fraction_ns = int((match[7] or "0").ljust(9, "0")[:9])
    seconds = days * _DAY_S + hour * 3600 + minute * 60 + second + _offset_s(days)
    return Instant(seconds * NS_PER_S + fraction_ns)


@lru_cache(maxsize=_TEXTS_REMEMBERED)
def utc_text(instant: Instant, digits: int = 3) -> str:
    """Write an instant as ISO 8601 UTC with ``digits`` decimals (0 to 9), rounded down.

    >>> utc_text(Instant(1505426257000000000), digits=0)
    '2017-09-14T21:57:00Z'
    """
    tai_s, fraction_ns = divmod(instant.tai_ns, NS_PER_S)
    day = (tai_s - _offset_s(tai_s // _DAY_S)) // _DAY_S
    second = tai_s - _offset_s(day) - day * _DAY_S
    if second >= _DAY_S and _offset_s(day + 1) == _offset_s(day):
        day, second = day + 1, second - _DAY_S
    hour, minute = min(second // 3600, 23), min(second // 60, 1439) % 60
    rest = second - hour * 3600 - minute * 60
    year, month, of_month = _civil_from_days(day)
    fraction = f".{fraction_ns:09d}"[: digits + 1] if digits else ""
    return f"{year:04d}-{month:02d}-{of_month:02d}T{hour:02d}:{minute:02d}:{rest:02d}{fraction}Z"
