"""Launches that one infrared satellite alone sees: its lines of sight in chains, judged as motion.

A chain is one hot thing as one sensor sees it. How fast it moves across the lines of sight is the
least that it flies at, whatever its height; only what is surely too fast for any aircraft, or as
fast as the fastest fighters and still gaining speed as no wings do, and moves as some boost of the
family does (``templates``), begins a track. While nobody else sees it, the family alone says where
it is: a filter would soon know nothing of how far away.

Fires stand still; aircraft are slower, and turning or climbing they do not gain speed for long;
stars, satellites and the limb's glow stand where a line of sight meets no ground steeply, or are no
boost. What a second satellite sees as well is begun from crossed lines (``nursery``), which is
quicker and surer.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from signalfire.basis.instant import NS_PER_S
from signalfire.basis.kernel import Floats, Integers
from signalfire.tracking import _kernels as k
from signalfire.tracking.scan import Scan
from signalfire.tracking.settings import LoneSettings
from signalfire.tracking.templates import Boosting, Sights, View, explain, view_of

_SECURE = 5.0
"""Sigmas within which a chain's next sight is looked for."""


@dataclass(eq=False)
class Chain:
    """Sights of one hot thing, oldest first; how many of them crossed another sensor's.

    The first sights count most, as heat comes out of the clouds there: what is too many is thinned
    out in between.
    """

    at_ns: Integers
    records: Floats
    numbers: Integers
    path: int
    period_s: float
    sensor: int
    crossed: int = 0

    @property
    def sights(self) -> Sights:
        """What templates take."""
        return Sights(self.at_ns, self.records)

    def append(self, scan: Scan, place: int, room: int) -> None:
        """Take one more sight; beyond ``room`` every second of the older half goes."""
        self.at_ns = np.append(self.at_ns, scan.at_ns)
        self.records = np.vstack([self.records, scan.records[place]])
        self.numbers = np.append(self.numbers, scan.numbers[place])
        if len(self.at_ns) > room:
            kept = np.append(np.arange(0, room // 2, 2), np.arange(room // 2, room + 1))
            self.at_ns, self.records = self.at_ns[kept], self.records[kept]
            self.numbers = self.numbers[kept]

    def ahead(self, at_ns: int) -> Floats:
        """Where it will be seen: straight on from its last third; not normalised."""
        lines: Floats = self.records[:, k.ALONG : k.ALONG + 3]
        back = 1 + len(lines) // 3
        line: Floats = lines[-1]
        if len(lines) >= 4:
            rate = (line - lines[-1 - back]) / float(self.at_ns[-1] - self.at_ns[-1 - back])
            line = line + rate * float(at_ns - self.at_ns[-1])
        return line


@dataclass(frozen=True, eq=False)
class Launched:
    """A chain that shows a launch, and what the family of boosts makes of it."""

    chain: Chain
    boosting: Boosting


class Lone:
    """The chains of all infrared sensors of one node, so many of each."""

    def __init__(self, settings: LoneSettings) -> None:
        self._settings = settings
        self._chains: dict[int, list[Chain]] = {}

    def take(self, scan: Scan, sights: Integers) -> list[Launched]:
        """Take those sights of an infrared sensor's scan (places) that no track took.

        Returns the launches that they show, each once; sights beyond ``sights_max`` are left.
        """
        settings = self._settings
        sights = sights[: settings.sights_max]
        chains = [c for c in self._chains.get(scan.sensor, []) if not self._is_over(c, scan.at_ns)]
        grown = self._grow(chains, scan, sights)
        taken = {place for _, place in grown}
        fresh = [Chain(
            np.array([scan.at_ns]), scan.records[[place]], scan.numbers[[place]],
            int(scan.paths[place]), scan.period_s, scan.sensor,
        ) for place in sights.tolist() if place not in taken]  # fmt: skip
        self._chains[scan.sensor] = self._kept(chains, fresh)
        moving = [c for c, _ in grown if self._may_be_fast(c)]
        found: list[Launched] = []
        for chain in moving[: settings.judged_max]:
            boosting = self._judge(chain)
            if boosting is not None:
                found.append(Launched(chain, boosting))
                self._chains[scan.sensor].remove(chain)
        return found

    def cross(self, numbers: Iterable[int]) -> None:
        """Some sights, by their numbers, have crossed another sensor's."""
        seen = set(numbers)
        if not seen:
            return
        for chain in (c for chains in self._chains.values() for c in chains):
            chain.crossed += len(seen.intersection(chain.numbers[-4:].tolist()))

    def _kept(self, chains: list[Chain], fresh: list[Chain]) -> list[Chain]:
        """As many as there is room for: what hardly moves goes first, then what came last."""
        over = len(chains) + len(fresh) - self._settings.chains_max
        if over > 0:
            slow = [c for c in chains if self._is_long(c) and not self._may_be_fast(c)][:over]
            chains = [c for c in chains if c not in slow]
        return (chains + fresh)[: self._settings.chains_max]

    def _is_over(self, chain: Chain, at_ns: int) -> bool:
        patience_s = max(self._settings.patience_s, 3.5 * chain.period_s)
        return bool(at_ns - chain.at_ns[-1] > patience_s * NS_PER_S)

    def _grow(self, chains: list[Chain], scan: Scan, sights: Integers) -> list[tuple[Chain, int]]:
        """Give each chain the sight nearest to where it was expected, nearest pairs first."""
        older = [c for c in chains if c.at_ns[-1] < scan.at_ns]
        if not older or len(sights) == 0:
            return []
        settings = self._settings
        expected = np.array([c.ahead(scan.at_ns) for c in older])
        lines = scan.records[sights, k.ALONG : k.ALONG + 3]
        sigmas = scan.records[sights, k.S_ASIDE]
        apart = np.linalg.norm(expected[:, None] - lines[None], axis=2)
        after_s = np.array([(scan.at_ns - c.at_ns[-1]) / NS_PER_S for c in older])
        young = np.array([len(c.at_ns) < 4 for c in older])
        turned_m = 0.5 * settings.change_max_m_s2 * (after_s + scan.period_s) ** 2
        away_m = np.where(young, settings.speed_max_m_s * after_s, turned_m)
        site = scan.records[sights[0], k.SITE : k.SITE + 3]
        height_m = max(float(np.linalg.norm(site)) - 6.4e6, 1e5)
        reach = (away_m / height_m)[:, None] + _SECURE * 1.5 * sigmas[None]
        pairs = np.argwhere(apart <= reach)
        order = np.argsort(apart[pairs[:, 0], pairs[:, 1]], kind="stable")
        grown: list[tuple[Chain, int]] = []
        used: set[int] = set()
        served: set[int] = set()
        for a, b in pairs[order].tolist():
            if a in served or b in used:
                continue
            served.add(a)
            used.add(b)
            older[a].append(scan, int(sights[b]), settings.looks_max)
            grown.append((older[a], int(sights[b])))
        return grown

    def _is_long(self, chain: Chain) -> bool:
        span_ns = int(chain.at_ns[-1] - chain.at_ns[0])
        is_lasting = span_ns >= round(self._settings.span_min_s * NS_PER_S)
        return len(chain.at_ns) >= self._settings.looks_min and is_lasting

    def _may_be_fast(self, chain: Chain) -> bool:
        """Whether it is worth a closer look: long enough, alone, and quick from end to end."""
        settings = self._settings
        if not self._is_long(chain) or 2 * chain.crossed > len(chain.at_ns):
            return False
        lines = chain.records[:, k.ALONG : k.ALONG + 3]
        height_m = max(float(np.linalg.norm(chain.records[-1, k.SITE : k.SITE + 3])) - 6.4e6, 1e5)
        first = len(lines) - settings.looks_min
        moved_m = height_m * float(np.linalg.norm(lines[-1] - lines[first]))
        since_s = float(chain.at_ns[-1] - chain.at_ns[first]) / NS_PER_S
        return moved_m > 0.7 * settings.swift_m_s * since_s

    def follow(self, chain: Chain, scan: Scan, place: int) -> Boosting | None:
        """What the family makes of a launched chain with one more sight; None where nothing."""
        if scan.at_ns <= chain.at_ns[-1]:
            return None
        chain.append(scan, place, self._settings.looks_max)
        view = view_of(chain.sights)
        return None if view is None else self._explained(chain, view)

    def _judge(self, chain: Chain) -> Boosting | None:
        """What the family makes of a chain that surely is no aircraft; else None."""
        view = view_of(chain.sights)
        if view is None or not view.is_on_earth or not self._beats_wings(view):
            return None
        return self._explained(chain, view)

    def _explained(self, chain: Chain, view: View) -> Boosting | None:
        boosting = explain(view, int(chain.at_ns[-1]))
        if boosting is None or boosting.misfit_ratio > self._settings.misfit_ratio_max:
            return None
        return boosting

    def _beats_wings(self, view: View) -> bool:
        """Whether it moves across the lines of sight as fast as no aircraft flies.

        Its speed is the mean over some of the last sights; how it grows is that of the level flight
        that would be seen so, which is steady for an aircraft that turns.
        """
        settings = self._settings
        least_m_s = max(
            _least_speed_m_s(view, count, settings.sure_sigmas)
            for count in range(settings.looks_min, len(view.after_s) + 1, 3)
        )
        if least_m_s > settings.aircraft_m_s:
            return True
        if least_m_s < settings.swift_m_s:
            return False
        level = np.linalg.inv(view.axes[:, :2])
        tau = view.after_s - view.after_s[-1]
        basis = np.column_stack([np.ones(len(tau)), tau, 0.5 * tau**2])
        try:
            inverse = np.linalg.inv(basis.T @ basis)
        except np.linalg.LinAlgError:
            return False
        fitted = inverse @ basis.T @ (view.seen_m @ level.T)
        heading = fitted[1] / max(float(np.linalg.norm(fitted[1])), 1e-9)
        sigma_m = float(view.sigma_m.max()) * float(np.linalg.norm(level.T @ heading))
        sigma_m_s2 = sigma_m * math.sqrt(float(inverse[2, 2]))
        return bool(fitted[2] @ heading - settings.sure_sigmas * sigma_m_s2 > settings.gain_m_s2)


def _least_speed_m_s(view: View, count: int, sigmas: float) -> float:
    """The speed across the lines that the last ``count`` sights surely show."""
    tau = view.after_s[-count:] - view.after_s[-count:].mean()
    square = float(tau @ tau)
    if square == 0.0:
        return 0.0
    rate = tau @ view.seen_m[-count:] / square
    sigma_m_s = float(view.sigma_m[-count:].max()) / math.sqrt(square)
    return float(np.linalg.norm(rate)) - sigmas * sigma_m_s
