"""What Stone Soup makes of small sets of places: the figures that our own metrics are held to.

    python -m bench.picture_metrics      # writes tests/reference/data/stonesoup_metrics.json

Needs ``requirements/bench.txt``. The sets are drawn from a fixed seed and stored with the results,
so that the test needs no Stone Soup.
"""

import json
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

RESULTS = Path(__file__).resolve().parent.parent / "tests/reference/data/stonesoup_metrics.json"
SEED = 20170614
CUT_OFFS_M = (500.0, 2_000.0)
GATE_M = 300.0
FIELD_M = 2_000.0
START = datetime(2026, 1, 1)


def sets(draw: np.random.Generator) -> list[dict[str, list[list[float]]]]:
    """Ten pairs of sets: some estimates near a truth, some not; either may be empty, not both."""
    found: list[dict[str, list[list[float]]]] = []
    while len(found) < 10:
        truths = draw.uniform(-FIELD_M, FIELD_M, size=(int(draw.integers(0, 7)), 3))
        kept = truths[draw.random(len(truths)) < 0.8]
        near = kept + draw.normal(scale=150.0, size=kept.shape)
        near = np.concatenate([near, near[draw.random(len(near)) < 0.3] + 40.0])
        false = draw.uniform(-FIELD_M, FIELD_M, size=(int(draw.integers(0, 3)), 3))
        estimates = np.round(np.concatenate([near, false]), 1)
        if len(truths) + len(estimates) == 0:
            continue
        found.append({"truths": np.round(truths, 1).tolist(), "estimates": estimates.tolist()})
    return found


def with_stone_soup() -> dict[str, object]:
    """The sets, GOSPA of each, and the air picture measures over all as a row of instants."""
    import stonesoup
    from stonesoup.metricgenerator.ospametric import GOSPAMetric
    from stonesoup.types.state import State

    cases = sets(np.random.default_rng(SEED))
    for case in cases:
        truths = [State(np.array(place)[:, None], START) for place in case["truths"]]
        estimates = [State(np.array(place)[:, None], START) for place in case["estimates"]]
        case["gospa"] = []
        for cut_off_m in CUT_OFFS_M:
            metric = GOSPAMetric(p=2.0, c=cut_off_m)
            value = metric.compute_gospa_metric(estimates, truths)[0].value
            case["gospa"].append({key: float(part) for key, part in value.items()})  # type: ignore[arg-type]
    return {
        "made_by": f"python -m bench.picture_metrics, Stone Soup {stonesoup.__version__}",
        "cut_offs_m": CUT_OFFS_M,
        "gate_m": GATE_M,
        "cases": cases,
        "picture": _picture(cases),
    }


def _picture(cases: list[dict[str, list[list[float]]]]) -> dict[str, float]:
    """Completeness, ambiguity and spuriousness: each place a path, laid to the nearest."""
    from stonesoup.dataassociator.base import TrackToTrackAssociator
    from stonesoup.measures import Euclidean
    from stonesoup.metricgenerator.manager import MultiManager
    from stonesoup.metricgenerator.tracktotruthmetrics import SIAPMetrics
    from stonesoup.types.association import AssociationSet, TimeRangeAssociation
    from stonesoup.types.groundtruth import GroundTruthPath, GroundTruthState
    from stonesoup.types.state import State
    from stonesoup.types.time import TimeRange
    from stonesoup.types.track import Track

    class Nearest(TrackToTrackAssociator):  # type: ignore[misc]
        """The pairs worked out below."""

        def associate_tracks(self, *_: object) -> object:
            return AssociationSet(pairs)

    truths, tracks, pairs = set(), set(), set()
    for number, case in enumerate(cases):
        at = START + timedelta(seconds=number)
        around = TimeRange(at - timedelta(seconds=0.1), at + timedelta(seconds=0.1))
        places = np.array(case["truths"]).reshape(-1, 3)
        paths = [GroundTruthPath([GroundTruthState(p[:, None], at)]) for p in places]
        truths |= set(paths)
        for estimate in np.array(case["estimates"]).reshape(-1, 3):
            track = Track([State(estimate[:, None], at)])
            tracks.add(track)
            gaps_m = np.linalg.norm(places - estimate, axis=1)
            if len(paths) and gaps_m.min() < GATE_M:
                pairs.add(TimeRangeAssociation({track, paths[int(gaps_m.argmin())]}, around))
    measure = Euclidean((0, 1, 2))
    manager = MultiManager(
        [SIAPMetrics(position_measure=measure, velocity_measure=measure)], Nearest()
    )
    manager.add_data({"groundtruth_paths": truths, "tracks": tracks})
    found = manager.generate_metrics()["siap_generator"]
    return {
        name.lower(): float(found[f"SIAP {name}"].value)
        for name in ("Completeness", "Ambiguity", "Spuriousness")
    }


if __name__ == "__main__":
    RESULTS.write_text(json.dumps(with_stone_soup(), indent=1) + "\n", encoding="utf-8")
