"""Recordings, files, options with trouble: one clear paragraph, the right status, nothing half."""

import json
import re
import socket
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from signalfire.basis.identity import NationId
from signalfire.cli.scenarios import packaged_agreement, packaged_sensors
from signalfire.rim.keys import new_root, sign_agreement, write_trust_file

Replay = Callable[..., Any]


@pytest.fixture(scope="module")
def quiet(hokkaido_recording: Path) -> list[bytes]:
    """The first lines of a recording, in which there is no event yet."""
    return hokkaido_recording.read_bytes().splitlines()[:12]


@pytest.fixture
def replay(signalfire: Any, tmp_path: Path) -> Replay:
    """Replays lines with the packaged files, unless others are named."""

    def run(lines: list[bytes] | Path, **other: Any) -> Any:
        recording = lines
        if not isinstance(lines, Path):
            recording = tmp_path / "detections.jsonl"
            recording.write_bytes(b"".join(line + b"\n" for line in lines))
        files = {
            "sensors": packaged_sensors(),
            "agreement": packaged_agreement(),
            "out": tmp_path / "out",
            **other,
        }
        words = [word for name, value in files.items() for word in (f"--{name}", value)]
        return signalfire("replay", recording, *words)

    return run


def is_one_paragraph(text: str) -> bool:
    return text.startswith("signalfire: ") and "\n" not in text.strip() and len(text) < 500


def refused(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "refused.jsonl").read_text().splitlines()]


def changed(line: bytes, **fields: Any) -> bytes:
    return json.dumps({**json.loads(line), **fields}).encode()


def without(line: bytes, name: str) -> bytes:
    fields = json.loads(line)
    del fields[name]
    return json.dumps(fields).encode()


def test_each_bad_line_is_refused_by_number_and_the_rest_plays(
    replay: Replay, quiet: list[bytes], tmp_path: Path
) -> None:
    bad = {
        2: (b"{not json", None),
        4: (changed(quiet[0], sensor="NOBODY"), "sensor"),
        5: (without(quiet[0], "range_m"), "range_m"),
        7: (changed(quiet[0], range_m="far"), "range_m"),
        9: (quiet[0].replace(b'"range_m":', b'"range_m":NaN,"range_n":'), None),
        10: (changed(quiet[0], observed_at="yesterday"), "observed_at"),
        12: (b'\xff\xfe{"sensor":1}', None),
        13: (changed(quiet[0], colour="red"), "colour"),
        14: (b"[" * 5_000, None),
        15: (b"x" * 20_000, None),
    }
    lines = list(quiet)
    for number, (line, _) in sorted(bad.items()):
        lines.insert(number - 1, line)
    ran = replay(lines)
    assert ran.status == 0, ran.err
    assert f"{len(quiet)} lines played, {len(bad)} refused, 0 repeats" in ran.err
    rows = refused(tmp_path / "out")
    assert [row["line"] for row in rows] == sorted(bad)
    for row in rows:
        assert set(row) == {"line", "sensor", "field", "reason"}
        assert row["reason"]
        expected = bad[row["line"]][1]
        assert expected is None or row["field"] == expected, row


def test_a_recording_of_bad_lines_alone_is_refused_and_leaves_nothing(
    replay: Replay, quiet: list[bytes], tmp_path: Path
) -> None:
    ran = replay([changed(line, sensor="NOBODY") for line in quiet])
    assert ran.status == 2
    assert is_one_paragraph(ran.err) and "all 12 lines refused" in ran.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("lines", [[], [b"", b"   "]])
def test_an_empty_recording_is_refused(replay: Replay, tmp_path: Path, lines: list[bytes]) -> None:
    ran = replay(lines)
    assert ran.status == 2
    assert is_one_paragraph(ran.err) and "no line in it" in ran.err
    assert not (tmp_path / "out").exists()


def test_a_line_a_minute_ahead_is_refused_and_does_not_move_the_clock(
    replay: Replay, quiet: list[bytes], tmp_path: Path
) -> None:
    ahead = changed(
        quiet[3], observed_at="2017-09-14T21:59:30.000Z", received_at="2017-09-14T21:59:30.000Z"
    )
    ran = replay([*quiet[:4], ahead, *quiet[4:]])
    assert ran.status == 0
    assert "12 lines played, 1 refused" in ran.err
    [row] = refused(tmp_path / "out")
    assert (row["line"], row["field"]) == (5, "received_at")
    links = (tmp_path / "out" / "KOR" / "links.jsonl").read_text().splitlines()
    assert json.loads(links[-1])["at"] < "2017-09-14T21:58:30.000Z"


def test_a_line_that_is_late_by_an_hour_takes_no_other_line_with_it(
    replay: Replay, quiet: list[bytes], tmp_path: Path
) -> None:
    late = changed(quiet[3], received_at="2017-09-14T20:57:30.000Z")
    ran = replay([*quiet[:4], late, *quiet[4:]])
    assert ran.status == 0
    assert "13 lines played, 0 refused" in ran.err
    assert refused(tmp_path / "out") == []


def test_a_sensor_whose_clock_has_stopped_is_named_at_the_end(
    replay: Replay, quiet: list[bytes]
) -> None:
    """Its lines can be read, and no tracker can use them: nobody else would say so."""
    stopped = [changed(line, observed_at="2017-09-14T20:57:30.000Z") for line in quiet[6:]]
    ran = replay([*quiet[:6], *stopped])
    assert ran.status == 0
    assert f"{len(quiet)} lines played, 0 refused" in ran.err
    told = re.findall(r"(\S+): (\d+) of its lines tell the tracker nothing \(late\)", ran.err)
    sensors = Counter(json.loads(line)["sensor"] for line in stopped)
    assert {name: int(many) for name, many in told} == sensors


def test_exact_repeats_are_counted_and_not_refused(
    replay: Replay, quiet: list[bytes], tmp_path: Path
) -> None:
    ran = replay([line for line in quiet for _ in range(3)])
    assert ran.status == 0
    assert "36 lines played, 0 refused, 24 repeats" in ran.err
    assert refused(tmp_path / "out") == []


def test_a_nation_outside_the_agreement_shares_nothing_and_is_named(
    replay: Replay, quiet: list[bytes], tmp_path: Path
) -> None:
    sensors = tmp_path / "sensors.toml"
    text = packaged_sensors().read_text()
    sensors.write_text(text.replace('nation = "KOR"', 'nation = "AUS"'))
    ran = replay(quiet, sensors=sensors)
    assert ran.status == 0
    assert "AUS is no party to the agreement: it shares and receives nothing" in ran.err
    out = tmp_path / "out"
    assert {path.name for path in out.iterdir()} == {"AUS", "JPN", "KOR", "USA", "refused.jsonl"}
    assert (out / "AUS" / "sent.jsonl").read_bytes() == b""
    assert (out / "AUS" / "received.jsonl").read_bytes() == b""
    for nation in ("JPN", "KOR", "USA"):
        assert b"AUS" not in (out / nation / "sent.jsonl").read_bytes()


@pytest.mark.parametrize(
    ("valid", "what"),
    [
        ('["2003-12-19T00:00:00Z", "2013-12-19T00:00:00Z"]', "expired at 2013-12-19"),
        ('["2093-12-19T00:00:00Z", "2094-12-19T00:00:00Z"]', "valid only from 2093-12-19"),
    ],
)
def test_an_agreement_that_is_not_in_force_is_refused(
    replay: Replay, quiet: list[bytes], tmp_path: Path, valid: str, what: str
) -> None:
    lines = packaged_agreement().read_text().splitlines()
    text = "\n".join(f"valid = {valid}" if x.startswith("valid =") else x for x in lines)
    agreement = tmp_path / "old.toml"
    agreement.write_text(text)
    ran = replay(quiet, agreement=agreement)
    assert ran.status == 2
    assert is_one_paragraph(ran.err) and what in ran.err
    assert not (tmp_path / "out").exists()


def signed_agreement(folder: Path) -> Path:
    folder.mkdir()
    agreement = folder / "trilateral.toml"
    agreement.write_bytes(packaged_agreement().read_bytes())
    nations = [NationId(nation) for nation in ("JPN", "KOR", "USA")]
    roots = {nation: new_root(folder, nation) for nation in nations}
    for nation, root in roots.items():
        sign_agreement(agreement, nation, root)
    write_trust_file(folder / "trust.toml", {n: root.public_key() for n, root in roots.items()})
    return agreement


def test_a_fully_signed_agreement_needs_no_notice(
    replay: Replay, quiet: list[bytes], tmp_path: Path
) -> None:
    ran = replay(quiet, agreement=signed_agreement(tmp_path / "signed"))
    assert ran.status == 0
    assert "not signed" not in ran.err


def test_an_unsigned_agreement_is_used_and_that_is_said(replay: Replay, quiet: list[bytes]) -> None:
    ran = replay(quiet)
    assert ran.status == 0
    assert "trilateral@3 is not signed by JPN, KOR, USA" in ran.err


def test_an_agreement_that_was_changed_after_signing_is_refused(
    replay: Replay, quiet: list[bytes], tmp_path: Path
) -> None:
    agreement = signed_agreement(tmp_path / "signed")
    agreement.write_bytes(agreement.read_bytes() + b"# one word more\n")
    ran = replay(quiet, agreement=agreement)
    assert ran.status == 2
    assert is_one_paragraph(ran.err) and "signature of JPN, KOR, USA does not hold" in ran.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("option", ["detections", "sensors", "agreement"])
def test_a_missing_file_and_a_folder_in_its_place_are_named(
    replay: Replay, quiet: list[bytes], tmp_path: Path, option: str
) -> None:
    for path in (tmp_path / "nowhere.toml", tmp_path):
        ran = replay(path) if option == "detections" else replay(quiet, **{option: path})
        assert ran.status == 2
        assert is_one_paragraph(ran.err) and str(path) in ran.err
        assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("option", ["sensors", "agreement"])
@pytest.mark.parametrize("content", [b"\xff\xfe", b"format = ", b"format = 99\n", b"", b"x = 1"])
def test_a_file_of_another_form_is_refused(
    replay: Replay, quiet: list[bytes], tmp_path: Path, option: str, content: bytes
) -> None:
    path = tmp_path / "odd.toml"
    path.write_bytes(content)
    ran = replay(quiet, **{option: path})
    assert ran.status == 2
    assert is_one_paragraph(ran.err)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("place", ["file/below", "/proc/nothing/below"])
def test_a_folder_that_cannot_be_written_into_is_named(
    replay: Replay, quiet: list[bytes], tmp_path: Path, place: str
) -> None:
    (tmp_path / "file").write_text("a file")
    ran = replay(quiet, out=tmp_path / place)
    assert ran.status == 2
    assert is_one_paragraph(ran.err) and place in ran.err


def test_a_folder_with_other_files_is_left_alone(
    replay: Replay, quiet: list[bytes], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "thesis.txt").write_text("years of work")
    ran = replay(quiet)
    assert ran.status == 2
    assert is_one_paragraph(ran.err) and "holds other files" in ran.err
    assert [path.name for path in out.iterdir()] == ["thesis.txt"]


def test_a_second_replay_replaces_the_first(
    replay: Replay, quiet: list[bytes], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert replay([*quiet, b"{"]).status == 0
    first = {path: path.read_bytes() for path in out.rglob("*.jsonl")}
    (out / "notes.txt").write_text("mine")
    assert replay(quiet[:6]).status == 0
    assert (out / "notes.txt").read_text() == "mine"
    assert refused(out) == []
    assert {path: path.read_bytes() for path in out.rglob("*.jsonl")} != first
    assert replay([*quiet, b"{"]).status == 0
    assert {path: path.read_bytes() for path in out.rglob("*.jsonl")} == first


def test_a_failed_replay_leaves_the_records_of_the_last_one(
    replay: Replay, quiet: list[bytes], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert replay(quiet).status == 0
    first = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert replay([b"{"]).status == 2
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == first


def test_what_a_killed_replay_left_is_no_other_file(
    replay: Replay, quiet: list[bytes], tmp_path: Path
) -> None:
    half = tmp_path / "out" / ".unfinished" / "KOR"
    half.mkdir(parents=True)
    (half / "picture.jsonl").write_text("{half a line")
    ran = replay(quiet)
    assert ran.status == 0
    assert not (tmp_path / "out" / ".unfinished").exists()


@pytest.mark.parametrize("realm", ["live", "exercise", "test:", "LIVE", "test:a b"])
def test_a_realm_that_is_live_or_none_is_refused(
    replay: Replay, quiet: list[bytes], tmp_path: Path, realm: str
) -> None:
    ran = replay(quiet, realm=realm)
    assert ran.status == 2
    assert is_one_paragraph(ran.err) and "test:<id>" in ran.err
    assert not (tmp_path / "out").exists()


def test_the_realm_is_made_of_the_files_name(
    replay: Replay, short: Any, quiet: list[bytes], tmp_path: Path
) -> None:
    assert {line["realm"] for line in short.lines("KOR", "warnings")} == {"test:detections.jsonl"}
    odd = tmp_path / "aufnahme zwei 二.jsonl"
    odd.write_bytes(b"\n".join(quiet))
    assert replay(odd).status == 0
    assert replay(quiet, realm="exercise:mine").status == 0


# Other commands.


def test_a_wrong_flight_is_refused_with_the_nearest_ones(signalfire: Any, tmp_path: Path) -> None:
    ran = signalfire("up", "--flight", "2017-09-14-hwasong-13", "--out", tmp_path / "run")
    assert ran.status == 2
    assert is_one_paragraph(ran.err)
    assert "did you mean" in ran.err and "2017-09-14-hwasong-12" in ran.err
    assert not (tmp_path / "run").exists()


def test_flight_and_scenario_together_are_wrong_usage(
    signalfire: Any, short_scenario: Path, tmp_path: Path
) -> None:
    ran = signalfire(
        "up", "--flight", "2017-09-14-hwasong-12", "--scenario", short_scenario,
        "--out", tmp_path / "run",
    )  # fmt: skip
    assert ran.status == 2
    assert "not both" in ran.err and "Traceback" not in ran.err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("speed", ["0", "-1", "fast", "nan", "inf", "1001"])
def test_a_speed_that_is_none_is_wrong_usage(signalfire: Any, speed: str) -> None:
    ran = signalfire("up", "--headless", f"--speed={speed}")
    assert ran.status == 2
    assert "max" in ran.err and "Traceback" not in ran.err


@pytest.mark.parametrize(
    "words", [["fly"], ["replay"], ["replay", "x.jsonl"], ["up", "--port", "99999"], ["journal"]]
)
def test_wrong_usage_has_status_2(signalfire: Any, words: list[str]) -> None:
    ran = signalfire(*words)
    assert ran.status == 2
    assert "Traceback" not in ran.err


def test_a_live_scenario_is_refused(signalfire: Any, short_scenario: Path, tmp_path: Path) -> None:
    scenario = tmp_path / "live.toml"
    scenario.write_text(short_scenario.read_text().replace("exercise:short", "live"))
    for command in (
        ["simulate", scenario, "--out", tmp_path / "d.jsonl"],
        ["up", "--scenario", scenario, "--headless", "--out", tmp_path / "run"],
    ):
        ran = signalfire(*command)
        assert ran.status == 2
        assert is_one_paragraph(ran.err) and "live" in ran.err
    assert not (tmp_path / "d.jsonl").exists() and not (tmp_path / "run").exists()


def test_simulate_into_a_folder_that_is_not_there_leaves_nothing(
    signalfire: Any, short_scenario: Path, tmp_path: Path
) -> None:
    ran = signalfire(
        "simulate", short_scenario, "--out", tmp_path / "a" / "d.jsonl",
        "--truth", tmp_path / "t.csv",
    )  # fmt: skip
    assert ran.status in (1, 2)
    assert "Traceback" not in ran.err and str(tmp_path / "a") in ran.err


def test_a_journal_that_was_touched_does_not_verify(
    replay: Replay, signalfire: Any, quiet: list[bytes], tmp_path: Path
) -> None:
    assert replay(quiet).status == 0
    nation = tmp_path / "out" / "KOR"
    assert signalfire("journal", "verify", nation).status == 0
    [segment] = (nation / "journal").glob("*.sfj")
    content = bytearray(segment.read_bytes())
    content[len(content) // 2] ^= 1
    segment.write_bytes(bytes(content))
    ran = signalfire("journal", "verify", nation)
    assert ran.status == 1
    assert "NOT WHOLE" in ran.out and segment.name in ran.out


def test_a_journal_that_is_not_there_is_named(signalfire: Any, tmp_path: Path) -> None:
    for command in ("verify", "show", "explain"):
        ran = signalfire("journal", command, tmp_path)
        assert ran.status == 2
        assert is_one_paragraph(ran.err) and "holds no journal" in ran.err


def test_the_ports_of_a_run_are_named_when_they_are_taken(
    signalfire: Any, short_scenario: Path, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        words = ["--scenario", short_scenario, "--headless", "--port", port - 2]
        ran = signalfire("up", *words, "--out", tmp_path / "run")
    assert ran.status == 2
    assert f"port {port} (page of KOR)" in ran.err and "--port" in ran.err
    assert "Traceback" not in ran.err
