"""The gate: what must arrive is sent again until it is receipted; warnings are never shed."""

from pathlib import Path
from typing import Any

import pytest

from signalfire.basis.identity import NationId, NodeId
from signalfire.basis.instant import Instant
from signalfire.basis.limits import UNRECEIPTED_MAX
from signalfire.basis.realm import Realm
from signalfire.basis.utc import instant_from_utc
from signalfire.federation.bulletin import Bulletin
from signalfire.federation.envelope import GENESIS, Header, sign
from signalfire.federation.gate import Gate
from signalfire.federation.keys import key_for_replay
from signalfire.picture.marking import Kind, Marking
from signalfire.release.agreement import read_agreement
from signalfire.release.decide import decide, seal_bulletin
from signalfire.release.policy import Policy
from signalfire.release.released import Released

KOR, JPN, USA = NationId("KOR"), NationId("JPN"), NationId("USA")
NODE, REALM = NodeId("KOR-1"), Realm("test:x")
KEY = key_for_replay(REALM, KOR)
DATA = Path(__file__).parents[3] / "src" / "signalfire" / "data"
TRILATERAL = read_agreement((DATA / "agreements" / "trilateral.toml").read_bytes())
NOW = instant_from_utc("2026-01-01T00:00:00Z")
POLICY = Policy.compile(TRILATERAL, originator=KOR, realm=REALM)
AT = "2026-01-01T00:00:00Z"
CONTENTS: dict[Kind, dict[str, Any]] = {
    Kind.EVENT: {
        "event": "E-KOR-1-1", "members": ["E-KOR-1-1"], "superseded_by": None, "ended": False,
        "author": "KOR", "phase": "boost", "state": None, "launch": {"unknown": "x"},
        "impact": {"unknown": "x"}, "apogee_m": None, "observed_s": 1.0, "flight_s": None,
        "witnesses": 1, "last_observed_at": AT,
        "class": {"SRBM": 1.0, "MRBM": 0, "IRBM": 0, "ICBM": 0, "SLV": 0, "manoeuvring": 0,
                  "unknown": 0},
    },
    Kind.WARNING: {
        "id": "W-KOR-1-1", "issuer": "KOR", "at": AT, "status": "initial", "references": None,
        "event": "E-KOR-1-1", "realm": "test:x", "areas": [], "window": [AT, AT],
        "confidence": 0.5, "observed_fraction": 0.5, "witnesses": 1, "reason": "r",
        "text": {"ja": "", "ko": "", "en": ""},
    },
    Kind.STATUS: {"sensors_available": 1, "sensors_total": 1, "epoch": 1, "reliable_count": 0,
                  "journal_head": "0" * 64},
}  # fmt: skip


def bulletin(sequence: int, kind: Kind = Kind.EVENT, to: NationId = JPN) -> Released[Bulletin]:
    decision = decide(kind, CONTENTS[kind], to, POLICY, NOW)
    assert isinstance(decision, Released)
    header = Header(Marking(KOR, REALM, to), NODE, 1, sequence, GENESIS, kind, "0" * 64, Instant(0))
    return seal_bulletin(decision, Bulletin.of(sign(header, decision.content.body, KEY)))


def receipt(gate: Gate, sequence: int, recipient: NationId = JPN) -> bool:
    return gate.receipted(recipient, node=NODE, epoch=1, sequence=sequence)


def sequences(due: tuple[Released[Bulletin], ...]) -> list[int]:
    return [each.content.sequence for each in due]


def test_the_wait_doubles_from_one_second_to_five() -> None:
    gate = Gate()
    gate.sent(bulletin(1), 0.0)
    times = [tenth / 10 for tenth in range(300) if gate.due(tenth / 10)]
    assert times == [1.0, 3.0, 7.0, 12.0, 17.0, 22.0, 27.0]
    assert gate.next_due_s() == 32.0


def test_what_is_receipted_is_not_sent_again() -> None:
    gate = Gate()
    gate.sent(bulletin(1), 0.0)
    assert receipt(gate, 1) and not receipt(gate, 1)
    assert gate.due(100.0) == () and gate.unreceipted(JPN) == 0 and gate.next_due_s() is None


def test_another_nations_receipt_lets_nothing_go() -> None:
    gate = Gate()
    gate.sent(bulletin(1), 0.0)
    assert not receipt(gate, 1, USA)
    assert gate.unreceipted(JPN) == 1 and gate.unreceipted(USA) == 0


def test_kinds_of_which_the_latest_wins_are_not_kept() -> None:
    gate = Gate()
    gate.sent(bulletin(1, Kind.STATUS), 0.0)
    assert gate.unreceipted(JPN) == 0 and gate.due(100.0) == ()


def test_a_link_that_comes_up_makes_all_of_it_due_at_once() -> None:
    gate = Gate()
    gate.sent(bulletin(1), 0.0)
    gate.sent(bulletin(1, to=USA), 0.0)
    gate.due(1.0)
    gate.on_link_up(1.5, JPN)
    assert [each.recipient for each in gate.due(1.5)] == [JPN]
    assert gate.next_due_s() == 2.5
    gate.on_link_up(2.0)
    assert len(gate.due(2.0)) == 2


def test_warnings_go_first_and_the_rest_in_the_order_sent() -> None:
    gate = Gate()
    for sequence, kind in ((3, Kind.EVENT), (4, Kind.WARNING), (5, Kind.EVENT), (6, Kind.WARNING)):
        gate.sent(bulletin(sequence, kind), 0.0)
    assert sequences(gate.due(1.0)) == [4, 6, 3, 5]


@pytest.fixture
def full() -> Gate:
    """A queue filled to its bound: one old warning, then events with one set of bytes."""
    gate = Gate()
    gate.sent(bulletin(1, Kind.WARNING), 0.0)
    one = bulletin(2)
    for sequence in range(2, UNRECEIPTED_MAX + 1):
        gate.sent(renumbered(one, sequence), 0.0)
    return gate


def renumbered(one: Released[Bulletin], sequence: int) -> Released[Bulletin]:
    """A stand-in with another number: ten thousand signatures would take seconds."""
    content = one.content
    other = Bulletin(content.kind, JPN, NODE, 1, sequence, content.payload)
    twin = object.__new__(Released)
    for name, value in (("content", other), ("recipient", JPN), ("rule", one.rule)):
        object.__setattr__(twin, name, value)
    return twin


def test_a_full_queue_sheds_its_oldest_event_and_counts_it(full: Gate) -> None:
    assert full.unreceipted(JPN) == UNRECEIPTED_MAX and full.shed(JPN) == 0
    full.sent(bulletin(UNRECEIPTED_MAX + 1), 0.0)
    assert full.unreceipted(JPN) == UNRECEIPTED_MAX and full.shed(JPN) == 1
    assert not receipt(full, 2) and receipt(full, 3)
    assert receipt(full, 1), "the warning, older than all, is still there"


def test_one_recipients_full_queue_is_not_anothers(full: Gate) -> None:
    full.sent(bulletin(1, to=USA), 0.0)
    assert full.shed(JPN) == full.shed(USA) == 0 and full.unreceipted(USA) == 1


def test_a_queue_of_warnings_alone_grows_rather_than_lose_one() -> None:
    gate, one = Gate(), bulletin(1, Kind.WARNING)
    for sequence in range(1, UNRECEIPTED_MAX + 3):
        gate.sent(renumbered(one, sequence), 0.0)
    assert gate.unreceipted(JPN) == UNRECEIPTED_MAX + 2 and gate.shed(JPN) == 0


def test_the_queue_of_one_who_withdrew_is_handed_back_whole() -> None:
    gate = Gate()
    for sequence in (1, 2, 3):
        gate.sent(bulletin(sequence), 0.0)
    assert sequences(gate.drop(JPN)) == [1, 2, 3]
    assert gate.drop(JPN) == gate.drop(USA) == gate.due(10.0) == ()
