"""A decision is used as if it were always yes. Read by mypy, never run."""

from typing import Any

from signalfire.basis.identity import NationId
from signalfire.basis.instant import Instant
from signalfire.federation.bulletin import Bulletin
from signalfire.picture.marking import Kind
from signalfire.release.decide import decide, seal_bulletin
from signalfire.release.policy import Policy
from signalfire.release.released import Released, Withheld


def without_looking(
    content: dict[str, Any], partner: NationId, policy: Policy, bulletin: Bulletin
) -> Released[Bulletin]:
    decision = decide(Kind.EVENT, content, partner, policy, Instant(0))
    return seal_bulletin(decision, bulletin)  # refused: arg-type


def after_looking(
    content: dict[str, Any], partner: NationId, policy: Policy, bulletin: Bulletin
) -> Released[Bulletin] | Withheld:
    decision = decide(Kind.EVENT, content, partner, policy, Instant(0))
    if isinstance(decision, Withheld):
        return decision
    return seal_bulletin(decision, bulletin)


def a_sealed_thing_is_not_changed(sealed: Released[Bulletin], partner: NationId) -> None:
    sealed.recipient = partner  # refused: misc
