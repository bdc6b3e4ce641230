"""The brokers' configuration: exactly the routes of the agreement, nothing wider."""

from pathlib import Path

import pytest

from signalfire.basis.identity import NationId
from signalfire.basis.realm import Realm
from signalfire.picture.marking import Kind
from signalfire.rim.certificates import CertificateFiles
from signalfire.rim.nats_config import HubSettings, LeafSettings, hub_config, leaf_config
from signalfire.rim.subjects import Route, routes, subject

JPN, KOR, USA = NationId("JPN"), NationId("KOR"), NationId("USA")
REALM = Realm("test:a.jsonl")
FILES = CertificateFiles(Path("hub.crt"), Path("hub.key"), Path("ca.pem"))
ROUTES = routes([JPN, KOR, USA], [(KOR, JPN, Kind.TRACK)])


def hub() -> str:
    return hub_config(REALM, ROUTES, HubSettings(1, 2, 3, FILES, "secret"))


def leaf(nation: NationId) -> str:
    return leaf_config(REALM, ROUTES, LeafSettings(nation, 4, 5, 2, FILES, "secret"))


def test_a_subject_has_five_plain_tokens() -> None:
    text = subject(REALM, Route(KOR, JPN, Kind.WARNING))
    assert text == "sf.test:a_jsonl.kor.jpn.warning"


def test_receipts_agreements_and_warnings_have_a_route_without_a_rule() -> None:
    kinds = {route.kind for route in ROUTES if (route.originator, route.recipient) == (USA, JPN)}
    assert kinds == {Kind.RECEIPT, Kind.AGREEMENT, Kind.WARNING}
    assert Route(KOR, JPN, Kind.TRACK) in ROUTES
    assert Route(JPN, KOR, Kind.TRACK) not in ROUTES


@pytest.mark.parametrize("text", [hub(), leaf(KOR)], ids=["hub", "leaf"])
def test_there_is_no_wildcard_and_no_way_round_the_accounts(text: str) -> None:
    assert "*" not in text and ">" not in text
    for word in ("no_auth_user", "$JS", "_INBOX", "jetstream"):
        assert word not in text
    assert "compression: off" in text


def test_a_leaf_knows_only_its_own_nations_subjects() -> None:
    for word in leaf(KOR).split('"'):
        if word.startswith("sf."):
            assert "kor" in word.split(".")[2:4]


def test_a_nation_on_no_route_may_do_nothing() -> None:
    text = leaf_config(REALM, (), LeafSettings(USA, 4, 5, 2, FILES, "secret"))
    assert text.count('{ deny: [">"] }') == 2
    assert "sf." not in text


def test_a_link_user_cannot_be_claimed_on_the_client_port() -> None:
    users = [line for line in hub().splitlines() if 'user: "leaf.' in line]
    assert len(users) == 3
    assert all('allowed_connection_types: ["LEAFNODE"]' in line for line in users)


def test_nobody_routes_to_itself() -> None:
    with pytest.raises(AssertionError):
        Route(KOR, KOR, Kind.TRACK)
