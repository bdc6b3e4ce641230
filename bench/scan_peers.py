"""A whole scan of a raid by Stone Soup: association and updates, as many objects as it can do.

``scans_of`` gives plain numbers, so that others can set theirs beside them. Every tracker gets the
same arrays (``bench.raid``), the tracks are there already, and what is timed is ``associate`` and
the updates. The settings are those of the documentation's examples.
"""

import importlib.util
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np

from bench.measured import Measured
from bench.peers import CURE
from bench.raid import CLUTTER_SHARE, HIT_PROBABILITY, Raid, raid

COUNTS = (20, 50, 100, 200)
SPREAD_M = 60_000.0
SCANS = 12
LIMIT_S = 10.0
"""For each tracker and size, after which no further scan begins; a size whose first scan alone took
longer is the tracker's last."""
GATE_SIGMAS = 4.0
NEIGHBOURS = 3
PATH = "scan, Stone Soup"

Make = Callable[[Raid, Any], tuple[Any, Any]]
"""An associator and an updater for a raid, with a model of motion."""


@dataclass(frozen=True)
class PeerScans:
    """How long a tracker took for each scan, and the share of detected objects that got their own
    plot (of trackers that give a track one plot)."""

    tracker: str
    count: int
    taken_s: tuple[float, ...]
    right_share: float | None

    @property
    def median_s(self) -> float:
        return float(np.median(self.taken_s))


def given(count: int) -> Raid:
    """The raid that every tracker gets."""
    return raid(count, spread_m=SPREAD_M, scans=SCANS, seed=count)


def _volume(raided: Raid) -> float:
    """Of the box that the false plots fill, in the plots' own coordinates."""
    polar = raided.scans[0].polar
    return float(np.prod(polar.max(axis=0) - polar.min(axis=0)))


def _trackers() -> dict[str, Make]:
    """What there is, by name."""
    from stonesoup.dataassociator.neighbour import GNNWith2DAssignment
    from stonesoup.dataassociator.tree import DetectionKDTreeGNN2D
    from stonesoup.hypothesiser.distance import DistanceHypothesiser
    from stonesoup.hypothesiser.probability import PDAHypothesiser
    from stonesoup.measures import Mahalanobis

    from bench.stone_soup import predictor_and_updater

    def nearest(raided: Raid, model: Any) -> tuple[Any, Any]:
        predictor, updater = predictor_and_updater(model)
        hypothesiser = DistanceHypothesiser(predictor, updater, Mahalanobis(), GATE_SIGMAS)
        return GNNWith2DAssignment(hypothesiser), updater

    def nearest_of_tree(raided: Raid, model: Any) -> tuple[Any, Any]:
        predictor, updater = predictor_and_updater(model)
        hypothesiser = DistanceHypothesiser(predictor, updater, Mahalanobis(), GATE_SIGMAS)
        tree = DetectionKDTreeGNN2D(
            hypothesiser,
            predictor,
            updater,
            number_of_neighbours=NEIGHBOURS,
            max_distance_covariance_multiplier=GATE_SIGMAS,
        )
        return tree, updater

    def joint(raided: Raid, model: Any) -> tuple[Any, Any]:
        from pyehm.plugins.stonesoup import JPDAWithEHM2

        predictor, updater = predictor_and_updater(model)
        hypothesiser = PDAHypothesiser(
            predictor,
            updater,
            clutter_spatial_density=CLUTTER_SHARE * len(raided.truth) / _volume(raided),
            prob_detect=HIT_PROBABILITY,
            prob_gate=0.9999,
        )
        return JPDAWithEHM2(hypothesiser), updater

    made: dict[str, Make] = {
        "GNNWith2DAssignment": nearest,
        "DetectionKDTreeGNN2D": nearest_of_tree,
    }
    if importlib.util.find_spec("pyehm"):
        made["JPDAWithEHM2"] = joint
    return made


def scans_of(counts: tuple[int, ...] = COUNTS, limit_s: float = LIMIT_S) -> Iterator[PeerScans]:
    """Every tracker with both models, up to the size that takes it too long."""
    from bench.stone_soup import Ballistic, constant_velocity

    for name, make in _trackers().items():
        for model_name, model in (
            ("our flight", Ballistic()),
            ("constant velocity", constant_velocity()),
        ):
            for count in counts:
                raided = given(count)
                one = _play(f"{name}, {model_name}", raided, *make(raided, model), limit_s=limit_s)
                yield one
                if one.taken_s[0] > limit_s:
                    break


def _play(name: str, raided: Raid, associator: Any, updater: Any, *, limit_s: float) -> PeerScans:
    from bench.stone_soup import at, detection_of, track_of

    tracks = [track_of(*state) for state in zip(raided.means, raided.covariances, strict=True)]
    number_of = {track: number for number, track in enumerate(tracks)}
    taken_s: list[float] = []
    right = detected = 0
    for second, scan in enumerate(raided.scans, start=1):
        owner_of = {
            detection_of(polar, second): owner
            for polar, owner in zip(scan.polar, scan.owners, strict=True)
        }
        began_s = time.process_time()
        found = associator.associate(set(tracks), set(owner_of), at(second))
        for track, hypothesis in found.items():
            _take(track, hypothesis, updater)
        taken_s.append(time.process_time() - began_s)
        detected += int(np.sum(scan.owners >= 0))
        right += sum(
            owner_of[hypothesis.measurement] == number_of[track]
            for track, hypothesis in found.items()
            if hasattr(hypothesis, "measurement") and hypothesis
        )
        if sum(taken_s) > limit_s:
            break
    is_joint = name.startswith("JPDA")
    return PeerScans(
        name, len(tracks), tuple(taken_s), None if is_joint else right / max(detected, 1)
    )


def _take(track: Any, hypothesis: Any, updater: Any) -> None:
    """The update of a track, as in the documentation's tutorials on GNN and JPDA."""
    from stonesoup.functions import gm_reduce_single
    from stonesoup.types.array import StateVectors
    from stonesoup.types.multihypothesis import MultipleHypothesis
    from stonesoup.types.update import GaussianStateUpdate

    if not isinstance(hypothesis, MultipleHypothesis):
        track.append(updater.update(hypothesis) if hypothesis else hypothesis.prediction)
        return
    states, weights = [], []
    for each in hypothesis:
        states.append(updater.update(each) if each else each.prediction)
        weights.append(float(each.probability))
    mean, covariance = gm_reduce_single(
        StateVectors([state.state_vector for state in states]),
        np.stack([state.covar for state in states], axis=2),
        np.asarray(weights),
    )
    track.append(
        GaussianStateUpdate(mean, covariance, hypothesis, hypothesis[0].prediction.timestamp)
    )


def measure() -> list[Measured]:
    """Each tracker's scan, beside its own with the fewest objects."""
    if not importlib.util.find_spec("stonesoup"):
        return [Measured(PATH, "-", "-", f"not installed: {CURE}", "-")]
    rows = []
    least_s: dict[str, tuple[int, float]] = {}
    for one in scans_of():
        least_s.setdefault(one.tracker, (one.count, one.median_s))
        count, base_s = least_s[one.tracker]
        right = "" if one.right_share is None else f", {one.right_share:.1%} right"
        rows.append(
            Measured(
                path=f"{PATH} {version('stonesoup')}",
                work=f"{one.tracker}, {one.count} objects, {len(one.taken_s)} scans{right}",
                figure=f"{one.median_s:.3f} s, {one.count / one.median_s:.0f} updates/s",
                yardstick=f"with {count}: {base_s:.3f} s",
                ratio=f"{one.median_s / base_s:.1f}",
            )
        )
    return rows
