"""The record of documented flights: ids, flags and refusals."""

import math
from pathlib import Path

import pytest

from signalfire.basis.errors import BadInput
from signalfire.basis.utc import utc_text
from signalfire.sim.record import find_flight, read_flights

DATA = Path(__file__).parents[3] / "src" / "signalfire" / "data"
TEXT = (DATA / "flights.csv").read_text(encoding="utf-8")
FLIGHTS = read_flights(TEXT)
HEADER = TEXT.splitlines()[0]


def test_every_flight_that_can_be_flown_has_an_id_of_its_own() -> None:
    assert len(FLIGHTS) == 134
    assert len({flight.flight for flight in FLIGHTS}) == 134


def test_an_id_is_the_date_and_the_name_and_a_number_for_the_second_on() -> None:
    ids = [flight.flight for flight in FLIGHTS]
    assert "2017-09-14-hwasong-12" in ids
    assert "2019-05-09-hwasong-11a-kn-23" in ids
    assert "2019-05-09-hwasong-11a-kn-23-2" in ids
    assert "2022-06-05-unknown-8" in ids
    assert "2022-06-05-unknown-9" not in ids


def test_a_flight_without_a_published_time_flies_at_midnight_and_says_so() -> None:
    flight = find_flight(FLIGHTS, "2014-07-09-scud-c")
    assert utc_text(flight.lift_off, 0) == "2014-07-09T00:00:00Z"
    assert not flight.time_is_published
    assert any("00:00Z" in label for label in flight.labels)


def test_a_flight_with_a_published_time_flies_at_it_and_says_nothing() -> None:
    flight = find_flight(FLIGHTS, "2017-09-14-hwasong-12")
    assert utc_text(flight.lift_off, 0) == "2017-09-14T21:57:00Z"
    assert flight.labels == ()
    assert flight.flight_time_s == 1140.0
    assert flight.azimuth_rad == pytest.approx(math.radians(72.0))


def test_an_unpublished_bearing_is_marked_as_a_default() -> None:
    flight = find_flight(FLIGHTS, "2017-02-11-pukguksong-2")
    assert not flight.azimuth_is_published
    assert any("bearing" in label for label in flight.labels)


def test_low_flights_and_marked_ones_count_as_manoeuvring_but_space_launches_do_not() -> None:
    assert find_flight(FLIGHTS, "2019-07-30-kn-25").is_manoeuvring  # 30 km for 250 km, unmarked
    assert find_flight(FLIGHTS, "2021-09-27-hwasong-12b").is_manoeuvring  # 60 for 200, a glider
    assert not find_flight(FLIGHTS, "2017-09-14-hwasong-12").is_manoeuvring
    assert not find_flight(FLIGHTS, "2006-07-05-unha").is_manoeuvring  # a space launch that failed
    assert sum(flight.apogee_m < 0.15 * flight.range_m for flight in FLIGHTS) == 50


def test_a_drop_zone_is_said_to_be_no_impact_point() -> None:
    assert any("drop zone" in s for s in find_flight(FLIGHTS, "2012-12-12-unha-3").labels)


def test_an_unknown_flight_is_refused_with_its_neighbours_named() -> None:
    with pytest.raises(BadInput, match="2017-09-14-hwasong-12"):
        find_flight(FLIGHTS, "2017-09-14-hwasong12")
    with pytest.raises(BadInput, match="signalfire flights"):
        find_flight(FLIGHTS, "zzz")


def test_rows_that_cannot_be_flown_are_passed_over_but_do_not_shift_anything_else() -> None:
    line = next(row for row in TEXT.splitlines() if row.startswith("D117"))
    without_range = line.replace(",770.0,3700.0,", ",770.0,,")
    flights = read_flights("\n".join([HEADER, without_range, line]))
    assert [flight.flight for flight in flights] == ["2017-09-14-hwasong-12"]


@pytest.mark.parametrize("bad", ["high", "-770.0", "nan"])
def test_a_value_that_is_no_height_is_refused_by_row(bad: str) -> None:
    line = next(row for row in TEXT.splitlines() if row.startswith("D117"))
    with pytest.raises(BadInput, match="row 2"):
        read_flights("\n".join([HEADER, line.replace(",770.0,", f",{bad},")]))


def test_a_missing_column_is_refused() -> None:
    with pytest.raises(BadInput, match="row 2"):
        read_flights(TEXT.replace("apogee_km", "apogee", 1))


def test_every_row_says_where_it_comes_from() -> None:
    assert all(flight.source and flight.licence for flight in FLIGHTS)
