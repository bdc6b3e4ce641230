"""Writes the parts of ``docs/reference`` that the code knows best: limits, glossary, commands.

``make docs`` writes them; ``--check`` only says whether they still agree with the code.
"""

import argparse
import ast
import importlib
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import typer.main
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "signalfire"
REFERENCE = ROOT / "docs" / "reference"
MADE = "<!-- Written by `make docs` from the code; change the code, not this page. -->"


def prose(text: str | None) -> str:
    """A docstring as one line of Markdown."""
    words = " ".join((text or "").split()).replace("``", "`")
    words = words.replace("|", "\\|").replace("::", ":")
    parts = words.split("`")
    parts[::2] = [part.replace("<", "\\<") for part in parts[::2]]  # a tag, and so not to be seen
    return "`".join(parts)


def first_sentence(text: str | None) -> str:
    """A docstring's summary."""
    return prose((text or "").partition("\n\n")[0])


def documented(body: list[ast.stmt]) -> Iterator[tuple[ast.stmt, str]]:
    """Every statement with the string that stands below it as its explanation, or nothing."""
    following: list[ast.stmt | None] = [*body[1:], None]
    for node, below in zip(body, following, strict=True):
        said = ""
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
            said = below.value.value if isinstance(below.value.value, str) else ""
        yield node, said


def shown(value: float) -> str:
    """A bound as people read it."""
    return f"{value:,.0f}" if value >= 1_000 else f"{value:g}"


def limits_page() -> str:
    """Every bound of ``basis.limits``, under the headings that stand there as comments."""
    module = importlib.import_module("signalfire.basis.limits")
    text = (SOURCE / "basis" / "limits.py").read_text()
    headings = {
        number: line[2:].rstrip(".")
        for number, line in enumerate(text.splitlines(), start=1)
        if line.startswith("# ")
    }
    lines = ["# Limits", "", MADE, "", prose(module.__doc__)]
    passed = 0
    for node, said in documented(ast.parse(text).body):
        names = [node.target] if isinstance(node, ast.AnnAssign) else getattr(node, "targets", [])
        for name in [target.id for target in names if isinstance(target, ast.Name)]:
            heading = max((at for at in headings if passed < at < node.lineno), default=0)
            if heading:
                lines += [
                    "",
                    f"## {headings[heading]}",
                    "",
                    "| limit | value | why |",
                    "|---|---|---|",
                ]
                passed = heading
            lines.append(f"| `{name}` | {shown(getattr(module, name))} | {prose(said)} |")
    relations = [ast.unparse(n.test) for n in ast.parse(text).body if isinstance(n, ast.Assert)]
    lines += ["", "## Relations", "", "Checked whenever the program starts:", ""]
    return "\n".join([*lines, *(f"- `{relation}`" for relation in relations), ""])


def type_entry(node: ast.ClassDef) -> Iterator[str]:
    """One type of ``picture``: what it is, what it may be, what it holds."""
    yield f"### {node.name}\n"
    text = ast.get_docstring(node) or ""
    for paragraph in text.split("\n\n"):
        yield prose(paragraph) + "\n"
    is_choice = any(ast.unparse(base).endswith("Enum") for base in node.bases)
    rows = []
    for item, said in documented(node.body):
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
            kind = ast.unparse(item.annotation).replace("|", "\\|")
            rows.append(f"| `{item.target.id}` | `{kind}` | {prose(said)} |")
        elif is_choice and isinstance(item, ast.Assign) and isinstance(item.value, ast.Constant):
            rows.append(f"| `{item.value.value!s}` | | {prose(said)} |")
    if rows:
        yield "| | | |\n|---|---|---|"
        yield "\n".join(rows) + "\n"


def glossary_page() -> str:
    """Every public type of ``picture``, module by module."""
    lines = ["# Glossary", "", MADE, ""]
    lines += ["The words of the picture: what is known, and how sure it is.", ""]
    for path in sorted((SOURCE / "picture").glob("[a-z]*.py")):
        tree = ast.parse(path.read_text())
        types = [node for node in tree.body if isinstance(node, ast.ClassDef)]
        public = [node for node in types if not node.name.startswith("_")]
        if public:
            lines += [f"## {path.stem}", "", first_sentence(ast.get_docstring(tree)), ""]
            for node in public:
                lines += type_entry(node)
    return "\n".join(lines).rstrip() + "\n"


def parameter_row(parameter: TyperArgument | TyperOption) -> str:
    """One argument or option as a row of a table."""
    names = ", ".join(f"`{name}`" for name in [*parameter.opts, *parameter.secondary_opts])
    if isinstance(parameter, TyperArgument):
        names = f"`{(parameter.metavar or parameter.name or '').upper()}`"
    default = parameter.default
    is_plain = isinstance(default, str | int | float | Path) and not isinstance(default, bool)
    is_plain = is_plain and default != ""
    standing = "required" if parameter.required else f"`{default}`" if is_plain else ""
    return f"| {names} | {standing} | {prose(parameter.help)} |"


def command_entries(path: str, command: TyperCommand | TyperGroup) -> Iterator[str]:
    """A command and those below it."""
    context = command.context_class(command, info_name=path)
    yield f"## {path}\n"
    yield (command.help or "").split("\f")[0].strip() + "\n"
    usage = command.get_usage(context).removeprefix("Usage: ")
    yield "```\n" + re.sub(r"\{(\w+)\}", lambda name: name[1].upper(), usage) + "\n```\n"
    rows = [
        parameter_row(parameter)
        for parameter in command.params
        if isinstance(parameter, TyperArgument | TyperOption) and not parameter.hidden
    ]
    if rows:
        yield "| | default | |\n|---|---|---|"
        yield "\n".join(rows) + "\n"
    if isinstance(command, TyperGroup):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            if isinstance(below, TyperCommand | TyperGroup) and not below.hidden:
                yield from command_entries(f"{path} {name}", below)


def commands_page() -> str:
    """Every command, as its own ``--help`` has it."""
    main = importlib.import_module("signalfire.cli.main")
    command = typer.main.get_command(main.app)
    assert isinstance(command, TyperCommand | TyperGroup)
    after = "Exit statuses: [file formats](formats.md#exit-status). Every command has `--help`."
    lines = ["# Commands", "", MADE, "", after, "", *command_entries("signalfire", command)]
    return "\n".join(lines).rstrip() + "\n"


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the reference and how it is made."""

    name: str
    text: Callable[[], str]


PAGES = (
    Page("limits.md", limits_page),
    Page("glossary.md", glossary_page),
    Page("commands.md", commands_page),
)


def stale() -> list[str]:
    """The pages that no longer say what the code says."""
    return [
        page.name
        for page in PAGES
        if not (REFERENCE / page.name).is_file()
        or (REFERENCE / page.name).read_text() != page.text()
    ]


def main() -> int:
    """Returns 0, or 1 when ``--check`` finds a page that no longer agrees with the code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, say what is stale")
    if parser.parse_args().check:
        behind = stale()
        if behind:
            print(f"run make docs: {', '.join(behind)} no longer agree with the code")
        return 1 if behind else 0
    REFERENCE.mkdir(parents=True, exist_ok=True)
    for page in PAGES:
        (REFERENCE / page.name).write_text(page.text())
        print(f"docs/reference/{page.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
