"""The house stands as ``layers.toml`` draws it."""

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

Code = dict[str, ast.Module]
Plan = dict[str, Any]
OURS = "signalfire."


def package_of(file: str) -> str:
    """The package that a file belongs to; empty for the file above them all."""
    return file.rpartition("/")[0].partition("/")[0]


def ties(file: str, tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Every (place, full name) that a file imports, in functions and under guards too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield f"{file}:{node.lineno}", alias.name
        elif isinstance(node, ast.ImportFrom):
            dots = "." * node.level
            for alias in node.names:
                yield f"{file}:{node.lineno}", f"{dots}{node.module}.{alias.name}"


def foreign_ties(file: str, tree: ast.Module) -> Iterator[tuple[str, str, str]]:
    """Every (place, full name, package) of ours that a file imports from another package."""
    for place, name in ties(file, tree):
        package = name.removeprefix(OURS).partition(".")[0]
        if name.startswith(OURS) and package != package_of(file):
            yield place, name, package


def floors(plan: Plan) -> dict[str, int]:
    return {package: floor for floor, row in enumerate(plan["floors"]) for package in row}


def pure(code: Code, plan: Plan) -> Code:
    """The files that may not touch the world."""
    return {
        file: tree
        for file, tree in code.items()
        if package_of(file) not in plan["may_touch_the_world"]
    }


def test_every_package_has_its_floor(code: Code, plan: Plan) -> None:
    packages = {package_of(file) for file in code if file.count("/") == 1} - {""}
    assert packages == set(floors(plan))


def test_imports_are_written_in_full(code: Code) -> None:
    short = [
        place for file, tree in code.items() for place, name in ties(file, tree) if name[0] == "."
    ]
    assert not short, "\n".join(short)


def test_imports_go_down_only(code: Code, plan: Plan) -> None:
    floor_of = floors(plan)
    wrong = [
        f"{place}: {package_of(file)} may not know {package} ({name})"
        for file, tree in code.items()
        for place, name, package in foreign_ties(file, tree)
        if floor_of.get(package, len(floor_of)) >= floor_of.get(package_of(file), -1)
    ]
    assert not wrong, "\n".join(wrong)


def test_a_pure_floor_imports_nothing_of_the_world(code: Code, plan: Plan) -> None:
    wrong = [
        f"{place}: {name.partition('.')[0]} belongs to the rim; hand in what it gives"
        for file, tree in pure(code, plan).items()
        for place, name in ties(file, tree)
        if name.partition(".")[0] in plan["world"]
    ]
    assert not wrong, "\n".join(wrong)


def test_a_pure_floor_opens_and_prints_nothing(code: Code, plan: Plan) -> None:
    wrong = [
        f"{file}:{node.lineno}: {node.func.id}() belongs to the rim"
        for file, tree in pure(code, plan).items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in plan["world_builtins"]
    ]
    assert not wrong, "\n".join(wrong)


def test_chance_has_a_seed(code: Code) -> None:
    hidden = re.compile(r"\brandom\.(?!Generator|default_rng|SeedSequence|PCG64|Philox)")
    wrong = []
    for file, tree in code.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                name = ast.unparse(node.func)
                unseeded = name.endswith("default_rng") and not node.args and not node.keywords
                if unseeded or ("np." in name and hidden.search(name)):
                    wrong.append(f"{file}:{node.lineno}: {name} draws without a seed of ours")
    assert not wrong, "\n".join(wrong)


def test_strangers_stay_strangers(code: Code, plan: Plan) -> None:
    wrong = []
    for file, strangers in plan["strangers"].items():
        wrong += [
            f"{place}: must stay a stranger to {package}"
            for place, _, package in foreign_ties(file, code[file])
            if package in strangers
        ]
    assert not wrong, "\n".join(wrong)


def uses_of(guarded: str, file: str, tree: ast.Module) -> Iterator[str]:
    """Where a file imports a guarded name, or reaches for it through its module."""
    module, _, name = guarded.rpartition(".")
    imported = {tie: place for place, tie in ties(file, tree)}
    if guarded in imported:
        yield imported[guarded]
    if module in imported:
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr == name:
                yield f"{file}:{node.lineno}"


def test_a_guarded_name_is_used_by_its_keepers_alone(code: Code, plan: Plan) -> None:
    wrong = []
    for guarded, others in plan["guarded"].items():
        home = guarded.rpartition(".")[0].removeprefix(OURS).replace(".", "/") + ".py"
        assert home in code, f"{guarded} is named in layers.toml, but {home} is not there"
        wrong += [
            f"{place}: {guarded} is for {', '.join([home, *others])} alone"
            for file, tree in code.items()
            if file not in {home, *others}
            for place in uses_of(guarded, file, tree)
        ]
    assert not wrong, "\n".join(wrong)


def test_kernels_are_called_by_their_own_package(
    code: Code, exempt: dict[str, dict[str, str]]
) -> None:
    wrong = [
        f"{place}: {name} is inside {package}; use the public module beside it"
        for file, tree in code.items()
        for place, name, package in foreign_ties(file, tree)
        if "._" in name
        and not PurePosixPath(file).stem.endswith("kernels")
        and file not in exempt["kernel_use"]
    ]
    assert not wrong, "\n".join(wrong)


def test_a_package_opens_with_a_docstring_and_nothing_else(code: Code) -> None:
    more = [
        file
        for file, tree in code.items()
        if file.endswith("__init__.py") and (len(tree.body) != 1 or not ast.get_docstring(tree))
    ]
    assert not more, f"one name, one home: {', '.join(more)}"
