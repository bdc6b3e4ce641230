"""One scan, and the tracks that were carried to its instant."""

from dataclasses import dataclass

import numpy as np

from signalfire.basis.kernel import Flags, Floats, Integers
from signalfire.tracking.initiate import Look

DETECTION_BITS = 16
"""A detection's number is its scan's number and, in the low bits, its place in the scan."""
BATCH_MIN = 16
"""So many tracks are worth a block of their own; fewer are carried one after the other."""


@dataclass(frozen=True, eq=False)
class Measured:
    """Plots of one sensor as they came: instant and rows of ``records`` (n, RECORD)."""

    at_ns: int
    records: Floats


@dataclass(frozen=True, eq=False)
class Scan:
    """What one sensor saw at one instant; rows of ``records`` (n, RECORD) are other objects each.

    ``numbers`` and ``paths`` (n,) are the detections' numbers and the codes of their paths. From
    ``within`` on they are more than the sensor's quota, and begin no track. ``measured`` is what
    came, before what the sensor is off by was taken out. ``is_rest`` where the others of the scan
    have been assigned before.
    """

    at_ns: int
    sensor: int
    period_s: float
    records: Floats
    numbers: Integers
    paths: Integers
    within: int
    measured: Measured | None = None
    is_rest: bool = False

    def look(self, place: int) -> Look:
        """One of its detections."""
        return Look(
            self.at_ns, self.records[place], int(self.numbers[place]), self.sensor, self.period_s,
            int(self.paths[place]),
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Brought:
    """Rows, how each was brought to a scan's instant, and its lane in the batch, or -1."""

    rows: Integers
    ready: Integers
    lanes: Integers

    def where(self, chosen: Flags | Integers) -> "Brought":
        """Some of them, by flags or places."""
        return Brought(self.rows[chosen], self.ready[chosen], self.lanes[chosen])

    def alone(self) -> "Brought":
        """The same, of which the lanes have been used."""
        return Brought(self.rows, self.ready, np.full(len(self.rows), -1))


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which ways of moving count, and how many detections a gate may hold."""

    probability_min: float
    crowd_max: int
    sigma_max_m: float | None = None
    """How unsure of its place a track may be, where not as the settings say."""
