"""UTC and TAI: leap seconds, the calendar, and what is no time at all."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalfire.basis.errors import Malformed
from signalfire.basis.instant import NS_PER_S, Instant
from signalfire.basis.utc import instant_from_utc, utc_text

# UTC, and seconds of TAI since 1970-01-01T00:00:00 TAI: POSIX time plus TAI - UTC as announced in
# IERS Bulletin C (no. 52 for the last: 37 s from 2017-01-01).
KNOWN = [
    ("1972-01-01T00:00:00Z", 63_072_000 + 10),
    ("1998-12-31T23:59:59Z", 915_148_799 + 31),
    ("1998-12-31T23:59:60Z", 915_148_799 + 32),
    ("1999-01-01T00:00:00Z", 915_148_800 + 32),
    ("2015-06-30T23:59:60Z", 1_435_708_799 + 36),
    ("2016-12-31T23:59:59Z", 1_483_228_799 + 36),
    ("2016-12-31T23:59:60Z", 1_483_228_799 + 37),
    ("2017-01-01T00:00:00Z", 1_483_228_800 + 37),
    ("2017-09-14T21:57:00Z", 1_505_426_220 + 37),
    ("2000-02-29T12:00:00Z", 951_825_600 + 32),
    ("2100-03-01T00:00:00Z", 4_107_542_400 + 37),
]


@pytest.mark.parametrize(("text", "tai_s"), KNOWN)
def test_known_moments_are_read_and_written(text: str, tai_s: int) -> None:
    instant = instant_from_utc(text)
    assert instant.tai_ns == tai_s * NS_PER_S
    assert utc_text(instant, 0) == text


def test_a_leap_second_lasts_one_second() -> None:
    before = instant_from_utc("2016-12-31T23:59:59Z")
    leap = instant_from_utc("2016-12-31T23:59:60Z")
    after = instant_from_utc("2017-01-01T00:00:00Z")
    assert leap.elapsed_s(since=before) == 1.0
    assert after.elapsed_s(since=leap) == 1.0
    assert utc_text(leap.later(0.75)) == "2016-12-31T23:59:60.750Z"
    assert utc_text(leap.later(0.9999), 2) == "2016-12-31T23:59:60.99Z"


def test_short_forms_and_fractions_are_taken() -> None:
    minute = instant_from_utc("2017-09-14T21:57Z")
    assert minute == instant_from_utc("2017-09-14T21:57:00.000000000Z")
    assert instant_from_utc("2017-09-14T21:57:00.5Z").tai_ns - minute.tai_ns == NS_PER_S // 2
    assert instant_from_utc("2017-09-14T21:57:00.1234567891Z").tai_ns % NS_PER_S == 123_456_789


@pytest.mark.parametrize(
    "text",
    [
        "", "now", "2017-09-14", "2017-09-14T21:57:00", "2017-09-14 21:57:00Z",
        "2017-09-14T21:57:00+00:00", "2017-09-14T21:57:00z", "2017-02-29T00:00:00Z",
        "2017-13-01T00:00:00Z", "2017-00-01T00:00:00Z", "2017-09-31T00:00:00Z",
        "2017-09-14T24:00:00Z", "2017-09-14T23:60:00Z", "2017-09-14T23:59:60Z",
        "2016-12-31T22:59:60Z", "2016-12-30T23:59:60Z", "1971-12-31T23:59:60Z",
        "2017-09-14T21:57:00.Z", "２017-09-14T21:57:00Z", "2017-09-14T21:57:00Z\n",
        "2017-09-14T21:57:00.1234567890123Z", "-017-09-14T21:57:00Z",
    ],
)  # fmt: skip
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        instant_from_utc(text)


days = st.datetimes(
    min_value=datetime.datetime(1972, 1, 1), max_value=datetime.datetime(2199, 12, 31)
)


@given(days)
def test_days_are_those_of_pythons_calendar(moment: datetime.datetime) -> None:
    whole = moment.replace(microsecond=0)
    instant = instant_from_utc(whole.strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0"))
    posix_s = int(whole.replace(tzinfo=datetime.UTC).timestamp())
    assert 10 <= instant.tai_ns // NS_PER_S - posix_s <= 37


@given(st.integers(63_072_010 * NS_PER_S, 4_102_444_800 * NS_PER_S))
def test_what_is_written_is_read_as_the_same_instant(tai_ns: int) -> None:
    assert instant_from_utc(utc_text(Instant(tai_ns), 9)).tai_ns == tai_ns


@given(
    st.integers(63_072_010 * NS_PER_S, 4_102_444_800 * NS_PER_S),
    st.integers(0, 400 * 86_400 * NS_PER_S),
)
def test_later_instants_have_later_texts(tai_ns: int, more_ns: int) -> None:
    texts = [utc_text(Instant(each), 9) for each in (tai_ns, tai_ns + more_ns)]
    assert texts == sorted(texts)


@pytest.mark.parametrize("leap", ["1972-06-30", "1990-12-31", "2008-12-31", "2016-12-31"])
def test_seconds_around_a_leap_are_written_without_a_gap(leap: str) -> None:
    start = instant_from_utc(f"{leap}T23:59:58Z")
    texts = [utc_text(Instant(start.tai_ns + k * NS_PER_S), 0) for k in range(5)]
    assert [text[17:19] for text in texts] == ["58", "59", "60", "00", "01"]
    assert [instant_from_utc(text).tai_ns - start.tai_ns for text in texts] == [
        k * NS_PER_S for k in range(5)
    ]
