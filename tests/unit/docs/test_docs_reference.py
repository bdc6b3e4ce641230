"""What the documents say agrees with the code, and every link leads somewhere."""

import re
from pathlib import Path

import generate_reference

ROOT = Path(__file__).resolve().parent.parent.parent.parent
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")


def test_the_generated_reference_agrees_with_the_code() -> None:
    assert generate_reference.stale() == [], "run make docs"


def test_every_link_between_documents_leads_somewhere() -> None:
    documents = [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "changes").glob("*.md"),
    ]
    broken = [
        f"{document.relative_to(ROOT)}: {target}"
        for document in documents
        for target in LINK.findall(document.read_text())
        if not (document.parent / target).exists()
    ]
    assert not broken, "\n".join(broken)


def test_every_decision_is_in_the_index() -> None:
    folder = ROOT / "docs" / "decisions"
    index = (folder / "index.md").read_text()
    missing = [path.name for path in folder.glob("0*.md") if f"({path.name})" not in index]
    assert not missing


def test_every_dependency_has_its_line_of_reason() -> None:
    reasons = (ROOT / "docs" / "decisions" / "0004-dependencies.md").read_text()
    asked = [
        line.split("==")[0].strip()
        for name in ("runtime", "build", "test", "bench")
        for line in (ROOT / "requirements" / f"{name}.in").read_text().splitlines()
        if line and not line.startswith(("#", "-"))
    ]
    missing = [name for name in asked if name not in reasons]
    assert not missing, f"say in 0004-dependencies.md why: {missing}"


def test_every_word_of_make_explains_itself() -> None:
    text = (ROOT / "Makefile").read_text()
    phony = re.search(r"^\.PHONY: (.*)$", text, flags=re.MULTILINE)
    assert phony
    silent = [word for word in phony[1].split() if not re.search(rf"^{word}:.*## ", text, re.M)]
    assert not silent
