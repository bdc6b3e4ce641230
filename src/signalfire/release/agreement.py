"""Agreements: who shares what with whom, in what form; versioned, signed and expiring."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from signalfire.basis.canonical import sha256_hex
from signalfire.basis.errors import BadInput, BadPolicy, Malformed
from signalfire.basis.identity import NationId, nation_id
from signalfire.basis.instant import Instant
from signalfire.basis.limits import PARTIES_MAX, RULES_MAX
from signalfire.basis.tables import Table, read_table
from signalfire.basis.utc import instant_from_utc, utc_text
from signalfire.picture.marking import Kind

SHAREABLE = (
    Kind.TRACK,
    Kind.EVENT,
    Kind.WARNING,
    Kind.STATUS,
    Kind.DETECTION,
    Kind.INDICATION,
    Kind.NOTE,
)
"""The kinds that a rule may name; receipts and agreements need none."""


class Form(StrEnum):
    """How much of a message is shared."""

    FULL = "full"
    COARSE = "coarse"
    EVENT_ONLY = "event_only"


@dataclass(frozen=True, slots=True)
class Share:
    """One rule. The roundings belong to the coarse form and are None in the others."""

    rule: str
    originator: NationId
    recipients: tuple[NationId, ...]
    kinds: tuple[Kind, ...]
    form: Form
    round_position_m: float | None = None
    round_time_s: float | None = None


@dataclass(frozen=True, slots=True)
class Agreement:
    """An agreement as its parties signed it; ``sha256`` is that of the file's bytes."""

    name: str
    version: int
    valid: tuple[Instant, Instant]
    parties: tuple[NationId, ...]
    shares: tuple[Share, ...]
    sha256: str

    @property
    def label(self) -> str:
        """Name and version: ``trilateral@3``."""
        return f"{self.name}@{self.version}"

    def lapse(self, at: Instant) -> str | None:
        """Why the agreement does not hold at that moment; None while it does."""
        start, end = self.valid
        if at < start:
            return f"{self.label} is valid only from {utc_text(start, 0)}"
        if at >= end:
            return f"{self.label} expired at {utc_text(end, 0)}"
        return None

    def require_valid(self, at: Instant) -> None:
        """Raise BadPolicy when the agreement does not hold at that moment."""
        reason = self.lapse(at)
        if reason is not None:
            raise BadPolicy(f"{reason}: use an agreement that is in force")


class _Share(Table, kw_only=True):
    from_: Annotated[str, Meta(max_length=16)] = msgspec.field(name="from")
    to: Annotated[list[str], Meta(min_length=1, max_length=PARTIES_MAX)]
    kinds: Annotated[list[str], Meta(min_length=1, max_length=len(SHAREABLE))]
    form: Annotated[str, Meta(max_length=40)]
    round_position_m: Annotated[float, Meta(ge=1.0, le=1.0e6)] | None = None
    round_time_s: Annotated[float, Meta(ge=0.001, le=3600.0)] | None = None


class _File(Table, kw_only=True):
    format: Literal[1]
    version: Annotated[int, Meta(ge=1, le=1_000_000)]
    valid: tuple[str, str]
    parties: Annotated[list[str], Meta(min_length=2, max_length=PARTIES_MAX)]
    share: Annotated[list[_Share], Meta(max_length=RULES_MAX)]
    name: Annotated[str, Meta(pattern="^[a-z][a-z0-9_-]{0,63}$")] = ""


def read_agreement(file: bytes) -> Agreement:
    """Read an agreement, from the bytes that were signed.

    Raises BadPolicy, naming entry, field, value and cure, when any part of it cannot be used: two
    rules for one thing, too, since which of them was meant nobody can know.
    """
    try:
        form = read_table(file.decode(), _File)
    except UnicodeDecodeError as error:
        raise BadPolicy("agreement: not UTF-8 text: write it as TOML in UTF-8") from error
    except BadInput as error:
        raise BadPolicy(f"agreement: {error}") from error
    if not form.name:
        raise BadPolicy("agreement: name: missing; give it one, such as trilateral")
    parties = tuple(_nation(text, "parties") for text in form.parties)
    if len(set(parties)) < len(parties):
        raise BadPolicy("agreement: parties: a nation stands twice; keep one")
    label = f"{form.name}@{form.version}"
    shares = tuple(
        _share(entry, f"{label}#{number}", parties)
        for number, entry in enumerate(form.share, start=1)
    )
    _require_one_rule_for_one_thing(shares)
    return Agreement(form.name, form.version, _valid(form.valid), parties, shares, sha256_hex(file))


def _share(entry: _Share, rule: str, parties: tuple[NationId, ...]) -> Share:
    originator = _party(entry.from_, f"{rule}: from", parties)
    recipients = tuple(_party(text, f"{rule}: to", parties) for text in entry.to)
    if originator in recipients or len(set(recipients)) < len(recipients):
        raise BadPolicy(f"{rule}: to: names {originator} itself or a nation twice; remove it")
    kinds = tuple(_kind(text, rule) for text in entry.kinds)
    if len(set(kinds)) < len(kinds):
        raise BadPolicy(f"{rule}: kinds: one stands twice; keep one")
    roundings = (entry.round_position_m, entry.round_time_s)
    form = _form(entry.form, rule)
    if form is Form.COARSE and None in roundings:
        raise BadPolicy(f"{rule}: form = 'coarse': add round_position_m and round_time_s")
    if form is not Form.COARSE and roundings != (None, None):
        raise BadPolicy(f"{rule}: form = {form.value!r} rounds nothing: remove round_*, or coarse")
    return Share(rule, originator, recipients, kinds, form, *roundings)


def _require_one_rule_for_one_thing(shares: tuple[Share, ...]) -> None:
    first: dict[tuple[NationId, NationId, Kind], str] = {}
    for share in shares:
        for recipient in share.recipients:
            for kind in share.kinds:
                earlier = first.setdefault((share.originator, recipient, kind), share.rule)
                if earlier != share.rule:
                    raise BadPolicy(
                        f"{earlier} and {share.rule} both say how {share.originator} shares "
                        f"{kind} with {recipient}: keep one"
                    )


def _valid(texts: tuple[str, str]) -> tuple[Instant, Instant]:
    try:
        start, end = instant_from_utc(texts[0]), instant_from_utc(texts[1])
    except Malformed as error:
        raise BadPolicy(f"agreement: valid: {error}") from error
    if end <= start:
        raise BadPolicy("agreement: valid: ends before it begins; write [from, to]")
    return start, end


def _nation(text: str, where: str) -> NationId:
    try:
        return nation_id(text)
    except Malformed as error:
        raise BadPolicy(f"agreement: {where} = {text[:16]!r}: {error}") from error


def _party(text: str, where: str, parties: tuple[NationId, ...]) -> NationId:
    nation = _nation(text, where)
    if nation not in parties:
        raise BadPolicy(f"{where} = {nation!r}: no party; write one of {', '.join(parties)}")
    return nation


def _kind(text: str, rule: str) -> Kind:
    for kind in SHAREABLE:
        if kind.value == text:
            return kind
    known = ", ".join(SHAREABLE)
    raise BadPolicy(f"{rule}: kinds: {text[:40]!r} cannot be shared; write some of {known}")


def _form(text: str, rule: str) -> Form:
    try:
        return Form(text)
    except ValueError as error:
        known = ", ".join(Form)
        raise BadPolicy(f"{rule}: form = {text!r}: write one of {known}") from error
