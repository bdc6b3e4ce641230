"""What is degraded, and since when: sensors that fell silent, partners not heard."""

from dataclasses import dataclass

from signalfire.basis.identity import NationId, SensorId
from signalfire.basis.instant import Instant

SENSOR_QUIET_S = 60.0
"""A sensor that reported within this time counts as up; sky without targets gives no plots, so
silence alone is not called a fault."""


PARTNER_QUIET_S = 3.0
"""A partner that missed so many heartbeats is shown as down."""


@dataclass
class PartnerHealth:
    """What was last heard of one partner."""

    heard_at: Instant | None = None
    status_at: Instant | None = None
    received: int = 0
    refused: int = 0


class Health:
    """Availability of own sensors and partners, from what was heard."""

    def __init__(self, partners: tuple[NationId, ...]) -> None:
        self.partners = {nation: PartnerHealth() for nation in partners}
        self._sensors: dict[SensorId, Instant] = {}

    def heard_sensor(self, sensor: SensorId, at: Instant) -> None:
        """An own sensor has reported."""
        self._sensors[sensor] = at

    def sensors_active(self, now: Instant) -> int:
        """How many own sensors have reported lately."""
        times = self._sensors.values()
        return sum(1 for at in times if now.elapsed_s(since=at) <= SENSOR_QUIET_S)

    def link_state(self, nation: NationId, now: Instant) -> str:
        """``up``, ``down``, or ``unknown`` before the first word; a heartbeat comes each second."""
        heard_at = self.partners[nation].heard_at
        if heard_at is None:
            return "unknown"
        return "up" if now.elapsed_s(since=heard_at) <= PARTNER_QUIET_S else "down"

    def heard_partner(self, nation: NationId, now: Instant, *, is_status: bool) -> None:
        """A partner has spoken, authentically."""
        partner = self.partners.setdefault(nation, PartnerHealth())
        partner.heard_at = now
        partner.received += 1
        if is_status:
            partner.status_at = now
