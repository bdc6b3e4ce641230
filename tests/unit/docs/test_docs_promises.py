"""What the documents promise of settings, examples and commands, tried out."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import msgspec
import pytest

from signalfire.cli.settings import FeedSettings, HubSettings, NodeSettings, read_settings
from signalfire.federation import envelope
from signalfire.formats.native.scenario import read_scenario
from signalfire.formats.native.sensors import read_sensors
from signalfire.node.outbox import Stream
from signalfire.release.agreement import read_agreement
from signalfire.release.trust import read_trust

ROOT = Path(__file__).resolve().parent.parent.parent.parent
DOCS = ROOT / "docs"
BLOCK = re.compile(r"^```(?P<kind>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
ROW = re.compile(r"^\| `(?P<key>\w+)` \| (?P<default>[^|]+) \|", re.MULTILINE)
REMARKS = {"name", "note", "source"}


def examples(page: str) -> list[str]:
    """Every TOML example of a page."""
    found = BLOCK.finditer((DOCS / page).read_text())
    return [block["text"] for block in found if block["kind"] == "toml"]


def with_key(page: str, key: str) -> list[str]:
    return [text for text in examples(page) if key in tomllib.loads(text)]


def section(heading: str) -> dict[str, str]:
    """Key to default of the table under a heading of the page of settings."""
    text = (DOCS / "reference" / "settings.md").read_text()
    body = text.split(f"{heading}\n", 1)[1].split("\n#", 1)[0]
    return {row["key"]: row["default"].strip() for row in ROW.finditer(body)}


def defaults(form: type[msgspec.Struct]) -> dict[str, str]:
    """Key to default as the code has it, in the words of the page."""
    words = {None: "none", False: "`false`"}
    found = {}
    for field in msgspec.structs.fields(form):
        if field.name in REMARKS:
            continue
        is_needed = field.default is msgspec.NODEFAULT
        value = field.default
        known = "required" if is_needed else words.get(value, f"`{value}`")
        found[field.name] = known
    return found


@pytest.mark.parametrize(
    ("heading", "form"),
    [
        ("## `signalfire node --config node.toml`", NodeSettings),
        ("### `[feed]`: exactly one of three", FeedSettings),
        ("## `signalfire hub --config hub.toml`", HubSettings),
    ],
)
def test_every_setting_is_explained_with_its_default(
    heading: str, form: type[msgspec.Struct]
) -> None:
    assert section(heading) == defaults(form)


def test_the_settings_of_the_how_to_are_taken(tmp_path: Path) -> None:
    page = "howto/run-on-separate-hosts.md"
    (hub,), (node,) = with_key(page, "link_port"), with_key(page, "feed")
    path = tmp_path / "settings.toml"
    path.write_text(hub)
    assert read_settings(path, HubSettings).realm == "exercise:first-link"
    path.write_text(node)
    assert read_settings(path, NodeSettings).feed.udp_port == 5001


def test_every_example_of_a_file_can_be_read() -> None:
    pages = [str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md")]
    sensors = [text for page in pages for text in with_key(page, "sensor")]
    agreements = [text for page in pages for text in with_key(page, "parties")]
    trusts = [text for page in pages for text in with_key(page, "root")]
    scenarios = [text for page in pages for text in with_key(page, "start")]
    assert [read_sensors(text, is_json=False) for text in sensors]
    assert [read_agreement(text.encode()) for text in agreements]
    assert [read_trust(text) for text in trusts]
    assert [read_scenario(text) for text in scenarios]


def test_every_record_of_a_nation_is_described() -> None:
    text = (DOCS / "reference" / "formats.md").read_text()
    missing = [stream for stream in Stream if f"NATION/{stream.value}.jsonl" not in text]
    assert not missing


def test_the_labels_of_the_envelope_are_those_of_the_code() -> None:
    text = (DOCS / "reference" / "formats.md").read_text()
    assert set(map(int, re.findall(r"\| (-65\d{3}) \|", text))) == set(envelope._LABELS.values())


def test_every_command_named_in_the_documents_exists() -> None:
    commands = (DOCS / "reference" / "commands.md").read_text()
    known = set(re.findall(r"^## signalfire (.+)$", commands, flags=re.MULTILINE))
    pages = [*ROOT.glob("*.md"), *DOCS.rglob("*.md")]
    named = re.compile(r"(?:^|[`$/] ?)signalfire ((?:keys |journal )?[a-z]+)", re.MULTILINE)
    wrong = [
        f"{page.name}: signalfire {name}"
        for page in pages
        for name in named.findall(page.read_text())
        if name not in known
    ]
    assert not wrong


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *words], capture_output=True, text=True, timeout=60)


def test_without_assertions_nothing_runs() -> None:
    done = run("-O", "-m", "signalfire.cli.main", "flights")
    assert done.returncode == 1
    assert "without -O" in done.stderr


def test_what_is_wrong_is_said_in_one_paragraph(tmp_path: Path) -> None:
    done = run("-m", "signalfire.cli.main", "journal", "verify", str(tmp_path))
    assert done.returncode == 2
    assert done.stderr.startswith("signalfire: ")
    assert len(done.stderr.strip().splitlines()) == 1
