"""Everything can be seen at a glance; what cannot stands in ``exempt.toml`` with its reason."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
SOURCE = HERE.parent.parent / "src" / "signalfire"
EXEMPT = tomllib.loads((HERE / "exempt.toml").read_text())
FUNCTION_LINES_MAX = 60
MODULE_LINES_MAX = 500
PARAMETERS_MAX = 5
SPEAKS_FOR_ITSELF_LINES = 5
FILES = sorted(
    str(path.relative_to(SOURCE))
    for path in SOURCE.rglob("*.py")
    if "node_modules" not in path.parts
)
READ_AS_FORMULAS = re.compile(r"_\w*kernels\.py")
Function = ast.FunctionDef | ast.AsyncFunctionDef


def tree_of(file: str) -> ast.Module:
    return ast.parse((SOURCE / file).read_text())


def lines_of(node: Function) -> int:
    assert node.end_lineno is not None
    return node.end_lineno - node.lineno + 1


def functions_of(file: str) -> Iterator[Function]:
    return (node for node in ast.walk(tree_of(file)) if isinstance(node, Function))


@pytest.mark.parametrize("file", FILES)
def test_a_function_fits_a_screen(file: str) -> None:
    wrong = [
        f"{file}:{node.lineno} {node.name}: {lines_of(node)} lines, {FUNCTION_LINES_MAX} allowed"
        for node in functions_of(file)
        if lines_of(node) > FUNCTION_LINES_MAX
        and f"{file}:{node.name}" not in EXEMPT["function_lines"]
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("file", FILES)
def test_a_module_is_a_short_read(file: str) -> None:
    count = len((SOURCE / file).read_text().splitlines())
    assert count <= MODULE_LINES_MAX or file in EXEMPT["module_lines"], f"{file}: {count} lines"


@pytest.mark.parametrize("file", FILES)
def test_a_function_takes_few_things(file: str) -> None:
    if READ_AS_FORMULAS.fullmatch(Path(file).name) or file.startswith("cli/"):
        return  # Kernels take columns; the parameters of a command are its options.
    wrong = []
    for node in functions_of(file):
        args = node.args
        names = [a.arg for a in [*args.posonlyargs, *args.args, *args.kwonlyargs]]
        count = len([name for name in names if name not in {"self", "cls"}])
        if count > PARAMETERS_MAX and f"{file}:{node.name}" not in EXEMPT["parameters"]:
            wrong.append(f"{file}:{node.lineno} {node.name}: {count} parameters")
    assert not wrong, "\n".join(wrong)


def public_and_long(body: list[ast.stmt]) -> Iterator[ast.ClassDef | Function]:
    """Public classes, and the public functions and methods that do more than their name says."""
    for node in body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield node
            yield from public_and_long(node.body)
        elif isinstance(node, Function) and not node.name.startswith("_"):
            if lines_of(node) > SPEAKS_FOR_ITSELF_LINES:
                yield node


@pytest.mark.parametrize("file", FILES)
def test_what_is_public_is_explained(file: str) -> None:
    assert ast.get_docstring(tree_of(file)), f"{file}: say in one sentence what is here"
    wrong = [
        f"{file}:{node.lineno} {node.name} has no docstring"
        for node in public_and_long(tree_of(file).body)
        if not ast.get_docstring(node) and f"{file}:{node.name}" not in EXEMPT["docstrings"]
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("rule", sorted(EXEMPT))
def test_what_is_exempt_is_there_and_has_a_reason(rule: str) -> None:
    for key, reason in EXEMPT[rule].items():
        file, _, name = key.partition(":")
        assert file in FILES, f"{key} is no longer there: take it off the list"
        assert re.search(rf"\b{re.escape(name)}\b", (SOURCE / file).read_text()), key
        assert len(reason.split()) >= 4, f"{key}: say why in a sentence"
