"""Sequences, chains and repeats: each message once, own words never, lies noticed."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalfire.basis.errors import LimitExceeded, NotAuthentic, OutOfOrder
from signalfire.basis.identity import NationId, NodeId
from signalfire.basis.instant import Instant
from signalfire.basis.limits import EPOCHS_MAX, GAPS_MAX, NODES_MAX, WINDOW_MAX
from signalfire.basis.realm import Realm
from signalfire.federation.envelope import GENESIS, Envelope, Header, sign
from signalfire.federation.keys import key_for_replay
from signalfire.federation.session import Arrival, Incoming, Outgoing
from signalfire.picture.marking import Kind, Marking

KOR, JPN = NationId("KOR"), NationId("JPN")
REALM = Realm("test:x")
NODE = NodeId("KOR-1")


def envelope(sequence: int, **fields: Any) -> Envelope:
    """An authentic envelope whose digest follows from its number, unless given."""
    marking = fields.pop("marking", Marking(KOR, REALM, JPN))
    digest = fields.pop("sha256", f"{sequence:064x}")
    base: dict[str, Any] = {
        "node": NODE,
        "epoch": 1,
        "previous": f"{sequence - 1:064x}",
        "kind": Kind.EVENT,
        "agreement_sha256": "0" * 64,
        "at": Instant(0),
    }
    header = Header(marking=marking, sequence=sequence, **(base | fields))
    return Envelope(header, b"", digest)


@pytest.fixture
def incoming() -> Incoming:
    return Incoming(JPN, REALM)


def test_a_message_is_new_once_and_then_a_repeat(incoming: Incoming) -> None:
    assert incoming.receive(envelope(1)) is Arrival.NEW
    assert incoming.receive(envelope(1)) is Arrival.REPEAT
    assert incoming.receive(envelope(2)) is Arrival.NEW


@given(st.lists(st.integers(1, 60), max_size=120))
def test_in_any_order_each_is_new_exactly_once(order: list[int]) -> None:
    incoming, seen = Incoming(JPN, REALM), set[int]()
    for sequence in order:
        arrival = incoming.receive(envelope(sequence))
        assert (arrival is Arrival.NEW) == (sequence not in seen)
        seen.add(sequence)
    assert incoming.highest(NODE, 1) == max(seen, default=0)
    assert incoming.missing(NODE, 1) == max(seen, default=0) - len(seen)
    assert incoming.chain_breaks(NODE) == 0


def test_our_own_words_that_come_back_are_refused(incoming: Incoming) -> None:
    for recipient in (KOR, JPN):
        own = envelope(1, marking=Marking(JPN, REALM, recipient), node=NodeId("JPN-1"))
        with pytest.raises(OutOfOrder, match="our own words"):
            incoming.receive(own)


def test_what_is_written_to_another_is_refused(incoming: Incoming) -> None:
    with pytest.raises(NotAuthentic, match="written to USA"):
        incoming.receive(envelope(1, marking=Marking(KOR, REALM, NationId("USA"))))


@pytest.mark.parametrize("realm", ["live", "exercise:x", "test:y"])
def test_what_is_of_another_realm_is_refused(incoming: Incoming, realm: str) -> None:
    with pytest.raises(NotAuthentic, match="of realm"):
        incoming.receive(envelope(1, marking=Marking(KOR, Realm(realm), JPN)))


def test_two_messages_with_one_number_are_a_lie_and_the_first_stands(incoming: Incoming) -> None:
    incoming.receive(envelope(1))
    with pytest.raises(NotAuthentic, match=r"KOR-1 epoch 1 sequence 1: .*two messages"):
        incoming.receive(envelope(1, sha256="f" * 64))
    assert incoming.receive(envelope(1)) is Arrival.REPEAT


def test_a_late_resend_of_an_older_epoch_is_taken_in(incoming: Incoming) -> None:
    incoming.receive(envelope(1))
    assert incoming.receive(envelope(1, epoch=2, sha256="e" * 64)) is Arrival.NEW
    assert incoming.receive(envelope(2)) is Arrival.NEW
    assert incoming.receive(envelope(1)) is Arrival.REPEAT


def test_epochs_are_bounded_and_the_oldest_is_closed(incoming: Incoming) -> None:
    for epoch in range(1, EPOCHS_MAX + 2):
        assert incoming.receive(envelope(1, epoch=epoch)) is Arrival.NEW
    with pytest.raises(OutOfOrder, match="epoch 1: closed"):
        incoming.receive(envelope(2, epoch=1))
    with pytest.raises(OutOfOrder):
        incoming.receive(envelope(1, epoch=0))
    assert incoming.receive(envelope(1, epoch=2)) is Arrival.REPEAT


def test_nodes_are_bounded(incoming: Incoming) -> None:
    for number in range(1, NODES_MAX + 1):
        incoming.receive(envelope(1, node=NodeId(f"KOR-{number}")))
    with pytest.raises(LimitExceeded):
        incoming.receive(envelope(1, node=NodeId(f"KOR-{NODES_MAX + 1}")))
    assert incoming.receive(envelope(2)) is Arrival.NEW


def test_after_a_long_cut_the_old_warning_is_still_new(incoming: Incoming) -> None:
    """Hours of tracks may overtake it: the window is counted in gaps, not in messages."""
    incoming.receive(envelope(1))
    for sequence in range(50_000, 50_000 + 2 * WINDOW_MAX):
        incoming.receive(envelope(sequence))
    assert incoming.receive(envelope(2)) is Arrival.NEW
    assert incoming.receive(envelope(2)) is Arrival.REPEAT


def test_what_is_too_old_to_tell_is_refused_and_not_receipted(incoming: Incoming) -> None:
    for sequence in range(2, 2 * GAPS_MAX + 6, 2):
        incoming.receive(envelope(sequence))
    with pytest.raises(OutOfOrder, match="too old to tell"):
        incoming.receive(envelope(1))
    assert incoming.receive(envelope(2 * GAPS_MAX - 1)) is Arrival.NEW


def test_a_repeat_long_past_is_still_a_repeat(incoming: Incoming) -> None:
    for sequence in range(1, WINDOW_MAX + 10):
        incoming.receive(envelope(sequence))
    assert incoming.receive(envelope(1)) is Arrival.REPEAT


def test_a_broken_chain_is_counted_and_never_costs_the_message(incoming: Incoming) -> None:
    incoming.receive(envelope(1))
    assert incoming.receive(envelope(2, previous="a" * 64)) is Arrival.NEW
    assert incoming.chain_breaks(NODE) == 1
    incoming.receive(envelope(5, previous="b" * 64))
    assert incoming.receive(envelope(4)) is Arrival.NEW
    assert incoming.chain_breaks(NODE) == 2


def test_the_chain_to_one_recipient_is_its_own() -> None:
    key = key_for_replay(REALM, KOR)
    chains = {nation: Outgoing(nation, epoch=4) for nation in (JPN, NationId("USA"))}
    incoming = Incoming(JPN, REALM)
    for turn, nation in enumerate([JPN, NationId("USA"), NationId("USA"), JPN]):
        chain = chains[nation]
        header = Header(
            Marking(KOR, REALM, nation), NODE, chain.epoch, chain.next_sequence, chain.head,
            Kind.STATUS, "0" * 64, Instant(turn),
        )  # fmt: skip
        data = sign(header, b"{}", key)
        chains[nation] = chain.after(data)
    assert [chain.sequence for chain in chains.values()] == [2, 2]
    assert chains[JPN].head != chains[NationId("USA")].head != GENESIS
    assert incoming.highest(NODE, 4) == 0
