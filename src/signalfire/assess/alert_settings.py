"""A nation's rules for warning its people."""

from dataclasses import dataclass

from signalfire.basis.errors import BadInput


@dataclass(frozen=True, slots=True)
class AlertSettings:
    """A nation's rules for warning its people. Raises BadInput where they contradict each other.

    What makes a threat worse is told at once; what makes it less, when it has lasted
    ``calm_after_s``. A probability of 0.10 counted over 64 flights has a binomial sigma of 0.037:
    ``drop_probability`` is two of them below it, so what hovers at the threshold is not dropped by
    the luck of a count. The luck of an estimate lasts for longer than one: hence the time.
    """

    threshold_probability: float = 0.10
    """An area is named from here on."""
    drop_probability: float = 0.02
    """A named area is dropped below this."""
    drop_after_s: float = 1.5
    """A warning is cancelled when all its areas have been below so long and none is behind us: one
    odd estimate withdraws nothing. Where one was cancelled before, after ``calm_after_s``."""
    calm_after_s: float = 30.0
    """While others stand, an area is dropped when it has been below so long; a lesser kind and a
    narrower window are told after as long or up to twice that. Three reckonings of an estimate
    without new observations lie in it; who shelters half a minute too long loses nothing."""
    window_move_s: float = 15.0
    window_move_fraction: float = 0.25
    """A window has moved when it starts earlier or ends later by more than the former and this part
    of its length."""
    window_narrow_fraction: float = 0.5
    """Or when it has lost this part of its length, and twice ``window_move_s``."""
    update_spacing_s: float = 5.0
    """At least so long between messages, unless an area is added or is now to be hit."""
    window_spacing_s: float = 15.0
    """The same where all there is to tell is a later end or a narrower window."""
    clear_after_s: float = 60.0
    """All-clear so long after the upper 95 % time of the last area; for what manoeuvres or is lost,
    also after the last of the flights that the estimate allows."""
    lost_hold_s: float = 600.0
    """A lost object's forecast is followed so long, and the stated windows are then its last."""

    def __post_init__(self) -> None:
        if not 0.0 <= self.drop_probability < self.threshold_probability < 1.0:
            raise BadInput(
                f"alert: drop_probability {self.drop_probability}, threshold_probability "
                f"{self.threshold_probability}: write 0 <= drop < threshold < 1"
            )
        for name in (
            "drop_after_s",
            "calm_after_s",
            "window_move_s",
            "window_move_fraction",
            "window_narrow_fraction",
            "update_spacing_s",
            "window_spacing_s",
            "clear_after_s",
            "lost_hold_s",
        ):
            if not 0.0 <= getattr(self, name) <= 86_400.0:
                raise BadInput(f"alert: {name} {getattr(self, name)}: write 0 to 86400")
