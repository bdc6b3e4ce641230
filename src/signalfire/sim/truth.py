"""Truth as text: what truly flew, written by ``simulate`` and read for scoring and scenarios.

CSV with the columns ``t_s,x_ecef_m,y_ecef_m,z_ecef_m`` (``t_s`` from lift-off); a file that
``simulate`` wrote has ``object,lift_off,burnout_t_s`` beside them, so that it may hold several
objects and says when each flew.
"""

import csv
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from signalfire.basis.errors import BadInput, Malformed
from signalfire.basis.instant import Instant
from signalfire.basis.utc import instant_from_utc, utc_text
from signalfire.sim.trajectory import Flown, Trajectory, trajectory_from_samples

POSITION_COLUMNS = ("t_s", "x_ecef_m", "y_ecef_m", "z_ecef_m")
OBJECT_COLUMNS = ("object", "lift_off", "burnout_t_s")


def truth_lines(objects: Sequence[Flown]) -> Iterator[str]:
    """The lines of a truth file, header first, without line ends."""
    yield ",".join(POSITION_COLUMNS + OBJECT_COLUMNS)
    for flown in objects:
        path = flown.trajectory
        burnout = "" if path.burnout_t_s is None else f"{path.burnout_t_s:.3f}"
        about = f"{flown.name},{utc_text(flown.lift_off)},{burnout}"
        for t_s, (x, y, z) in zip(path.t_s, path.position_ecef_m, strict=True):
            yield f"{t_s:.6f},{x:.3f},{y:.3f},{z:.3f},{about}"


def read_truth(
    csv_text: str, *, name: str = "truth", lift_off: Instant | None = None
) -> tuple[Flown, ...]:
    """The objects of a truth file, in their order.

    ``name`` and ``lift_off`` hold where the file has no columns of its own for them.

    Raises BadInput for a missing column, a value that is no number, or an unknown lift-off.
    """
    rows = csv.DictReader(csv_text.splitlines())
    columns = rows.fieldnames or []
    missing = [column for column in POSITION_COLUMNS if column not in columns]
    if missing:
        raise BadInput(
            f"truth {name}: column {missing[0]} is missing; the first line must be "
            f"{','.join(POSITION_COLUMNS)}"
        )
    samples: dict[str, list[list[float]]] = {}
    about: dict[str, tuple[str, str]] = {}
    for number, row in enumerate(rows, start=2):
        which = row.get("object") or name
        try:
            values = [float(row[column]) for column in POSITION_COLUMNS]
        except (TypeError, ValueError) as error:
            raise BadInput(f"truth {name}: line {number} holds no number ({error})") from error
        samples.setdefault(which, []).append(values)
        about.setdefault(which, (row.get("lift_off") or "", row.get("burnout_t_s") or ""))
    if not samples:
        raise BadInput(f"truth {name}: no row below the header")
    return tuple(
        _flown(which, np.array(values), about[which], lift_off) for which, values in samples.items()
    )


def with_burnout(trajectory: Trajectory, burnout_t_s: float) -> Trajectory:
    """The same path with a stated burnout.

    Raises BadInput unless it lies within the path.
    """
    if not 0.0 <= burnout_t_s <= trajectory.end_t_s:
        raise BadInput(
            f"object: burnout_t_s = {burnout_t_s:g} lies outside the flight "
            f"(0 to {trajectory.end_t_s:.0f} s)"
        )
    return replace(trajectory, burnout_t_s=burnout_t_s)


def _flown(
    name: str, values: np.ndarray, about: tuple[str, str], lift_off: Instant | None
) -> Flown:
    lift_off_text, burnout_text = about
    try:
        at = instant_from_utc(lift_off_text) if lift_off_text else lift_off
        burnout_t_s = float(burnout_text) if burnout_text else None
    except (Malformed, ValueError) as error:
        raise BadInput(f"truth {name}: lift_off or burnout_t_s cannot be read: {error}") from error
    if at is None:
        raise BadInput(f"truth {name}: when it lifted off is not known; add a column lift_off")
    if burnout_t_s is not None and not math.isfinite(burnout_t_s):
        raise BadInput(f"truth {name}: burnout_t_s = {burnout_text} is not a finite number")
    path = trajectory_from_samples(values[:, 0], values[:, 1:], burnout_t_s=burnout_t_s)
    return Flown(name, at, path)
