"""Non-interference: what a nation may not have changes nothing of what it is sent."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from signalfire.basis.utc import instant_from_utc
from signalfire.cli.assemble import load_sensors
from signalfire.cli.scenarios import packaged_agreement, packaged_sensors

UNTIL = instant_from_utc("2017-09-14T21:59:45Z")
OWNERS = {str(s.sensor): str(s.nation) for s in load_sensors(packaged_sensors())}


def owner(line: bytes) -> str:
    return OWNERS[json.loads(line)["sensor"]]


def with_heartbeat(lines: Iterable[bytes]) -> list[bytes]:
    """The lines, and a false plot of a Japanese radar each second: no second is then passed over.

    The plots stand all round the radar, so that no track comes of them.
    """
    found = [(json.loads(line)["received_at"], line) for line in lines]
    model = {
        "sensor": "FPS5-SAD", "range_rate_m_s": None, "elevation_rad": 0.5,
        "sigma": {"range_m": 100.0, "azimuth_rad": 0.001, "elevation_rad": 0.001},
    }  # fmt: skip
    for second in range(110):
        minute, of_minute = divmod(second + 30, 60)
        at = f"2017-09-14T21:{57 + minute:02d}:{of_minute:02d}.500Z"
        plot = {
            **model,
            "observed_at": at,
            "received_at": at,
            "azimuth_rad": (2.4 * second) % 6.28,
            "range_m": 60_000.0 + 29_000.0 * (second * 7 % 11),
        }
        found.append((at, json.dumps(plot).encode()))
    return [line for _, line in sorted(found)]


def agreement(folder: Path, *, korea_to: str) -> Path:
    """As the packaged one, but Korea shares with ``korea_to`` only."""
    text = packaged_agreement().read_text()
    path = folder / "apart.toml"
    path.write_text(text.replace('to = ["JPN", "USA"]', f"to = {korea_to}"))
    assert path.read_text() != text
    return path


@pytest.fixture(scope="module")
def lines(hokkaido_recording: Path) -> list[bytes]:
    recorded = hokkaido_recording.read_bytes().splitlines()
    return [x for x in recorded if json.loads(x)["received_at"] < "2017-09-14T21:59:45"]


def test_korean_data_that_japan_may_not_have_changes_no_byte_that_japan_is_sent(
    lines: list[bytes], stage: Any, tmp_path: Path
) -> None:
    """Korea shares with the United States, which see the same missile and share with Japan."""
    world = stage(agreement(tmp_path, korea_to='["USA"]'))
    with_korea = world.play(with_heartbeat(lines), until=UNTIL)
    others = [line for line in lines if owner(line) != "KOR"]
    without = world.play(with_heartbeat(others), until=UNTIL)
    assert len(others) < len(lines) - 50
    assert with_korea.lines["USA", "received"] == without.lines["USA", "received"]
    assert b"E-KOR-1-1" in b"".join(with_korea.lines["USA", "picture"])
    assert len(without.envelopes["JPN"]) > 200
    assert with_korea.envelopes["JPN"] == without.envelopes["JPN"]
    assert with_korea.lines["JPN", "picture"] == without.lines["JPN", "picture"]
    assert b"KOR" not in b"".join(with_korea.lines["JPN", "picture"])


def test_under_the_packaged_agreement_korean_data_do_change_it(
    lines: list[bytes], stage: Any
) -> None:
    """So the comparison can fail."""
    some = lines[:300]
    until = instant_from_utc(json.loads(some[-1])["received_at"])
    told = [
        stage().play(with_heartbeat(chosen), until=until).envelopes["JPN"]
        for chosen in (some, [line for line in some if owner(line) != "KOR"])
    ]
    assert told[0] != told[1]
