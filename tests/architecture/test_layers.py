"""The house stands as ``layers.toml`` draws it."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
SOURCE = HERE.parent.parent / "src" / "signalfire"
PLAN = tomllib.loads((HERE / "layers.toml").read_text())
FLOOR_OF = {package: floor for floor, row in enumerate(PLAN["floors"]) for package in row}
FILES = sorted(
    str(path.relative_to(SOURCE))
    for path in SOURCE.rglob("*.py")
    if path.parent != SOURCE and "node_modules" not in path.parts
)
OURS = "signalfire."


def tree_of(file: str) -> ast.Module:
    return ast.parse((SOURCE / file).read_text())


def package_of(file: str) -> str:
    return file.partition("/")[0]


def ties(file: str) -> Iterator[tuple[str, str]]:
    """Every (place, full name) that a file imports, wherever in the file and under whatever guard."""
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield f"{file}:{node.lineno}", alias.name
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}:{node.lineno}: write the import in full, without dots"
            for alias in node.names:
                yield f"{file}:{node.lineno}", f"{node.module}.{alias.name}"


def our_ties(file: str) -> Iterator[tuple[str, str, str]]:
    """Every (place, full name, package) of our own that a file imports from another package."""
    for place, name in ties(file):
        if name.startswith(OURS):
            package = name.removeprefix(OURS).partition(".")[0]
            if package != package_of(file):
                yield place, name, package


def test_every_package_has_its_floor() -> None:
    found = {path.name for path in SOURCE.iterdir() if (path / "__init__.py").exists()}
    assert found == set(FLOOR_OF)


@pytest.mark.parametrize("file", FILES)
def test_imports_go_down_only(file: str) -> None:
    own = package_of(file)
    wrong = [
        f"{place}: {own} may not know {package} ({name})"
        for place, name, package in our_ties(file)
        if FLOOR_OF.get(package, len(PLAN["floors"])) >= FLOOR_OF[own]
    ]
    assert not wrong, "\n".join(wrong)


PURE_FILES = [file for file in FILES if package_of(file) not in PLAN["may_touch_the_world"]]


@pytest.mark.parametrize("file", PURE_FILES)
def test_a_pure_floor_does_not_touch_the_world(file: str) -> None:
    imported = [
        f"{place}: {name.partition('.')[0]} belongs to the rim; hand in what it gives"
        for place, name in ties(file)
        if name.partition(".")[0] in PLAN["world"]
    ]
    called = [
        f"{file}:{node.lineno}: {node.func.id}() belongs to the rim"
        for node in ast.walk(tree_of(file))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in PLAN["world_builtins"]
    ]
    assert not imported + called, "\n".join(imported + called)


def chance_without_a_seed(file: str) -> Iterator[str]:
    """Uses of numpy's global generator, or of a generator that nobody seeded."""
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if re.search(r"\brandom\.(?!Generator|default_rng|SeedSequence|PCG64|Philox)", name):
                yield f"{file}:{node.lineno}: {name} draws from a hidden, global generator"
            elif name.endswith("default_rng") and not node.args and not node.keywords:
                yield f"{file}:{node.lineno}: default_rng() without a seed"


@pytest.mark.parametrize("file", FILES)
def test_chance_has_a_seed(file: str) -> None:
    wrong = list(chance_without_a_seed(file))
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("file", sorted(PLAN["strangers"]))
def test_strangers_stay_strangers(file: str) -> None:
    assert file in FILES, f"{file} is named in layers.toml but is not there"
    wrong = [
        f"{place}: must stay a stranger to {package}"
        for place, _, package in our_ties(file)
        if package in PLAN["strangers"][file]
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("guarded", sorted(PLAN["guarded"]))
def test_a_guarded_name_is_used_by_its_keepers_alone(guarded: str) -> None:
    module, _, name = guarded.rpartition(".")
    home = module.removeprefix(OURS).replace(".", "/") + ".py"
    keepers = {home, *PLAN["guarded"][guarded]}
    wrong = []
    for file in FILES:
        if file in keepers:
            continue
        wrong += [place for place, tie in ties(file) if tie == guarded]
        reaches_module = any(tie == module for _, tie in ties(file))
        wrong += [
            f"{file}:{node.lineno}"
            for node in ast.walk(tree_of(file))
            if reaches_module and isinstance(node, ast.Attribute) and node.attr == name
        ]
    assert not wrong, f"{guarded} is for {', '.join(sorted(keepers))} alone: {', '.join(wrong)}"


@pytest.mark.parametrize("file", FILES)
def test_kernels_are_called_by_their_own_package(file: str) -> None:
    wrong = [
        f"{place}: {name} is inside {package}; use the public module beside it"
        for place, name, package in our_ties(file)
        if "._" in name and Path(file).name not in PLAN["kernels"]["callers"]
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("file", [file for file in FILES if file.endswith("__init__.py")])
def test_a_package_opens_with_a_docstring_and_nothing_else(file: str) -> None:
    body = tree_of(file).body
    assert len(body) == 1 and ast.get_docstring(tree_of(file)), f"{file}: one name, one home"
