"""What the type checker must refuse, it refuses, and refuses for that reason and nothing else."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PROGRAMS = sorted((HERE / "must_not_type_check").glob("*.py"))
MARK = re.compile(r"# refused: ([a-z-]+)$")
ERROR = re.compile(r"^(.+?):(\d+): error: .*\[([a-z-]+)\]$")


def expected() -> set[tuple[str, int, str]]:
    """(file, line, code) of every mark."""
    return {
        (program.name, number, mark[1])
        for program in PROGRAMS
        for number, line in enumerate(program.read_text().splitlines(), start=1)
        if (mark := MARK.search(line))
    }


@pytest.fixture(scope="module")
def refused() -> set[tuple[str, int, str]]:
    """(file, line, code) of every error that mypy finds in the programs."""
    command = [sys.executable, "-m", "mypy", "--config-file", "pyproject.toml", "--no-pretty"]
    command += ["--no-error-summary", "--show-error-codes"]
    command += [str(program.relative_to(ROOT)) for program in PROGRAMS]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode in (0, 1), run.stderr
    found = [match for line in run.stdout.splitlines() if (match := ERROR.match(line))]
    named = [(Path(match[1]), int(match[2]), match[3]) for match in found]
    return {
        (path.name, number, code)
        for path, number, code in named
        if path.parent.name == "must_not_type_check"
    }


def test_there_are_programs_to_refuse() -> None:
    assert len(expected()) >= 6


def test_exactly_the_marked_lines_are_refused(refused: set[tuple[str, int, str]]) -> None:
    assert refused == expected()
