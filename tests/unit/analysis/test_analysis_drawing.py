"""Drawings: whole XML, what is said in them, and where things stand."""

import re
from xml.etree import ElementTree

import pytest

from signalfire.analysis.drawing import Axis, Bar, Curve, bars, chart, field

SPACE = "{http://www.w3.org/2000/svg}"
SCALE = Axis("s & more", (0.0, 60.0), (0, 20, 40, 60))
INKS = (("one", "#111111"), ("two", "#222222"))


def words(svg: str) -> list[str]:
    return [node.text or "" for node in ElementTree.fromstring(svg).iter(f"{SPACE}text")]


def widths(svg: str, ink: str) -> list[float]:
    found = ElementTree.fromstring(svg).iter(f"{SPACE}rect")
    return [float(node.attrib["width"]) for node in found if node.attrib.get("fill") == ink]


def test_parts_lie_end_to_end_and_their_sum_is_written() -> None:
    svg = bars("<parts>", SCALE, INKS, [Bar("A & B", (10.0, 20.0)), Bar("C", (), "nothing")])
    (_, first), (_, second) = widths(svg, "#111111"), widths(svg, "#222222")
    assert second == pytest.approx(2.0 * first, abs=0.2)
    assert {"A & B", "C", "30", "nothing", "s & more"} <= set(words(svg))


def test_a_bar_beyond_the_end_says_how_long_it_is() -> None:
    svg = bars("parts", SCALE, INKS, [Bar("A", (50.0, 100.0))])
    assert "150 (beyond)" in words(svg)
    assert sum(widths(svg, "#111111")[1:] + widths(svg, "#222222")[1:]) <= 521.0


def test_a_field_shows_every_value_and_leaves_the_unknown_blank() -> None:
    svg = field("<gain>", ["0", "90"], [("west", [3.0, None]), ("east", [61.0, 0.0])], SCALE)
    assert {"3", "61", "0", "west", "east", "90", "<gain>"} <= set(words(svg))
    assert len(widths(svg, "#eeeeee")) == 1
    assert "#123c7a" in svg


def test_a_dashed_curve_is_dashed_and_named() -> None:
    curves = [
        Curve("a < b", [(0.0, 0.0), (60.0, 60.0)], "#111111"),
        Curve("c", [(0.0, 60.0), (60.0, 0.0)], "#222222", is_dashed=True),
    ]
    svg = chart("<curves>", SCALE, SCALE, curves)
    assert {"a < b", "c"} <= set(words(svg))
    assert len(re.findall("<polyline[^>]*dasharray", svg)) == 1
