"""Metrics of sets against Stone Soup's: stored sets and results, made by ``bench``."""

import json
from pathlib import Path

import numpy as np
import pytest

from signalfire.analysis.metrics import gospa, nearest_truth, picture

STORED = json.loads((Path(__file__).parent / "data/stonesoup_metrics.json").read_text("utf-8"))


def places(of: list[list[float]]) -> np.ndarray:
    return np.array(of, dtype=float).reshape(-1, 3)


@pytest.mark.parametrize("case", STORED["cases"])
def test_gospa_is_that_of_stone_soup(case: dict) -> None:
    truths, estimates = places(case["truths"]), places(case["estimates"])
    for cut_off_m, expected in zip(STORED["cut_offs_m"], case["gospa"], strict=True):
        ours = gospa(truths, estimates, cut_off_m=cut_off_m)
        assert ours.distance_m == pytest.approx(expected["distance"], rel=1e-9)
        assert ours.localisation_m2 == pytest.approx(expected["localisation"], rel=1e-9)
        half = 0.5 * cut_off_m**2
        assert half * ours.missed_count == pytest.approx(expected["missed"])
        assert half * ours.false_count == pytest.approx(expected["false"])


def test_the_air_picture_is_that_of_stone_soup() -> None:
    objects, tracks, held = [], [], []
    for case in STORED["cases"]:
        true = {str(i): place for i, place in enumerate(places(case["truths"]))}
        seen = {str(i): place for i, place in enumerate(places(case["estimates"]))}
        objects.append(set(true))
        tracks.append(set(seen))
        held.append(nearest_truth(true, seen, cut_off_m=STORED["gate_m"]))
    ours, expected = picture(objects, tracks, held), STORED["picture"]
    assert ours.completeness_share == pytest.approx(expected["completeness"])
    assert ours.ambiguity_ratio == pytest.approx(expected["ambiguity"])
    assert ours.spuriousness_share == pytest.approx(expected["spuriousness"])
