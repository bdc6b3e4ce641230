"""Where one missile may go from here: a few dozen whole flights drawn from one estimate."""

from dataclasses import dataclass

from signalfire.basis.instant import Instant
from signalfire.basis.kernel import Flags, Floats, Integers


@dataclass(frozen=True)
class Footprint:
    """Sample flights, one row each; every row is equally likely to be the true one.

    The arrays ``time_s`` (seconds after ``start``), ``latitude_rad``, ``longitude_rad`` (in
    [-pi, pi]) and ``altitude_m`` (above the ellipsoid) have shape (S, T). Row ``s`` holds
    ``count[s]`` points, the last of them its impact; what follows repeats that impact. Where
    ``landed`` is given, a flight that it does not mark ends in the air, and its last point is none.
    """

    start: Instant
    time_s: Floats
    latitude_rad: Floats
    longitude_rad: Floats
    altitude_m: Floats
    count: Integers
    landed: Flags | None = None

    def __post_init__(self) -> None:
        shape = self.time_s.shape
        assert len(shape) == 2 and self.count.shape == shape[:1]
        assert self.latitude_rad.shape == self.longitude_rad.shape == shape
        assert self.altitude_m.shape == shape
        assert self.count.size == 0 or (self.count.min() >= 1 and self.count.max() <= shape[1])
        for array in (
            self.time_s,
            self.latitude_rad,
            self.longitude_rad,
            self.altitude_m,
            self.count,
        ):
            array.setflags(write=False)

    @property
    def samples(self) -> int:
        """How many flights there are."""
        return int(self.count.shape[0])
