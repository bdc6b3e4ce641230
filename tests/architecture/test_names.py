"""Names say what they mean: units on numbers, statements for truth values, no empty words."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
SOURCE = HERE.parent.parent / "src" / "signalfire"
WORDS = tomllib.loads((HERE / "units.toml").read_text())
EXEMPT = tomllib.loads((HERE / "exempt.toml").read_text())
FILES = sorted(
    str(path.relative_to(SOURCE))
    for path in SOURCE.rglob("*.py")
    if "node_modules" not in path.parts
)
READ_AS_FORMULAS = re.compile(r"_\w*kernels\.py")
EMPTY_WORDS = frozenset(
    {"base", "common", "core", "general", "generic", "helper", "helpers", "lib", "manager",
     "misc", "shared", "stuff", "tool", "tools", "types", "util", "utils"}
)  # fmt: skip
IN_DEGREES = frozenset({"formats", "web", "cli", "sim"})
ENDING = re.compile(
    r"(?:^|_)(?:" + "|".join(map(re.escape, WORDS["units"] + WORDS["kinds"])) + r")(?:_max|_min)?$"
)
Found = tuple[int, str, str]


def is_public(name: str) -> bool:
    return not name.startswith("_")


def annotation_says(annotation: ast.expr | None, word: str) -> bool:
    """Whether an annotation is ``word``, or ``word`` or nothing."""
    return annotation is not None and ast.unparse(annotation) in {word, f"{word} | None"}


def parameters_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.arg]:
    return [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]


def public_named(body: list[ast.stmt], word: str) -> Iterator[Found]:
    """(line, name, what) of public attributes, parameters and results of one annotated type."""
    for node in body:
        if isinstance(node, ast.ClassDef) and is_public(node.name):
            yield from public_named(node.body, word)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            if is_public(node.target.id) and annotation_says(node.annotation, word):
                yield node.lineno, node.target.id, "attribute"
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and is_public(node.name):
            for parameter in parameters_of(node):
                if annotation_says(parameter.annotation, word):
                    yield parameter.lineno, parameter.arg, f"parameter of {node.name}"
            if annotation_says(node.returns, word):
                yield node.lineno, node.name, "result"


def is_formula(file: str) -> bool:
    return READ_AS_FORMULAS.fullmatch(Path(file).name) is not None


@pytest.mark.parametrize("file", [file for file in FILES if not is_formula(file)])
def test_a_public_number_ends_in_its_unit_or_kind(file: str) -> None:
    exempt = EXEMPT["units"]
    wrong = [
        f"{file}:{line}: {what} {name}: end it in a unit or a kind of units.toml"
        for line, name, what in public_named(ast.parse((SOURCE / file).read_text()).body, "float")
        if not ENDING.search(name.lower()) and f"{file}:{name}" not in exempt
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("file", [file for file in FILES if not is_formula(file)])
def test_degrees_stay_where_people_and_formats_are(file: str) -> None:
    if file.partition("/")[0] in IN_DEGREES or file == "space/geodesy.py":
        return
    wrong = [
        f"{file}:{line}: {name}: radians inside, degrees at the edges"
        for line, name, _ in public_named(ast.parse((SOURCE / file).read_text()).body, "float")
        if name.endswith("_deg")
    ]
    assert not wrong, "\n".join(wrong)


def is_statement(name: str) -> bool:
    words = name.split("_")
    return (
        words[0] in WORDS["statements"]
        or words[-1] in WORDS["participles"]
        or any(len(word) > 3 and word.endswith("ed") for word in words)
    )


@pytest.mark.parametrize("file", [file for file in FILES if not is_formula(file)])
def test_a_public_truth_value_is_a_statement(file: str) -> None:
    if file.startswith("cli/"):
        return
    wrong = [
        f"{file}:{line}: {what} {name}: say it as a statement, such as is_{name}"
        for line, name, what in public_named(ast.parse((SOURCE / file).read_text()).body, "bool")
        if not is_statement(name) and f"{file}:{name}" not in EXEMPT["statements"]
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("file", FILES)
def test_no_module_has_a_name_that_says_nothing(file: str) -> None:
    path = Path(file)
    words = {word for part in [*path.parent.parts, path.stem] for word in part.split("_")}
    assert not words & EMPTY_WORDS, f"{file}: name it for what it holds"


def test_no_two_test_files_share_a_name() -> None:
    names = [path.name for path in (HERE.parent).rglob("test_*.py")]
    twice = sorted({name for name in names if names.count(name) > 1})
    assert not twice, f"pytest and mypy tell test files apart by name: {', '.join(twice)}"
