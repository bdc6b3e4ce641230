"""The wheel holds all that a node needs, and nothing that only builds it."""

import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hatchling.build import build_wheel

ROOT = Path(__file__).resolve().parent.parent.parent.parent
SOURCE = ROOT / "src" / "signalfire"


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> Iterator[set[str]]:
    """Every path inside a wheel that is built now."""
    folder = tmp_path_factory.mktemp("wheel")
    before = Path.cwd()
    os.chdir(ROOT)
    try:
        wheel = folder / build_wheel(str(folder))
    finally:
        os.chdir(before)
    with zipfile.ZipFile(wheel) as archive:
        yield set(archive.namelist())


def inside(folder: Path, pattern: str = "*") -> set[str]:
    """The files below a folder of the package, as a wheel names them."""
    found = (path for path in folder.rglob(pattern) if path.is_file())
    return {
        path.relative_to(SOURCE.parent).as_posix()
        for path in found
        if not {"__pycache__", "node_modules"} & set(path.parts)
    }


def test_the_wheel_has_every_module_and_all_data(names: set[str]) -> None:
    assert inside(SOURCE / "data") and inside(SOURCE / "data") <= names
    assert inside(SOURCE, "*.py") <= names
    assert "signalfire/py.typed" in names


def test_the_wheel_has_the_page_ready_made(names: set[str]) -> None:
    page = inside(SOURCE / "web" / "static")
    assert any(name.endswith(".html") for name in page), "make setup bundles the page"
    assert page <= names


def test_the_wheel_has_no_workshop_in_it(names: set[str]) -> None:
    strange = [
        name
        for name in names
        if not name.startswith(("signalfire/", "signalfire-"))
        or "frontend" in name
        or "node_modules" in name
        or name.endswith((".nbi", ".nbc", ".pyc"))
    ]
    assert not strange


def test_the_wheel_carries_its_licence(names: set[str]) -> None:
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert any(name.endswith("licenses/NOTICE") for name in names)
