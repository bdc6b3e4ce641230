"""Commands that tell: flights, score, journal."""

import json
from typing import Any

import pytest


def test_flights_are_listed_and_chosen_by_name_class_and_year(signalfire: Any) -> None:
    def listed(*words: object) -> list[dict[str, Any]]:
        ran = signalfire("flights", *words, "--format", "json")
        assert ran.status == 0
        return [json.loads(line) for line in ran.out.splitlines()]

    every = listed()
    assert len(every) > 100
    names = [flight["flight"] for flight in listed("--missile", "hwasong-12", "--year", 2017)]
    assert "2017-09-14-hwasong-12" in names
    assert all(name.startswith("2017-") and "hwasong-12" in name for name in names)
    assert 0 < len(listed("--class", "slv")) < len(every)
    assert listed("--year", 1950) == []
    assert signalfire("flights", "--year", 2017).status == 0


def test_a_score_says_how_near_the_truth_each_nation_was(signalfire: Any, short: Any) -> None:
    ran = signalfire("score", short.folder, "--truth", short.truth, "--format", "json")
    assert ran.status == 0, ran.err
    rows = json.loads(ran.out)["rows"]
    assert [row["nation"] for row in rows] == ["JPN", "KOR", "USA"]
    assert {row["name"] for row in rows} == {"short.csv"}
    for row in rows:
        assert row["match_m"] < 10_000.0
    assert signalfire("score", short.folder, "--truth", short.truth).status == 0


def test_a_score_without_its_files_is_wrong_usage(
    signalfire: Any, short: Any, tmp_path: Any
) -> None:
    for words in ((tmp_path, "--truth", short.truth), (short.folder, "--truth", tmp_path / "no")):
        ran = signalfire("score", *words)
        assert ran.status == 2
        assert "Traceback" not in ran.err and ran.err.startswith("signalfire: ")


def test_a_journal_is_shown_line_by_line(signalfire: Any, short: Any) -> None:
    ran = signalfire("journal", "show", short.folder / "KOR", "--limit", 40)
    assert ran.status == 0
    lines = ran.out.splitlines()
    assert 40 <= len(lines) < 400
    assert all(line[:4] == "2017" and line[20:24] for line in lines)
    assert any(" in  detection " in line for line in lines)
    assert any(" out sent " in line for line in lines)


def test_a_journal_explains_each_warning_and_what_was_withheld(signalfire: Any, short: Any) -> None:
    ran = signalfire("journal", "explain", short.folder / "KOR")
    assert ran.status == 0
    for line in short.lines("KOR", "warnings"):
        assert f"{line['id']} {line['status']} at {line['at']}: {line['reason']}" in ran.out
    assert "withheld from JPN: " in ran.out and "withheld from USA: " in ran.out
    quiet = signalfire("journal", "explain", short.folder / "USA")
    assert "no warning was given" in quiet.out


def test_a_warning_that_was_never_given_cannot_be_explained(signalfire: Any, short: Any) -> None:
    ran = signalfire("journal", "explain", short.folder / "KOR", "W-KOR-1-99")
    assert ran.status == 2
    assert "no warning W-KOR-1-99" in ran.err


@pytest.mark.parametrize(
    "words", [["--help"], ["up", "--help"], ["replay", "-h"], ["journal", "-h"]]
)
def test_help_teaches(signalfire: Any, words: list[str]) -> None:
    ran = signalfire(*words)
    assert ran.status == 0
    assert len(ran.out.split()) > 40
