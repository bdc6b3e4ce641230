"""Strict tables, canonical bytes, and complaints that never repeat what was sent."""

import math
from typing import Any, Literal

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalfire.basis.canonical import canonical, sha256_hex
from signalfire.basis.errors import BadInput
from signalfire.basis.limits import TABLE_BYTES_MAX
from signalfire.basis.tables import Table, entry_name, line_of, read_table, split_complaint
from signalfire.formats.decoded import field_and_reason


class Inner(Table):
    size_m: float
    tags: tuple[str, ...] = ()


class Outer(Table):
    format: int
    part: list[Inner]


def test_remarks_are_allowed_anywhere_and_nothing_else_is() -> None:
    text = 'format = 1\nname = "n"\nsource = "s"\n[[part]]\nsize_m = 2.0\nnote = "x"\n'
    assert read_table(text, Outer).part[0].size_m == 2.0
    with pytest.raises(BadInput, match="line 6: part 1: remark: unknown key"):
        read_table(text.replace("note", "remark"), Outer)


def test_the_line_is_that_of_the_entry_meant() -> None:
    text = "format = 1\n[[part]]\nsize_m = 1.0\n[[other]]\n[[part]]\n\nsize_m = 'x'\n"
    assert line_of("part[1].size_m", text) == 7
    assert line_of("part[1].tags", text) == 5
    assert line_of("part[0]", text) == 2
    assert line_of("format", text) == 1
    assert line_of("", text) is None


def test_entries_are_counted_from_one_and_called_by_their_id() -> None:
    table = {"part": [{"id": "A"}, {}]}
    assert entry_name("part[0].size_m", table) == "part 1 (A): size_m"
    assert entry_name("part[1].size_m", table) == "part 2: size_m"
    assert entry_name("a.b", {}) == "a.b"


def test_a_long_value_is_cut_in_the_message() -> None:
    with pytest.raises(BadInput) as refused:
        read_table(f"format = '{'x' * 5_000}'\npart = []", Outer)
    assert len(str(refused.value)) < 200


def test_a_file_beyond_the_limit_is_refused() -> None:
    with pytest.raises(BadInput, match=f"longer than {TABLE_BYTES_MAX} bytes"):
        read_table("#" * (TABLE_BYTES_MAX + 1), Outer)


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    for is_json in (False, True):
        with pytest.raises(BadInput):
            read_table(text, Outer, is_json=is_json)


def complaint(data: bytes, form: Any) -> str:
    with pytest.raises(msgspec.ValidationError) as said:
        msgspec.json.decode(data, type=form)
    return str(said.value)


@pytest.mark.parametrize(
    ("data", "field", "reason"),
    [
        (b'{"format":1,"part":[{"size_m":"SECRET"}]}', "part[0].size_m", "expected float, got str"),
        (b'{"format":1}', "part", "missing"),
        (b'{"format":1,"part":[{}]}', "part[0].size_m", "missing"),
        (b'{"format":1,"part":[],"x":"SECRET"}', "x", "unknown key"),
        (b'{"format":1,"part":[],"SE CR ET":1}', "?", "unknown key"),
        (b'{"format":1,"part":[{"S - at `$.E CRET":1}]}', "part[0].?", "unknown key"),
        (b'{"format":1,"part":[{"size_m":1e999}]}', "part[0].size_m", "not a finite number"),
        (b"3", None, "expected object, got int"),
    ],
)
def test_a_complaint_names_field_and_reason_and_nothing_that_was_sent(
    data: bytes, field: str | None, reason: str
) -> None:
    assert field_and_reason(complaint(data, Outer)) == (field, reason)


def test_a_complaint_about_a_value_does_not_repeat_it() -> None:
    said = complaint(b'"SECRET"', Literal["a"])
    assert "SECRET" in said and "SECRET" not in str(field_and_reason(said))
    assert split_complaint("Expected `a` - at `$`") == ("Expected a", "")


_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=5)
    | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=5),
    max_leaves=20,
)  # fmt: skip


@given(_json)
def test_canonical_bytes_give_back_the_value_and_do_not_depend_on_order(value: Any) -> None:
    data = canonical(value)
    again = msgspec.json.decode(data)
    assert canonical(again) == data
    if isinstance(value, dict):
        assert canonical(dict(reversed(value.items()))) == data


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_keeps_every_bit(value: float) -> None:
    back = float(msgspec.json.decode(canonical([value]))[0])
    assert back == value and math.copysign(1.0, back) == math.copysign(1.0, value)
    assert canonical([np.float64(value)]) == canonical([value])


def test_the_digest_is_that_of_the_standard() -> None:
    # FIPS 180-4 example: SHA-256 of "abc".
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert sha256_hex(b"abc") == digest


def test_what_has_no_json_form_is_an_error() -> None:
    with pytest.raises(TypeError):
        canonical({"x": object()})
