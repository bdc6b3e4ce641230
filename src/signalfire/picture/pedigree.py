"""What a shared state rests on: enough to fuse it without counting anything twice."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Motion:
    """How a filter let its object move: densities of white acceleration, m2/s3, and drag.

    In free flight ``free_m2_s3`` in every direction at the equator's radius R, at the distance r
    from the Earth's centre (R / r)^4 times as much, and, in air, along the path ``drag_spread_s``
    times the square of the drag deceleration; under thrust or lift ``forced_along_m2_s3`` along
    the velocity and ``forced_across_m2_s3`` across it.
    """

    drag_m2_kg: float
    drag_spread_s: float
    free_m2_s3: float
    forced_along_m2_s3: float
    forced_across_m2_s3: float


@dataclass(frozen=True, slots=True)
class Pedigree:
    """Where a state comes from: own sensors alone, and the motion that its filter assumed.

    It names no sensor, no number of them and no place. Two states with pedigree share no
    measurement, only what shook the object itself; the motion says how much that may be. Whoever
    does not say so, or says it of a state that was rounded, is fused as if it shared everything.
    """

    is_from_own_sensors: bool
    motion: Motion
