"""``signalfire analyse sharing``: the report it writes, and what it says of wrong files."""

import csv
import math
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from signalfire.analysis.launches import Launch

SMALL = ("--azimuth-step", 180, "--kind", "SRBM 300")


@pytest.fixture(scope="module")
def sites(tmp_path_factory: Any) -> Path:
    path = tmp_path_factory.mktemp("sites") / "sites.csv"
    path.write_text("name,lat_deg,lon_deg\nplain <east>,39.2,125.7\ncoast,39.4,127.5\n")
    return Path(path)


@pytest.fixture(scope="module")
def report(signalfire: Any, sites: Path, tmp_path_factory: Any) -> Path:
    out = tmp_path_factory.mktemp("report") / "deep" / "report"
    ran = signalfire("analyse", "sharing", "--sites", sites, *SMALL, "--out", out)
    assert ran.status == 0, ran.err
    assert "4 launches" in ran.out and all(n in ran.out for n in ("JPN", "KOR", "USA"))
    return Path(out)


def test_the_report_has_a_row_for_each_launch_nation_and_set_of_partners(report: Path) -> None:
    with (report / "sharing.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * 2 * 3 * 4
    assert {row["partners"] for row in rows if row["nation"] == "JPN"} == {
        "", "KOR", "USA", "KOR+USA",
    }  # fmt: skip
    for row in rows:
        times = [float(row[f"known_{km}_km_s"] or math.inf) for km in (20, 10, 5, 1)]
        assert times == sorted(times) and times[0] >= float(row["burnout_s"])
        assert {row["azimuth_deg"] for row in rows} == {"0", "180"}


def test_the_drawings_are_whole_and_the_page_holds_them(report: Path) -> None:
    page = (report / "index.html").read_text()
    drawings = sorted(path.name for path in report.glob("*.svg"))
    assert drawings == ["gain-JPN.svg", "gain-KOR.svg", "gain-USA.svg", "known.svg", "parts.svg"]
    for name in drawings:
        text = (report / name).read_text()
        ElementTree.fromstring(text)
        assert text in page
    assert "<script" not in page and "plain &lt;east&gt;" in page and "<east>" not in page


def test_a_second_run_takes_the_place_of_the_first(
    signalfire: Any, report: Path, sites: Path
) -> None:
    before = {path.name: path.read_bytes() for path in report.iterdir()}
    (report / "notes.txt").write_text("mine")
    (report / "gain-AUS.svg").write_text("of a nation that is no more")
    ran = signalfire("analyse", "sharing", "--sites", sites, *SMALL, "--out", report)
    assert ran.status == 0
    after = {path.name: path.read_bytes() for path in report.iterdir()}
    assert after == {**before, "notes.txt": b"mine"}


def test_an_agreement_says_what_is_given(signalfire: Any, sites: Path, tmp_path: Path) -> None:
    agreement = tmp_path / "one-way.toml"
    agreement.write_text(
        """format = 1
name = "one-way"
version = 1
valid = ["2001-01-01T00:00:00Z", "2002-01-01T00:00:00Z"]
parties = ["JPN", "KOR"]

[[share]]
from = "KOR"
to = ["JPN"]
kinds = ["track", "event"]
form = "coarse"
round_position_m = 2000.0
round_time_s = 1.0
"""
    )
    ran = signalfire(
        "analyse", "sharing", "--sites", sites, *SMALL, "--agreement", agreement,
        "--out", tmp_path / "out",
    )  # fmt: skip
    assert ran.status == 0, ran.err
    assert "one-way@1" in ran.out
    with (tmp_path / "out" / "sharing.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {(row["nation"], row["partners"]) for row in rows} == {
        ("JPN", ""), ("JPN", "KOR"), ("KOR", ""), ("USA", ""),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--sensors", "no-such.toml"), "no such file"),
        (("--agreement", "no-such.toml"), "no such file"),
        (("--sites", "no-such.csv"), "no such file"),
        (("--kind", "balloon"), "SRBM 300 km"),
        (("--azimuth-step", "0"), "azimuth-step"),
        (("--threshold-km", "nothing"), "threshold-km"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_paragraph(
    signalfire: Any, tmp_path: Path, words: tuple[str, str], said: str
) -> None:
    ran = signalfire("analyse", "sharing", *words, "--out", tmp_path / "out")
    assert ran.status == 2
    assert said in ran.err and "Traceback" not in ran.err
    assert not (tmp_path / "out").exists()


def test_a_file_in_the_way_of_the_folder_is_named(
    signalfire: Any, sites: Path, tmp_path: Path
) -> None:
    (tmp_path / "out").write_text("")
    ran = signalfire("analyse", "sharing", "--sites", sites, *SMALL, "--out", tmp_path / "out")
    assert ran.status == 2 and "a file is in the way" in ran.err


def test_ctrl_c_ends_it_and_writes_nothing(
    signalfire: Any, sites: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(launch: Launch) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Launch, "fly", interrupted)
    out = tmp_path / "out"
    ran = signalfire("analyse", "sharing", "--sites", sites, *SMALL, "--out", out)
    assert ran.status == 0 and "Traceback" not in ran.err
    assert list(out.iterdir()) == []


def test_sensors_of_one_nation_are_refused(signalfire: Any, tmp_path: Path) -> None:
    sensors = tmp_path / "sensors.toml"
    sensors.write_text(
        """format = 1
name = "one"
[[sensor]]
id = "A"
nation = "KOR"
kind = "radar"
path = "a"
lat_deg = 37.0
lon_deg = 127.0
alt_m = 0.0
range_max_m = 500000.0
period_s = 1.0
sigma = { range_m = 50.0, azimuth_rad = 0.001, elevation_rad = 0.001 }
"""
    )
    ran = signalfire("analyse", "sharing", "--sensors", sensors, "--out", tmp_path / "out")
    assert ran.status == 2 and "KOR alone" in ran.err
