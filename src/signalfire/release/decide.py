"""(kind, content, recipient, policy, now) -> Released | Withheld. The default is no.

The only module that seals. What it releases is bytes: the canonical form of the rebuilt content, so
that what was decided, what is signed, what travels and what is shown cannot differ.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import msgspec

from signalfire.basis.canonical import canonical, sha256_hex
from signalfire.basis.errors import Malformed, NotReleased
from signalfire.basis.identity import NationId, minted_by, nation_of
from signalfire.basis.instant import Instant
from signalfire.picture.marking import Kind
from signalfire.release.agreement import Share
from signalfire.release.policy import Policy
from signalfire.release.redact import RETRACTION, Unfit, redact
from signalfire.release.released import Released, Withheld, seal

NEED_NO_RULE = frozenset({Kind.RECEIPT, Kind.AGREEMENT})
_CODE = re.compile(r"[a-z][a-z0-9_]{0,31}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Redacted:
    """Content in the form in which its recipient may see it, as canonical bytes."""

    kind: Kind
    body: bytes

    @property
    def sha256(self) -> str:
        """SHA-256 of the bytes, in hexadecimal."""
        return sha256_hex(self.body)

    @property
    def fields(self) -> dict[str, Any]:
        """A fresh copy as a dict; what is done to it changes nothing that leaves."""
        fields: dict[str, Any] = msgspec.json.decode(self.body)
        return fields


class Carrier(Protocol):
    """Something that carries content across a border, and what stands under its signature."""

    @property
    def kind(self) -> Kind: ...
    @property
    def recipient(self) -> NationId: ...
    @property
    def carried(self) -> bytes:
        """The content's bytes, taken from the signed bytes themselves."""
        ...


AnyCarrier = TypeVar("AnyCarrier", bound=Carrier)


def decide(
    kind: Kind, content: Mapping[str, Any], recipient: NationId, policy: Policy, now: Instant
) -> Released[Redacted] | Withheld:
    """Decide whether, and in which form, ``recipient`` may have ``content`` of the policy's nation.

    Receipts and agreements need no rule; everything else needs exactly one, of an agreement in
    force between nations that take part. A nation releases what is its own only: assessments,
    warnings and notices that it wrote, tracks of its own nodes. Never raises for content: what has
    not the form of its kind is withheld.
    """
    share: Share | None = None
    if kind in NEED_NO_RULE:
        reason = policy.barred(recipient)
        if reason is not None:
            return Withheld(reason)
        rule = kind.value
    else:
        found = policy.share_for(kind, recipient, now)
        if isinstance(found, Withheld):
            return found
        share, rule = found, found.rule
    try:
        rebuilt = redact(kind, content, share)
    except (Unfit, Malformed) as unfit:
        return Withheld(f"content is not of the form of {kind}: {unfit}", rule)
    if rebuilt is None:
        form = "any" if share is None else share.form.value
        return Withheld(f"{kind} has no {form} form in which to cross a border", rule)
    if not _is_own(kind, rebuilt, policy.originator):
        return Withheld(f"not {policy.originator}'s own {kind} to release", rule)
    return seal(Redacted(kind, canonical(rebuilt)), recipient, rule)


def retract(
    content: Mapping[str, Any], recipient: NationId, policy: Policy
) -> Released[Redacted] | Withheld:
    """A cancel for one who was given the warning and may no longer have more than this.

    Ask ``decide`` first; this is for the caller that knows from its record that the warning was
    delivered. It goes to any party, withdrawn or not and whether or not the agreement is still in
    force: id, the id it cancels, status, a reason code and time.
    """
    reason = policy.barred(recipient)
    if reason is not None:
        return Withheld(reason)
    try:
        rebuilt = RETRACTION(content)
    except Unfit as unfit:
        return Withheld(f"content is not of the form of a cancel: {unfit}", "cancel")
    if rebuilt["status"] != "cancel" or not _is_minted_by(policy.originator, rebuilt["id"]):
        return Withheld(f"not a cancel of {policy.originator}'s own", "cancel")
    given = content.get("reason")
    is_code = isinstance(given, str) and _CODE.fullmatch(given) is not None
    rebuilt["reason"] = given if is_code else "cancelled"
    return seal(Redacted(Kind.WARNING, canonical(rebuilt)), recipient, "cancel")


def seal_bulletin(released: Released[Redacted], bulletin: AnyCarrier) -> Released[AnyCarrier]:
    """Release the signed bytes that carry ``released``, to the same recipient under the same rule.

    Raises NotReleased when the bulletin carries anything but the very bytes that were released, is
    of another kind, or goes to somebody else.
    """
    content = released.content
    if bulletin.recipient != released.recipient:
        raise NotReleased(
            f"released to {released.recipient}, but the bulletin goes to {bulletin.recipient}"
        )
    if bulletin.kind is not content.kind or bulletin.carried != content.body:
        raise NotReleased("the bulletin does not carry the content that was released: sign that")
    return seal(bulletin, released.recipient, released.rule)


def _is_own(kind: Kind, rebuilt: Mapping[str, Any], nation: NationId) -> bool:
    if kind is Kind.TRACK:
        return all(_is_minted_by(nation, track["track"]) for track in rebuilt["tracks"])
    if kind is Kind.EVENT:
        return bool(rebuilt["author"] == nation)
    if kind is Kind.WARNING:
        return bool(rebuilt["issuer"] == nation) and _is_minted_by(nation, rebuilt["id"])
    if kind is Kind.AGREEMENT:
        return bool(rebuilt["nation"] == nation)
    return True


def _is_minted_by(nation: NationId, identity: str) -> bool:
    try:
        return nation_of(minted_by(identity)) == nation
    except Malformed:
        return False
