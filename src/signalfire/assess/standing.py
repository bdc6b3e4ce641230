"""An area under threat, as it was estimated lately.

What is worse counts at once: a graver kind, an earlier start, a later end. What is less counts when
it has lasted: estimates swing, and people are not told of a change that goes back.
"""

from dataclasses import dataclass, replace

from signalfire.assess.alert_settings import AlertSettings
from signalfire.assess.areas import AreaThreat
from signalfire.basis.instant import Instant
from signalfire.picture.warning import AreaKind

Window = tuple[Instant, Instant]
"""From when to when."""
_GRAVITY = {AreaKind.OVERFLIGHT: 0, AreaKind.DEBRIS: 1, AreaKind.IMPACT: 2}


@dataclass(frozen=True, slots=True)
class Standing:
    """An area under threat: the last estimate, what it is warned of, and what it was lately.

    ``window`` spans every window that was estimated within the last ``calm_after_s`` at least,
    and nothing older than twice that. ``low_since`` is when it fell below the drop level.
    """

    threat: AreaThreat
    kind: AreaKind
    since: Instant
    """When the present period began, of those that ``recent`` and ``before`` span."""
    recent: Window
    before: Window
    low_since: Instant | None = None
    lesser_since: Instant | None = None
    """Since when every estimate has had a less grave kind."""

    @classmethod
    def begun(cls, now: Instant, threat: AreaThreat, settings: AlertSettings) -> "Standing":
        """The area when it is first threatened."""
        kind = _kind(threat, None, settings)
        return cls(threat, kind, now, threat.window, threat.window)

    @property
    def window(self) -> Window:
        """The hull of the windows that were estimated lately."""
        return _hull(self.recent, self.before)

    def followed(self, now: Instant, threat: AreaThreat, settings: AlertSettings) -> "Standing":
        """The area after a new estimate that still threatens it."""
        kind, lesser_since = _kind(threat, self.kind, settings), None
        if _GRAVITY[kind] < _GRAVITY[self.kind]:
            lesser_since = self.lesser_since or now
            if now.elapsed_s(since=lesser_since) < settings.calm_after_s:
                kind = self.kind
        if now.elapsed_s(since=self.since) < settings.calm_after_s:
            since, recent, before = self.since, _hull(self.recent, threat.window), self.before
        else:
            since, recent, before = now, threat.window, self.recent
        return Standing(threat, kind, since, recent, before, None, lesser_since)

    def fading(self, now: Instant) -> "Standing":
        """The area after an estimate that leads past it."""
        return self if self.low_since is not None else replace(self, low_since=now)

    def low_s(self, now: Instant) -> float:
        """For how long every estimate has led past it."""
        return 0.0 if self.low_since is None else now.elapsed_s(since=self.low_since)


def has_moved(was: Window, now_is: Window, settings: AlertSettings) -> bool:
    """Whether a window differs from the one that was told by so much that people must know.

    Who waits in it must know that it begins earlier or ends later; that it is narrower, when they
    would wait for half of it in vain.
    """
    length_s = was[1].elapsed_s(since=was[0])
    later_s = now_is[1].elapsed_s(since=was[1])
    narrower_s = length_s - now_is[1].elapsed_s(since=now_is[0])
    enough_s = max(2.0 * settings.window_move_s, settings.window_narrow_fraction * length_s)
    is_wider = is_sooner(was, now_is, settings) or later_s > _wider_s(length_s, settings)
    return is_wider or narrower_s > enough_s


def is_sooner(was: Window, now_is: Window, settings: AlertSettings) -> bool:
    """Whether a window begins so much earlier than the one that was told that people must hurry."""
    length_s = was[1].elapsed_s(since=was[0])
    return was[0].elapsed_s(since=now_is[0]) > _wider_s(length_s, settings)


def _wider_s(length_s: float, settings: AlertSettings) -> float:
    return max(settings.window_move_s, settings.window_move_fraction * length_s)


def _kind(threat: AreaThreat, before: AreaKind | None, settings: AlertSettings) -> AreaKind:
    """Impact where that alone is probable enough, or likelier than not if touched at all.

    Parts that come down where the missile does not are debris.
    """
    if threat.is_debris:
        return AreaKind.DEBRIS
    enough_probability = (
        settings.drop_probability if before is AreaKind.IMPACT else settings.threshold_probability
    )
    is_likelier = 2.0 * threat.hit_probability > threat.affected_probability
    if threat.hit_probability >= enough_probability or (before is None and is_likelier):
        return AreaKind.IMPACT
    return AreaKind.OVERFLIGHT


def _hull(one: Window, other: Window) -> Window:
    return min(one[0], other[0]), max(one[1], other[1])
