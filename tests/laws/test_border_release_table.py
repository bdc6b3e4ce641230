"""Every cell of the trilateral agreement, against a table written out by hand."""

import itertools
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalfire.basis.identity import NationId
from signalfire.basis.realm import Realm
from signalfire.basis.utc import instant_from_utc
from signalfire.picture.marking import Kind
from signalfire.release.agreement import SHAREABLE, Agreement, Form, Share, read_agreement
from signalfire.release.decide import decide
from signalfire.release.policy import Policy
from signalfire.release.released import Released

DATA = Path(__file__).parents[2] / "src" / "signalfire" / "data"
TRILATERAL = read_agreement((DATA / "agreements" / "trilateral.toml").read_bytes())
NATIONS = [NationId(name) for name in ("AUS", "JPN", "KOR", "USA")]
NOW = instant_from_utc("2026-01-01T00:00:00Z")
REALM = Realm("test:x")

# What is released at all, written by hand from the words of the agreement, not from its file.
GIVEN = {"track", "event", "warning", "status"}
NO_RULE_NEEDED = {"receipt", "agreement"}


def oracle(originator: str, recipient: str, kind: str) -> bool:
    three = {"JPN", "KOR", "USA"}
    if originator == recipient or not {originator, recipient} <= three:
        return False
    return kind in GIVEN or kind in NO_RULE_NEEDED


def content_of(kind: Kind, nation: str) -> dict[str, Any]:
    """Well-formed content of a nation's own."""
    state = {
        "valid_at": "2026-01-01T00:00:00Z", "position_ecef_m": [4e6, 3e6, 4e6],
        "velocity_ecef_m_s": [1.0, 2.0, 3.0],
        "covariance_upper": [1.0, 0, 0, 0, 0, 0, 1.0, 0, 0, 0, 0, 1.0, 0, 0, 0, 1.0, 0, 0, 1.0, 0,
                             1.0],
    }  # fmt: skip
    texts = {"ja": "j", "ko": "k", "en": "e"}
    at = "2026-01-01T00:00:00Z"
    contents: dict[Kind, dict[str, Any]] = {
        Kind.TRACK: {"tracks": [{
            "track": f"T-{nation}-1-1", "event": "E-KOR-1-1", "phase": "boost", "state": state,
            "thrust_probability": 0.5, "last_observed_at": at, "pedigree": None,
        }]},
        Kind.EVENT: {
            "event": "E-KOR-1-1", "members": ["E-KOR-1-1"], "superseded_by": None, "ended": False,
            "author": nation, "phase": "boost", "state": state, "launch": {"unknown": "x"},
            "impact": {"unknown": "x"}, "apogee_m": None, "observed_s": 1.0, "flight_s": None,
            "witnesses": 1, "last_observed_at": at,
            "class": {"SRBM": 1.0, "MRBM": 0, "IRBM": 0, "ICBM": 0, "SLV": 0, "manoeuvring": 0,
                      "unknown": 0},
        },
        Kind.WARNING: {
            "id": f"W-{nation}-1-1", "issuer": nation, "at": at, "status": "initial",
            "references": None, "event": "E-KOR-1-1", "realm": "test:x", "areas": [],
            "window": [at, at], "confidence": 0.5, "observed_fraction": 0.5, "witnesses": 1,
            "reason": "r", "text": texts,
        },
        Kind.STATUS: {"sensors_available": 1, "sensors_total": 1, "epoch": 1, "reliable_count": 0,
                      "journal_head": "0" * 64},
        Kind.RECEIPT: {"received": [["JPN-1", 1, 1]]},
        Kind.AGREEMENT: {"name": "trilateral", "version": 3, "sha256": "0" * 64,
                         "action": "in_force", "nation": nation},
    }  # fmt: skip
    return contents.get(kind, {"sensor": "GP-B", "range_m": 1.0})


CELLS = list(itertools.product(NATIONS, NATIONS, Kind))


@pytest.mark.parametrize("originator", NATIONS)
def test_every_cell_of_the_trilateral_is_as_its_words_say(originator: NationId) -> None:
    policy = Policy.compile(TRILATERAL, originator=originator, realm=REALM)
    tried = 0
    for recipient, kind in itertools.product(NATIONS, Kind):
        answer = decide(kind, content_of(kind, originator), recipient, policy, NOW)
        assert isinstance(answer, Released) == oracle(originator, recipient, kind.value), (
            originator, recipient, kind, answer,
        )  # fmt: skip
        tried += 1
    assert tried == len(CELLS) // len(NATIONS) == 40


_kinds = st.sets(st.sampled_from(SHAREABLE), min_size=1).map(lambda kinds: tuple(sorted(kinds)))
_shares = st.builds(
    lambda number, pair, kinds, form: Share(
        f"t@1#{number}", pair[0], (pair[1],), kinds, form,
        *((5000.0, 5.0) if form is Form.COARSE else (None, None)),
    ),
    st.integers(1, 9),
    st.permutations(NATIONS).map(lambda order: order[:2]),
    _kinds,
    st.sampled_from(Form),
)  # fmt: skip


@given(
    shares=st.lists(_shares, max_size=5),
    gone=st.sets(st.sampled_from(NATIONS), max_size=2),
    cell=st.sampled_from(CELLS),
)
def test_nothing_is_released_that_no_rule_names_or_while_somebody_is_gone(
    shares: list[Share], gone: set[NationId], cell: tuple[NationId, NationId, Kind]
) -> None:
    originator, recipient, kind = cell
    agreement = Agreement("t", 1, TRILATERAL.valid, tuple(NATIONS), tuple(shares), "0" * 64)
    policy = Policy.compile(agreement, originator=originator, realm=REALM)
    for nation in sorted(gone):
        policy = policy.withdrawn(nation)
    answer = decide(kind, content_of(kind, originator), recipient, policy, NOW)
    named = any(
        share.originator == originator and recipient in share.recipients and kind in share.kinds
        for share in shares
    )
    allowed = named and not gone & {originator, recipient}
    if isinstance(answer, Released) and kind.value not in NO_RULE_NEEDED:
        assert allowed and answer.rule in {share.rule for share in shares}
