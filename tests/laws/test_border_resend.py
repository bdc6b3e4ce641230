"""Whatever a link drops, repeats or delays: once it heals, each warning was taken in once."""

from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from signalfire.basis.canonical import canonical
from signalfire.basis.identity import NationId, NodeId
from signalfire.basis.instant import Instant
from signalfire.basis.realm import Realm
from signalfire.basis.utc import instant_from_utc
from signalfire.federation.bulletin import Bulletin
from signalfire.federation.envelope import Envelope, Header, open_envelope, sign, unverified
from signalfire.federation.gate import Gate
from signalfire.federation.keys import key_for_replay
from signalfire.federation.session import Arrival, Incoming, Outgoing
from signalfire.picture.marking import RELIABLE, Kind, Marking
from signalfire.release.agreement import read_agreement
from signalfire.release.decide import decide, seal_bulletin
from signalfire.release.policy import Policy
from signalfire.release.released import Released

KOR, JPN = NationId("KOR"), NationId("JPN")
NODE, REALM = NodeId("KOR-1"), Realm("test:x")
KEY = key_for_replay(REALM, KOR)
DATA = Path(__file__).parents[2] / "src" / "signalfire" / "data"
TRILATERAL = read_agreement((DATA / "agreements" / "trilateral.toml").read_bytes())
NOW = instant_from_utc("2026-01-01T00:00:00Z")
POLICY = Policy.compile(TRILATERAL, originator=KOR, realm=REALM)
AT = "2026-01-01T00:00:00Z"
CONTENTS: dict[Kind, dict[str, Any]] = {
    Kind.WARNING: {
        "id": "W-KOR-1-1", "issuer": "KOR", "at": AT, "status": "initial", "references": None,
        "event": "E-KOR-1-1", "realm": "test:x", "areas": [], "window": [AT, AT],
        "confidence": 0.5, "observed_fraction": 0.5, "witnesses": 1, "reason": "r",
        "text": {"ja": "", "ko": "", "en": ""},
    },
    Kind.STATUS: {"sensors_available": 1, "sensors_total": 1, "epoch": 1, "reliable_count": 0,
                  "journal_head": "0" * 64},
}  # fmt: skip


class Sender:
    """The chain of one epoch to Japan, and its gate."""

    def __init__(self) -> None:
        self.chain, self.gate = Outgoing(JPN, epoch=1), Gate()

    def write(self, kind: Kind, at_s: float) -> Released[Bulletin]:
        decision = decide(kind, CONTENTS[kind], JPN, POLICY, NOW)
        assert isinstance(decision, Released)
        header = Header(
            Marking(KOR, REALM, JPN), NODE, 1, self.chain.next_sequence, self.chain.head, kind,
            TRILATERAL.sha256, Instant(0),
        )  # fmt: skip
        data = sign(header, decision.content.body, KEY)
        self.chain = self.chain.after(data)
        bulletin = seal_bulletin(decision, Bulletin.of(data))
        self.gate.sent(bulletin, at_s)
        return bulletin


class Receiver:
    """Japan's end: what was taken in, and whom it owes receipts."""

    def __init__(self) -> None:
        self.incoming = Incoming(JPN, REALM)
        self.taken: list[int] = []
        self.owed: list[int] = []

    def take(self, data: bytes) -> None:
        opened: Envelope = open_envelope(data, {KOR: KEY.public_key()})
        if self.incoming.receive(opened) is Arrival.NEW:
            self.taken.append(opened.header.sequence)
        if opened.header.kind in RELIABLE:
            self.owed.append(opened.header.sequence)


_fates = st.sampled_from(["lost", "twice", "late", "once"])
_kinds = st.sampled_from(list(CONTENTS))


@given(
    kinds=st.lists(_kinds, min_size=1, max_size=8),
    out_fates=st.lists(_fates, min_size=1, max_size=40),
    back_fates=st.lists(_fates, min_size=1, max_size=40),
    heals_at_s=st.integers(0, 20),
)
def test_after_the_link_heals_each_reliable_bulletin_was_received_exactly_once(
    kinds: list[Kind], out_fates: list[str], back_fates: list[str], heals_at_s: int
) -> None:
    sender, receiver = Sender(), Receiver()
    late: list[bytes] = []
    tries = {"out": 0, "back": 0}

    def fate(way: str, fates: list[str], at_s: int) -> str:
        tries[way] += 1
        return "once" if at_s >= heals_at_s else fates[tries[way] % len(fates)]

    waiting = list(kinds)
    for at_s in range(heals_at_s + 20):
        going = [sender.write(waiting.pop(0), at_s)] if waiting else []
        going += sender.gate.due(at_s)
        arriving, late = late, []
        for bulletin in going:
            data = bulletin.content.payload
            way = fate("out", out_fates, at_s)
            if way == "late":
                late.append(data)
            arriving += [data] * {"lost": 0, "late": 0, "once": 1, "twice": 2}[way]
        for data in arriving:
            receiver.take(data)
        for sequence in receiver.owed:
            if fate("back", back_fates, at_s) in ("once", "twice"):
                sender.gate.receipted(JPN, node=NODE, epoch=1, sequence=sequence)
        receiver.owed = []

    must = [n for n, kind in enumerate(kinds, start=1) if kind in RELIABLE]
    assert [n for n in sorted(receiver.taken) if n in must] == must
    assert len(receiver.taken) == len(set(receiver.taken))
    assert sender.gate.unreceipted(JPN) == 0
    assert receiver.incoming.chain_breaks(NODE) == 0


def test_a_resend_is_the_very_bytes_first_sent() -> None:
    sender = Sender()
    first = sender.write(Kind.WARNING, 0.0)
    (again,) = sender.gate.due(1.0)
    assert again.content.payload == first.content.payload
    assert unverified(again.content.payload).payload == canonical(CONTENTS[Kind.WARNING])
