"""Recorded ascents before notional sensors: declared in time, cut-off found, never a missile.

Source: ``data/PROVENANCE.md``; how telemetry becomes detections: ``tools/ascent_play.py``. The page
``docs/validation/ascents.md`` has the same for more draws of noise.
"""

import pytest

from ascent_play import NAMES, Told, play, read_ascent, sensors_for
from signalfire.picture.event import MissileClass

MISSILES = [kind.value for kind in tuple(MissileClass)[:4]]


def told(
    name: str, until_s: float, *, with_radars: bool = True, satellites: tuple[int, ...] = (1, 2)
) -> Told:
    ascent = read_ascent(name)
    sensors = sensors_for(ascent, with_radars=with_radars, satellites=satellites)
    return play(ascent, sensors, seed=1, until_s=until_s)


@pytest.mark.parametrize("name", NAMES)
def test_a_launch_is_declared_within_75_s_as_one_event(name: str) -> None:
    heard = told(name, 110.0)
    assert heard.declared_s is not None and heard.declared_s <= 75.0
    assert len(heard.events) == 1


@pytest.mark.parametrize("name", ["f9_bulgariasat1_stage1", "f9_nrol76_stage1", "fh_demo1_ascent"])
def test_one_satellite_alone_tells_of_a_launch_and_where_it_was(name: str) -> None:
    heard = told(name, 125.0, with_radars=False, satellites=(1,))
    assert heard.declared_s is not None and heard.declared_s <= 125.0
    assert len(heard.events) == 1
    assert heard.warned == 0
    watched = [second for second in heard.seconds if second.t_s <= 125.0]
    assert {second.phase for second in watched} == {"boost"}
    for second in watched:
        assert second.launch_error_m is not None and second.launch_error_m < 25e3


@pytest.mark.parametrize("with_radars", [True, False])
@pytest.mark.parametrize(
    ("name", "until_s"), [("f9_bulgariasat1_stage1", 190.0), ("f9_nrol76_stage1", 156.5)]
)
def test_the_cut_off_of_a_booster_is_found_within_3_s(
    name: str, until_s: float, with_radars: bool
) -> None:
    heard = told(name, until_s, with_radars=with_radars)
    found_s = heard.burnt_out_s(until_s)
    assert found_s is not None
    assert abs(found_s - read_ascent(name).cut_off_s) < 3.0


@pytest.mark.parametrize("name", ["f9_paz_ascent_polar", "fh_demo1_ascent"])
def test_an_ascent_to_orbit_is_a_space_launch_in_the_end_and_never_surely_a_missile(
    name: str,
) -> None:
    heard = told(name, 600.0)
    ascent = read_ascent(name)
    pause_end_s = ascent.burns_s[1][0] + 15.0
    assert not any(s.burnt_out_s for s in heard.seconds if s.t_s < ascent.burns_s[1][1])
    assert max(s.belief[kind] for s in heard.seconds for kind in MISSILES) < 0.8
    assert {s.phase for s in heard.seconds if s.t_s < pause_end_s} == {"boost"}
    last = heard.seconds[-1].belief
    assert last["SLV"] + last["unknown"] > 0.9
