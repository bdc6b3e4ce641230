"""Many objects at once, and what is no missile: one missile, one event, and nothing else any."""

import csv
import io
import json
import math
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from signalfire.basis.utc import instant_from_utc
from signalfire.cli.assemble import load_sensors
from signalfire.cli.scenarios import packaged_agreement, packaged_sensors
from signalfire.picture.detection import SensorKind
from signalfire.sim import checkers
from signalfire.sim.truth import read_truth
from signalfire.space.geodesy import Geodetic, destination

NATIONS = ("JPN", "KOR", "USA")
EXERCISES = Path(__file__).resolve().parents[2] / "exercises"
START = "2017-03-05T22:33:30Z"


def decoded(bodies: list[bytes]) -> list[dict[str, Any]]:
    return [json.loads(body) for body in bodies]


def test_four_missiles_in_one_minute_are_four_events_of_the_same_names_everywhere(
    signalfire: Any, stage: Any, tmp_path: Path
) -> None:
    recording, truth = tmp_path / "detections.jsonl", tmp_path / "truth.csv"
    scenario = EXERCISES / "volley-2017-03-05.toml"
    ran = signalfire("simulate", scenario, "--out", recording, "--truth", truth)
    assert ran.status == 0
    until = instant_from_utc("2017-03-05T22:38:00Z")
    told = stage().play(recording.read_bytes().splitlines(), until=until)
    objects = read_truth(truth.read_text())
    assert len(objects) == 4
    names = {}
    for nation in NATIONS:
        picture = decoded(told.lines[nation, "picture"])
        names[nation], wrong = checkers.names_of_objects(picture, objects)
        assert wrong == []
        last = picture[-1]["at"]
        alive = {line["event"] for line in picture if line["at"] == last}
        assert len(alive) == 4
        superseded = [line for line in picture if line["superseded_by"] is not None]
        assert {line["superseded_by"] for line in superseded} <= {*names[nation].values()}
    assert checkers.differing_names(names) == []
    assert len(set(names["JPN"].values())) == 4


def test_late_lines_out_of_order_and_repeats_change_no_count(
    short: Any, signalfire: Any, stage: Any
) -> None:
    """Each line up to 20 s late, every fifth one twice."""
    chance = random.Random(7)
    lines = short.recording.read_bytes().splitlines()
    first = instant_from_utc(json.loads(lines[0])["received_at"])

    def arrival_s(line: bytes) -> float:
        at = instant_from_utc(json.loads(line)["received_at"])
        return at.elapsed_s(since=first) + chance.uniform(0.0, 20.0)

    late = sorted(lines, key=arrival_s)
    late = [line for place, line in enumerate(late) for _ in range(2 if place % 5 == 0 else 1)]
    assert late != lines
    told = stage().play(late)
    assert told.refused == 0
    for nation in NATIONS:
        picture = decoded(told.lines[nation, "picture"])
        names, wrong = checkers.names_of_objects(picture, short.objects())
        assert wrong == [], nation
        assert len(names) == 1
        assert picture[-1]["event"] == names["short.csv"]
    warnings = decoded(told.lines["KOR", "warnings"])
    assert checkers.broken_chains(warnings) == []
    areas = {area["id"] for line in warnings for area in line["areas"]}
    assert "KR-44" in areas
    assert warnings[-1]["status"] == "all_clear"


def path_csv(rows: list[tuple[float, Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["t_s", "x_ecef_m", "y_ecef_m", "z_ecef_m"])
    for t_s, place in rows:
        writer.writerow([f"{t_s:.3f}", *(f"{value:.3f}" for value in place)])
    return text.getvalue()


def aircraft() -> str:
    """A fast jet at 11 km, 300 m/s, from the Yellow Sea across Korea to Japan."""
    start = Geodetic.from_degrees(37.0, 125.5)
    rows = []
    for t_s in range(0, 301, 5):
        along = destination(start, azimuth_rad=math.radians(100.0), distance_m=300.0 * t_s)
        height_m = 11_000.0 + 300.0 * math.sin(t_s / 40.0)
        rows.append((t_s, Geodetic(along.latitude_rad, along.longitude_rad, height_m).ecef_m()))
    return path_csv(rows)


def satellite() -> str:
    """A circular orbit at 500 km, inclined, over the Sea of Japan; Earth-fixed axes."""
    radius_m, turn_rad_s = 6_878_137.0, 7.292115e-5
    rate_rad_s = math.sqrt(3.986004418e14 / radius_m**3)
    tilt = math.radians(51.6)
    node = math.radians(127.0)
    rows = []
    for t_s in range(0, 301, 5):
        angle = math.radians(40.0) + rate_rad_s * (t_s - 150.0)
        in_plane = np.array([math.cos(angle), math.sin(angle)]) * radius_m
        x, y, z = in_plane[0], in_plane[1] * math.cos(tilt), in_plane[1] * math.sin(tilt)
        turn = node - math.radians(32.0) - turn_rad_s * t_s
        rows.append(
            (
                t_s,
                (
                    x * math.cos(turn) - y * math.sin(turn),
                    x * math.sin(turn) + y * math.cos(turn),
                    z,
                ),
            )
        )
    return path_csv(rows)


@pytest.mark.parametrize("kind", [aircraft, satellite])
def test_aircraft_and_satellites_raise_no_event(
    kind: Any, signalfire: Any, stage: Any, tmp_path: Path
) -> None:
    (tmp_path / "path.csv").write_text(kind())
    scenario = tmp_path / "quiet.toml"
    scenario.write_text(
        f"""format = 1
realm = "test:quiet"
start = "{START}"
sensors = "{packaged_sensors()}"
[[object]]
truth = "path.csv"
lift_off = "{START}"
"""
    )
    recording = tmp_path / "detections.jsonl"
    ran = signalfire("simulate", scenario, "--out", recording)
    assert ran.status == 0, ran.err
    lines = recording.read_bytes().splitlines()
    assert len(lines) > 100
    told = stage().play(lines)
    assert told.refused == 0
    for nation in NATIONS:
        assert told.lines[nation, "picture"] == []
        assert told.lines[nation, "warnings"] == []


def test_false_plots_alone_raise_no_event(stage: Any) -> None:
    """Radars of every nation report noise, twice a second, for two minutes."""
    chance = random.Random(11)
    radars = [s for s in load_sensors(packaged_sensors()) if s.kind is SensorKind.RADAR]
    fixed = [str(s.sensor) for s in radars if s.site_ecef_m is not None]
    lines = []
    for tick in range(240):
        at = f"2017-03-05T22:{33 + tick // 120:02d}:{tick // 2 % 60:02d}.{tick % 2 * 5}00Z"
        for sensor in fixed[::3]:
            lines.append(
                {
                    "sensor": sensor, "observed_at": at, "received_at": at,
                    "range_m": chance.uniform(60e3, 450e3), "range_rate_m_s": None,
                    "azimuth_rad": chance.uniform(0.0, 6.28),
                    "elevation_rad": chance.uniform(0.05, 1.2),
                    "sigma": {"range_m": 50.0, "azimuth_rad": 0.001, "elevation_rad": 0.001},
                }
            )  # fmt: skip
    told = stage().play([json.dumps(line).encode() for line in lines])
    assert told.refused == 0 and len(lines) > 1_000
    for nation in NATIONS:
        assert told.lines[nation, "picture"] == []


def test_an_agreement_of_events_only_ends_as_any_other(
    short: Any, stage: Any, tmp_path: Path
) -> None:
    """Partners hear of the event and see no track; the play comes to an end all the same."""
    text = packaged_agreement().read_text().replace('form = "full"', 'form = "event_only"')
    path = tmp_path / "events.toml"
    path.write_text(text)
    lines = short.recording.read_bytes().splitlines()
    korean = [line for line in lines if b'"GP-' in line or b'"SPY1-KR' in line]
    told = stage(path).play(korean)
    assert decoded(told.lines["KOR", "warnings"])[-1]["status"] == "all_clear"
    japanese = decoded(told.lines["JPN", "picture"])
    assert {line["view"] for line in japanese} >= {"national:KOR"}
    assert checkers.unsound_lines(japanese) == []
    for line in decoded(told.lines["KOR", "sent"]):
        assert line["kind"] != "track"
        assert line["kind"] != "event" or line["content"]["state"] is None
