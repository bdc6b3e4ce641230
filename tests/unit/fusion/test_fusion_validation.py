"""A few runs of what `tools/validate_fusion.py` measures: shared tracks against all plots."""

from collections.abc import Sequence

import numpy as np
import pytest

import validate_fusion
from fusion_page import Measured


def measured(monkeypatch: pytest.MonkeyPatch, flight: str, *labels: str) -> list[Measured]:
    links = tuple(link for link in validate_fusion.LINKS if link.label in labels)
    monkeypatch.setattr(validate_fusion, "LINKS", links)
    return validate_fusion.measure([flight], runs=4, jobs=1)


def median(found: Sequence[Measured], part: str, what: str) -> float:
    return float(np.median([getattr(each, what) for each in found if each.part == part]))


def test_shared_tracks_fuse_to_within_a_tenth_of_one_trackers_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = measured(monkeypatch, "boost", "as shared")
    for part in ("thrust", "burnout", "free flight"):
        assert median(found, part, "place_ratio") < 1.10
        assert median(found, part, "velocity_ratio") < 1.15
    squares = [each.joint[2] / 6.0 for each in found if each.part == "free flight"]
    assert np.median(squares) < 1.5


def test_a_nation_out_of_register_does_not_poison_the_joint_track(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The one tracker can compare the radars plot by plot; nations only compare what they share."""
    found = measured(monkeypatch, "boost", "KOR out of register")
    assert median(found, "free flight", "place_ratio") < 2.0
    squares = [each.joint[2] / 6.0 for each in found if each.part == "free flight"]
    assert np.median(squares) < 3.0
