"""The lanes: what must arrive is never dropped, the rest gives way."""

import asyncio

from signalfire.basis.identity import NationId
from signalfire.picture.marking import Kind
from signalfire.rim.lanes import Arrival, Lanes

KOR = NationId("KOR")


def arrival(kind: Kind, number: int) -> Arrival:
    return Arrival(KOR, kind, b"%d" % number)


def test_warnings_are_taken_before_tracks_and_each_kind_in_its_order() -> None:
    async def scene() -> tuple[Arrival, ...]:
        lanes = Lanes()
        for number in range(3):
            await lanes.put(arrival(Kind.TRACK, number))
            await lanes.put(arrival(Kind.WARNING, number))
        return lanes.take(5)

    taken = asyncio.run(scene())
    assert [each.kind for each in taken] == [Kind.WARNING] * 3 + [Kind.TRACK] * 2
    assert [each.envelope for each in taken] == [b"0", b"1", b"2", b"0", b"1"]


def test_a_flood_of_tracks_drops_the_oldest_tracks_only() -> None:
    async def scene() -> tuple[Lanes, tuple[Arrival, ...]]:
        lanes = Lanes(lossy_max=3)
        await lanes.put(arrival(Kind.WARNING, 7))
        for number in range(10):
            await lanes.put(arrival(Kind.STATUS, number))
        return lanes, lanes.take(100)

    lanes, taken = asyncio.run(scene())
    assert lanes.dropped == 7
    assert [each.envelope for each in taken] == [b"7", b"7", b"8", b"9"]


def test_a_full_reliable_lane_makes_its_filler_wait_and_loses_nothing() -> None:
    async def scene() -> list[bytes]:
        lanes = Lanes(reliable_max=2)

        async def fill() -> None:
            for number in range(20):
                await lanes.put(arrival(Kind.RECEIPT, number))

        filler = asyncio.create_task(fill())
        taken: list[bytes] = []
        while len(taken) < 20:
            await lanes.ready()
            assert len(lanes) <= 2
            taken += [each.envelope for each in lanes.take(1)]
            await asyncio.sleep(0)
        await filler
        return taken

    assert asyncio.run(scene()) == [b"%d" % number for number in range(20)]
