"""What must not stand in any file of the project: places of one machine, registries, loose ends."""

import json
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
LEFT_OUT = frozenset(
    {".git", ".venv", "build", "dist", "run", "node_modules", "__pycache__", ".mypy_cache",
     ".ruff_cache", ".pytest_cache", ".hypothesis", "static"}
)  # fmt: skip
READ_AS_TEXT = frozenset(
    {
        ".py",
        ".md",
        ".toml",
        ".txt",
        ".in",
        ".js",
        ".mjs",
        ".ts",
        ".css",
        ".html",
        ".json",
        ".sh",
        "",
    }
)
# Written in two halves, so that this file does not hold what it looks for.
MACHINE_PATH = re.compile(r"(?<![\w.\-/])/" + r"(?:work|farm|root|home/\w+|Users/\w+)/")
REGISTRY = re.compile(r"https?:/" + r"/\S*(?:pypi|pythonhosted|npmjs|yarnpkg)")
LOOSE_END = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")
SWITCHED_OFF = re.compile(r"pytest\.mark\.(?:sk" + r"ip|xf" + r"ail)")


def text_files() -> list[Path]:
    found = []
    for path in ROOT.rglob("*"):
        inside = path.relative_to(ROOT)
        if path.is_file() and not LEFT_OUT & set(inside.parts) and path.suffix in READ_AS_TEXT:
            found.append(path)
    return found


TEXTS = {
    str(path.relative_to(ROOT)): path.read_text(errors="replace")
    for path in text_files()
    if path.stat().st_size < 2_000_000
}


def hits(pattern: re.Pattern[str], *suffixes: str) -> list[str]:
    return [
        f"{name}:{number}: {line.strip()[:100]}"
        for name, text in sorted(TEXTS.items())
        if not suffixes or name.endswith(suffixes)
        for number, line in enumerate(text.splitlines(), start=1)
        if pattern.search(line)
    ]


def test_no_file_names_a_place_of_one_machine() -> None:
    assert not hits(MACHINE_PATH), "\n".join(hits(MACHINE_PATH))


def test_nothing_is_left_for_later() -> None:
    code = (".py", ".js", ".mjs", ".ts", ".css", ".html")
    assert not hits(LOOSE_END, *code), "\n".join(hits(LOOSE_END, *code))


def test_no_test_is_switched_off() -> None:
    assert not hits(SWITCHED_OFF, ".py"), "\n".join(hits(SWITCHED_OFF, ".py"))


def test_lock_files_name_no_registry() -> None:
    found = hits(REGISTRY, ".txt", ".in", "package-lock.json", "package.json", ".npmrc")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", ["runtime", "build", "test", "bench"])
def test_every_locked_package_has_a_version_and_a_hash(name: str) -> None:
    entries = (ROOT / "requirements" / f"{name}.txt").read_text().replace("\\\n", " ").splitlines()
    packages = [entry for entry in entries if entry and not entry.lstrip().startswith("#")]
    assert packages
    loose = [entry[:60] for entry in packages if "==" not in entry or "--hash=sha256:" not in entry]
    assert not loose, f"not pinned by hash: {loose}"


def test_what_the_package_needs_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = {re.split(r"[<>=!~ \[;]", line, maxsplit=1)[0] for line in project["dependencies"]}
    runtime = (ROOT / "requirements" / "runtime.txt").read_text()
    locked = set(re.findall(r"^([a-z0-9-]+)==", runtime, flags=re.MULTILINE))
    assert needed <= locked, f"run make lock: {sorted(needed - locked)}"


def test_the_test_list_holds_the_runtime_list_version_for_version() -> None:
    def versions(name: str) -> set[str]:
        text = (ROOT / "requirements" / f"{name}.txt").read_text()
        return set(re.findall(r"^[a-z0-9-]+==\S+", text, flags=re.MULTILINE))

    assert versions("runtime") | versions("build") <= versions("test")


def test_the_page_is_locked_by_hash_and_not_by_address() -> None:
    lock = ROOT / "src" / "signalfire" / "web" / "frontend" / "package-lock.json"
    packages = json.loads(lock.read_text())["packages"]
    named = {name: entry for name, entry in packages.items() if name}
    assert named
    assert not [name for name, entry in named.items() if "resolved" in entry]
    assert not [name for name, entry in named.items() if "integrity" not in entry]
