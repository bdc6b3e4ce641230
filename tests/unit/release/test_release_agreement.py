"""Agreements and their signatures: the reference's form, and every way to be refused."""

import base64
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from signalfire.basis.errors import BadInput, BadPolicy
from signalfire.basis.identity import NationId
from signalfire.basis.realm import Realm
from signalfire.basis.utc import instant_from_utc
from signalfire.picture.marking import Kind
from signalfire.release.agreement import Form, read_agreement
from signalfire.release.trust import read_trust, trust_text, verify_signatures

JPN, KOR, USA = NationId("JPN"), NationId("KOR"), NationId("USA")
PACKAGED = (
    Path(__file__).parents[3] / "src" / "signalfire" / "data" / "agreements" / "trilateral.toml"
).read_bytes()

FILE = """\
format = 1
name = "trilateral"
version = 3
valid = ["2023-12-19T00:00:00Z", "2033-12-19T00:00:00Z"]
parties = ["JPN", "KOR", "USA"]
[[share]]                       # nothing is shared that no rule names
from = "KOR"
to = ["JPN", "USA"]
kinds = ["track", "event", "warning", "status"]
form = "coarse"
round_position_m = 5000.0
round_time_s = 5.0
[[share]]
from = "JPN"
to = ["USA"]
kinds = ["indication", "note", "detection"]
form = "event_only"
"""


def test_the_form_of_the_reference_is_read() -> None:
    agreement = read_agreement(FILE.encode())
    assert agreement.label == "trilateral@3"
    assert agreement.valid[1] == instant_from_utc("2033-12-19T00:00:00Z")
    first, second = agreement.shares
    assert (first.rule, first.originator, first.recipients) == ("trilateral@3#1", KOR, (JPN, USA))
    assert (first.form, first.round_position_m, first.round_time_s) == (Form.COARSE, 5000.0, 5.0)
    assert (second.rule, second.kinds[0]) == ("trilateral@3#2", Kind.INDICATION)


def test_the_packaged_agreement_shares_states_events_and_warnings_and_nothing_else() -> None:
    agreement = read_agreement(PACKAGED)
    assert agreement.parties == (JPN, KOR, USA)
    shared = {Kind.TRACK, Kind.EVENT, Kind.WARNING, Kind.STATUS}
    for share in agreement.shares:
        assert set(share.kinds) == shared and share.form is Form.FULL
        assert set(share.recipients) == set(agreement.parties) - {share.originator}
    assert [share.originator for share in agreement.shares] == [JPN, KOR, USA]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('from = "KOR"', 'from = "PRK"', r"trilateral@3#1: from = 'PRK': no party; write one of"),
        ('to = ["JPN", "USA"]', 'to = ["JPN", "KOR"]', "names KOR itself"),
        ('to = ["JPN", "USA"]', 'to = ["JPN", "JPN"]', "a nation twice"),
        ('to = ["JPN", "USA"]', "to = []", "share 1: to = "),
        ('"track"', '"sensor"', "kinds: 'sensor' cannot be shared; write some of track"),
        ('"track"', '"receipt"', "kinds: 'receipt' cannot be shared"),
        ('"track"', '"event"', "kinds: one stands twice"),
        ('"coarse"', '"blurred"', "form = 'blurred': write one of full, coarse, event_only"),
        ("round_time_s = 5.0\n", "", "add round_position_m and round_time_s"),
        ('"coarse"', '"full"', "rounds nothing"),
        ("round_time_s = 5.0", "round_time_s = 0.0", "round_time_s = 0.0"),
        ("round_time_s = 5.0", "round_time_s = nan", "round_time_s = nan: write a finite"),
        ("version = 3", "version = 0", "line 3: version = 0"),
        ('name = "trilateral"\n', "", "name: missing"),
        ('name = "trilateral"', 'name = "Tri lateral"', "name = 'Tri lateral'"),
        ('"KOR", "USA"]\n[[', '"KOR", "KOR"]\n[[', "a nation stands twice"),
        ('"KOR", "USA"]\n[[', '"KOR", "usa"]\n[[', "parties = 'usa': not a nation"),
        ("2033", "2013", "ends before it begins"),
        ("2033-12-19T00:00:00Z", "2033-12-19", "valid: not a UTC time"),
        ("[[share]]", "secret = 1\n[[share]]", "line 6: secret: unknown key; remove it"),
        ('form = "event_only"', 'form = "event_only"\nwhy = "x"', "share 2: why: unknown key"),
        ("format = 1", "format = 9", "this version reads format = 1"),
        ("format = 1", "format =", "not TOML"),
        ('from = "JPN"\nto = ["USA"]\nkinds = ["indication"',
         'from = "KOR"\nto = ["USA"]\nkinds = ["event"',
         "trilateral@3#1 and trilateral@3#2 both say how KOR shares event with USA"),
    ],
)  # fmt: skip
def test_an_agreement_that_cannot_be_used_is_refused_with_the_cure(
    old: str, new: str, said: str
) -> None:
    assert old in FILE
    with pytest.raises(BadPolicy, match=said):
        read_agreement(FILE.replace(old, new, 1).encode())


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(BadPolicy, match="not UTF-8"):
        read_agreement(b"\xff\xfe")


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("2023-12-18T23:59:59Z", "valid only from 2023-12-19T00:00:00Z"),
        ("2033-12-19T00:00:00Z", "expired at 2033-12-19T00:00:00Z"),
    ],
)
def test_an_agreement_holds_from_its_first_moment_until_its_last(at: str, said: str) -> None:
    agreement = read_agreement(PACKAGED)
    agreement.require_valid(instant_from_utc("2023-12-19T00:00:00Z"))
    agreement.require_valid(instant_from_utc("2033-12-18T23:59:59.999Z"))
    with pytest.raises(BadPolicy, match=said):
        agreement.require_valid(instant_from_utc(at))


def key(nation: NationId) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(nation.encode().ljust(32, b"."))


def signed(nation: NationId, file: bytes = PACKAGED) -> bytes:
    return base64.encodebytes(key(nation).sign(file))


TRUST = {nation: key(nation).public_key() for nation in (JPN, KOR, USA)}
LIVE, TEST = Realm("live"), Realm("test:x")


def test_an_agreement_that_all_have_signed_is_good_everywhere() -> None:
    signatures = {nation: signed(nation) for nation in (JPN, KOR, USA)}
    report = verify_signatures(PACKAGED, read_agreement(PACKAGED), signatures, TRUST)
    assert (report.valid, report.missing, report.bad) == ((JPN, KOR, USA), (), ())
    assert report.notice is None
    report.require(LIVE)


def test_a_missing_signature_is_told_and_refused_in_live_alone() -> None:
    report = verify_signatures(PACKAGED, read_agreement(PACKAGED), {KOR: signed(KOR)}, TRUST)
    assert (report.valid, report.missing) == ((KOR,), (JPN, USA))
    assert report.notice is not None and "not signed by JPN, USA" in report.notice
    report.require(TEST)
    with pytest.raises(BadPolicy, match="not signed by JPN, USA"):
        report.require(LIVE)


def test_a_signature_without_a_trusted_key_confirms_nothing() -> None:
    report = verify_signatures(PACKAGED, read_agreement(PACKAGED), {KOR: signed(KOR)}, {})
    assert report.valid == () and KOR in report.missing


@pytest.mark.parametrize(
    "signature",
    [signed(JPN), signed(KOR, PACKAGED + b" "), b"", b"no base64 !", base64.b64encode(b"x" * 64)],
)
def test_a_bad_signature_is_refused_in_every_realm(signature: bytes) -> None:
    report = verify_signatures(PACKAGED, read_agreement(PACKAGED), {KOR: signature}, TRUST)
    assert report.bad == (KOR,) and report.valid == ()
    for realm in (LIVE, TEST):
        with pytest.raises(BadPolicy, match="signature of KOR does not hold"):
            report.require(realm)


def test_a_stranger_signature_is_bad() -> None:
    stranger = NationId("PRK")
    report = verify_signatures(
        PACKAGED, read_agreement(PACKAGED), {stranger: signed(stranger)}, TRUST
    )
    assert report.bad == (stranger,)


def test_a_trust_file_is_written_and_read_back() -> None:
    text = trust_text(TRUST)
    read = read_trust(text)
    assert {nation: each.public_bytes_raw() for nation, each in read.items()} == {
        nation: each.public_bytes_raw() for nation, each in TRUST.items()
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "format: missing"),
        ("format = 1", "root: missing"),
        ('format = 1\n[root]\nKOR = "AAAA"', "root.KOR: 3 bytes"),
        ('format = 1\n[root]\nKOR = "?"', "root.KOR: not base64"),
        ('format = 1\n[root]\nkor = "AAAA"', "root.kor: not a nation"),
        ("format = 1\n[root]\nKOR = 1", "expected str, got int"),
        ("format = 1\n[roots]\n", "trust: .*roots: unknown key"),
    ],
)
def test_a_trust_file_that_cannot_be_used_is_refused(text: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        read_trust(text)
