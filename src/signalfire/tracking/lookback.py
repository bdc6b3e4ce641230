"""What a look back over a track's last detections shows: when thrust ended, how hard it climbs.

The filter goes forward and forgets; its probabilities say that thrust has ended some twenty seconds
after it has. Here whole curves are laid through the detections in a track's memory: free flight
(as a reference path), and up to a moment thrust of slowly changing size on top. Detections give the
three (or two) axes of the sensor's own measurement, in which the curves are linear, so that each
moment takes one linear least squares. Reference: Kay (1998), Fundamentals of Statistical Signal
Processing II, chapter 12 (model change detection).
"""

import math
from dataclasses import dataclass, field, replace

import numpy as np

from signalfire.basis.definite import inverse
from signalfire.basis.instant import NS_PER_S
from signalfire.basis.kernel import Flags, Floats, Integers
from signalfire.picture.table import CONFIRMED, LOST
from signalfire.picture.track import Climb
from signalfire.space.geodesy import enu_from_ecef, geodetic
from signalfire.tracking import _kernels as k
from signalfire.tracking import _lookback_kernels as back
from signalfire.tracking.bank import FilterBank
from signalfire.tracking.measurement import INFRARED_NUMBERS
from signalfire.tracking.settings import TrackingSettings

STANDARD_GRAVITY_M_S2 = 9.80665
"""Turns a square of speed into a height (3rd CGPM, 1901)."""
DRIVEN_PROBABILITY = 0.97
"""Probability of what a look back is sure of: a push may have begun or ended within the last looks.
"""
HOT_PROBABILITY = 0.99
"""Of thrust while heat is seen where only an engine glows: the heat may be that of a neighbour."""
FURTHER_STAGE_SHARE = 0.35
"""Probability that what has just ceased to burn will burn again (assess/classify.py)."""
WEAK_PROBABILITY_MAX = 0.15
"""Free flight is believed when a further stage that burns is less probable than this."""
WEAK_PUSHES_M_S2 = np.array([5.0, 10.0, 20.0])
"""What a further stage pushes with just after it was lit, each as likely."""
_STEP_S = 0.5
"""Between the moments tried: a tenth of what such a moment can be told to."""
_PUSH_SIGMA_M_S2 = 60.0
_CHANGE_SIGMA_M_S3 = 0.5
"""Prior of a thrust acceleration, and of how it changes, for each axis: wide, to keep the equations
solvable where hardly anything was seen under thrust."""
_APART_M = 200_000.0
"""Two infrared sensors stand further apart than one travels between a few looks."""


@dataclass
class Burn:
    """What has been found of a track's engine; nanoseconds since the tracker's epoch.

    ``suspected_ns``: thrust seems to have ended then; ``ended_ns``: and has stayed away for longer
    than a pause between stages; both are forgotten when an engine is at work again. ``push_m_s2``
    is the thrust acceleration just before.
    """

    suspected_ns: int | None = None
    ended_ns: int | None = None
    push_m_s2: float = math.nan
    end_distance2: float = 0.0
    """By how much thrust that goes on fitted worse, when this was found."""
    has_coasted: bool = False
    """Whether detections went on after that, and agree with free flight."""
    is_driven: bool = False
    """Whether the curve through the last looks surely bends."""
    is_hot: bool = False
    """Whether an infrared sensor sees it glow where only an engine does."""
    weak_probability: float = 0.0
    """That a next stage, too weak to have shown as yet, pushes it. No less than this is open until
    free flight has been settled; 0 before an engine has stopped, and where lift is possible."""
    climb: Climb | None = None
    settled_updates: int = field(default=-1, compare=False)
    """With so many detections a look found nothing new."""

    @property
    def may_burn(self) -> bool:
        """Whether free flight is not yet to be believed: a weak push, or heat, speaks against."""
        return self.is_hot or self.weak_probability > WEAK_PROBABILITY_MAX

    def thrust_probability(self, filtered_probability: float) -> float:
        """What the filter says, but no less than a look back or heat are sure of."""
        return max(
            filtered_probability,
            self.weak_probability,
            DRIVEN_PROBABILITY if self.is_driven else 0.0,
            HOT_PROBABILITY if self.is_hot else 0.0,
        )


@dataclass(frozen=True)
class _Rows:
    """Detections as linear equations: ``axis`` (m, 3) times place = ``gap_m`` (m), whitened."""

    axis: Floats
    gap: Floats
    t_s: Floats


@dataclass(frozen=True)
class _End:
    """An end of thrust, the thrust before it, and how much worse thrust that goes on fits."""

    at_ns: int
    push_m_s2: float
    distance2: float


class Lookback:
    """Looks back over the rows of one bank."""

    def __init__(self, bank: FilterBank, settings: TrackingSettings) -> None:
        self._bank = bank
        self._settings = settings

    def worth_a_look(self) -> Integers:
        """Rows whose engine may have stopped or started lately, or that climb like a slow boost."""
        table, settings = self._bank.table, self._settings
        rows = table.rows(CONFIRMED, LOST)
        state = table.state[rows]
        is_open = (state[:, k.THRUST_SEEN] > 0.0) & (state[:, k.FREE_S] < settings.settled_s)
        is_in_doubt = state[:, k.P_FORCED] > settings.doubt_probability
        return rows[is_open | is_in_doubt | self._climbs(rows)]

    def has_news(self, row: int, burn: Burn, now_ns: int) -> bool:
        """Bring what is known of a row's engine up to ``now_ns``; whether anything changed.

        What time alone brings is that heat is not seen any more. Else the same detections show what
        they showed when last looked at.
        """
        updates = int(self._bank.table.updates[row])
        if burn.settled_updates == updates and self._last_heat_s(row) == -math.inf:
            return False
        before = replace(burn)
        is_climbing = bool(self._climbs(np.array([row]))[0])
        burn.climb = self.climb(row) if is_climbing else None
        burn.is_driven = self._is_driven(row, burn.is_driven)
        burn.is_hot = self._is_hot(row, now_ns)
        if self._bank.table.state[row, k.THRUST_SEEN] > 0.0:
            self._look_for_end(row, burn, now_ns)
        has_changed = burn != before
        burn.settled_updates = -1 if has_changed else updates
        return has_changed

    def _climbs(self, rows: Integers) -> Flags:
        """Which rows climb, not yet as fast as nothing but a missile is."""
        table, settings = self._bank.table, self._settings
        means = table.state[rows, k.HEAD : k.HEAD + 6]
        radius_m = np.linalg.norm(means[:, :3], axis=1)
        climb_m_s = np.einsum("ij,ij->i", means[:, :3], means[:, 3:]) / np.maximum(radius_m, 1.0)
        is_slow = np.linalg.norm(means[:, 3:], axis=1) < settings.climb_speed_max_m_s
        is_seen = (table.status[rows] == CONFIRMED) & (table.state[rows, k.FREE_SEEN] == 0.0)
        climbs: Flags = is_slow & is_seen & (climb_m_s > settings.climb_least_m_s)
        return climbs

    def _look_for_end(self, row: int, burn: Burn, now_ns: int) -> None:
        table, settings = self._bank.table, self._settings
        if burn.ended_ns is not None:
            if self._is_relit(row, burn.ended_ns, burn):
                burn.suspected_ns, burn.ended_ns, burn.end_distance2 = None, None, 0.0
                burn.has_coasted = False
            burn.weak_probability = self._weak_probability(row, burn)
            burn.has_coasted = burn.has_coasted or self._has_coasted(row, burn)
            return
        if burn.suspected_ns is not None and self._is_relit(row, burn.suspected_ns, burn):
            burn.suspected_ns, burn.end_distance2 = None, 0.0
        dark_ns = self._dark_since_ns(row, now_ns)
        if dark_ns is not None:
            burn.suspected_ns, burn.end_distance2 = dark_ns, math.inf
        elif table.state[row, k.P_FORCED] <= settings.powered_probability:
            found = self._end_of_thrust(row)
            # The seconds just after the end show it best; then it is forgotten.
            if found is not None and (
                burn.suspected_ns is None or found.distance2 > burn.end_distance2
            ):
                burn.suspected_ns, burn.end_distance2 = found.at_ns, found.distance2
                burn.push_m_s2 = found.push_m_s2
        burn.weak_probability = self._weak_probability(row, burn)
        if burn.weak_probability > DRIVEN_PROBABILITY:
            # That end is past: the next one that is found counts, however faintly it shows.
            burn.end_distance2 = 0.0
        if burn.suspected_ns is None:
            return
        until_ns = now_ns if burn.end_distance2 == math.inf else int(table.time[row])
        is_long = until_ns - burn.suspected_ns >= settings.staging_pause_max_s * NS_PER_S
        is_engine = burn.end_distance2 == math.inf or self._is_aloft(row)
        if not is_engine and is_long:
            is_engine = self._beats_lift(row, burn.suspected_ns, burn.push_m_s2)
        if is_long and is_engine and not burn.is_driven and not burn.may_burn:
            burn.ended_ns = burn.suspected_ns
            burn.has_coasted = self._has_coasted(row, burn)

    def _has_coasted(self, row: int, burn: Burn) -> bool:
        """Whether it was seen to fly free for longer than a pause between stages since the end.

        Heat that is not seen any more says that the engine stopped, and nothing of the path.
        """
        table, settings = self._bank.table, self._settings
        if burn.ended_ns is None or burn.is_driven or burn.may_burn:
            return False
        seen_ns = int(table.time[row]) - burn.ended_ns
        is_free = table.state[row, k.P_FREE] >= settings.free_probability
        return bool(is_free) and seen_ns >= settings.staging_pause_max_s * NS_PER_S

    def _weak_probability(self, row: int, burn: Burn) -> float:
        """That a next stage has been lit since thrust was seen to end, and pushes it weakly.

        Bayes over when it was lit and how hard it pushes along the path, with the place and the
        velocity at the end of thrust left open. Infrared sensors that see no heat any more say that
        nothing burns, and so does the filter when it has been certain for long.
        """
        table, settings = self._bank.table, self._settings
        state = table.state[row]
        is_settled = burn.has_coasted or state[k.FREE_S] >= settings.lookback_span_s
        if is_settled or burn.end_distance2 == math.inf or not self._is_aloft(row):
            return 0.0
        ended_ns = burn.ended_ns or burn.suspected_ns
        if ended_ns is not None:
            quiet_s = float(table.time[row] - ended_ns) / NS_PER_S
        elif state[k.FREE_SEEN] > 0.0:
            quiet_s = float(state[k.FREE_AGE_S])
        else:
            return 0.0
        if ended_ns is None and state[k.FREE_S] < settings.established_s:
            return FURTHER_STAGE_SHARE
        reference, rows = self._rows(row, quiet_s)
        if rows is None:
            return FURTHER_STAGE_SHARE
        return _further_stage(rows, reference[3:], quiet_s, settings.staging_pause_max_s)

    def _beats_lift(self, row: int, ended_ns: int, push_m_s2: float) -> bool:
        """Whether a push that ended then was harder than what any lift gives in that air."""
        reference = k.mean_of(self._bank.table.state[row], 0).copy()
        before_s = float(ended_ns - self._bank.table.time[row]) / NS_PER_S
        slowing_m_s2 = back.moved(
            reference, self._settings.drag_m2_kg, before_s, np.empty(6), np.empty(3)
        )
        return push_m_s2 > self._settings.lift_drag_ratio * slowing_m_s2

    def _is_relit(self, row: int, ended_ns: int, burn: Burn) -> bool:
        """Whether an engine works again: heat was seen since, or all looks since show a push."""
        table = self._bank.table
        since_s = float(table.time[row] - ended_ns) / NS_PER_S
        if self._last_heat_s(row) + since_s > float(table.period[row]):
            return True
        return burn.is_driven and since_s > self._settings.push_span_s and self._is_aloft(row)

    def _is_driven(self, row: int, before: bool) -> bool:
        """Whether more than gravity and air bends the path, by curves with and without a push.

        What holds it back in the air is drag, however much more than the nominal body has: both
        curves may have it. Between the two bounds what was believed before holds.
        """
        settings = self._settings
        reference, rows = self._rows(row, settings.push_span_s)
        if rows is None:
            return False
        tau = rows.t_s[:, np.newaxis]
        ways = _along_and_across(reference[3:])
        turned = rows.axis @ ways
        design = np.hstack([rows.axis, rows.axis * tau, turned * 0.5 * tau**2])
        scale = 1.0 / np.sqrt(np.sum(design**2, axis=0) + 1e-30)
        scaled = design * scale
        pointed = scaled.T @ rows.gap
        information = scaled.T @ scaled
        whole = inverse(information)
        if whole is None:
            return before
        found = whole @ pointed
        slowing_m_s2 = back.moved(reference, settings.drag_m2_kg, 0.0, np.empty(6), np.empty(3))
        kept = 7 if slowing_m_s2 > 0.0 and found[6] < 0.0 else 6
        part = inverse(information[:kept, :kept])
        if part is None:
            return before
        free = part @ pointed[:kept]
        misfit = float(rows.gap @ rows.gap - pointed @ found)
        gain = float(pointed @ found - pointed[:kept] @ free)
        gain /= max(1.0, misfit / max(len(rows.gap) - 9, 1))
        push_m_s2 = float(np.linalg.norm((scale * found)[kept:]))
        is_pushed = push_m_s2 > settings.push_least_m_s2 + slowing_m_s2
        return is_pushed and gain > (
            settings.free_distance2 if before else settings.driven_distance2
        )

    def climb(self, row: int) -> Climb | None:
        """How hard a row has climbed of late; None where too little is known."""
        span_s = self._settings.climb_span_s
        reference, rows = self._rows(row, span_s)
        if rows is None or float(np.ptp(rows.t_s)) < 0.6 * span_s:
            return None
        middle_s = 0.5 * float(rows.t_s[0] + rows.t_s[-1])
        tau = (rows.t_s - middle_s)[:, np.newaxis]
        design = np.hstack([rows.axis, rows.axis * tau, rows.axis * 0.5 * tau**2])
        information = design.T @ design
        covariance = inverse(information)
        if covariance is None:
            return None
        found = covariance @ (design.T @ rows.gap)
        scale = max(1.0, float(np.sum((rows.gap - design @ found) ** 2)) / (len(rows.gap) - 9))
        base, pull = np.empty(6), np.empty(3)
        back.moved(reference, self._settings.drag_m2_kg, middle_s, base, pull)
        place_m, velocity_m_s = base[:3] + found[:3], base[3:] + found[3:6]
        acceleration_m_s2 = pull + found[6:9]
        up = enu_from_ecef(geodetic(place_m))[2]
        slope = np.concatenate(
            [
                up + acceleration_m_s2 / STANDARD_GRAVITY_M_S2,
                velocity_m_s / STANDARD_GRAVITY_M_S2,
            ]
        )
        return Climb(
            altitude_m=geodetic(place_m).altitude_m,
            climb_m_s=float(up @ velocity_m_s),
            climb_sigma_m_s=math.sqrt(scale * float(up @ covariance[3:6, 3:6] @ up)),
            power_m_s=float(
                up @ velocity_m_s + velocity_m_s @ acceleration_m_s2 / STANDARD_GRAVITY_M_S2
            ),
            power_sigma_m_s=math.sqrt(scale * float(slope @ covariance[3:9, 3:9] @ slope)),
            span_s=float(np.ptp(rows.t_s)),
        )

    def _end_of_thrust(self, row: int) -> "_End | None":
        """When thrust ended and how strong it was, or None where it may go on as well.

        The moment is the mean over all moments tried, weighted by how well they fit.
        """
        _, rows = self._rows(row, self._settings.lookback_span_s)
        if rows is None:
            return None
        heat_s = self._last_heat_s(row)
        first_s = max(float(rows.t_s[0]), heat_s)
        moments_s = np.append(np.arange(first_s, -self._settings.quiet_min_s, _STEP_S), 0.0)
        if len(moments_s) < 2:
            return None
        fits = [_misfit(rows, float(moment_s)) for moment_s in moments_s]
        misfits = np.array([misfit for misfit, _ in fits])
        scale = max(1.0, float(misfits.min()) / max(len(rows.gap) - 12, 1))
        excess = (misfits - misfits.min()) / scale
        best = int(np.argmin(misfits))
        is_before = best == 0 and heat_s < float(rows.t_s[0])
        if excess[-1] < self._settings.burn_out_distance2 or is_before:
            return None
        weights = np.exp(-0.5 * excess)
        moment_s = float(weights @ moments_s / weights.sum())
        at_ns = int(self._bank.table.time[row]) + round(moment_s * NS_PER_S)
        return _End(at_ns, fits[best][1], float(excess[-1]))

    def _rows(self, row: int, span_s: float) -> tuple[Floats, _Rows | None]:
        """The detections of the last seconds against free flight through the row's last state."""
        table = self._bank.table
        reference = k.mean_of(table.state[row], 0).copy()
        times_ns, records = table.detections(row)
        t_s = (times_ns - table.time[row]) / NS_PER_S
        recent = t_s >= -span_s
        records, t_s = records[recent], t_s[recent]
        if len(t_s) < self._settings.lookback_looks_min:
            return reference, None
        places = np.empty((len(t_s), 3))
        back.trail(reference, self._settings.drag_m2_kg, t_s, places)
        offset = places - records[:, k.SITE : k.SITE + 3]
        along = records[:, k.ALONG : k.ALONG + 3]
        aside = records[:, k.ASIDE : k.ASIDE + 3]
        across = _crossed(along, aside)
        is_plot = records[:, k.KIND] > INFRARED_NUMBERS
        range_m = np.where(is_plot, records[:, k.RANGE], np.linalg.norm(offset, axis=1))
        sigmas_m = (
            (records[:, k.S_RANGE], along, records[:, k.RANGE], is_plot),
            (range_m * records[:, k.S_ASIDE], aside, 0.0, np.ones(len(t_s), dtype=bool)),
            (range_m * records[:, k.S_ACROSS], across, 0.0, np.ones(len(t_s), dtype=bool)),
        )
        axes, gaps, times = [], [], []
        for sigma_m, axis, shown_m, chosen in sigmas_m:
            gap_m = (shown_m - np.einsum("ij,ij->i", axis, offset))[chosen] / sigma_m[chosen]
            axes.append(axis[chosen] / sigma_m[chosen, np.newaxis])
            gaps.append(gap_m)
            times.append(t_s[chosen])
        t_all_s = np.concatenate(times)
        order = np.argsort(t_all_s, kind="stable")
        axis, gap = np.concatenate(axes)[order], np.concatenate(gaps)[order]
        if not (np.isfinite(axis).all() and np.isfinite(gap).all()):
            return reference, None
        return reference, _Rows(axis, gap, t_all_s[order])

    def _last_heat_s(self, row: int) -> float:
        """When an infrared sensor last saw it hot: an engine was at work.

        Seconds from the row's last detection; minus infinity where none remembered is of heat.
        """
        table = self._bank.table
        times_ns, records = table.detections(row)
        is_hot = records[:, k.KIND] <= INFRARED_NUMBERS
        if not is_hot.any():
            return -math.inf
        return float(times_ns[is_hot][-1] - table.time[row]) / NS_PER_S

    def _is_hot(self, row: int, now_ns: int) -> bool:
        """Whether heat was seen of late, and not of a body that the air heats on its way down."""
        state = self._bank.table.state[row]
        table = self._bank.table
        silent_s = float(now_ns - table.time[row]) / NS_PER_S - self._last_heat_s(row)
        if silent_s > 2.5 * float(table.period[row]) + self._settings.ahead_max_s:
            return False
        mean = k.mean_of(state, int(state[k.P_FORCED] > state[k.P_FREE]))
        climb_m_s = float(mean[:3] @ mean[3:]) / float(np.linalg.norm(mean[:3]))
        return climb_m_s > 0.0 or geodetic(mean[:3]).altitude_m > self._settings.glow_top_m

    def _dark_since_ns(self, row: int, now_ns: int) -> int | None:
        """When several infrared sensors that watched it all ceased to see heat; None if not so."""
        table, settings = self._bank.table, self._settings
        heat_s = self._last_heat_s(row)
        period_s = float(table.period[row])
        silent_s = float(now_ns - table.time[row]) / NS_PER_S - heat_s
        if not settings.patience_ratio * period_s + settings.ahead_max_s < silent_s < math.inf:
            return None
        times_ns, records = table.detections(row)
        t_s = (times_ns - table.time[row]) / NS_PER_S
        last = (records[:, k.KIND] <= INFRARED_NUMBERS) & (t_s >= heat_s - 3.0 * period_s)
        sites = records[last, k.SITE : k.SITE + 3]
        # One sensor on the move stands in as many places as it looks, but near one another.
        if np.linalg.norm(sites - sites[-1], axis=1).max() < _APART_M:
            return None
        # Of two sensors' looks the next comes half a period later; half of that on average.
        return int(table.time[row]) + round((heat_s + 0.25 * period_s) * NS_PER_S)

    def _is_aloft(self, row: int) -> bool:
        """Whether it is above the heights at which lift could be taken for an engine."""
        mean = k.mean_of(self._bank.table.state[row], 0)
        return geodetic(mean[:3]).altitude_m > self._settings.lift_top_m


def _along_and_across(velocity: Floats) -> Floats:
    """Unit vectors as columns: along a velocity, and two across it, shape (3, 3)."""
    ways = np.empty((3, 3))
    ways[0] = velocity / max(float(np.linalg.norm(velocity)), 1e-9)
    aside = _crossed(ways[:1], np.eye(3)[[int(np.argmin(np.abs(ways[0])))]])
    ways[1] = aside[0] / max(float(np.linalg.norm(aside)), 1e-9)
    ways[2] = _crossed(ways[:1], ways[1:2])[0]
    return np.ascontiguousarray(ways.T)


def _crossed(one: Floats, other: Floats) -> Floats:
    """Cross products of vectors (n, 3): what ``np.cross`` gives, in a fifth of its time."""
    (a, b, c), (u, v, w) = one.T, other.T
    crossed = np.empty(one.shape)
    crossed[:, 0] = b * w - c * v
    crossed[:, 1] = c * u - a * w
    crossed[:, 2] = a * v - b * u
    return crossed


def _further_stage(rows: _Rows, velocity: Floats, quiet_s: float, pause_max_s: float) -> float:
    """Probability that a push along the velocity has begun within the last ``quiet_s`` seconds.

    Reference: Kay (1998), section 6.4 (unknown arrival time), with priors in place of maxima.
    """
    tau = rows.t_s[:, np.newaxis]
    base, _ = np.linalg.qr(np.hstack([rows.axis, rows.axis * tau]))
    gap = rows.gap - base @ (base.T @ rows.gap)
    scale = max(1.0, float(gap @ gap) / max(len(gap) - 6, 1))
    along = rows.axis @ (velocity / max(float(np.linalg.norm(velocity)), 1e-9))
    lit_s = np.arange(0.0, pause_max_s + _STEP_S, 2.0 * _STEP_S) - quiet_s
    shift = along * 0.5 * np.maximum(tau - lit_s[lit_s < 0.0], 0.0).T ** 2
    shift = shift.T
    shift -= base @ (base.T @ shift)
    size2, likeness = np.sum(shift**2, axis=0), gap @ shift
    pushes_m_s2 = WEAK_PUSHES_M_S2[:, np.newaxis]
    gains = (pushes_m_s2 * likeness - 0.5 * pushes_m_s2**2 * size2) / scale
    highest = max(0.0, float(gains.max()))
    lit = FURTHER_STAGE_SHARE * float(np.exp(gains - highest).mean(axis=0).sum()) / len(lit_s)
    later = FURTHER_STAGE_SHARE * float(np.count_nonzero(lit_s >= 0.0)) / len(lit_s)
    return lit / (lit + (later + 1.0 - FURTHER_STAGE_SHARE) * math.exp(-highest))


def _misfit(rows: _Rows, moment_s: float) -> tuple[float, float]:
    """Sum of squares left by the best curve whose thrust ends at a moment, and that thrust."""
    tau = (rows.t_s - moment_s)[:, np.newaxis]
    before = np.minimum(tau, 0.0)
    design = np.hstack(
        [rows.axis, rows.axis * tau, rows.axis * 0.5 * before**2, rows.axis * before**3 / 6.0]
    )
    information = design.T @ design
    information[range(6, 9), range(6, 9)] += _PUSH_SIGMA_M_S2**-2
    information[range(9, 12), range(9, 12)] += _CHANGE_SIGMA_M_S3**-2
    scale = 1.0 / np.sqrt(np.diag(information) + 1e-30)
    pointed = design.T @ rows.gap
    found = (
        scale
        * np.linalg.lstsq(information * np.outer(scale, scale), scale * pointed, rcond=1e-12)[0]
    )
    misfit = float(rows.gap @ rows.gap - pointed @ found)
    return misfit, float(np.linalg.norm(found[6:9]))
