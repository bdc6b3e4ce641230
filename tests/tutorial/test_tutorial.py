"""The tutorial works: each of its commands is run in order, in a folder of its own."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
TUTORIAL = ROOT / "docs" / "tutorials" / "first-flight.md"
BLOCK = re.compile(r"^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
SAVED_AS = re.compile(r"Save as `([^`]+)`:\s*\Z")
COMMAND_TIME_MAX_S = 200


def steps(text: str) -> list[tuple[str, str]]:
    """(file name, content) of what the reader saves and ("", command) of what the reader types."""
    found: list[tuple[str, str]] = []
    for block in BLOCK.finditer(text):
        saved = SAVED_AS.search(text[: block.start()])
        if saved:
            found.append((saved[1], block["text"]))
        elif block["kind"] == "console":
            found += [("", line[2:]) for line in block["text"].splitlines() if line[:2] == "$ "]
    return found


# A minute on a free machine; the suite's own limit is for a test, not for a whole tutorial.
@pytest.mark.timeout(600)
def test_every_command_of_the_tutorial_works(tmp_path: Path) -> None:
    for name in ("src", "exercises"):
        (tmp_path / name).symlink_to(ROOT / name)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    sequence = steps(TUTORIAL.read_text())
    assert len([command for name, command in sequence if not name]) >= 10
    for name, text in sequence:
        if name:
            (tmp_path / name).write_text(text)
            continue
        done = subprocess.run(
            text,
            shell=True,
            cwd=tmp_path,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            timeout=COMMAND_TIME_MAX_S,
        )
        assert done.returncode == 0, f"$ {text}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        assert "Traceback" not in done.stderr
