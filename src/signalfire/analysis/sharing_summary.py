"""What sharing buys over many launches: shares, quartiles and means, by nation, kind and place."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, median, quantiles
from typing import TypeVar

from signalfire.analysis.sharing import Gain, Row
from signalfire.basis.identity import NationId

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Story:
    """One launch as one nation knows it alone and with all that its partners give."""

    alone: Row
    shared: Row

    def gain(self, at: int) -> Gain:
        """What its partners bring for one threshold."""
        return Gain.between(self.alone, self.shared, at)


@dataclass(frozen=True, slots=True)
class Bought:
    """What a nation gets by sharing, over some launches and for one threshold.

    Fractions are of all launches; ``only_shared`` are those whose impact the nation never knows
    alone, ``only_fused`` those of them that no single nation knows. Gains are over launches that
    the nation knows both ways; the means of geometry and fusion add up to that of the gain, their
    medians do not. Misses are those a minute after burn-out, where the nation has one: by how much
    the best-placed nation alone lessens it, and by how much fusion lessens that. None where there
    is nothing to say of.
    """

    nation: NationId
    launches: int
    unseen_fraction: float
    alone_fraction: float
    shared_fraction: float
    only_shared_fraction: float
    only_fused_fraction: float
    alone_median_s: float | None
    shared_median_s: float | None
    gain_quartiles_s: tuple[float, float, float] | None
    geometry_mean_s: float | None
    fusion_mean_s: float | None
    geometry_median_s: float | None
    fusion_median_s: float | None
    geometry_cut_fraction: float | None
    fusion_cut_fraction: float | None
    watched_alone_fraction: float
    watched_shared_fraction: float


def stories(rows: Iterable[Row]) -> list[Story]:
    """The rows of many launches paired: each nation alone, and with all its partners."""
    found: dict[tuple[object, NationId], list[Row]] = {}
    for row in rows:
        found.setdefault((row.launch, row.nation), []).append(row)
    return [
        Story(
            min(group, key=lambda row: len(row.partners)),
            max(group, key=lambda row: len(row.partners)),
        )
        for group in found.values()
    ]


def by_nation(told: Iterable[Story]) -> dict[NationId, list[Story]]:
    """The same, nation by nation in alphabetical order."""
    return grouped(sorted(told, key=lambda story: story.alone.nation), lambda s: s.alone.nation)


def grouped(told: Iterable[Story], key: Callable[[Story], Key]) -> dict[Key, list[Story]]:
    """The stories by something they have in common, in the order in which it comes first."""
    found: dict[Key, list[Story]] = {}
    for story in told:
        found.setdefault(key(story), []).append(story)
    return found


def bought(told: Sequence[Story], at: int) -> Bought:
    """What one nation gets for the threshold of that number."""
    assert told
    alone = [story for story in told if story.alone.known_s[at] is not None]
    shared = [story for story in told if story.shared.known_s[at] is not None]
    only = [story for story in shared if story.alone.known_s[at] is None]
    fused = [story for story in only if story.shared.best_s[at] is None]
    gains = [story.gain(at) for story in alone]
    missed = [story for story in told if story.alone.miss_m < float("inf")]
    count = len(told)
    return Bought(
        nation=told[0].alone.nation,
        launches=count,
        unseen_fraction=sum(s.alone.first_seen_s is None for s in told) / count,
        alone_fraction=len(alone) / count,
        shared_fraction=len(shared) / count,
        only_shared_fraction=len(only) / count,
        only_fused_fraction=len(fused) / count,
        alone_median_s=_median(s.alone.known_s[at] for s in alone),
        shared_median_s=_median(s.shared.known_s[at] for s in shared),
        gain_quartiles_s=_quartiles([gain.whole_s for gain in gains]),
        geometry_mean_s=fmean(gain.geometry_s for gain in gains) if gains else None,
        fusion_mean_s=fmean(gain.fusion_s for gain in gains) if gains else None,
        geometry_median_s=_median(gain.geometry_s for gain in gains),
        fusion_median_s=_median(gain.fusion_s for gain in gains),
        geometry_cut_fraction=_median(
            1.0 - s.shared.best_miss_m / s.alone.miss_m for s in missed
        ),
        fusion_cut_fraction=_median(
            1.0 - s.shared.miss_m / s.shared.best_miss_m for s in missed
        ),
        watched_alone_fraction=fmean(s.alone.watched_fraction for s in told),
        watched_shared_fraction=fmean(s.shared.watched_fraction for s in told),
    )  # fmt: skip


def median_gain_s(told: Sequence[Story], at: int) -> float | None:
    """Median of the seconds of knowing the impact gained, over launches that are known together.

    Who never knows alone gains all the seconds from the shared knowledge to the impact. None where
    no launch is known.
    """
    return _median(story.gain(at).whole_s for story in told if story.shared.known_s[at] is not None)


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def _quartiles(values: Sequence[float]) -> tuple[float, float, float] | None:
    if not values:
        return None
    if len(values) == 1:
        return values[0], values[0], values[0]
    first, middle, last = quantiles(values, n=4, method="inclusive")
    return first, middle, last
