"""The browser's part, as files: words in three languages, versions, notices, its own tests."""

import json
import re
import subprocess
from pathlib import Path

import pytest

import signalfire.web

WEB = Path(signalfire.web.__file__).parent
FRONTEND, STATIC = WEB / "frontend", WEB / "static"
LANGUAGES = ("en", "ja", "ko")
WORDS = {
    lang: json.loads((FRONTEND / "src" / "words" / f"{lang}.json").read_text())
    for lang in LANGUAGES
}
SOURCES = {path.name: path.read_text() for path in sorted((FRONTEND / "src").glob("*.js"))}
MANIFEST = json.loads((STATIC / "manifest.json").read_text())


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_catalogues_say_the_same_things(lang: str) -> None:
    def places(text: str) -> set[str]:
        return set(re.findall(r"\{\w+\}", text))

    assert WORDS[lang].keys() == WORDS["en"].keys()
    for key, text in WORDS["en"].items():
        assert places(WORDS[lang][key]) == places(text), key


def test_every_word_that_the_page_asks_for_is_there() -> None:
    asked = {
        key
        for text in SOURCES.values()
        for key in re.findall(r'"([a-z]+(?:\.[A-Za-z_]+)+)"', text)
        if key.split(".")[0] in {k.split(".")[0] for k in WORDS["en"]}
    }
    assert len(asked) > 40
    assert asked <= WORDS["en"].keys()


def test_versions_are_exact_and_the_lock_names_no_registry() -> None:
    package = json.loads((FRONTEND / "package.json").read_text())
    for group in ("dependencies", "devDependencies"):
        for name, version in package[group].items():
            assert re.fullmatch(r"\d+\.\d+\.\d+", version), name
    lock = (FRONTEND / "package-lock.json").read_text()
    assert '"resolved"' not in lock
    locked = json.loads(lock)["packages"]
    assert all("integrity" in entry for name, entry in locked.items() if name)


def test_no_source_writes_markup_or_styles_that_the_policy_forbids() -> None:
    for name, text in SOURCES.items():
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|eval\(|style=", text), name
    page = (FRONTEND / "src" / "index.html").read_text()
    assert "style=" not in page and "<style" not in page and "//" not in page.replace("</", "")


def test_the_bundle_is_whole_and_brings_every_notice() -> None:
    listed = {entry["name"]: entry["bytes"] for entry in MANIFEST["files"]}
    assert "index.html" in listed
    for name, size in listed.items():
        assert (STATIC / name).stat().st_size == size
    assert not list(STATIC.glob("*.map"))
    assert sum(listed.values()) < 4_000_000
    notices = (STATIC / "THIRD_PARTY_NOTICES.txt").read_text()
    for package in ("d3-geo", "d3-array", "topojson-client", "milsymbol"):
        assert re.search(rf"^{package} \d+\.\d+\.\d+ \(", notices, re.MULTILINE), package
    assert "world-atlas" in notices and "Natural Earth" in notices


def test_the_sources_pass_their_own_tests() -> None:
    tests = sorted(str(path) for path in (FRONTEND / "test").glob("*.test.js"))
    done = subprocess.run(
        ["node", "--test", *tests], cwd=FRONTEND, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout[-4000:]
