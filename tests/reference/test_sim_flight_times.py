"""True flights against what governments published of the real ones.

Sources: `published_flight_times.csv` names a web page for every statement; the overflight times
and the distance from Cape Erimo are those of the Japanese Ministry of Defense, 2017-09-15
(mod.go.jp/e/press/release/2017/09/15a.html).
"""

import sys
from pathlib import Path

import numpy as np
import pytest

from signalfire.assess.areas import AreaTable
from signalfire.sim.flight import fly
from signalfire.sim.record import find_flight, read_flights
from signalfire.space.geodesy import Geodetic, distance_m, geodetic

ROOT = Path(__file__).parents[2]
DATA = ROOT / "src" / "signalfire" / "data"
sys.path.insert(0, str(ROOT / "tools"))
import validate_flight_times as validation  # noqa: E402

FLIGHTS_TEXT = (DATA / "flights.csv").read_text(encoding="utf-8")
FOUND = {
    each.case: each
    for each in validation.compare(
        FLIGHTS_TEXT, (DATA / "published_flight_times.csv").read_text(encoding="utf-8")
    )
}
CONTRADICTED = "H14-20170704a"
RIVAL = "H14-20170704b"


@pytest.mark.parametrize("case", [case for case in FOUND if case != CONTRADICTED])
def test_the_published_flight_time_is_met_within_a_minute_or_two_per_cent(case: str) -> None:
    found = FOUND[case]
    assert abs(found.residual_s) <= max(60.0, 0.02 * found.published_s)


def test_the_statement_that_does_not_fit_contradicts_another_of_the_same_flight() -> None:
    """KCNA said 39 minutes, US Pacific Command 37, of the same apogee and range."""
    odd, rival = FOUND[CONTRADICTED], FOUND[RIVAL]
    assert not odd.is_within and rival.is_within
    assert (odd.flight.apogee_m, odd.flight.range_m) == (rival.flight.apogee_m, 933e3)
    assert odd.published_s - rival.published_s > odd.halfwidth_s + rival.halfwidth_s


def test_the_model_is_not_biased() -> None:
    residual_s = np.array([found.residual_s for found in FOUND.values()])
    assert abs(residual_s.mean()) < 15.0
    assert np.sqrt((residual_s**2).mean()) < 45.0


def test_the_page_says_what_the_model_does_now() -> None:
    assert validation.PAGE.read_text(encoding="utf-8") == validation.page(list(FOUND.values()))


def test_the_flight_of_september_2017_crosses_hokkaido_when_it_was_seen_there() -> None:
    """Launched 06:57, over Hokkaido 07:04 to 07:06, down 07:16 local time; whole minutes."""
    path = fly(find_flight(read_flights(FLIGHTS_TEXT), "2017-09-14-hwasong-12"))
    table = AreaTable.read(
        (DATA / "areas" / "admin1.geojson").read_text(encoding="utf-8"),
        (DATA / "areas" / "areas.csv").read_text(encoding="utf-8"),
    )
    t_s = np.arange(0.0, path.end_t_s)
    track = [geodetic(place) for place in path.at(t_s)]
    found = table.locate(
        np.array([place.latitude_rad for place in track]),
        np.array([place.longitude_rad for place in track]),
    )
    hokkaido = [str(area.area) for area in table.areas].index("JP-01")
    over_s = t_s[found == hokkaido]
    assert 7 * 60 - 30 <= over_s[0] <= 8 * 60
    assert 8 * 60 <= over_s[-1] <= 9 * 60 + 30
    assert path.impact is not None
    erimo = Geodetic.from_degrees(41.925, 143.249)
    assert distance_m(erimo, path.impact) == pytest.approx(2_200e3, abs=60e3)
    assert path.end_t_s == pytest.approx(19 * 60, abs=60.0)
