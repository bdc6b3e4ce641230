"""The source as the architecture tests read it: parsed once, never imported."""

import ast
import tomllib
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
SOURCE = HERE.parent.parent / "src" / "signalfire"


@pytest.fixture(scope="session")
def texts() -> dict[str, str]:
    """Every Python file of the package by its path inside it, in order."""
    return {
        path.relative_to(SOURCE).as_posix(): path.read_text()
        for path in sorted(SOURCE.rglob("*.py"))
        if "node_modules" not in path.parts
    }


@pytest.fixture(scope="session")
def code(texts: dict[str, str]) -> dict[str, ast.Module]:
    """The same files as syntax trees."""
    return {file: ast.parse(text, filename=file) for file, text in texts.items()}


@pytest.fixture(scope="session")
def exempt() -> dict[str, dict[str, str]]:
    """What may break a rule, by rule and name, with the reason."""
    return tomllib.loads((HERE / "exempt.toml").read_text())


@pytest.fixture(scope="session")
def plan() -> dict[str, Any]:
    """The floors and their guards."""
    return tomllib.loads((HERE / "layers.toml").read_text())
