"""Early arcs that are made into states when somebody asks: what was handed out stays as it was."""

import numpy as np


def test_an_ascent_shows_what_it_showed_when_its_track_and_row_are_long_given_to_others(
    world,
) -> None:
    draw = np.random.default_rng(2)
    tracker = world.tracker(world.west)
    world.play(tracker, world.plots(world.west, np.arange(60.0, 75.0), draw))
    (early,) = tracker.tracks()
    world.play(tracker, world.plots(world.west, np.arange(75.0, 100.0), draw))
    (late,) = tracker.tracks()
    seen = late.ascent[3]
    assert 3 < len(early.ascent) < len(late.ascent)
    assert early.ascent[3] is seen
    row = int(tracker._bank.table.rows(2)[0])
    means = tracker._bank.table.arc[row, :, :6].copy()
    tracker._drop(row, "a test")
    assert tracker._bank.table.add(99) == row
    tracker._bank.table.arc[row] = np.nan
    np.testing.assert_array_equal([s.mean for s in late.ascent], means[: len(late.ascent)])
    assert list(early.ascent) == list(late.ascent[: len(early.ascent)])
    assert early.ascent != late.ascent
    assert early.ascent[-1].valid_at < late.ascent[-1].valid_at
