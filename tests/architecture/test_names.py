"""Names say what they mean: units on numbers, statements for truth values, no empty words."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

HERE = Path(__file__).resolve().parent
WORDS = tomllib.loads((HERE / "units.toml").read_text())
EMPTY_WORDS = frozenset(
    {"base", "common", "core", "general", "generic", "helper", "helpers", "lib", "manager",
     "misc", "shared", "stuff", "tool", "tools", "types", "util", "utils"}
)  # fmt: skip
WITH_DEGREES = frozenset({"formats", "web", "cli", "sim"})
LAST_WORDS = "|".join(map(re.escape, WORDS["units"] + WORDS["kinds"]))
NUMBER = re.compile(rf"(?:^|_)(?:{LAST_WORDS})(?:_max|_min)?$", re.IGNORECASE)
Code = dict[str, ast.Module]
Exempt = dict[str, dict[str, str]]
Found = tuple[int, str, str]


def written_out(code: Code) -> Code:
    """All files but the kernels, which read as their formulas."""
    return {
        file: tree
        for file, tree in code.items()
        if not PurePosixPath(file).stem.endswith("kernels")
    }


def annotation_is(annotation: ast.expr | None, word: str) -> bool:
    """Whether an annotation is ``word``, or ``word`` or nothing."""
    return annotation is not None and ast.unparse(annotation) in {word, f"{word} | None"}


def parts_of_function(node: ast.FunctionDef | ast.AsyncFunctionDef, word: str) -> Iterator[Found]:
    """The parameters of a type, and the function itself where its result is of the type."""
    for parameter in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]:
        if annotation_is(parameter.annotation, word):
            yield parameter.lineno, parameter.arg, f"parameter of {node.name}"
    if annotation_is(node.returns, word):
        yield node.lineno, node.name, "result"


def public_names(body: list[ast.stmt], word: str) -> Iterator[Found]:
    """(line, name, what) of the public attributes, parameters and results of one type."""
    for node in body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from public_names(node.body, word)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if not node.name.startswith("_"):
                yield from parts_of_function(node, word)
        elif (
            isinstance(node, ast.AnnAssign)
            and isinstance(node.target, ast.Name)
            and not node.target.id.startswith("_")
            and annotation_is(node.annotation, word)
        ):
            yield node.lineno, node.target.id, "attribute"


def test_a_public_number_ends_in_its_unit_or_kind(code: Code, exempt: Exempt) -> None:
    wrong = [
        f"{file}:{line}: {what} {name}"
        for file, tree in written_out(code).items()
        for line, name, what in public_names(tree.body, "float")
        if not NUMBER.search(name) and f"{file}:{name}" not in exempt["units"]
    ]
    assert not wrong, "end these in a unit or kind of units.toml:\n" + "\n".join(wrong)


def test_degrees_stay_where_people_and_formats_are(code: Code) -> None:
    wrong = [
        f"{file}:{line}: {name}"
        for file, tree in written_out(code).items()
        if file.partition("/")[0] not in WITH_DEGREES and file != "space/geodesy.py"
        for line, name, _ in public_names(tree.body, "float")
        if name.endswith("_deg")
    ]
    assert not wrong, "radians inside, degrees at the edges:\n" + "\n".join(wrong)


def is_statement(name: str) -> bool:
    """Whether a name can be true or false: is_live, has_seen, free_flight_seen, minted."""
    words = name.split("_")
    return (
        words[0] in WORDS["statements"]
        or words[-1] in WORDS["participles"]
        or any(len(word) > 3 and word.endswith("ed") for word in words)
    )


def test_a_public_truth_value_is_a_statement(code: Code, exempt: Exempt) -> None:
    wrong = [
        f"{file}:{line}: {what} {name}"
        for file, tree in written_out(code).items()
        if not file.startswith("cli/")  # there a parameter is an option: --headless
        for line, name, what in public_names(tree.body, "bool")
        if not is_statement(name) and f"{file}:{name}" not in exempt["statements"]
    ]
    assert not wrong, "say these as statements, such as is_...:\n" + "\n".join(wrong)


def test_no_module_has_a_name_that_says_nothing(code: Code) -> None:
    wrong = [
        file for file in code if EMPTY_WORDS & set(re.split(r"[/_]", file.removesuffix(".py")))
    ]
    assert not wrong, f"name it for what it holds: {', '.join(wrong)}"


def test_no_two_test_files_share_a_name() -> None:
    names = [path.name for path in HERE.parent.rglob("test_*.py")]
    twice = sorted({name for name in names if names.count(name) > 1})
    assert not twice, f"tests are told apart by file name: {', '.join(twice)}"
