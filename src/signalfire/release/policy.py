"""One nation's release policy: an agreement as a table. What is not in it is withheld."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from signalfire.basis.errors import BadPolicy
from signalfire.basis.identity import NationId
from signalfire.basis.instant import Instant
from signalfire.basis.realm import Realm
from signalfire.picture.marking import Kind
from signalfire.release.agreement import Agreement, Share
from signalfire.release.released import Withheld


@dataclass(frozen=True, slots=True)
class Policy:
    """What ``originator`` may release under ``agreement`` in ``realm``.

    Whether the agreement is in force is judged at the moment of each decision. Outside the live
    realm flights of other years are replayed, and their time says nothing about the agreement:
    there ``valid_check``, handed in by the caller, is the moment at which it is judged instead. In
    the live realm it must be None.
    """

    agreement: Agreement
    originator: NationId
    realm: Realm
    valid_check: Instant | None = None
    suspended: frozenset[NationId] = frozenset()
    """Nations that have withdrawn; the originator itself may be among them."""
    _table: Mapping[tuple[NationId, Kind], Share] = field(repr=False, default_factory=dict)

    @classmethod
    def compile(
        cls,
        agreement: Agreement,
        *,
        originator: NationId,
        realm: Realm,
        valid_check: Instant | None = None,
    ) -> "Policy":
        """Make the table. A nation outside the agreement gets an empty one.

        Raises BadPolicy when ``valid_check`` is given in the live realm.
        """
        if realm.is_live and valid_check is not None:
            raise BadPolicy("valid_check: the live realm judges an agreement by its own clock only")
        table = {
            (recipient, kind): share
            for share in agreement.shares
            if share.originator == originator
            for recipient in share.recipients
            for kind in share.kinds
        }
        frozen = MappingProxyType(table)
        return cls(agreement, originator, realm, valid_check, frozenset(), frozen)

    @property
    def partners(self) -> tuple[NationId, ...]:
        """The other parties, in alphabetical order; none for a nation outside the agreement."""
        parties = self.agreement.parties
        if self.originator not in parties:
            return ()
        return tuple(sorted(nation for nation in parties if nation != self.originator))

    def withdrawn(self, nation: NationId) -> "Policy":
        """The policy after ``nation`` has withdrawn: nothing goes to it, or from it."""
        return replace(self, suspended=self.suspended | {nation})

    def rejoined(self, nation: NationId) -> "Policy":
        """The policy after ``nation`` takes part again."""
        return replace(self, suspended=self.suspended - {nation})

    def barred(self, recipient: NationId) -> str | None:
        """Why ``recipient`` gets nothing from us at all, not even a receipt; None if it may."""
        if self.originator == recipient:
            return "a nation does not release to itself"
        for nation in (self.originator, recipient):
            if nation not in self.agreement.parties:
                return f"{nation} is no party to {self.agreement.label}"
        return None

    def share_for(self, kind: Kind, recipient: NationId, now: Instant) -> Share | Withheld:
        """The one rule that lets ``kind`` go to ``recipient`` now, or why there is none."""
        share = self._table.get((recipient, kind))
        rule = None if share is None else share.rule
        reason = self.barred(recipient)
        if reason is None:
            reason = self._suspension(recipient)
        if reason is None:
            reason = self.agreement.lapse(self.valid_check or now)
        if reason is not None:
            return Withheld(reason, rule)
        if share is None:
            label = self.agreement.label
            return Withheld(
                f"no rule of {label} lets {self.originator} share {kind} with {recipient}"
            )
        return share

    def _suspension(self, recipient: NationId) -> str | None:
        for nation in (self.originator, recipient):
            if nation in self.suspended:
                return f"{nation} has withdrawn from {self.agreement.label}"
        return None
