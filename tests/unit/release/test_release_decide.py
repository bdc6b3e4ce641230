"""Decisions: default no; what is released is bytes, of the nation's own, for one recipient."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from signalfire.basis.canonical import canonical
from signalfire.basis.errors import BadPolicy, NotReleased
from signalfire.basis.identity import NationId
from signalfire.basis.instant import Instant
from signalfire.basis.realm import Realm
from signalfire.basis.utc import instant_from_utc
from signalfire.picture.marking import Kind
from signalfire.release.agreement import read_agreement
from signalfire.release.decide import Redacted, decide, retract, seal_bulletin
from signalfire.release.policy import Policy
from signalfire.release.released import Released, Withheld

JPN, KOR, USA, AUS = (NationId(name) for name in ("JPN", "KOR", "USA", "AUS"))
DATA = Path(__file__).parents[3] / "src" / "signalfire" / "data"
AGREEMENT = read_agreement((DATA / "agreements" / "trilateral.toml").read_bytes())
IN_FORCE = instant_from_utc("2026-01-01T00:00:00Z")
TEST, LIVE = Realm("test:x"), Realm("live")

STATUS: dict[str, Any] = {
    "sensors_available": 3, "sensors_total": 4, "epoch": 1, "reliable_count": 2,
    "journal_head": "ab" * 32,
}  # fmt: skip
RECEIPT: dict[str, Any] = {"received": [["JPN-1", 1, 7]]}
CANCEL: dict[str, Any] = {
    "id": "W-KOR-1-4", "issuer": "KOR", "at": "2026-01-01T00:00:00Z", "status": "cancel",
    "references": "W-KOR-1-3", "event": "E-KOR-1-1", "realm": "test:x", "areas": [],
    "window": ["2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z"], "confidence": 0.5,
    "observed_fraction": 0.5, "witnesses": 1, "reason": "object_lost",
    "text": {"ja": "", "ko": "", "en": "lost by GP-B"},
}  # fmt: skip


def policy(originator: NationId = KOR, realm: Realm = TEST) -> Policy:
    return Policy.compile(AGREEMENT, originator=originator, realm=realm)


def released(answer: Released[Redacted] | Withheld) -> Released[Redacted]:
    assert isinstance(answer, Released), answer
    return answer


def reason(answer: Released[Redacted] | Withheld) -> str:
    assert isinstance(answer, Withheld), answer
    return answer.reason


def test_what_a_rule_names_is_released_under_its_name() -> None:
    answer = released(decide(Kind.STATUS, STATUS, JPN, policy(), IN_FORCE))
    assert (answer.recipient, answer.rule) == (JPN, "trilateral@3#2")
    assert answer.content.fields == STATUS
    assert answer.content.body == canonical(STATUS)


def test_what_no_rule_names_is_withheld_and_the_reason_says_so() -> None:
    answer = decide(Kind.NOTE, {"text": "x"}, JPN, policy(), IN_FORCE)
    assert reason(answer) == "no rule of trilateral@3 lets KOR share note with JPN"


def test_a_nation_outside_the_agreement_gives_and_gets_nothing() -> None:
    assert "AUS is no party" in reason(decide(Kind.STATUS, STATUS, AUS, policy(), IN_FORCE))
    assert "AUS is no party" in reason(decide(Kind.STATUS, STATUS, JPN, policy(AUS), IN_FORCE))
    assert "AUS is no party" in reason(decide(Kind.RECEIPT, RECEIPT, AUS, policy(), IN_FORCE))
    assert policy(AUS).partners == () and policy().partners == (JPN, USA)


def test_outside_its_time_an_agreement_releases_nothing_but_receipts() -> None:
    for at in (Instant(0), instant_from_utc("2040-01-01T00:00:00Z")):
        assert "trilateral@3" in reason(decide(Kind.STATUS, STATUS, JPN, policy(), at))
        assert released(decide(Kind.RECEIPT, RECEIPT, JPN, policy(), at)).rule == "receipt"


def test_a_flight_of_another_year_is_replayed_under_an_agreement_in_force_today() -> None:
    replayed = Policy.compile(AGREEMENT, originator=KOR, realm=TEST, valid_check=IN_FORCE)
    released(decide(Kind.STATUS, STATUS, JPN, replayed, instant_from_utc("1998-08-31T03:07:00Z")))
    too_late = instant_from_utc("2040-01-01T00:00:00Z")
    lapsed = Policy.compile(AGREEMENT, originator=KOR, realm=TEST, valid_check=too_late)
    assert "expired" in reason(decide(Kind.STATUS, STATUS, JPN, lapsed, IN_FORCE))


def test_the_live_realm_judges_by_its_own_clock_only() -> None:
    with pytest.raises(BadPolicy, match="valid_check"):
        Policy.compile(AGREEMENT, originator=KOR, realm=LIVE, valid_check=IN_FORCE)


@pytest.mark.parametrize("nation", [KOR, JPN])
def test_a_withdrawal_stops_everything_but_receipts_at_once_and_rejoining_undoes_it(
    nation: NationId,
) -> None:
    after = policy().withdrawn(nation)
    said = reason(decide(Kind.STATUS, STATUS, JPN, after, IN_FORCE))
    assert said == f"{nation} has withdrawn from trilateral@3"
    released(decide(Kind.RECEIPT, RECEIPT, JPN, after, IN_FORCE))
    released(decide(Kind.STATUS, STATUS, JPN, after.rejoined(nation), IN_FORCE))


def test_one_partners_withdrawal_does_not_touch_the_other() -> None:
    released(decide(Kind.STATUS, STATUS, USA, policy().withdrawn(JPN), IN_FORCE))


def test_nobody_passes_on_what_another_nation_made() -> None:
    said = reason(decide(Kind.WARNING, CANCEL, USA, policy(JPN), IN_FORCE))
    assert said == "not JPN's own warning to release"
    notice = {"name": "trilateral", "version": 3, "sha256": "0" * 64, "action": "withdrawn"}
    for nation, is_own in (("KOR", True), ("JPN", False)):
        answer = decide(Kind.AGREEMENT, {**notice, "nation": nation}, USA, policy(), IN_FORCE)
        assert isinstance(answer, Released) == is_own
    stolen = {**CANCEL, "issuer": "JPN"}
    assert "own" in reason(decide(Kind.WARNING, stolen, USA, policy(JPN), IN_FORCE))


@pytest.mark.parametrize(
    "content",
    [
        {},
        {**STATUS, "epoch": "one"},
        {**STATUS, "epoch": True},
        {**STATUS, "epoch": float("nan")},
        {**STATUS, "epoch": 10**400},
        {**STATUS, "journal_head": "x" * 10_000},
        {**STATUS, "journal_head": "\ud800"},
        {**STATUS, "journal_head": {"sensor": "GP-B"}},
        {key: value for key, value in STATUS.items() if key != "epoch"},
    ],
)
def test_content_that_is_not_of_its_form_is_withheld(content: dict[str, Any]) -> None:
    answer = decide(Kind.STATUS, content, JPN, policy(), IN_FORCE)
    assert "not of the form of status" in reason(answer)


def test_a_cancel_outside_the_rules_carries_ids_status_code_and_time_alone() -> None:
    gone = policy().withdrawn(JPN)
    assert "withdrawn" in reason(decide(Kind.WARNING, CANCEL, JPN, gone, IN_FORCE))
    answer = released(retract(CANCEL, JPN, gone))
    assert (answer.rule, answer.content.kind) == ("cancel", Kind.WARNING)
    assert answer.content.fields == {
        "id": "W-KOR-1-4", "references": "W-KOR-1-3", "status": "cancel",
        "reason": "object_lost", "at": "2026-01-01T00:00:00Z",
    }  # fmt: skip


def test_a_reason_in_words_does_not_cross_with_a_bare_cancel() -> None:
    told = {**CANCEL, "reason": "GP-B lost it over the sea"}
    assert released(retract(told, JPN, policy())).content.fields["reason"] == "cancelled"


@pytest.mark.parametrize(
    "content",
    [{**CANCEL, "status": "update"}, {**CANCEL, "id": "W-JPN-1-4"}, {**CANCEL, "references": None}],
)
def test_only_an_own_cancel_of_something_is_a_bare_cancel(content: dict[str, Any]) -> None:
    reason(retract(content, JPN, policy()))
    assert "AUS is no party" in reason(retract(CANCEL, AUS, policy()))


def test_nothing_but_decide_can_make_a_released() -> None:
    with pytest.raises(NotReleased, match="ask it for a decision"):
        Released(b"secret", JPN, "trilateral@3#2")
    with pytest.raises(NotReleased):
        Released(b"secret", JPN, "trilateral@3#2", object())


@dataclass(frozen=True)
class Parcel:
    kind: Kind
    recipient: NationId
    carried: bytes


def test_a_bulletin_is_released_when_it_carries_the_very_bytes_that_were() -> None:
    answer = released(decide(Kind.STATUS, STATUS, JPN, policy(), IN_FORCE))
    parcel = Parcel(Kind.STATUS, JPN, answer.content.body)
    sealed = seal_bulletin(answer, parcel)
    assert (sealed.content, sealed.recipient, sealed.rule) == (parcel, JPN, answer.rule)


@pytest.mark.parametrize(
    "parcel",
    [
        Parcel(Kind.STATUS, USA, canonical(STATUS)),
        Parcel(Kind.TRACK, JPN, canonical(STATUS)),
        Parcel(Kind.STATUS, JPN, canonical({**STATUS, "sensor": "GP-B"})),
        Parcel(Kind.STATUS, JPN, b""),
    ],
)
def test_content_cannot_be_swapped_between_decision_and_sending(parcel: Parcel) -> None:
    answer = released(decide(Kind.STATUS, STATUS, JPN, policy(), IN_FORCE))
    answer.content.fields["sensor"] = "GP-B"
    with pytest.raises(NotReleased):
        seal_bulletin(answer, parcel)
