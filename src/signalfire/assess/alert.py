"""When a threat becomes a warning, is revised, is withdrawn, and is over.

Of each event the messages are always: initial, any number of updates, then one cancel or one
all-clear; each names the one that it replaces. Rules:

* an area is named from ``threshold_probability`` on, and is dropped only when it has been below
  ``drop_probability`` for a while: what hovers does not flicker (``standing``);
* nothing is announced as new whose own window is past;
* what is lost is not harmless: while the object is lost, or no estimate is to be had, areas stay
  named; only an estimate that leads elsewhere takes an area out, and only before its window;
* an area whose window has passed leaves further updates silently and waits for the all-clear;
* every warning ends by a message of ours, not by a timer at the receiver;
* no all-clear for an area that another open warning names, and none while a flight of what
  manoeuvres or is lost may still be in the air, by the last estimate of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from signalfire.assess.alert_settings import AlertSettings
from signalfire.assess.areas import AreaThreat
from signalfire.assess.standing import Standing, Window, has_moved, is_sooner
from signalfire.assess.threats import joint_probability
from signalfire.assess.wording import Cause, Ground, Notice, reason, texts
from signalfire.basis.identity import AreaId, EventId, NationId, NodeId, WarningId, warning_id
from signalfire.basis.instant import Instant
from signalfire.basis.realm import Realm
from signalfire.picture.event import Phase
from signalfire.picture.warning import AreaKind, WarnedArea, Warning, WarningStatus

_PREDICTED = {
    AreaKind.IMPACT: Cause.IMPACT_PREDICTED,
    AreaKind.OVERFLIGHT: Cause.OVERFLIGHT_PREDICTED,
    AreaKind.DEBRIS: Cause.DEBRIS_PREDICTED,
}
WITNESS_CAP_PROBABILITY = (0.90, 0.97, 0.99)
"""The most that a warning says on 1, 2, and 3 or more independent witnesses: sensors of one path
fail together (the first wholly false public alert of ShakeAlert, 2025-12-04, came that way). The
values are our judgement, not measurements."""


PASSED_PROBABILITY = 0.75
"""From this confidence in an overflight on, its all-clear says that it has passed over."""


LEFT_S = 3_600.0
"""So long it is remembered that a warning of an event was cancelled: no flight lasts longer."""


@dataclass(frozen=True, slots=True)
class EventFacts:
    """What the alert book must know of an event beside the threats to areas.

    ``sources`` are the nations on whose reports the estimate rests; ``lost_since`` is the last
    observation of an object that is lost now; ``is_withdrawn`` says that there is no such missile.
    ``down_by`` is when the last of the flights that the estimate allows has come down, where there
    is one. ``confidence_cap_probability`` is a further bound on what may be claimed.
    """

    observed_fraction: float
    witnesses: int
    phase: Phase
    sources: tuple[NationId, ...] = ()
    lost_since: Instant | None = None
    is_withdrawn: bool = False
    down_by: Instant | None = None
    confidence_cap_probability: float = 1.0

    @property
    def is_lost(self) -> bool:
        return self.phase is Phase.LOST or self.lost_since is not None


@dataclass
class _Chain:
    """The open warning of one event.

    ``told`` holds every area that was announced and not yet released, as it was announced;
    ``standing`` the areas under threat; areas in ``told`` alone have passed or are to be released.
    """

    event: EventId
    facts: EventFacts
    last: Warning
    standing: dict[AreaId, Standing]
    told: dict[AreaId, WarnedArea] = field(default_factory=dict)
    passed: dict[AreaId, Instant] = field(default_factory=dict)
    """Areas behind us, and the end of their window."""
    fresh: tuple[AreaThreat, ...] = ()
    """Threats of the last estimate."""
    down_by: Instant | None = None
    """By when all its flights have come down, by the last estimate."""
    is_unsure: bool = False
    """Whether it manoeuvres or is lost, or did when it ended."""


class AlertBook:
    """All open warnings of one nation, as one node keeps them; ids are minted from its counter."""

    def __init__(
        self,
        nation: NationId,
        node: NodeId,
        realm: Realm,
        settings: AlertSettings | None = None,
    ) -> None:
        self._nation = nation
        self._node = node
        self._realm = realm
        self._settings = settings or AlertSettings()
        self._minted = 0
        self._chains: dict[EventId, _Chain] = {}
        self._left: dict[EventId, Instant] = {}
        """When the estimate of an event last left all areas that were named, lately."""

    def is_open(self, event: EventId) -> bool:
        """Whether a warning of the event stands."""
        return event in self._chains

    def any_open(self) -> bool:
        """Whether any warning stands."""
        return bool(self._chains)

    def review(
        self,
        now: Instant,
        event: EventId,
        threats: Sequence[AreaThreat] | None,
        facts: EventFacts,
    ) -> tuple[Warning, ...]:
        """Say what people must be told of one event now: nothing, or one message.

        ``threats`` are those of one footprint to areas of this nation; None where there is no
        estimate (which is not the same as no threat, an empty sequence).
        """
        chain = self._chains.get(event)
        if chain is None:
            return self._begin(now, event, threats or (), facts)
        self._note(now, chain, facts)
        if facts.is_withdrawn:
            return self._end(now, chain, WarningStatus.CANCEL, Cause.WITHDRAWN)
        if threats is not None and not self._hold_is_over(now, facts):
            self._follow(now, chain, threats)
        return self._settle(now, chain)

    def tick(self, now: Instant) -> tuple[Warning, ...]:
        """Say what the passing of time alone demands, of every open warning."""
        return tuple(
            message for chain in list(self._chains.values()) for message in self._settle(now, chain)
        )

    def rename(self, now: Instant, old: EventId, new: EventId) -> tuple[Warning, ...]:
        """Two events turned out to be one missile, which goes on as ``new``.

        A warning of ``old`` goes on under the new id. Where both were warned of, that of ``old`` is
        cancelled and names the one that stands.
        """
        chain = self._chains.get(old)
        if chain is None or old == new:
            return ()
        if (survivor := self._chains.get(new)) is not None:
            stands = survivor.last.warning
            return self._end(now, chain, WarningStatus.CANCEL, Cause.SUPERSEDED, stands)
        del self._chains[old]
        chain.event = new
        self._chains[new] = chain
        return ()

    def _begin(
        self, now: Instant, event: EventId, threats: Sequence[AreaThreat], facts: EventFacts
    ) -> tuple[Warning, ...]:
        if facts.is_withdrawn or self._hold_is_over(now, facts):
            return ()
        standing = {
            threat.area: Standing.begun(now, threat, self._settings)
            for threat in threats
            if self._is_new_threat(now, threat)
        }
        if not standing:
            return ()
        grounds = _grounds(
            *(
                (cause, [s for s in standing.values() if s.kind is kind])
                for kind, cause in _PREDICTED.items()
            )
        )
        areas = tuple(_warned(s, s.threat.window) for _, s in sorted(standing.items()))
        confidence = self._confidence(standing, threats, facts)
        draft = _Draft(event, WarningStatus.INITIAL, None, areas, confidence, facts, grounds)
        first = self._write(now, draft)
        chain = _Chain(event, facts, first, standing)
        chain.told = {area.area: area for area in first.areas}
        chain.fresh = tuple(threats)
        self._note(now, chain, facts)
        self._chains[event] = chain
        return (first,)

    def _follow(self, now: Instant, chain: _Chain, threats: Sequence[AreaThreat]) -> None:
        """Take in a new estimate: areas come, stay, or go."""
        chain.fresh = tuple(threats)
        settings = self._settings
        live = {t.area: t for t in threats if self._is_live(chain, t)}
        for area, threat in live.items():
            standing = chain.standing.get(area)
            if standing is not None:
                chain.standing[area] = standing.followed(now, threat, settings)
            elif self._is_new_threat(now, threat):
                chain.standing[area] = Standing.begun(now, threat, settings)
                if chain.passed.pop(area, None) is not None:
                    del chain.told[area]
        if not chain.facts.is_lost:
            self._fade(now, chain, [area for area in chain.standing if area not in live])

    def _is_live(self, chain: _Chain, threat: AreaThreat) -> bool:
        """Whether an area stays under threat: by parts in the missile's place only by enough."""
        settings, standing = self._settings, chain.standing.get(threat.area)
        is_other = standing is not None and threat.is_debris and not standing.threat.is_debris
        enough_probability = (
            settings.threshold_probability if is_other else settings.drop_probability
        )
        return threat.affected_probability >= enough_probability

    def _fade(self, now: Instant, chain: _Chain, past: Sequence[AreaId]) -> None:
        """The estimate leads past areas: they go in time, unless theirs has begun.

        Soon where that leaves none and nothing has passed yet: a cancel does not wait. Once one was
        followed by a new warning of the same object, its estimate is known to swing.
        """
        settings = self._settings
        ahead = [area for area in past if now < chain.told[area].window[0]]
        for area in ahead:
            chain.standing[area] = chain.standing[area].fading(now)
        low_s = {area: chain.standing[area].low_s(now) for area in ahead}
        leaves_all = len(ahead) == len(chain.standing) and not chain.passed
        is_soon = leaves_all and chain.event not in self._left
        is_over = is_soon and all(low >= settings.drop_after_s for low in low_s.values())
        for area in ahead:
            if is_over or low_s[area] >= settings.calm_after_s:
                del chain.standing[area]

    def _note(self, now: Instant, chain: _Chain, facts: EventFacts) -> None:
        """Take in what is known of the event."""
        chain.facts = facts
        if facts.down_by is not None and not self._hold_is_over(now, facts):
            chain.down_by = facts.down_by
        if facts.phase is not Phase.ENDED:
            chain.is_unsure = facts.is_lost or facts.phase is Phase.MANOEUVRING

    def _settle(self, now: Instant, chain: _Chain) -> tuple[Warning, ...]:
        """End the warning, or revise it, or leave it."""
        for area, standing in list(chain.standing.items()):
            told = chain.told.get(area)
            end = max(standing.threat.window[1], told.window[1]) if told else None
            if end is not None and now >= end:
                chain.passed[area] = end
                del chain.standing[area]
        cause = self._over(now, chain)
        if cause is not None:
            return self._clear(now, chain, cause)
        if chain.standing:
            return self._revise(now, chain)
        if not chain.passed:
            return self._end(now, chain, WarningStatus.CANCEL, Cause.ESTIMATE_LEFT)
        return ()

    def _over(self, now: Instant, chain: _Chain) -> Cause | None:
        """Why an all-clear is due, as far as this warning alone is concerned; None while it is not.

        Of what falls free and is seen the windows say enough; of other objects the last flight.
        """
        last_down = chain.down_by if chain.is_unsure else None
        if last_down is not None and now < last_down.later(self._settings.clear_after_s):
            return None
        if self._hold_is_over(now, chain.facts) and now >= chain.last.window[1]:
            return Cause.LOST_HOLD_PASSED
        if chain.standing or not chain.passed:
            return None
        if now < max(chain.passed.values()).later(self._settings.clear_after_s):
            return None
        return Cause.PASSED_OVER if _surely_passed(chain) else Cause.WINDOW_PASSED

    def _elsewhere(self, now: Instant, chain: _Chain) -> dict[AreaId, WarningId]:
        """Areas of a warning that others name which are not over, and one that does."""
        return {
            area: other.last.warning
            for other in self._chains.values()
            if other is not chain and self._over(now, other) is None
            for area in other.told
            if area in chain.told
        }

    def _clear(self, now: Instant, chain: _Chain, cause: Cause) -> tuple[Warning, ...]:
        """All-clear for the areas that no other warning names; those leave with that one.

        Where there is none whose time is over, it waits.
        """
        elsewhere = self._elsewhere(now, chain)
        free = [area for area in chain.told.values() if area.area not in elsewhere]
        if all(area.window[1] > now for area in free):
            return ()
        return self._end(now, chain, WarningStatus.ALL_CLEAR, cause)

    def _revise(self, now: Instant, chain: _Chain) -> tuple[Warning, ...]:
        """An update, where something that matters has changed and it is time."""
        told, standing = chain.told, chain.standing
        windows = {area: _next_window(now, s, told.get(area)) for area, s in standing.items()}
        added = [s for area, s in standing.items() if area not in told]
        others = [(told[area], s) for area, s in standing.items() if area in told]
        turned = [s for was, s in others if s.kind is not was.kind]
        moved = [s for was, s in others if has_moved(was.window, windows[was.area], self._settings)]
        left = [a for a in told.values() if a.area not in standing and a.area not in chain.passed]
        is_urgent = bool(added) or any(s.kind is AreaKind.IMPACT for s in turned)
        is_soon = bool(turned or left) or any(
            is_sooner(was.window, windows[was.area], self._settings) for was, _ in others
        )
        settings = self._settings
        spacing_s = settings.update_spacing_s if is_soon else settings.window_spacing_s
        is_due = now.elapsed_s(since=chain.last.at) >= spacing_s
        if not is_urgent and not (is_due and (is_soon or moved)):
            return ()
        grounds = _grounds(
            (Cause.AREAS_ADDED, added),
            (Cause.THREAT_CHANGED, turned),
            (Cause.AREAS_LEFT, left),
            (Cause.WINDOW_MOVED, moved),
        )
        areas = tuple(_warned(s, windows[area]) for area, s in sorted(standing.items()))
        confidence = self._confidence(standing, chain.fresh, chain.facts)
        draft = _Draft(
            chain.event, WarningStatus.UPDATE, chain.last.warning, areas, confidence,
            chain.facts, grounds,
        )  # fmt: skip
        chain.last = self._write(now, draft)
        for area in left:
            del told[area.area]
        told.update({area.area: area for area in areas})
        return (chain.last,)

    def _end(
        self,
        now: Instant,
        chain: _Chain,
        status: WarningStatus,
        cause: Cause,
        stands: WarningId | None = None,
    ) -> tuple[Warning, ...]:
        """Close the warning for every area that was told and not yet released.

        Areas that other warnings name are left out of an all-clear, as they are not clear. A cancel
        takes back all that was said, and says what stands; ``stands`` is that warning where it
        replaces this one altogether.
        """
        confidence = chain.last.confidence
        if cause is Cause.ESTIMATE_LEFT:
            named = [t for t in chain.fresh if t.area in chain.told]
            confidence = min(confidence, joint_probability(named))
            self._left = {e: at for e, at in self._left.items() if now.elapsed_s(since=at) < LEFT_S}
            self._left[chain.event] = now
        areas = tuple(area for _, area in sorted(chain.told.items()))
        grounds: tuple[Ground, ...] = (Ground(cause),)
        if cause is not Cause.SUPERSEDED:
            elsewhere = self._elsewhere(now, chain)
            warned = [area for area in areas if area.area in elsewhere]
            grounds += _grounds((Cause.STILL_WARNED, warned))
            if status is WarningStatus.ALL_CLEAR:
                areas = tuple(area for area in areas if area.area not in elsewhere)
            elif len(warned) == len(areas):
                stands = elsewhere[areas[0].area]
        draft = _Draft(
            chain.event, status, chain.last.warning, areas, confidence, chain.facts, grounds, stands
        )
        del self._chains[chain.event]
        return (self._write(now, draft),)

    def _write(self, now: Instant, draft: "_Draft") -> Warning:
        self._minted += 1
        facts = draft.facts
        window = (
            min(area.window[0] for area in draft.areas),
            max(area.window[1] for area in draft.areas),
        )
        notice = Notice(
            warning=warning_id(self._node, self._minted),
            references=draft.references,
            issuer=self._nation,
            status=draft.status,
            grounds=draft.grounds,
            realm=self._realm,
            areas=draft.areas,
            window=window,
            confidence_probability=draft.confidence_probability,
            observed_fraction=facts.observed_fraction,
            witnesses=facts.witnesses,
            sources=facts.sources,
            is_lost=facts.is_lost,
            stands=draft.stands,
        )
        return Warning(
            warning=notice.warning,
            issuer=self._nation,
            at=now,
            status=draft.status,
            references=draft.references,
            event=draft.event,
            realm=self._realm,
            areas=draft.areas,
            window=window,
            confidence=draft.confidence_probability,
            observed_fraction=facts.observed_fraction,
            witnesses=facts.witnesses,
            reason=reason(notice),
            text=texts(notice),
        )

    def _is_new_threat(self, now: Instant, threat: AreaThreat) -> bool:
        """Probable enough to be announced, and not overtaken by its own predicted time."""
        is_probable = threat.affected_probability >= self._settings.threshold_probability
        return is_probable and threat.window[1] > now

    def _hold_is_over(self, now: Instant, facts: EventFacts) -> bool:
        """Whether the object has been lost for longer than its forecast is followed."""
        since = facts.lost_since
        return since is not None and now.elapsed_s(since=since) >= self._settings.lost_hold_s

    def _confidence(
        self,
        standing: dict[AreaId, Standing],
        threats: Sequence[AreaThreat],
        facts: EventFacts,
    ) -> float:
        """The probability that a named area is affected, as far as the witnesses allow."""
        named = [threat for threat in threats if threat.area in standing]
        fresh = {threat.area for threat in named}
        held = [s.threat.affected_probability for a, s in standing.items() if a not in fresh]
        probability = max([joint_probability(named), *held])
        cap = witness_cap_probability(facts.witnesses)
        return min(probability, cap, facts.confidence_cap_probability)


@dataclass(frozen=True, slots=True)
class _Draft:
    """A message before it has a number and words."""

    event: EventId
    status: WarningStatus
    references: WarningId | None
    areas: tuple[WarnedArea, ...]
    confidence_probability: float
    facts: EventFacts
    grounds: tuple[Ground, ...]
    stands: WarningId | None = None


def witness_cap_probability(witnesses: int) -> float:
    """The most that may be claimed on so many independent witnesses."""
    return WITNESS_CAP_PROBABILITY[min(max(witnesses, 1), len(WITNESS_CAP_PROBABILITY)) - 1]


def _surely_passed(chain: _Chain) -> bool:
    """Whether all that was told was an overflight, as good as certain and not lost from sight."""
    kinds = {area.kind for area in chain.told.values()}
    is_sure = chain.last.confidence >= PASSED_PROBABILITY
    return kinds == {AreaKind.OVERFLIGHT} and is_sure and not chain.facts.is_lost


def _warned(standing: Standing, window: tuple[Instant, Instant]) -> WarnedArea:
    return WarnedArea(standing.threat.area, standing.kind, window, standing.threat.name)


def _grounds(*found: tuple[Cause, Sequence[Standing | WarnedArea]]) -> tuple[Ground, ...]:
    """A ground for each cause that concerns any area, its areas in the order of their ids."""
    grounds = []
    for cause, concerned in found:
        named = {
            (c.threat.area, c.threat.name) if isinstance(c, Standing) else (c.area, c.name)
            for c in concerned
        }
        if named:
            in_order = sorted(named, key=lambda pair: pair[0])
            grounds.append(Ground(cause, tuple(name for _, name in in_order)))
    return tuple(grounds)


def _next_window(now: Instant, standing: Standing, told: WarnedArea | None) -> Window:
    """The window to state next: what has begun keeps its start, what is past is not restated."""
    start, end = standing.window
    if told is None:
        return start, end
    if end <= now:
        return told.window
    return (told.window[0] if told.window[0] <= now else start), end
