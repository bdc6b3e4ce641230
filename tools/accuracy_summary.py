"""What the runs of one cell come to: ratios to the bound, consistency, impact over time."""

from dataclasses import dataclass

import numpy as np

from accuracy_runs import Cell, Course, Results
from signalfire.analysis.metrics import nees_band, share_interval
from signalfire.basis.kernel import Flags, Floats
from signalfire.picture.estimate import CHI2_2_P90

PLOTS_FIRST = 10
"""Nothing is judged before so many plots."""
MISSES_M = (20_000.0, 10_000.0, 5_000.0, 1_000.0)


@dataclass(frozen=True)
class Ratio:
    """Error over bound at the reports of one part of a flight: median, least, greatest."""

    median: float
    least: float
    greatest: float
    reports: int


@dataclass(frozen=True)
class Summary:
    """One cell of the tables. Times are seconds after launch."""

    cell: Cell
    runs: int
    times_s: Floats
    plots: int
    ratio: Floats
    """Position RMSE over bound at every report, shape (reports,)."""
    aloft: Ratio | None
    in_air: Ratio | None
    speed_aloft: Ratio | None
    """The same of velocity."""
    nees: float
    nees_aloft: float | None
    """The same above the air alone, where nothing but gravity moves the object."""
    nees_band_share: float | None
    """Share of the reports above the air where the mean over runs is inside the 95 % band."""
    nis: float
    single_share: float
    """Share of reports with exactly one track."""
    miss_m: Floats
    """Median miss of the impact at every report."""
    landing_m: Floats
    """Root of the trace of the bound of the impact."""
    below_s: tuple[float | None, ...]
    """From when on the median miss stays below each of ``MISSES_M``."""
    covered: float
    """Share of named impacts whose 90 % ellipse holds the true one."""
    covered_interval: tuple[float, float]
    named_share: float


def summarise(cell: Cell, course: Course, results: Results) -> Summary:
    """All figures of one cell."""
    runs = len(results.nees)
    settled = course.reports >= PLOTS_FIRST
    place, speed = (_ratio(results.errors, course.bound, part) for part in (0, 3))
    nees = np.nanmean(results.nees, axis=0)
    low, high = nees_band(6, runs)
    above = settled & course.is_aloft
    within = ((nees >= low) & (nees <= high))[above]
    times_s = course.plan.times_s[course.reports]
    miss_m = np.nanmedian(results.miss_m, axis=0)
    named = np.isfinite(results.landing_nees[:, settled])
    hits = (results.landing_nees[:, settled] <= CHI2_2_P90)[named]
    covered = float(np.mean(hits)) if hits.size else np.nan
    return Summary(
        cell=cell,
        runs=runs,
        times_s=times_s,
        plots=len(course.plan.times_s),
        ratio=place,
        aloft=_part(place, above),
        in_air=_part(place, settled & ~course.is_aloft),
        speed_aloft=_part(speed, above),
        nees=float(np.median(nees[settled])) / 6.0,
        nees_aloft=float(np.median(nees[above])) / 6.0 if above.any() else None,
        nees_band_share=float(np.mean(within)) if above.any() else None,
        nis=float(np.nanmean(results.nis[:, settled])) / 3.0,
        single_share=float(np.mean(results.tracks[:, settled] == 1)),
        miss_m=miss_m,
        landing_m=np.sqrt(np.einsum("nii->n", course.landing_m2)),
        below_s=tuple(_stays_below(times_s, miss_m, limit) for limit in MISSES_M),
        covered=covered,
        # Reports of one run go together: only runs count as trials.
        covered_interval=share_interval(round(covered * runs), runs) if hits.size else (0.0, 1.0),
        named_share=float(np.mean(named)),
    )


def _ratio(errors: Floats, bounds: Floats, first: int) -> Floats:
    part = slice(first, first + 3)
    squares = np.nanmean(np.sum(np.square(errors[:, :, part]), axis=2), axis=0)
    ratio: Floats = np.sqrt(squares / np.einsum("nii->n", bounds[:, part, part]))
    return ratio


def _part(ratio: Floats, chosen: Flags) -> Ratio | None:
    if not chosen.any():
        return None
    values = ratio[chosen]
    return Ratio(
        float(np.median(values)), float(values.min()), float(values.max()), int(chosen.sum())
    )


def _stays_below(times_s: Floats, miss_m: Floats, limit_m: float) -> float | None:
    """The first report from which on the miss never reaches the limit again."""
    over = np.flatnonzero(~(miss_m < limit_m))
    first = int(over[-1]) + 1 if over.size else 0
    return float(times_s[first]) if first < len(times_s) else None
