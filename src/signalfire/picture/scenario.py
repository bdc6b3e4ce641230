"""An exercise as its author wrote it: what flies, who watches, and what goes wrong when."""

from dataclasses import dataclass
from enum import StrEnum

from signalfire.basis.errors import BadInput
from signalfire.basis.instant import Instant
from signalfire.basis.realm import Realm


class EventKind(StrEnum):
    """What may happen in an exercise; the list is closed."""

    SENSOR_DOWN = "sensor_down"
    SENSOR_UP = "sensor_up"
    LINK_DOWN = "link_down"
    LINK_UP = "link_up"
    WITHDRAW = "withdraw"
    REJOIN = "rejoin"

    @property
    def is_of_a_sensor(self) -> bool:
        """Whether it acts on what sensors report; all others act on the federation."""
        return self in (EventKind.SENSOR_DOWN, EventKind.SENSOR_UP)


@dataclass(frozen=True, slots=True)
class ScenarioObject:
    """One thing that flies: a flight of the record by its id, or a file of true positions.

    Exactly one of ``flight`` and ``truth`` is set; ``truth`` is a path relative to the scenario.
    ``burnout_t_s`` counts from ``lift_off``; infrared sensors see the object until then.
    """

    flight: str | None
    truth: str | None
    lift_off: Instant
    burnout_t_s: float | None = None

    def __post_init__(self) -> None:
        if (self.flight is None) == (self.truth is None):
            raise BadInput(
                "object: give either flight (an id of the record) or truth (a file), not both"
            )


@dataclass(frozen=True, slots=True)
class ScenarioEvent:
    """Something that happens ``at_s`` seconds after the start, to a sensor, link or nation."""

    at_s: float
    do: EventKind
    who: str


@dataclass(frozen=True, slots=True)
class Scenario:
    """A whole exercise; ``sensors`` is a path relative to the scenario, events are in time order.

    Raises BadInput in the live realm, and when the events are not in time order.
    """

    realm: Realm
    start: Instant
    sensors: str
    objects: tuple[ScenarioObject, ...]
    events: tuple[ScenarioEvent, ...] = ()

    def __post_init__(self) -> None:
        if self.realm.is_live:
            raise BadInput("realm: a scenario is never live; write exercise:<id> or test:<id>")
        times_s = [event.at_s for event in self.events]
        if times_s != sorted(times_s):
            raise BadInput("event: at_s goes back; write the events in time order")
