"""The director's page: three nations side by side, each as its own node has it."""

from pathlib import Path
from typing import Any

import flight_lines

SETTLED = "() => window.signalfire.isDetailed && !window.signalfire.isMoving"


def three_nations(floor: Any, until_s: int = 360) -> str:
    for nation in flight_lines.NATIONS:
        floor.open(nation)
        floor.play(nation, until_s)
    url: str = floor.open(None)
    for nation in flight_lines.NATIONS:
        floor.relay(nation)
    floor.keep_alive()
    return url


def test_three_nations_stand_side_by_side_with_one_selection(
    floor: Any, screens: Any, shots: Path
) -> None:
    url = three_nations(floor)
    page = screens.open(url, size={"width": 1920, "height": 1080})
    page.wait_for_function("() => Object.keys(window.signalfire.stations).length === 3")
    page.wait_for_function(
        "() => Object.values(window.signalfire.stations).every((one) =>"
        " one.drawn.some((d) => d.kind === 'object' && d.view === 'common'))"
    )
    stations = page.locator(".station")
    assert [s.get_attribute("data-nation") for s in stations.all()] == ["JPN", "KOR", "USA"]
    boxes = [s.bounding_box() for s in stations.all()]
    assert boxes[0]["x"] < boxes[1]["x"] < boxes[2]["x"]
    page.wait_for_function("() => document.querySelectorAll('.station .warning').length === 3")
    page.locator(".station[data-nation=KOR] .event").click()
    page.wait_for_function(f"() => window.signalfire.view.event === '{flight_lines.EVENT}'")
    assert page.locator(".event[aria-pressed=true]").count() == 3
    own = [s.locator("thead th >> nth=1").inner_text().split("\n") for s in stations.all()]
    assert own == [["Japan", "own sensors"], ["Korea", "own sensors"],
                   ["United States", "own sensors"]]  # fmt: skip
    page.wait_for_function(SETTLED)
    page.screenshot(path=shots / "director.png")


def test_a_node_that_is_gone_is_called_lost_and_the_others_go_on(floor: Any, screens: Any) -> None:
    page = screens.open(three_nations(floor))
    page.wait_for_function("() => Object.keys(window.signalfire.stations).length === 3")
    page.wait_for_selector(".station[data-nation=KOR] .row-impact")
    floor.close("KOR")
    lost = page.locator(".station[data-nation=KOR] .no-data")
    lost.wait_for(state="visible", timeout=6_000)
    assert "Korea's node cannot be reached" in lost.inner_text()
    assert page.locator(".station[data-nation=JPN] .no-data").is_hidden()
    assert page.locator(".feed").get_attribute("data-state") == "stale"
