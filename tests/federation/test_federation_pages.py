"""The pages of a real federation, in a real browser: the flight as the nodes have it."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
SHOWN_WITHIN_MS = 120_000
HAS_IMPACT = """(nation) => {
  const station = window.signalfire && window.signalfire.stations[nation];
  const kinds = station ? station.drawn.filter((d) => d.view === 'common').map((d) => d.kind) : [];
  return ['object', 'launch', 'impact'].every((kind) => kinds.includes(kind));
}"""


def free_ports() -> int:
    """The first of four ports in a row that are free now."""
    for first in range(18_080, 19_000, 4):
        probes = [socket.socket() for _ in range(4)]
        try:
            for place, probe in enumerate(probes):
                probe.bind(("127.0.0.1", first + place))
            return first
        except OSError:
            continue
        finally:
            for probe in probes:
                probe.close()
    raise AssertionError("no four free ports in a row")


@pytest.fixture(scope="module")
def federation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A whole federation playing the flight over Hokkaido; yields the director's port."""
    port = free_ports()
    folder = tmp_path_factory.mktemp("federation")
    log = (folder / "up.log").open("wb")
    running = subprocess.Popen(
        [
            sys.executable, "-m", "signalfire.cli.main", "up", "--speed", "20",
            "--port", str(port), "--out", str(folder / "out"),
        ],
        stdout=log, stderr=subprocess.STDOUT, env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    yield port
    running.send_signal(signal.SIGINT)
    status = running.wait(timeout=30)
    log.close()
    assert status == 0, (folder / "up.log").read_text()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


def opened(browser: Browser, url: str, complaints: list[str], **size: int) -> Page:
    """The page at ``url``, as soon as its server answers."""
    page = browser.new_page(viewport={"width": size["width"], "height": size["height"]})
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    for _ in range(240):
        try:
            page.goto(url)
            return page
        except Exception:  # the nodes start one after the other
            page.wait_for_timeout(250)
    raise AssertionError(f"nobody answers at {url}")


def settled(page: Page) -> None:
    page.wait_for_function("() => window.signalfire.isDetailed && !window.signalfire.isMoving")


def test_a_nations_page_and_the_directors_show_the_flight(
    federation: int, browser: Browser, tmp_path: Path
) -> None:
    complaints: list[str] = []
    director = opened(
        browser, f"http://127.0.0.1:{federation}/", complaints, width=1920, height=1080
    )
    japan = opened(
        browser, f"http://127.0.0.1:{federation + 1}/", complaints, width=1440, height=900
    )
    complaints.clear()

    japan.wait_for_function(HAS_IMPACT, arg="JPN", timeout=SHOWN_WITHIN_MS)
    for nation in ("JPN", "KOR", "USA"):
        director.wait_for_function(HAS_IMPACT, arg=nation, timeout=SHOWN_WITHIN_MS)
    japan.wait_for_selector(".warning", timeout=SHOWN_WITHIN_MS)

    assert "Hokkaido" in japan.locator(".warning").first.inner_text()
    banner: Any = japan.locator(".banner").first.inner_text()
    assert "exercise:2017-09-14-hwasong-12" in banner
    assert japan.locator("thead").first.inner_text().count("as shared") == 2
    for page, name in ((japan, "nation"), (director, "director")):
        settled(page)
        shot = page.screenshot(path=tmp_path / f"{name}.png")
        assert len(shot) > 50_000, "a picture of a map and an arc is not that small"
    assert complaints == []
