"""Everything can be seen at a glance; what cannot stands in ``exempt.toml`` with its reason."""

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

FUNCTION_LINES_MAX = 60
MODULE_LINES_MAX = 500
PARAMETERS_MAX = 5
SPEAKS_FOR_ITSELF_LINES = 5
Function = ast.FunctionDef | ast.AsyncFunctionDef
Code = dict[str, ast.Module]
Exempt = dict[str, dict[str, str]]


def lines_of(node: Function) -> int:
    assert node.end_lineno is not None
    return node.end_lineno - node.lineno + 1


def functions(code: Code) -> Iterator[tuple[str, Function]]:
    for file, tree in code.items():
        for node in ast.walk(tree):
            if isinstance(node, Function):
                yield file, node


def test_a_function_fits_a_screen(code: Code, exempt: Exempt) -> None:
    wrong = [
        f"{file}:{node.lineno} {node.name}: {lines_of(node)} lines"
        for file, node in functions(code)
        if lines_of(node) > FUNCTION_LINES_MAX
        and f"{file}:{node.name}" not in exempt["function_lines"]
    ]
    assert not wrong, "\n".join(wrong)


def test_a_module_is_a_short_read(texts: dict[str, str], exempt: Exempt) -> None:
    lengths = {file: len(text.splitlines()) for file, text in texts.items()}
    wrong = [
        f"{file}: {count} lines"
        for file, count in lengths.items()
        if count > MODULE_LINES_MAX and file not in exempt["module_lines"]
    ]
    assert not wrong, "\n".join(wrong)


def takes(node: Function) -> int:
    """How many things a caller hands over."""
    args = node.args
    given = [*args.posonlyargs, *args.args, *args.kwonlyargs]
    return len([parameter for parameter in given if parameter.arg not in {"self", "cls"}])


def test_a_function_takes_few_things(code: Code, exempt: Exempt) -> None:
    wrong = [
        f"{file}:{node.lineno} {node.name}: {takes(node)} parameters"
        for file, node in functions(code)
        if takes(node) > PARAMETERS_MAX
        # Kernels take columns; the parameters of a command are its options.
        and not PurePosixPath(file).stem.endswith("kernels")
        and not file.startswith("cli/")
        and f"{file}:{node.name}" not in exempt["parameters"]
    ]
    assert not wrong, "\n".join(wrong)


def to_be_explained(body: list[ast.stmt]) -> Iterator[ast.ClassDef | Function]:
    """Public classes, and public functions and methods that do more than their name says."""
    for node in body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield node
            yield from to_be_explained(node.body)
        elif (
            isinstance(node, Function)
            and not node.name.startswith("_")
            and lines_of(node) > SPEAKS_FOR_ITSELF_LINES
        ):
            yield node


def promised(code: Code) -> set[tuple[str, str]]:
    """(package, method) of everything that a Protocol explains: one docstring per idea."""
    return {
        (file.partition("/")[0], method.name)
        for file, tree in code.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and any("Protocol" in ast.unparse(b) for b in node.bases)
        for method in node.body
        if isinstance(method, Function) and ast.get_docstring(method)
    }


def test_what_is_public_is_explained(code: Code, exempt: Exempt) -> None:
    wrong = [f"{file}: the module" for file, tree in code.items() if not ast.get_docstring(tree)]
    explained = promised(code)
    wrong += [
        f"{file}:{node.lineno} {node.name}"
        for file, tree in code.items()
        for node in to_be_explained(tree.body)
        if not ast.get_docstring(node)
        and (file.partition("/")[0], node.name) not in explained
        and f"{file}:{node.name}" not in exempt["docstrings"]
    ]
    assert not wrong, "without a docstring:\n" + "\n".join(wrong)


def test_what_is_exempt_is_there_and_has_a_reason(texts: dict[str, str], exempt: Exempt) -> None:
    wrong = []
    for entries in exempt.values():
        for key, reason in entries.items():
            file, _, name = key.partition(":")
            is_there = re.search(rf"\b{re.escape(name)}\b", texts.get(file, ""))
            if not is_there or len(reason.split()) < 4:
                wrong.append(f"{key}: no longer there, or without a reason in words")
    assert not wrong, "\n".join(wrong)
