"""What sharing buys: how much earlier a nation knows where a missile comes down, and why.

The seconds gained have two parts. *Geometry*: some nation's sensors are better placed; its word
alone brings the time from the nation's own to that of the best-placed one. *Fusion*: what all see
together goes beyond what the best-placed nation sees; it brings the rest.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from signalfire.analysis.launches import Launch
from signalfire.analysis.sharing_bound import (
    Course,
    Knowledge,
    Motion,
    could_look,
    known_from_s,
    radius_m,
    summed,
    together,
)
from signalfire.basis.errors import BadInput
from signalfire.basis.identity import NationId
from signalfire.basis.kernel import Flags, Floats
from signalfire.picture.detection import Sensor
from signalfire.picture.marking import Kind
from signalfire.release.agreement import Agreement, Form, Share
from signalfire.release.coarse import EVEN_SPREAD, FREE_FALL_M_S2
from signalfire.sim.trajectory import Trajectory

PROBABILITY = 0.9
"""Known to 5 km: the true place lies within 5 km of the stated one in nine cases of ten."""
THRESHOLDS_M = (20e3, 10e3, 5e3, 1e3)
MOMENT_S = 60.0
"""After burn-out: when misses are compared."""
NATIONS_MAX = 8
Grants = Mapping[tuple[NationId, NationId], Share | None]
"""By giver and taker: the rule by which states or impacts are given, None for everything in full;
no entry, nothing is given."""
_BEST_FIRST = (Form.FULL, Form.COARSE, Form.EVENT_ONLY)


@dataclass(frozen=True, slots=True)
class Row:
    """What one nation knows of one launch, with what some partners give it.

    ``known_s`` has, for each threshold, the seconds from lift-off from which on the impact is
    known to it until it happens, None for never. ``best_s`` says the same of the best-placed of
    these nations alone. ``miss_m`` and ``best_miss_m`` are the radii a minute after burn-out.
    ``watched_fraction`` of the free flight lies in sight of some sensor.
    """

    launch: Launch
    nation: NationId
    partners: tuple[NationId, ...]
    burnout_s: float
    impact_s: float
    first_seen_s: float | None
    watched_fraction: float
    known_s: tuple[float | None, ...]
    best_s: tuple[float | None, ...]
    miss_m: float
    best_miss_m: float

    def lead_s(self, at: int) -> float:
        """Seconds before impact from which on the impact is known; 0 for never."""
        return _lead_s(self.known_s[at], self.impact_s)

    def best_lead_s(self, at: int) -> float:
        """The same of the best-placed nation alone."""
        return _lead_s(self.best_s[at], self.impact_s)


@dataclass(frozen=True, slots=True)
class Gain:
    """Seconds of knowing the impact gained over the nation alone; the parts add up to the whole."""

    geometry_s: float
    fusion_s: float

    @classmethod
    def between(cls, alone: Row, shared: Row, at: int) -> "Gain":
        """What partners bring for one threshold. Who never knows has known for 0 s."""
        best_s = max(shared.best_lead_s(at), alone.lead_s(at))
        whole_s = max(shared.lead_s(at), best_s)
        return cls(best_s - alone.lead_s(at), whole_s - best_s)

    @property
    def whole_s(self) -> float:
        return self.geometry_s + self.fusion_s


def grants_of(agreement: Agreement | None, nations: Iterable[NationId]) -> dict[
    tuple[NationId, NationId], Share | None
]:  # fmt: skip
    """Who gives what to whom: of tracks and events the better form; all to all where none is given.

    Event only gives the impact with its covariance and no state.
    """
    nations = sorted(nations)
    pairs = [(giver, taker) for giver in nations for taker in nations if giver != taker]
    if agreement is None:
        return dict.fromkeys(pairs, None)
    found: dict[tuple[NationId, NationId], Share | None] = {}
    for giver, taker in pairs:
        rules = [
            share
            for share in agreement.shares
            if share.originator == giver
            and taker in share.recipients
            and (
                Kind.EVENT in share.kinds
                or (Kind.TRACK in share.kinds and share.form is not Form.EVENT_ONLY)
            )
        ]
        if rules:
            found[giver, taker] = min(rules, key=lambda share: _BEST_FIRST.index(share.form))
    return found


@dataclass(frozen=True)
class Study:
    """Who watches, who gives what to whom, and what counts as known."""

    sensors: tuple[Sensor, ...]
    grants: Grants
    thresholds_m: tuple[float, ...] = THRESHOLDS_M
    motion: Motion = field(default_factory=Motion.of_the_tracker)

    @property
    def owners(self) -> frozenset[NationId]:
        """Who has sensors."""
        return frozenset(sensor.nation for sensor in self.sensors)

    @property
    def nations(self) -> tuple[NationId, ...]:
        """Who has sensors or is given something, in alphabetical order."""
        return tuple(sorted(self.owners | {taker for _, taker in self.grants}))

    def require_sense(self) -> None:
        """Raise BadInput where there is nobody to share with, or too many, or nothing to see."""
        if len(self.nations) < 2:
            raise BadInput(f"sensors of {', '.join(self.nations)} alone: add another nation's")
        if len(self.nations) > NATIONS_MAX:
            raise BadInput(f"{len(self.nations)} nations: at most {NATIONS_MAX}")
        if not any(could_look(sensor) for sensor in self.sensors):
            raise BadInput("no sensor has a place and, for a radar, range_max_m; write them")

    def rows(self, launch: Launch, trajectory: Trajectory) -> tuple[Row, ...]:
        """What every nation knows of a launch alone, with each partner, and with all of them."""
        view = _View(self, launch, Course.of(trajectory, self.motion))
        return tuple(
            view.row(nation, partners)
            for nation in self.nations
            for partners in self._partners(nation)
        )

    def _partners(self, nation: NationId) -> Iterator[tuple[NationId, ...]]:
        givers = [other for other in sorted(self.owners) if (other, nation) in self.grants]
        for count in sorted({0, min(1, len(givers)), len(givers)}):
            yield from combinations(givers, count)


class _View:
    """One flight, and what has been reckoned of it."""

    def __init__(self, study: Study, launch: Launch, course: Course) -> None:
        self.study, self.launch, self.course = study, launch, course
        told = course.looks(study.sensors)
        nothing = np.zeros((len(course.t_s), 3, 3))
        self.told = {nation: told.get(nation, nothing) for nation in study.nations}
        self.knowledge: dict[frozenset[NationId], Knowledge] = {}
        self.radii: dict[frozenset[NationId], Floats] = {}

    def row(self, nation: NationId, partners: tuple[NationId, ...]) -> Row:
        course = self.course
        everyone = frozenset((nation, *partners))
        radius = self._radius_m(nation, partners)
        singles = [self._radius_m(nation, ())]
        singles += [self._given_m(giver, nation) for giver in partners]
        best = [self._known_s(single) for single in singles]
        after = int(np.searchsorted(course.t_s, course.burnout_t_s + MOMENT_S))
        at = min(after, len(course.t_s) - 1)
        free = course.t_s[:-1] >= course.burnout_t_s
        seen = summed(self.told, everyone).trace(axis1=1, axis2=2)[:-1] > 0.0
        span_s = np.diff(course.t_s)
        return Row(
            launch=self.launch,
            nation=nation,
            partners=partners,
            burnout_s=course.burnout_t_s,
            impact_s=course.trajectory.end_t_s,
            first_seen_s=self._known(everyone).first_seen_t_s,
            watched_fraction=float(span_s[free & seen].sum() / span_s[free].sum()),
            known_s=self._known_s(radius),
            best_s=tuple(
                min((t for t in times if t is not None), default=None)
                for times in zip(*best, strict=True)
            ),
            miss_m=float(radius[at]),
            best_miss_m=float(min(single[at] for single in singles)),
        )

    def _known_s(self, radius: Floats) -> tuple[float | None, ...]:
        course = self.course
        known = (known_from_s(course.t_s, radius, m) for m in self.study.thresholds_m)
        return tuple(None if t is None else max(t, course.burnout_t_s) for t in known)

    def _known(self, nations: frozenset[NationId]) -> Knowledge:
        """What these nations know who keep nothing from each other."""
        if nations not in self.knowledge:
            self.knowledge[nations] = self.course.known(summed(self.told, nations))
        return self.knowledge[nations]

    def _open_m(self, nations: frozenset[NationId]) -> Floats:
        if nations not in self.radii:
            impact_m2 = self._known(nations).impact_m2()
            self.radii[nations] = radius_m(impact_m2, probability=PROBABILITY)
        return self.radii[nations]

    def _given_m(self, giver: NationId, taker: NationId) -> Floats:
        """How well the impact is known from what one nation gives, alone."""
        share = self.study.grants[giver, taker]
        if share is None or share.form is not Form.COARSE:
            return self._open_m(frozenset((giver,)))
        impact_m2 = self._on_the_ground(self._rounded(giver, share))
        return radius_m(impact_m2, probability=PROBABILITY)

    def _radius_m(self, nation: NationId, partners: Sequence[NationId]) -> Floats:
        """How well a nation knows the impact with what its partners give.

        States and impacts are put together as independent ones, which they are but for the noise
        of the object's own motion; so what is rounded is never taken to say more than what is not.
        """
        by_form: dict[Form, list[NationId]] = {form: [] for form in Form}
        for giver in partners:
            share = self.study.grants[giver, nation]
            by_form[Form.FULL if share is None else share.form].append(giver)
        full = frozenset((nation, *by_form[Form.FULL]))
        if len(full) == 1 + len(partners):
            return self._open_m(full)
        states = [_from_begun(self._known(full))]
        for giver in by_form[Form.COARSE]:
            share = self.study.grants[giver, nation]
            assert share is not None
            states.append(self._rounded(giver, share))
        places = [self._on_the_ground(together(states))]
        places += [self._known(frozenset((g,))).impact_m2() for g in by_form[Form.EVENT_ONLY]]
        radius = radius_m(together(places), probability=PROBABILITY)
        return np.maximum(radius, self._open_m(frozenset((nation, *partners))))

    def _rounded(self, giver: NationId, share: Share) -> Floats:
        """A nation's covariance of the state as the coarse form widens it (``release.coarse``)."""
        assert share.round_position_m is not None and share.round_time_s is not None
        covariance = _from_begun(self._known(frozenset((giver,))))
        velocity = self.course.state[:, 3:]
        late_s2 = share.round_time_s**2 * EVEN_SPREAD
        grid_m2 = share.round_position_m**2 * EVEN_SPREAD
        covariance[:, :3, :3] += late_s2 * velocity[:, :, None] * velocity[:, None, :]
        covariance[:, :3, :3] += grid_m2 * np.eye(3)
        covariance[:, 3:, 3:] += FREE_FALL_M_S2**2 * late_s2 * np.eye(3)
        return covariance

    def _on_the_ground(self, covariance: Floats) -> Floats:
        """The covariance of the impact from that of the state, infinite where that is."""
        is_known: Flags = np.asarray(np.isfinite(covariance).all(axis=(1, 2)))
        held = np.where(is_known[:, None, None], covariance, 0.0)
        slopes = self.course.ground
        impact_m2: Floats = np.einsum("kia,kab,kjb->kij", slopes, held, slopes)
        impact_m2[~is_known] = np.diag([np.inf, np.inf])
        return impact_m2


def _from_begun(knowledge: Knowledge) -> Floats:
    """A copy of the covariance, infinite before the first look."""
    covariance = knowledge.covariance.copy()
    covariance[: knowledge.begun] = np.diag(np.full(6, np.inf))
    return covariance


def _lead_s(known_s: float | None, impact_s: float) -> float:
    return 0.0 if known_s is None else impact_s - known_s
