"""Real runs of ``signalfire up``: processes, brokers, links."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src"


def left_running(folder: Path) -> list[str]:
    """Command lines of processes that were started for a run in ``folder``."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
            is_over = "\nState:\tZ" in (process / "status").read_text()
        except OSError:
            continue
        if not is_over and any(str(folder).encode() in word for word in words):
            found.append(b" ".join(words).decode(errors="replace"))
    return found


def begin_up(folder: Path, *words: object) -> "subprocess.Popen[str]":
    """Start ``signalfire up`` as an operator would, with records in ``folder``."""
    environment = {**os.environ, "PYTHONPATH": str(SOURCE), "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", "signalfire.cli.main", "up", *map(str, words), "--out", str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        start_new_session=True,
    )


@pytest.fixture(scope="session")
def begin() -> Callable[..., "subprocess.Popen[str]"]:
    """Starts ``signalfire up``."""
    return begin_up


@pytest.fixture(scope="session")
def left() -> Callable[[Path], list[str]]:
    """Lists what a run has left running."""
    return left_running


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory, short: Any, short_scenario: Path) -> Any:
    """The short flight over real links, as fast as the nodes finish; beside its replay."""
    folder = tmp_path_factory.mktemp("live") / "run"
    process = begin_up(folder, "--scenario", short_scenario, "--headless", "--speed", "max")
    try:
        printed, said = process.communicate(timeout=200)
    except subprocess.TimeoutExpired:
        process.terminate()
        printed, said = process.communicate(timeout=30)
    assert process.returncode == 0, said
    assert left_running(folder) == []
    assert "W-KOR-1-1 initial" in printed
    return type(short)(folder, short.recording, short.truth)
