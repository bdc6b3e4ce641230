"""Scenario files: the reference's own example, and what is refused."""

import pytest

from signalfire.basis.errors import BadInput
from signalfire.basis.realm import Realm
from signalfire.basis.utc import instant_from_utc
from signalfire.formats.native.scenario import read_scenario
from signalfire.picture.scenario import EventKind, ScenarioEvent, ScenarioObject

FILE = """\
format = 1
realm = "exercise:EX1"
start = "2017-07-28T14:40:00Z"
sensors = "sensors.toml"
note = "a remark"
[[object]]
flight = "2017-07-28-hwasong-14"
lift_off = "2017-07-28T14:41:00Z"
burnout_t_s = 290.0
[[object]]
truth = "object1.csv"
lift_off = "2017-07-28T14:42:00Z"
[[event]]
at_s = 120.0
do = "sensor_down"
who = "GP-B"
"""


def test_the_example_of_the_reference_is_read() -> None:
    scenario = read_scenario(FILE)
    assert scenario.realm == Realm("exercise:EX1")
    assert scenario.start == instant_from_utc("2017-07-28T14:40:00Z")
    assert scenario.objects == (
        ScenarioObject(
            "2017-07-28-hwasong-14", None, instant_from_utc("2017-07-28T14:41:00Z"), 290.0
        ),
        ScenarioObject(None, "object1.csv", instant_from_utc("2017-07-28T14:42:00Z")),
    )
    assert scenario.events == (ScenarioEvent(120.0, EventKind.SENSOR_DOWN, "GP-B"),)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"exercise:EX1"', '"live"', "never live"),
        ('"exercise:EX1"', '"drill"', "realm 'drill': write live, exercise"),
        ('"sensor_down"', '"explode"', "event 1: do = 'explode': write one of sensor_down"),
        ("flight =", 'truth = "x.csv"\nflight =', "object 1: .*not both"),
        ('truth = "object1.csv"\n', "", "object 2: .*either flight"),
        ('"2017-07-28T14:40:00Z"', '"2017-07-28"', "start = '2017-07-28': not a UTC time"),
        ('"2017-07-28T14:40:00Z"', "2017-07-28T14:40:00Z", "line 3: start = .*quotation marks"),
        ("at_s = 120.0", "at_s = -1.0", "event 1: at_s = -1.0"),
        ("at_s = 120.0", "at_s = inf", "event 1: at_s = inf: write a finite number"),
        ("who =", "whom =", "event 1: whom: unknown key"),
        ("burnout_t_s = 290.0", "burnout_t_s = 0.0", "object 1: burnout_t_s"),
        (
            "[[event]]",
            '[[event]]\nat_s = 130.0\ndo = "link_up"\nwho = "KOR"\n[[event]]',
            "goes back",
        ),
    ],
)
def test_an_error_names_entry_field_value_and_cure(old: str, new: str, said: str) -> None:
    assert old in FILE
    with pytest.raises(BadInput, match=said):
        read_scenario(FILE.replace(old, new, 1))
