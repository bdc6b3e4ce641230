"""Plots beside a known track: its own by a sensor out of register, or those of another object.

Which of the two shows when the scan is over. A sensor that has given the track its own plot of the
scan sees another object beside it; one that has not may be out of register.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from signalfire.basis.kernel import Integers
from signalfire.tracking.scan import Scan


@dataclass(frozen=True, eq=False)
class Stray:
    """A plot, at a ``place`` of a scan, beside the track of a row; ``serial`` is the track's."""

    scan: Scan
    place: int
    row: int
    serial: int


class Strays:
    """What waits for the end of its scan, sensor by sensor."""

    def __init__(self) -> None:
        self._waiting: dict[int, list[Stray]] = {}

    def wait(self, scan: Scan, places: Integers, rows: Integers, serials: Integers) -> None:
        """Let plots of a scan wait."""
        self._waiting.setdefault(scan.sensor, []).extend(
            Stray(scan, *each)
            for each in zip(places.tolist(), rows.tolist(), serials.tolist(), strict=True)
        )

    def before(self, scan: Scan) -> list[Stray]:
        """Take out those of the same sensor's other scans."""
        waiting = self._waiting.get(scan.sensor, [])
        if not waiting:
            return []
        self._waiting[scan.sensor] = [s for s in waiting if s.scan.at_ns == scan.at_ns]
        return [s for s in waiting if s.scan.at_ns != scan.at_ns]

    def older(self, than_ns: int) -> list[Stray]:
        """Take out those of scans before an instant."""
        found: list[Stray] = []
        for sensor, waiting in self._waiting.items():
            found += [s for s in waiting if s.scan.at_ns < than_ns]
            self._waiting[sensor] = [s for s in waiting if s.scan.at_ns >= than_ns]
        return found


def by_scan(strays: Iterable[Stray]) -> list[tuple[Scan, list[Stray]]]:
    """Strays of one scan together, in the order in which they came."""
    together: dict[int, tuple[Scan, list[Stray]]] = {}
    for stray in strays:
        together.setdefault(id(stray.scan), (stray.scan, []))[1].append(stray)
    return list(together.values())
