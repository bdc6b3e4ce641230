"""The server in somebody's loop, and the relay that follows it."""

import asyncio
import json
import socket
import time
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from signalfire.basis.errors import Unavailable
from signalfire.web.app import loopback_hosts, loopback_origins, make_app
from signalfire.web.live import LivePicture
from signalfire.web.relay import Relay
from signalfire.web.serve import Served, serve

NOW_NS = 1_505_426_257_000_000_000
VIEW: dict[str, Any] = {
    "event": "E-KOR-1-1",
    "at": "2017-09-14T22:00:00Z",
    "view": "common",
    "from": ["KOR"],
    "phase": "ballistic",
    "class": {"IRBM": 1.0},
    "state": None,
    "launch": {"unknown": "early"},
    "impact": {"unknown": "early"},
    "observed_fraction": 0.1,
    "witnesses": 1,
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def start(live: LivePicture, nation: str | None, port: int) -> Served:
    page = make_app(
        live,
        nation=nation,
        realm="test:t",
        allowed_hosts=loopback_hosts(),
        allowed_origins=loopback_origins(port),
    )
    return await serve(page, "127.0.0.1", port)


async def until(holds: Any, within_s: float = 8.0) -> None:
    async with asyncio.timeout(within_s):
        while not holds():
            await asyncio.sleep(0.02)


def warning(number: int) -> dict[str, Any]:
    return {"id": f"W-KOR-1-{number}", "status": "initial", "at": "2017-09-14T22:00:00Z"}


async def read_events(port: int, last: str, count: int) -> list[tuple[str, Any]]:
    """What curl would see: the first events of the list after ``last``."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    asked = f"GET /warnings HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
    writer.write((asked + (f"Last-Event-ID: {last}\r\n" if last else "") + "\r\n").encode())
    found: list[tuple[str, Any]] = []
    name = ""
    while len(found) < count:
        raw = await reader.readline()
        if not raw:
            break
        line = raw.decode().strip()
        if line.startswith("id: "):
            name = line[4:]
        elif line.startswith("data: "):
            found.append((name, json.loads(line[6:])))
    writer.close()
    return found


def test_a_taken_port_is_named_with_the_cure() -> None:
    async def twice() -> None:
        port = free_port()
        first = await start(LivePicture(), "JPN", port)
        try:
            with pytest.raises(Unavailable, match=rf"port {port} .*--port"):
                await start(LivePicture(), "KOR", port)
        finally:
            await first.close()

    asyncio.run(twice())


def test_open_streams_do_not_hold_up_the_end() -> None:
    async def close_with_readers() -> float:
        port = free_port()
        served = await start(LivePicture(), "JPN", port)
        readers = [asyncio.create_task(read_events(port, "", 1)) for _ in range(3)]
        await asyncio.sleep(0.3)
        began_s = time.monotonic()
        await served.close()
        took_s = time.monotonic() - began_s
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)
        return took_s

    assert asyncio.run(close_with_readers()) < 3.0


@pytest.mark.parametrize("origin", [None, "http://evil.example", "http://127.0.0.1:9", "null"])
def test_a_foreign_page_may_not_open_the_picture(origin: str | None) -> None:
    async def refused() -> int:
        port = free_port()
        served = await start(LivePicture(), "JPN", port)
        try:
            with pytest.raises(InvalidStatus) as answer:
                await connect(f"ws://127.0.0.1:{port}/picture", origin=origin, proxy=None)
        finally:
            await served.close()
        return answer.value.response.status_code

    assert asyncio.run(refused()) == 403


def test_the_picture_begins_with_a_snapshot_and_goes_on() -> None:
    async def watch() -> None:
        live = LivePicture(nations=("JPN", "KOR"))
        live.tick(NOW_NS)
        port = free_port()
        served = await start(live, "JPN", port)
        address, origin = f"ws://127.0.0.1:{port}/picture", f"http://127.0.0.1:{port}"
        async with connect(address, origin=origin, proxy=None) as screen:
            first = json.loads(await screen.recv())
            assert (first["type"], first["sequence"]) == ("snapshot", 0)
            assert first["now"] == "2017-09-14T21:57:00.000Z"
            assert first["nations"] == ["JPN", "KOR"]
            second = json.loads(await screen.recv())
            assert (second["type"], second["sequence"], second["set"]) == ("delta", 1, {})
            await screen.send('{"do":"snapshot"}')
            assert "snapshot" in [json.loads(await screen.recv())["type"] for _ in range(2)]
        await until(lambda: live.viewer_count == 0)
        async with connect(address, origin=origin, proxy=None) as rude:
            await rude.send('{"do":"release"}')
            with pytest.raises(ConnectionClosed) as cut:
                for _ in range(5):
                    await rude.recv()
            assert cut.value.rcvd is not None and cut.value.rcvd.code == 1008
        await until(lambda: live.viewer_count == 0)
        await served.close()

    asyncio.run(watch())


def test_a_reader_of_the_list_goes_on_where_it_stopped() -> None:
    async def resume() -> None:
        live = LivePicture(run="run1")
        for number in range(4):
            live.publish(NOW_NS, "KOR", "warnings", warning(number))
        port = free_port()
        served = await start(live, "KOR", port)
        try:
            first = await read_events(port, "", 2)
            assert [name for name, _ in first] == ["run1:0", "run1:1"]
            rest = await read_events(port, first[-1][0], 2)
            assert [event["line"]["id"] for _, event in rest] == ["W-KOR-1-2", "W-KOR-1-3"]
            for other in ("run0:3", "nonsense", "run1:x", "run1:99999999999999999999"):
                assert (await read_events(port, other, 1))[0][0] == "run1:0"
        finally:
            await served.close()

    asyncio.run(resume())


def test_a_relay_shows_two_nations_and_outlives_a_restart_of_one() -> None:
    async def follow() -> None:
        ports = {"KOR": free_port(), "JPN": free_port()}
        nodes = {nation: LivePicture() for nation in ports}
        served = {n: await start(nodes[n], n, ports[n]) for n in ports}
        director = LivePicture(nations=("JPN", "KOR"))
        relays = [Relay(director, n, "127.0.0.1", ports[n]) for n in ports]
        tasks = [asyncio.create_task(relay.run()) for relay in relays]

        def shown() -> Any:
            return json.loads(json.dumps(state_of(director)))["objects"]

        nodes["KOR"].publish(NOW_NS, "KOR", "picture", VIEW)
        nodes["KOR"].publish(NOW_NS, "KOR", "warnings", warning(1))
        nodes["JPN"].publish(NOW_NS, "JPN", "received", warning(1))
        await until(lambda: "KOR/view/E-KOR-1-1/common" in shown())
        await until(lambda: director.warning_count == 2)
        assert director.now == "2017-09-14T22:00:00.000Z"

        await served["KOR"].close()
        await until(lambda: shown()["KOR/node"]["is_connected"] is False)
        assert shown()["JPN/node"]["is_connected"] is True
        again = LivePicture()
        again.publish(NOW_NS, "KOR", "picture", {**VIEW, "event": "E-KOR-2-1"})
        again.publish(NOW_NS, "KOR", "warnings", warning(1))
        again.publish(NOW_NS, "KOR", "warnings", warning(2))
        served["KOR"] = await start(again, "KOR", ports["KOR"])
        await until(lambda: "KOR/view/E-KOR-2-1/common" in shown())
        await until(lambda: director.warning_count == 3)
        assert "KOR/view/E-KOR-1-1/common" not in shown()
        assert shown()["KOR/node"]["is_connected"] is True

        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for one in served.values():
            await one.close()

    asyncio.run(follow())


def state_of(live: LivePicture) -> Any:
    with live.viewer() as viewer:
        frame = json.loads(live.next_frame(viewer))
    return {"objects": frame["set"]}
