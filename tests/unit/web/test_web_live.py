"""The live picture: latest wins for the picture, nothing is lost of the warnings."""

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalfire.basis.errors import Malformed, Unavailable
from signalfire.basis.limits import EVENTS_SHOWN_MAX, VIEWERS_MAX
from signalfire.web.board import TRAIL_PART_POINTS, Board
from signalfire.web.live import LivePicture

NOW_NS = 1_505_426_257_000_000_000


def view(event: str = "E-KOR-1-1", view: str = "common", **changes: Any) -> dict[str, Any]:
    usual = {
        "event": event,
        "at": "2017-09-14T22:00:00Z",
        "view": view,
        "from": ["KOR"],
        "phase": "ballistic",
        "class": {"IRBM": 1.0},
        "state": None,
        "launch": {"unknown": "early"},
        "impact": {"unknown": "early"},
        "observed_fraction": 0.1,
        "witnesses": 1,
    }
    return {**usual, **changes}


def moving(second: int, fraction: float | None = None) -> dict[str, Any]:
    at = f"2017-09-14T22:{second // 60:02d}:{second % 60:02d}Z"
    state = {
        "valid_at": at,
        "position_ecef_m": [-3_000_000.0, 4_000_000.0, 4_300_000.0 + 100.0 * second],
        "velocity_ecef_m_s": [0.0, 0.0, 100.0],
    }
    seen = second / 1000 if fraction is None else fraction
    return view(at=at, state=state, observed_fraction=seen)


def warning(number: int) -> dict[str, Any]:
    return {"id": f"W-JPN-1-{number}", "status": "initial", "at": "2017-09-14T22:00:00Z"}


class Screen:
    """What a page keeps, by the same rules: snapshot, deltas by number, ask when one is missing."""

    def __init__(self) -> None:
        self.objects: dict[str, Any] = {}
        self.sequence: int | None = None

    def take(self, frame: bytes) -> bool:
        given = json.loads(frame)
        if given["type"] == "snapshot":
            self.objects = {}
        elif self.sequence is None or given["sequence"] != self.sequence + 1:
            return False
        self.sequence = given["sequence"]
        self.objects |= given["set"]
        for key in given["gone"]:
            self.objects.pop(key, None)
        return True


def whole(live: LivePicture) -> Any:
    with live.viewer() as fresh:
        return json.loads(live.next_frame(fresh))["set"]


steps = st.lists(
    st.one_of(
        st.tuples(st.just("line"), st.integers(0, 3), st.sampled_from(["common", "national:KOR"])),
        st.tuples(st.just("links"), st.integers(0, 2), st.just("")),
        st.tuples(st.just("gone"), st.integers(0, 3), st.just("")),
        st.tuples(st.just("frame"), st.booleans(), st.just("")),
    ),
    max_size=30,
)


@given(steps=steps)
def test_a_screen_ends_with_the_whole_picture_whatever_frames_it_misses(steps: list[Any]) -> None:
    live = LivePicture(run="r")
    screen = Screen()
    with live.viewer() as viewer:
        for number, (what, detail, name) in enumerate(steps):
            if what == "line":
                changed = {**moving(number), "event": f"E-{detail}", "view": name}
                live.publish(NOW_NS + number, "JPN", "picture", changed)
            elif what == "links":
                live.publish(NOW_NS, "JPN", "links", {"partner": f"P{detail}", "state": "up"})
            elif what == "gone":
                live.merge({f"KOR/view/{detail}/common": {"kind": "view"}})
                live.merge({}, [f"KOR/view/{detail - 1}/common"])
            else:
                frame = live.next_frame(viewer)
                if detail and not screen.take(frame):
                    live.resend(viewer)
        if not screen.take(live.next_frame(viewer)):
            live.resend(viewer)
            assert screen.take(live.next_frame(viewer))
    assert screen.objects == whole(live)


def test_a_full_part_of_a_trail_is_sent_once() -> None:
    live = LivePicture()
    with live.viewer() as viewer:
        live.next_frame(viewer)
        sent: list[str] = []
        for second in range(3 * TRAIL_PART_POINTS):
            live.publish(NOW_NS, "JPN", "picture", moving(second))
            if second % 10 == 9:
                sent += json.loads(live.next_frame(viewer))["set"]
        firsts = [key for key in sent if key.endswith("common/0")]
    assert len(firsts) == TRAIL_PART_POINTS // 10


def test_a_trail_thins_out_and_stays_bounded() -> None:
    board = Board()
    for second in range(0, 4000):
        board.take("JPN", "picture", moving(second % 3600 + 0, fraction=second / 4000))
    points = sum(
        len(json.loads(board.encoded(key) or b"{}")["points"])
        for key in board.shown()
        if "/trail/" in key
    )
    assert 300 < points < 900


def test_points_without_new_observation_are_marked() -> None:
    board = Board()
    for second, fraction in ((0, 0.1), (2, 0.2), (4, 0.2), (6, 0.3)):
        board.take("JPN", "picture", moving(second, fraction))
    trail = json.loads(board.encoded("JPN/trail/E-KOR-1-1/common/0") or b"")
    assert [point[4] for point in trail["points"]] == [1, 1, 0, 1]
    shown = json.loads(board.encoded("JPN/view/E-KOR-1-1/common") or b"")
    assert shown["is_observed"] is True and shown["observed_at"] == "2017-09-14T22:00:06Z"


def test_old_events_make_room_and_over_ones_go_first() -> None:
    live = LivePicture()
    for number in range(EVENTS_SHOWN_MAX):
        phase = "ended" if number == 7 else "ballistic"
        live.publish(NOW_NS, "JPN", "picture", view(event=f"E-{number}", phase=phase))
    live.publish(NOW_NS, "JPN", "picture", view(event="E-new"))
    shown = whole(live)
    assert len(shown) == EVENTS_SHOWN_MAX
    assert "JPN/view/E-7/common" not in shown and "JPN/view/E-0/common" in shown


@pytest.mark.parametrize("missing", ["event", "view", "at", "phase", "class", "impact", "launch"])
def test_a_line_that_cannot_be_drawn_is_refused_and_changes_nothing(missing: str) -> None:
    live = LivePicture()
    line = {name: value for name, value in view().items() if name != missing}
    with pytest.raises(Malformed, match=missing):
        live.publish(NOW_NS, "JPN", "picture", line)
    assert whole(live) == {}


def test_what_was_sent_and_withheld_is_counted_by_kind() -> None:
    live = LivePicture()
    live.publish(NOW_NS, "JPN", "links", {"partner": "USA", "state": "up"})
    for stream, extra in (("sent", {}), ("sent", {}), ("withheld", {"count": 5})):
        live.publish(NOW_NS, "JPN", stream, {"recipient": "USA", "kind": "track", **extra})
    live.publish(NOW_NS, "JPN", "links", {"partner": "USA", "state": "down"})
    link = whole(live)["JPN/link/USA"]
    assert (link["sent"], link["withheld"], link["state"]) == ({"track": 2}, {"track": 5}, "down")


def test_a_relays_snapshot_replaces_one_nation_and_leaves_the_others() -> None:
    live = LivePicture()
    live.merge({"KOR/view/a/common": {"n": 1}, "JPN/view/a/common": {"n": 2}, "KOR/node": {}})
    live.adopt("KOR", {"KOR/view/b/common": {"n": 3}})
    assert set(whole(live)) == {"KOR/view/b/common", "JPN/view/a/common", "KOR/node"}


def test_the_clock_never_goes_back() -> None:
    live = LivePicture()
    live.tick(NOW_NS)
    live.tick(NOW_NS - 10**9)
    assert live.now == "2017-09-14T21:57:00.000Z"


def test_a_warning_told_twice_is_listed_once() -> None:
    live = LivePicture()
    for _ in range(2):
        live.publish(NOW_NS, "JPN", "warnings", warning(1))
    live.publish(NOW_NS, "KOR", "received", warning(1))
    assert [w["nation"] for _, w in live.warnings_since(0)] == ["JPN", "KOR"]


def test_a_reader_that_returns_anywhere_misses_and_repeats_nothing() -> None:
    live = LivePicture()
    for number in range(12):
        live.publish(NOW_NS, "JPN", "warnings", warning(number))

    async def read(start: int, count: int) -> list[int]:
        found = []
        async for entry in live.warnings_from(start):
            if entry is not None:
                found.append(entry[0])
            if len(found) == count:
                break
        return found

    for cut in range(1, 12):
        first = asyncio.run(read(0, cut))
        rest = asyncio.run(read(first[-1] + 1, 12 - cut))
        assert first + rest == list(range(12))


def test_too_many_screens_are_refused_and_leave_when_they_end() -> None:
    live = LivePicture()
    for _ in range(2):
        with pytest.raises(Unavailable, match="screens are open"):
            open_all(live, VIEWERS_MAX + 1)
        assert live.viewer_count == 0


def open_all(live: LivePicture, count: int) -> None:
    if count:
        with live.viewer():
            open_all(live, count - 1)


def test_a_stalled_screen_holds_nobody_up_and_gets_only_the_newest() -> None:
    live = LivePicture()
    with live.viewer() as slow, live.viewer() as quick:
        live.next_frame(slow)
        live.next_frame(quick)
        for second in range(100):
            live.publish(NOW_NS + second, "JPN", "picture", moving(second))
            live.next_frame(quick)
        frame = json.loads(live.next_frame(slow))
    assert frame["sequence"] == 1
    assert frame["set"]["JPN/view/E-KOR-1-1/common"]["at"] == "2017-09-14T22:01:39Z"
