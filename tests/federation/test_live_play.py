"""A flight over real brokers, leaf nodes and mutual TLS is the flight that a replay tells."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from signalfire.cli.scenarios import packaged_agreement
from signalfire.rim.journal import entries
from signalfire.rim.journal_format import InboxEntry
from signalfire.sim import checkers

NATIONS = ("JPN", "KOR", "USA")
AGREED = checkers.Agreed.read(packaged_agreement().read_text())


def written(folder: Path) -> set[str]:
    """The record files of a folder, without the workings of the run."""
    names = (path.relative_to(folder) for path in folder.rglob("*.jsonl"))
    return {str(name) for name in names if name.parts[0] != "federation"}


def said(lines: list[dict[str, Any]]) -> list[Any]:
    """What a chain of warnings tells people, without times that the links may shift."""
    return [
        (
            line["id"],
            line["status"],
            line["references"],
            line["event"],
            tuple((area["id"], area["kind"]) for area in line["areas"]),
        )
        for line in lines
    ]


def test_it_writes_the_files_that_a_replay_writes(live: Any, short: Any) -> None:
    assert written(live.folder) == written(short.folder)
    assert (live.folder / "refused.jsonl").read_bytes() == b""


def test_the_same_warnings_are_given_under_the_same_ids(live: Any, short: Any) -> None:
    assert said(live.lines("KOR", "warnings"))[0] == said(short.lines("KOR", "warnings"))[0]
    assert said(live.lines("KOR", "warnings"))[-1][1] == "all_clear"
    for nation in NATIONS:
        assert checkers.broken_chains(live.lines(nation, "warnings")) == []
    named = [
        {area["id"] for line in each.lines("KOR", "warnings") for area in line["areas"]}
        for each in (live, short)
    ]
    assert named[0] == named[1]
    assert live.lines("JPN", "warnings") == live.lines("USA", "warnings") == []


def test_every_partner_received_each_warning_once(live: Any) -> None:
    issued = live.lines("KOR", "warnings")
    for nation in ("JPN", "USA"):
        received = live.lines(nation, "received")
        assert checkers.undelivered(issued, received) == []
        assert checkers.repeated(received) == []
        assert received == issued


def test_one_missile_is_one_event_of_the_same_name_everywhere(live: Any, short: Any) -> None:
    names = {}
    for nation in NATIONS:
        picture = live.lines(nation, "picture")
        names[nation], wrong = checkers.names_of_objects(picture, live.objects())
        assert wrong == []
        assert checkers.unsound_lines(picture) == []
    assert checkers.differing_names(names) == []
    assert (
        names["JPN"] == checkers.names_of_objects(short.lines("JPN", "picture"), short.objects())[0]
    )


@pytest.mark.parametrize("nation", NATIONS)
def test_nothing_leaves_that_the_agreement_withholds(live: Any, nation: str) -> None:
    sent = live.lines(nation, "sent")
    assert len(sent) > 500
    assert checkers.not_agreed(nation, sent, AGREED) == []
    assert checkers.unlisted_fields(sent) == []
    assert checkers.broken_sequences(sent) == []
    assert checkers.wrong_digests(live.bodies(nation, "sent")) == []


@pytest.mark.parametrize("nation", NATIONS)
def test_every_detection_is_counted_as_withheld(live: Any, short: Any, nation: str) -> None:
    counts = [Counter[str](), Counter[str]()]
    for each, count in zip((live, short), counts, strict=True):
        for line in each.lines(nation, "withheld"):
            count[line["recipient"]] += line["count"]
    assert counts[0] == counts[1]


@pytest.mark.parametrize("nation", NATIONS)
def test_the_journal_is_whole_and_says_what_left(live: Any, signalfire: Any, nation: str) -> None:
    verified = signalfire("journal", "verify", live.folder / nation)
    assert verified.status == 0
    assert verified.out.startswith("whole: ") and "ended cleanly" in verified.out
    explained = signalfire("journal", "explain", live.folder / nation)
    assert explained.status == 0
    assert "withheld from" in explained.out and "x detection: no rule of" in explained.out
    for line in live.lines(nation, "warnings"):
        assert f"{line['id']} {line['status']} at " in explained.out


def test_one_warning_can_be_explained_alone(live: Any, signalfire: Any) -> None:
    ran = signalfire("journal", "explain", live.folder / "KOR", "W-KOR-1-1")
    assert ran.status == 0
    assert "W-KOR-1-1 initial" in ran.out and "W-KOR-1-2" not in ran.out
    assert "KR-44: affected" in ran.out and "witnesses" in ran.out


def test_what_went_over_the_wire_is_signed_and_enveloped(live: Any) -> None:
    """Each node's journal holds the partners' messages as signed bytes, none in plain JSON."""
    kinds: Counter[str] = Counter()
    for entry in entries(live.folder / "JPN" / "journal"):
        if isinstance(entry, InboxEntry):
            for item in entry.items:
                kinds[item.kind.value] += 1
                if item.kind.value == "envelope":
                    with pytest.raises(ValueError, match=r"."):
                        json.loads(item.body)
    assert kinds["envelope"] > 500 and kinds["tick"] > 300 and kinds["detection"] > 100
