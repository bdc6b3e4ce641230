"""Realms, names, instants, limits, canonical bytes."""

import json
import math
import string
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalfire.basis import errors, identity, limits
from signalfire.basis.canonical import canonical, sha256_hex
from signalfire.basis.errors import BadInput, Malformed, SignalfireError, WrongRealm
from signalfire.basis.instant import NS_PER_S, Instant
from signalfire.basis.realm import Realm


@pytest.mark.parametrize("name", ["live", "test:a", "exercise:EX1", "test:" + "x" * 120])
def test_a_realm_has_a_kind_and_an_id(name: str) -> None:
    realm = Realm(name)
    assert realm.kind == name.partition(":")[0]
    assert realm.is_live == (name == "live")
    realm.require(Realm(name))


@pytest.mark.parametrize(
    "name",
    ["", "LIVE", "live:1", "live ", "test", "test:", "exercise:", "drill:1", "test:a b",
     "test:*", "test:a>", "test:é", "test:" + "x" * 121, " test:a", "test:a\n", "test:a:b"],
)  # fmt: skip
def test_any_other_text_is_no_realm(name: str) -> None:
    with pytest.raises(BadInput, match="write live, exercise:<id> or test:<id>"):
        Realm(name)


def test_values_of_two_realms_never_meet() -> None:
    names = ["live", "test:a", "test:b", "exercise:a"]
    for one in names:
        for other in names:
            if one != other:
                with pytest.raises(WrongRealm, match="refused"):
                    Realm(one).require(Realm(other))
                assert Realm(one) != Realm(other)
                assert Realm(one).token != Realm(other).token


def test_the_token_of_a_realm_is_one_token_of_a_subject() -> None:
    assert not set(Realm("test:a.b-c_d").token) & set(". *>")


@pytest.mark.parametrize("name", ["KOR-1", "USA-9999"])
def test_a_node_is_a_nation_and_a_number(name: str) -> None:
    node = identity.node_id(name)
    assert identity.nation_of(node) == name[:3]


@pytest.mark.parametrize("name", ["", "KOR", "KOR-0", "KOR-01", "kor-1", "KOR-10000", "KORE-1"])
def test_other_texts_are_no_nodes(name: str) -> None:
    with pytest.raises(Malformed, match="not a node"):
        identity.node_id(name)


@pytest.mark.parametrize("name", ["", "KO", "KORE", "kor", "K R", "ＫOR"])
def test_other_texts_are_no_nations(name: str) -> None:
    with pytest.raises(Malformed, match="not a nation"):
        identity.nation_id(name)


@given(st.text(string.ascii_letters + string.digits + "-", max_size=20))
def test_what_was_minted_names_who_minted_it(text: str) -> None:
    if identity.minted(text):
        node = identity.minted_by(text)
        assert text[2:].startswith(f"{node}-")
    else:
        with pytest.raises(Malformed, match="not an id"):
            identity.minted_by(text)


def test_ids_are_minted_from_node_and_counter() -> None:
    node = identity.node_id("KOR-12")
    minted = [
        identity.event_id(node, 17),
        identity.track_id(node, 17),
        identity.warning_id(node, 17),
    ]
    assert minted == ["E-KOR-12-17", "T-KOR-12-17", "W-KOR-12-17"]
    assert {identity.minted_by(each) for each in minted} == {node}


@given(st.integers(-(2**62), 2**62), st.floats(-1e6, 1e6))
def test_later_and_elapsed_are_one_another_backwards(tai_ns: int, by_s: float) -> None:
    start = Instant(tai_ns)
    assert math.isclose(start.later(by_s).elapsed_s(since=start), by_s, abs_tol=1e-9, rel_tol=1e-12)


@given(st.integers(-(2**62), 2**62))
def test_a_whole_second_is_the_last_one_not_after(tai_ns: int) -> None:
    whole = Instant(tai_ns).whole_second()
    assert whole.is_whole_second()
    assert 0 <= tai_ns - whole.tai_ns < NS_PER_S


def test_limits_are_positive_numbers_that_fit_each_other() -> None:
    found = {name: value for name, value in vars(limits).items() if name.isupper()}
    assert len(found) > 20
    assert all(isinstance(value, int | float) and value > 0 for value in found.values())
    assert limits.BULLETIN_BYTES_MAX < limits.BROKER_PAYLOAD_BYTES_MAX
    assert limits.LATE_MAX_S < limits.CLOCK_LEAD_MAX_S == 60.0
    assert limits.DATAGRAM_BYTES_MAX <= limits.LINE_BYTES_MAX
    assert limits.BULLETIN_BYTES_MAX < limits.JOURNAL_RECORD_BYTES_MAX


plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(st.dictionaries(st.text(max_size=4), plain, max_size=5))
def test_equal_values_have_equal_bytes_whatever_the_order_of_their_keys(value: Any) -> None:
    turned = dict(reversed(value.items()))
    assert canonical(value) == canonical(turned)
    assert json.loads(canonical(value)) == json.loads(json.dumps(value))


def test_numpy_numbers_are_written_as_numbers_and_other_things_refused() -> None:
    assert canonical({"a": np.float64(0.5), "b": np.int64(3)}) == b'{"a":0.5,"b":3}'
    with pytest.raises(TypeError, match="no JSON form"):
        canonical({"a": object()})


def test_a_digest_is_that_of_the_standard() -> None:
    """FIPS 180-4, example of one block: the three letters abc."""
    assert sha256_hex(b"abc") == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )


def test_every_error_of_ours_says_who_must_act() -> None:
    trees = (errors.PeerError, errors.CallerError, errors.Unavailable)
    for value in vars(errors).values():
        if isinstance(value, type) and issubclass(value, SignalfireError):
            assert value is SignalfireError or issubclass(value, trees)
            assert value.__doc__
