"""A recording of detections, line by line, as reports on their way to the nodes.

The clock is the largest time of receipt so far; a single line that runs ahead of the next by more
than ``CLOCK_LEAD_MAX_S`` does not move it and is refused. Not so where the next one is behind the
clock by as much: then that one has the wrong time.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from signalfire.basis.identity import SensorId
from signalfire.basis.instant import Instant
from signalfire.basis.limits import CLOCK_LEAD_MAX_S
from signalfire.formats.decoded import Fault
from signalfire.formats.native.detections import decode_line
from signalfire.node.inbox import InboxItem, ItemKind
from signalfire.picture.detection import Sensor
from signalfire.sim.world import Report


@dataclass
class Recording:
    """Lines to reports; what was refused collects in ``faults``, ``accepted`` counts the rest."""

    sensors: Mapping[SensorId, Sensor]
    faults: list[Fault] = field(default_factory=list)
    accepted: int = 0
    _now: Instant | None = None

    def reports(self, lines: Iterable[bytes]) -> Iterator[Report]:
        """The reports of a recording, in its order; blank lines are passed over."""
        held: tuple[Report, Fault] | None = None
        for number, body in enumerate(lines, start=1):
            body = body.strip()
            if not body:
                continue
            read = decode_line(body, number, self.sensors)
            if isinstance(read, Fault):
                self.faults.append(read)
                continue
            report = Report(
                read.received_at,
                self.sensors[read.sensor].nation,
                InboxItem(ItemKind.DETECTION, body, number),
            )
            if held is not None:
                yield from self._settled(held, report)
            ahead = f"more than {CLOCK_LEAD_MAX_S:.0f} s ahead of the line after it"
            held = report, Fault(number, read.sensor, "received_at", ahead)
        if held is not None:
            self.accepted += 1
            yield held[0]

    def _settled(self, held: tuple[Report, Fault], following: Report) -> Iterator[Report]:
        report, fault = held
        if self._is_ahead(report, following):
            self.faults.append(fault)
        else:
            self.accepted += 1
            self._now = max(self._now or report.received_at, report.received_at)
            yield report

    def _is_ahead(self, report: Report, following: Report) -> bool:
        """Of the line after it, unless that one is behind the clock by as much."""
        after = following.received_at
        if self._now is not None and self._now.elapsed_s(since=after) > CLOCK_LEAD_MAX_S:
            return False
        return report.received_at.elapsed_s(since=after) > CLOCK_LEAD_MAX_S
