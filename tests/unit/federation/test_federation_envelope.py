"""The envelope: any bytes are opened or refused; any change of any byte is refused."""

import hashlib
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from signalfire.basis.errors import LimitExceeded, Malformed, NotAuthentic, PeerError, WrongRealm
from signalfire.basis.identity import NationId, NodeId
from signalfire.basis.instant import Instant
from signalfire.basis.limits import BULLETIN_BYTES_MAX
from signalfire.basis.realm import Realm
from signalfire.federation.bulletin import Bulletin
from signalfire.federation.envelope import GENESIS, Header, open_envelope, sign, unverified
from signalfire.federation.keys import key_for_replay
from signalfire.federation.strict_cbor import read_item
from signalfire.picture.marking import Kind, Marking

KOR, JPN = NationId("KOR"), NationId("JPN")
REALM = Realm("exercise:EX-1")
KEY = key_for_replay(REALM, KOR)
TRUST = {KOR: KEY.public_key()}
NODE = NodeId("KOR-1")


def header(**fields: Any) -> Header:
    base: dict[str, Any] = {
        "marking": Marking(KOR, REALM, JPN, "RESTRICTED", ("REL JPN",)),
        "node": NODE,
        "epoch": 2,
        "sequence": 17,
        "previous": "ab" * 32,
        "kind": Kind.EVENT,
        "agreement_sha256": "cd" * 32,
        "at": Instant(1_505_426_257_000_000_000),
        "uncertainty_ns": 5_000_000,
    }
    return Header(**(base | fields))


ENVELOPE = sign(header(), b'{"a":1}', KEY)


def test_what_was_signed_is_opened_unchanged() -> None:
    opened = open_envelope(ENVELOPE, TRUST)
    assert opened.header == header()
    assert opened.payload == b'{"a":1}'
    assert opened.sha256 == hashlib.sha256(ENVELOPE).hexdigest()


def test_signing_is_deterministic() -> None:
    assert sign(header(), b'{"a":1}', KEY) == ENVELOPE


def test_another_implementation_reads_and_verifies_it_by_the_letter_of_rfc_9052() -> None:
    tag = cbor2.loads(ENVELOPE)
    protected, unprotected, payload, signature = tag.value
    assert tag.tag == 18 and not unprotected and payload == b'{"a":1}'
    labels = cbor2.loads(protected)
    assert labels[1] == -8 and labels[4] == b"KOR-1"
    structure = cbor2.dumps(["Signature1", protected, b"", payload])
    KEY.public_key().verify(signature, structure)


def test_a_key_may_belong_to_the_node_or_to_its_nation() -> None:
    own = Ed25519PrivateKey.from_private_bytes(b"n" * 32)
    data = sign(header(), b"{}", own)
    assert open_envelope(data, {NODE: own.public_key(), **TRUST}).header.node == NODE
    with pytest.raises(NotAuthentic, match="signature of KOR-1"):
        open_envelope(data, TRUST)


def test_a_node_without_a_key_is_not_believed() -> None:
    with pytest.raises(NotAuthentic, match="no key of KOR-1"):
        open_envelope(ENVELOPE, {JPN: KEY.public_key()})


def test_a_node_cannot_speak_for_another_nation() -> None:
    forged = sign(header(marking=Marking(JPN, REALM, KOR)), b"{}", KEY)
    with pytest.raises(NotAuthentic, match="not the nation of the node"):
        open_envelope(forged, TRUST)


def test_every_flip_of_every_byte_is_refused() -> None:
    for place in range(len(ENVELOPE)):
        for bits in (0x01, 0x80, 0xFF, 0x20):
            damaged = bytearray(ENVELOPE)
            damaged[place] ^= bits
            with pytest.raises(PeerError):
                open_envelope(bytes(damaged), TRUST)


def test_every_cut_and_everything_behind_the_end_is_refused() -> None:
    for length in range(len(ENVELOPE)):
        with pytest.raises(PeerError):
            open_envelope(ENVELOPE[:length], TRUST)
    with pytest.raises(Malformed):
        open_envelope(ENVELOPE + b"\x00", TRUST)


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_in_good_order(data: bytes) -> None:
    for candidate in (data, b"\xd2\x84" + data, ENVELOPE[:20] + data):
        with pytest.raises(PeerError):
            open_envelope(candidate, TRUST)


_cbor = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**65), 2**65) | st.floats() | st.binary(max_size=40)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.integers() | st.text(), inner),
    max_leaves=8,
)  # fmt: skip


def resigned(labels: dict[Any, Any]) -> bytes:
    """An envelope with any header at all, truly signed: what a hostile partner can make."""
    protected = cbor2.dumps(labels, canonical=True)
    signature = KEY.sign(cbor2.dumps(["Signature1", protected, b"", b"{}"]))
    return cbor2.dumps(cbor2.CBORTag(18, [protected, {}, b"{}", signature]))


LABELS = cbor2.loads(cbor2.loads(ENVELOPE).value[0])


def test_the_hostile_partner_of_these_tests_can_sign() -> None:
    assert open_envelope(resigned(dict(LABELS)), TRUST).header == header()


@given(label=st.sampled_from(list(LABELS)), value=_cbor)
def test_a_signed_header_with_any_value_anywhere_is_opened_or_refused(
    label: int, value: Any
) -> None:
    try:
        opened = open_envelope(resigned({**LABELS, label: value}), TRUST)
    except PeerError:
        return
    assert isinstance(opened.header, Header)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({1: -7}, "another algorithm"),
        ({4: b"KOR-0"}, "not a node"),
        ({-65537: 2}, "version: this node speaks 1"),
        ({-65538: 5}, "originator: no text"),
        ({-65540: 0}, "sequence: no whole number"),
        ({-65540: 2**60}, "sequence: no whole number"),
        ({-65541: b"short"}, "previous: not 32 bytes"),
        ({-65543: "drill"}, "realm: not live"),
        ({-65544: "order"}, "kind: not known"),
        ({-65546: ["x"] * 17}, "caveats"),
        ({2: [1]}, "a label of the header is missing or not known"),
    ],
)
def test_a_header_that_says_what_it_must_not_is_refused(change: dict[Any, Any], said: str) -> None:
    with pytest.raises(PeerError, match=said):
        open_envelope(resigned({**LABELS, **change}), TRUST)


@pytest.mark.parametrize("label", list(LABELS))
def test_a_header_that_lacks_a_label_is_refused(label: int) -> None:
    with pytest.raises(Malformed, match="a label of the header is missing"):
        open_envelope(resigned({key: LABELS[key] for key in LABELS if key != label}), TRUST)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xd2",
        b"\xd2\x84",
        b"\x84" + ENVELOPE[2:],
        b"\xd2\x9f" + ENVELOPE[2:] + b"\xff",
        b"\xd2\x84\x5f\x41\xa0\xff\xa0\x40\x58\x40" + b"\x00" * 64,
        b"\xd2\x84" + b"\x81" * 50_000,
        b"\xd2\x84\x5b\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\xd2\x84\xd8\x23\x61\x28",
        b"\xd2\x84\xc4\x82\x1a\x7f\xff\xff\xff\x01",
    ],
)
def test_indefinite_deep_huge_and_tagged_cbor_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        open_envelope(data, TRUST)


def test_an_envelope_longer_than_the_limit_is_neither_made_nor_read() -> None:
    with pytest.raises(LimitExceeded):
        sign(header(), b"x" * BULLETIN_BYTES_MAX, KEY)
    with pytest.raises(LimitExceeded):
        open_envelope(ENVELOPE + b"x" * BULLETIN_BYTES_MAX, TRUST)


@given(st.binary(max_size=60))
def test_what_the_strict_reader_takes_means_the_same_to_another_reader(data: bytes) -> None:
    try:
        value, end = read_item(data, 0)
    except Malformed:
        return
    assert cbor2.loads(data[:end]) == value
    assert cbor2.dumps(value) == data[:end]


_strings = st.binary(max_size=300) | st.text(max_size=300)


@given(st.dictionaries(st.integers(-70_000, 70_000), _strings | st.lists(_strings, max_size=9)))
def test_the_strict_reader_takes_all_that_deterministic_cbor_can_say(value: dict[int, Any]) -> None:
    in_order = {key: value[key] for key in sorted(value, key=cbor2.dumps)}
    data = cbor2.dumps(in_order)
    assert read_item(data, 0) == (value, len(data))


@pytest.mark.parametrize(
    "data",
    [
        b"\x18\x17",
        b"\x19\x00\xff",
        b"\x1a\x00\x00\xff\xff",
        b"\x1b\x00\x00\x00\x00\xff\xff\xff\xff",
        b"\x58\x01a",
        b"\x98\x01\x01",
        b"\xa2\x01\x01\x01\x02",
        b"\xa2\x02\x01\x01\x02",
        b"\xa1\x40\x01",
        b"\xa1\x81\x01\x01",
        b"\x9f\x01\xff",
        b"\xf5",
        b"\xfb\x3f\xf0\x00\x00\x00\x00\x00\x00",
        b"\xc2\x41\x01",
        b"\x1c",
        b"\x98\x41" + b"\x01" * 65,
        b"\x81\x81\x81\x01",
        b"\x61\xff",
    ],
)
def test_what_deterministic_cbor_would_say_otherwise_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        read_item(data, 0)


def test_a_header_signed_in_another_order_of_labels_is_refused() -> None:
    disordered = cbor2.dumps(dict(reversed(LABELS.items())))
    signature = KEY.sign(cbor2.dumps(["Signature1", disordered, b"", b"{}"]))
    data = cbor2.dumps(cbor2.CBORTag(18, [disordered, {}, b"{}", signature]))
    with pytest.raises(Malformed, match="out of order"):
        open_envelope(data, TRUST)


def test_a_bulletin_says_what_its_envelope_says() -> None:
    bulletin = Bulletin.of(ENVELOPE)
    assert (bulletin.kind, bulletin.recipient, bulletin.node) == (Kind.EVENT, JPN, NODE)
    assert (bulletin.epoch, bulletin.sequence, bulletin.is_reliable) == (2, 17, True)
    assert bulletin.carried == b'{"a":1}'


def test_a_bulletin_that_says_something_else_than_its_envelope_is_refused() -> None:
    liar = Bulletin(Kind.EVENT, KOR, NODE, 2, 17, ENVELOPE)
    with pytest.raises(Malformed, match="something else"):
        _ = liar.carried
    with pytest.raises(PeerError):
        Bulletin.of(b"nonsense")


def test_unverified_says_the_same_without_looking_at_the_signature() -> None:
    assert unverified(ENVELOPE) == open_envelope(ENVELOPE, TRUST)
    damaged = ENVELOPE[:-1] + bytes([ENVELOPE[-1] ^ 1])
    assert unverified(damaged).header == header()


def test_replay_keys_are_the_same_every_time_and_differ_by_realm_and_nation() -> None:
    keys = [
        key_for_replay(realm, nation).public_key().public_bytes_raw()
        for realm in (REALM, Realm("test:x"))
        for nation in (KOR, JPN)
    ]
    assert len(set(keys)) == 4
    assert keys[0] == KEY.public_key().public_bytes_raw()
    with pytest.raises(WrongRealm, match="signalfire keys"):
        key_for_replay(Realm("live"), KOR)


def test_the_first_envelope_names_no_previous_one() -> None:
    assert open_envelope(sign(header(previous=GENESIS), b"", KEY), TRUST).header.previous == GENESIS
