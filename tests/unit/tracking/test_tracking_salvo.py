"""Missiles close beside or behind one another: so many tracks as missiles, each on its own."""

import numpy as np
import pytest

from signalfire.picture.track import TrackStatus

MISSILES = 4
END_S = 260.0


def shifted(truth, offset_m: np.ndarray, delay_s: float):
    """The same flight, some way aside and some time later; None before it begins."""

    def at(t: float) -> np.ndarray | None:
        if t < delay_s:
            return None
        return truth(t - delay_s) + np.concatenate([offset_m, np.zeros(3)])

    return at


def reports(world, truths, seed: int):
    """One plot in twenty is missed, and each comes alone, in the order in which it is received."""
    draw = np.random.default_rng(seed)
    found = []
    for sensor, first_s in ((world.west, 0.1), (world.east, 0.6)):
        for t in np.arange(first_s, END_S, 1.0):
            for truth in truths:
                state = truth(float(t))
                if state is None or draw.random() > 0.95:
                    continue
                found.append(world.look(sensor, float(t), state, draw, 0.1 + 0.2 * draw.random()))
    return sorted((plot for plot in found if plot), key=lambda plot: plot.received_at)


@pytest.mark.parametrize(
    ("apart_m", "apart_s"), [(1_500.0, 0.0), (3_000.0, 0.0), (0.0, 3.0)]
)  # fmt: skip
def test_each_missile_of_a_close_salvo_keeps_its_own_track(world, apart_m, apart_s) -> None:
    aside = apart_m * np.array([-0.5, 0.5, 0.7])
    truths = [shifted(world.truth, aside * i, apart_s * i) for i in range(MISSILES)]
    tracker = world.tracker(world.west, world.east)
    played, owners, last_s = [], {}, 0
    for plot in reports(world, truths, seed=1):
        now = plot.received_at
        second_s = int(now.elapsed_s(since=world.start))
        if second_s > last_s:
            tracker.tick(now.whole_second())
            last_s = second_s
            confirmed = [t for t in tracker.tracks() if t.status is TrackStatus.CONFIRMED]
            if second_s > 160:
                played.append(len(confirmed))
            if second_s in (180, 255):
                owners[second_s] = [nearest(world, track, truths) for track in confirmed]
        tracker.take([plot], now)
    assert set(played) == {MISSILES}
    assert sorted(owners[180]) == list(range(MISSILES))
    assert owners[255] == owners[180]


def nearest(world, track, truths) -> int:
    """Which missile a track is nearest to."""
    at_s = track.state.valid_at.elapsed_s(since=world.start)
    return int(
        np.argmin([np.linalg.norm(track.state.mean[:3] - truth(at_s)[:3]) for truth in truths])
    )
