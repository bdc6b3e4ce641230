"""One nation's page in real Chromium, fed with a flight over Hokkaido."""

import json
from pathlib import Path
from typing import Any

import flight_lines
import pytest
from playwright.sync_api import Page

DRAWN = "() => window.signalfire.stations.JPN.drawn"
SETTLED = "() => window.signalfire.isDetailed && !window.signalfire.isMoving"


def drawn(page: Page, kind: str) -> list[Any]:
    """What the map shows of a kind, two frames on: what has just come is drawn with the next."""
    page.evaluate(
        "() => new Promise((on) => requestAnimationFrame(() => requestAnimationFrame(on)))"
    )
    return [one for one in page.evaluate(DRAWN) if one["kind"] == kind]


def in_flight(floor: Any, until_s: int = 360) -> str:
    url: str = floor.open("JPN")
    floor.play("JPN", until_s)
    floor.keep_alive()
    return url


def column(page: Page, row: str) -> list[str]:
    return [cell.inner_text() for cell in page.locator(f".row-{row} td").all()]


def test_the_flight_is_drawn_with_all_its_views(floor: Any, screens: Any) -> None:
    page = screens.open(in_flight(floor))
    page.wait_for_function(SETTLED)
    views = {one["view"] for one in drawn(page, "object")}
    assert views == {"common", "national:JPN", "national:KOR", "national:USA"}
    width, height = 1280, 800
    for kind in ("object", "launch", "impact"):
        for one in drawn(page, kind):
            assert 0 <= one["x"] <= width and 0 <= one["y"] <= height, one
    page.wait_for_selector(".warning")
    assert [one["id"] for one in drawn(page, "area")] == ["JP-01"]


def test_the_table_says_what_the_lines_said(floor: Any, screens: Any) -> None:
    page = screens.open(in_flight(floor))
    page.wait_for_selector(".row-impact .where")
    heads = [head.inner_text() for head in page.locator(".compare thead th").all()]
    assert [head.split("\n")[0] for head in heads] == ["Common", "Japan", "Korea", "United States"]
    assert heads[1].endswith("own sensors")
    lines = {line["view"]: line for line in flight_lines.picture_lines("JPN", 360)}
    common = lines["common"]["impact"]
    cell = column(page, "impact")[0]
    assert f"{common['lat_deg']:.2f}°N" in cell and f"{common['lon_deg']:.2f}°E" in cell
    major_km = common["ellipse_p90"]["semi_major_m"] / 1000
    assert f"{major_km:.1f} ×" in cell
    assert column(page, "countdown") == ["T−13:10"] * 4
    assert column(page, "witnesses") == [str(line["witnesses"]) for line in (
        lines["common"], lines["national:JPN"], lines["national:KOR"], lines["national:USA"]
    )]  # fmt: skip


def test_who_has_not_reported_is_shown_and_an_unknown_impact_is_words(
    floor: Any, screens: Any
) -> None:
    page = screens.open(in_flight(floor, until_s=110))
    page.wait_for_selector(".row-impact .unknown")
    absent = page.locator(".compare thead th.is-absent")
    assert absent.count() == 1
    assert absent.inner_text().split("\n") == ["Japan", "Has not reported"]
    assert "cannot be known" in column(page, "impact")[0]
    assert drawn(page, "impact") == []
    assert drawn(page, "launch") != []


def test_an_ellipse_that_becomes_unknown_leaves_the_map(floor: Any, screens: Any) -> None:
    page = screens.open(in_flight(floor))
    page.wait_for_function(SETTLED)
    assert drawn(page, "impact")
    live = floor.lives["JPN"]
    for line in flight_lines.picture_lines("JPN", 361):
        changed = {**line, "impact": {"unknown": "the track was lost too early"}}
        floor.call(live.publish, flight_lines.at(361).tai_ns, "JPN", "picture", changed)
    page.wait_for_selector(".row-impact .unknown")
    page.wait_for_function(f"() => !({DRAWN})().some((one) => one.kind === 'impact')")
    assert "lost too early" in column(page, "impact")[0]


def test_the_warning_lives_through_update_and_all_clear(floor: Any, screens: Any) -> None:
    url = in_flight(floor, until_s=210)
    page = screens.open(url)
    card = page.locator(".warnings-panel .warning")
    page.wait_for_selector('.warning[data-status="initial"]')
    assert {one["id"] for one in drawn(page, "area")} == {"JP-01", "JP-02"}
    assert "Hokkaido" in card.inner_text() and "Aomori" in card.inner_text()
    floor.play("JPN", 310, from_s=211)
    page.wait_for_selector('.warning[data-status="update"]')
    assert card.count() == 1
    assert "1 earlier" in card.inner_text()
    floor.play("JPN", 630, from_s=311)
    page.wait_for_selector('.warning[data-status="all_clear"]')
    page.wait_for_function(f"() => !({DRAWN})().some((one) => one.kind === 'area')")
    assert "All clear" in card.inner_text()
    said = page.locator(".warnings-panel [role=alert]")
    assert said.text_content().startswith("All clear.")


def test_a_cancelled_warning_is_as_loud_as_it_was(floor: Any, screens: Any) -> None:
    page = screens.open(in_flight(floor))
    for line in flight_lines.cancelled_warning(250):
        floor.call(floor.lives["JPN"].publish, flight_lines.at(360).tai_ns, "JPN", "warnings", line)
    page.wait_for_selector('.warning[data-status="cancel"]')
    sizes = page.evaluate(
        """() => [...document.querySelectorAll('.status-word')].map((word) =>
             getComputedStyle(word).fontSize)"""
    )
    assert len(set(sizes)) == 1 and len(sizes) == 2
    assert "withdrawn" in page.locator('.warning[data-status="cancel"]').inner_text()
    assert [one["id"] for one in drawn(page, "area")] == ["JP-01"]


@pytest.mark.parametrize(
    ("lang", "word", "place"),
    [("en", "EXERCISE", "Hokkaido"), ("ja", "演習", "北海道"), ("ko", "훈련", "홋카이도")],
)
def test_the_language_changes_without_a_reload(
    floor: Any, screens: Any, lang: str, word: str, place: str
) -> None:
    page = screens.open(in_flight(floor))
    page.wait_for_selector(".warning")
    page.evaluate("() => { window.notReloaded = true; }")
    page.select_option(".languages", lang)
    page.wait_for_function(f"() => document.documentElement.lang === '{lang}'")
    page.wait_for_function(
        f"() => document.querySelector('.warning').textContent.includes('{place}')"
    )
    for banner in page.locator(".banner").all():
        assert word in banner.inner_text() and "exercise:EX1" in banner.inner_text()
    assert page.evaluate("() => window.notReloaded")
    assert page.locator(".warning .text").first.get_attribute("lang") == lang
    # The words come from the catalogue: no key may show itself.
    assert page.evaluate(
        r"() => !/\b(compare|warnings|links|view|phase|status)\.[a-z]+/.test("
        "document.body.innerText)"
    )


def test_globe_and_flat_show_the_same_and_the_address_keeps_it(floor: Any, screens: Any) -> None:
    url = in_flight(floor)
    page = screens.open(url)
    page.wait_for_function(SETTLED)
    on_globe = {(one["kind"], one.get("view")) for one in page.evaluate(DRAWN)}
    page.keyboard.press("g")
    page.wait_for_function("() => window.signalfire.view.view === 'flat'")
    page.wait_for_function(SETTLED)
    assert {(one["kind"], one.get("view")) for one in page.evaluate(DRAWN)} == on_globe
    assert "cannot show altitude" in page.locator(".map-note").inner_text()
    page.keyboard.press("l")
    page.click(".legend-item >> nth=2")
    assert "view=flat" in page.url and "labels=0" in page.url and "hide=national" in page.url
    again = screens.open(url, page.url.partition("#")[2])
    again.wait_for_function("() => window.signalfire.view.view === 'flat'")
    again.wait_for_function(SETTLED)
    views = {one["view"] for one in drawn(again, "object")}
    assert views == {"common", "national:JPN", "national:USA"}


def test_an_arc_is_drawn_at_its_true_height_above_the_ground(floor: Any, screens: Any) -> None:
    page = screens.open(in_flight(floor))
    page.wait_for_function(SETTLED)
    station = page.evaluate("() => window.signalfire.stations.JPN")
    camera = station["camera"]
    common = next(o for o in station["drawn"] if o["kind"] == "object" and o["view"] == "common")
    truth = flight_lines.geodetic(flight_lines.flight().states[360][:3])
    assert truth.altitude_m > 500_000
    size = page.evaluate(
        """() => { const c = document.querySelector('.map-overlay');
                   return [c.clientWidth, c.clientHeight]; }"""
    )
    at = place_on_globe(camera, size, truth.lon_deg, truth.lat_deg, truth.altitude_m)
    assert common["x"] == pytest.approx(at[0], abs=8)
    assert common["y"] == pytest.approx(at[1], abs=8)
    ground = place_on_globe(camera, size, truth.lon_deg, truth.lat_deg, 0.0)
    assert abs(ground[1] - common["y"]) > 12


def place_on_globe(
    camera: Any, size: list[int], lon_deg: float, lat_deg: float, altitude_m: float
) -> tuple[float, float]:
    """Orthographic by plain vectors: the second opinion on what the page draws."""
    import numpy as np

    def unit(lon: float, lat: float) -> Any:
        a, b = np.radians(lon), np.radians(lat)
        return np.array([np.cos(b) * np.cos(a), np.cos(b) * np.sin(a), np.sin(b)])

    eye = unit(camera["lon"], camera["lat"])
    east = np.cross([0.0, 0.0, 1.0], eye)
    east /= np.linalg.norm(east)
    north = np.cross(eye, east)
    point = unit(lon_deg, lat_deg) * (1.0 + altitude_m / 6_371_008.8)
    x = size[0] / 2 + camera["x"] + camera["scale"] * float(point @ east)
    y = size[1] / 2 + camera["y"] - camera["scale"] * float(point @ north)
    return x, y


def test_a_silent_feed_is_called_no_data_within_its_time(floor: Any, screens: Any) -> None:
    page = screens.open(in_flight(floor))
    page.wait_for_function(SETTLED)
    assert page.locator(".no-data").is_hidden()
    floor.fall_silent()
    page.wait_for_selector(".no-data", state="visible", timeout=4_000)
    assert "NO DATA" in page.locator(".no-data").inner_text()
    assert page.locator(".feed").get_attribute("data-state") == "stale"
    floor.keep_alive()
    page.wait_for_selector(".no-data", state="hidden", timeout=4_000)
    assert page.locator(".feed").get_attribute("data-state") == "live"


def test_a_feed_that_is_over_says_so_instead(floor: Any, screens: Any) -> None:
    page = screens.open(in_flight(floor))
    floor.fall_silent()
    page.wait_for_timeout(400)
    floor.call(floor.lives["JPN"].end)
    page.wait_for_timeout(2_600)
    assert page.locator(".no-data").is_hidden()
    assert page.locator(".feed").get_attribute("data-state") == "ended"


def test_a_restarted_node_is_found_again_and_nothing_old_stays(floor: Any, screens: Any) -> None:
    url = in_flight(floor)
    page = screens.open(url)
    page.wait_for_selector(".warning")
    floor.close("JPN")
    page.wait_for_selector(".no-data", state="visible", timeout=5_000)
    assert "No connection" in page.locator(".no-data").inner_text()
    floor.open("JPN", port=int(url.rpartition(":")[2]))
    floor.play("JPN", 70)
    page.wait_for_selector(".no-data", state="hidden", timeout=8_000)
    page.wait_for_function("() => document.querySelectorAll('.warning').length === 0")
    assert {one["view"] for one in drawn(page, "object")} == {"common", "national:KOR"}


def test_two_screens_show_the_same_and_do_not_disturb_each_other(floor: Any, screens: Any) -> None:
    url = in_flight(floor)
    first, second = screens.open(url), screens.open(url, "view=flat")
    second.wait_for_function(SETTLED)
    second.close()
    floor.play("JPN", 380, from_s=361)
    first.wait_for_function("() => document.querySelector('.countdown').textContent === 'T−12:50'")


def test_links_say_how_old_they_are(floor: Any, screens: Any) -> None:
    page = screens.open(in_flight(floor))
    live = floor.lives["JPN"]
    old = {
        "partner": "KOR",
        "state": "down",
        "heard_at": flight_lines.utc_text(flight_lines.at(320), 0),
    }
    floor.call(live.publish, flight_lines.at(360).tai_ns, "JPN", "links", old)
    page.wait_for_selector('.link[data-state="down"].is-old')
    text = page.locator('.link[data-state="down"]').inner_text()
    assert "Korea" in text and "Down" in text and "heard 40 s ago" in text


def test_keys_can_be_listed_and_switched_off(floor: Any, screens: Any) -> None:
    page = screens.open(in_flight(floor))
    page.keyboard.press("?")
    assert page.locator("dialog.keys").is_visible()
    page.uncheck("#single-keys")
    page.click("dialog.keys button")
    page.keyboard.press("g")
    page.wait_for_timeout(300)
    assert page.evaluate("() => window.signalfire.view.view") == "globe"


def test_nothing_is_cut_off_on_a_laptop(floor: Any, screens: Any) -> None:
    page = screens.open(in_flight(floor))
    page.wait_for_selector(".warning")
    assert page.evaluate(
        "() => document.documentElement.scrollWidth <= 1280 && "
        "document.documentElement.scrollHeight <= 800"
    )
    for name in (".banner-top", ".banner-bottom", ".warnings-panel", ".links-panel", ".map"):
        box = page.locator(name).bounding_box()
        assert box and box["x"] >= 0 and box["x"] + box["width"] <= 1280, name
        assert box["y"] >= 0 and box["y"] + box["height"] <= 800, name


def test_text_stands_out_from_its_ground(floor: Any, screens: Any) -> None:
    page = screens.open(in_flight(floor))
    page.wait_for_selector(".warning")
    ratios = json.loads(page.evaluate(CONTRAST))
    weak = {name: ratio for name, ratio in ratios.items() if ratio < 4.5}
    assert len(ratios) > 10 and not weak


CONTRAST = """() => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => {
    const f = (v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    return 0.2126 * f(r) + 0.7152 * f(g) + 0.0722 * f(b);
  };
  const ground = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const colour = rgb(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] > 0.9) return colour;
    }
    return [8, 20, 32];
  };
  const found = {};
  const names = ['.status-word', '.status .who', '.inside > .text', '.facts dt', '.facts dd',
    '.reason', '.compare tbody th', '.cell b', '.cell .size', '.countdown', '.source', '.link b',
    '.heard', '.foot span', '.panel-title', '.feed', '.clock-side', '.banner-plate', '.event',
    '.legend-item', '.segments button', '.area .time'];
  for (const name of names) {
    const node = document.querySelector(name);
    if (!node) continue;
    const [a, b] = [light(rgb(getComputedStyle(node).color)), light(ground(node))];
    found[name] = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  }
  return JSON.stringify(found);
}"""


@pytest.mark.parametrize(
    ("name", "view", "until_s"),
    [
        ("globe-en", "", 360),
        ("globe-ja", "lang=ja", 470),
        ("flat-ko", "view=flat&lang=ko", 470),
        ("boost-en", "", 110),
    ],
)
def test_screenshots_to_look_at(
    floor: Any, screens: Any, shots: Path, name: str, view: str, until_s: int
) -> None:
    page = screens.open(in_flight(floor, until_s), view, {"width": 1920, "height": 1080})
    page.wait_for_function(SETTLED)
    page.wait_for_timeout(400)
    image = page.screenshot(path=shots / f"{name}.png")
    assert len(image) > 50_000


def test_where_a_spent_stage_falls_is_drawn_apart_from_the_impact(floor: Any, screens: Any) -> None:
    page = screens.open(in_flight(floor))
    page.wait_for_function(SETTLED)
    assert drawn(page, "debris") == []
    live = floor.lives["JPN"]
    for line in flight_lines.picture_lines("JPN", 361):
        stage = {**line["impact"], "lat_deg": 41.2, "lon_deg": 135.5}
        stage["ellipse_p90"] = {"semi_major_m": 60e3, "semi_minor_m": 25e3, "azimuth_deg": 80.0}
        changed = {**line, "debris": [stage]} if line["view"] == "common" else line
        floor.call(live.publish, flight_lines.at(361).tai_ns, "JPN", "picture", changed)
    page.wait_for_function(f"() => ({DRAWN})().some((one) => one.kind === 'debris')")
    [stage], impacts = drawn(page, "debris"), drawn(page, "impact")
    assert stage["view"] == "common" and stage["x"] < min(one["x"] for one in impacts) - 100
