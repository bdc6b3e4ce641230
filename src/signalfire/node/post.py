"""The state of one node between two advances."""

from dataclasses import dataclass

from signalfire.assess.alert import AlertBook
from signalfire.basis.identity import EventId, NationId, TrackId
from signalfire.basis.instant import Instant
from signalfire.basis.limits import REPEATS_REMEMBERED_MAX
from signalfire.node.border import Border
from signalfire.node.events import EventBook
from signalfire.node.health import Health
from signalfire.node.naming import known_nations
from signalfire.node.setup import NodeSetup
from signalfire.picture.detection import Detection
from signalfire.picture.event import Phase
from signalfire.picture.pedigree import Pedigree
from signalfire.picture.track import Track
from signalfire.tracking.tracker import Tracker


@dataclass(frozen=True, slots=True)
class ToldEvent:
    """When an own assessment was last told to one partner, and under which name."""

    at: Instant
    name: EventId


@dataclass(frozen=True, slots=True)
class ToldTrack:
    """What was last told of an own track, and when."""

    at: Instant
    valid_at: Instant
    phase: Phase


class Post:
    """A nation's watch post: its tracker, its book of events, its border, its alerts."""

    def __init__(self, setup: NodeSetup) -> None:
        self.setup = setup
        self.now = Instant(0)
        self.sensors = {sensor.sensor: sensor for sensor in setup.sensors}
        self.tracker = Tracker(setup.node, self.sensors, setup.tracking)
        self.pedigree = Pedigree(is_from_own_sensors=True, motion=setup.tracking.motion())
        self.book = EventBook(setup.nation, setup.node)
        self.harmless: dict[TrackId, Track] = {}
        """Own tracks that, as they were when last judged, show no missile."""
        self.missiles: dict[TrackId, Track] = {}
        """Own tracks that wait for an event and, as they were when last judged, show a missile."""
        self.border = Border(setup)
        self.health = Health(setup.partners)
        self.alerts = AlertBook(setup.nation, setup.node, setup.realm, setup.alert)
        self.own_area_count = len(setup.areas.areas_of(setup.nation))
        self.told_events: dict[tuple[NationId, TrackId], ToldEvent] = {}
        self.told_tracks: dict[TrackId, ToldTrack] = {}
        self.known_nations = {
            partner: known_nations(setup.policy.agreement, setup.nation, partner)
            for partner in setup.partners
        }
        self.detections_heard = 0
        self._seen: dict[tuple[object, ...], None] = {}
        self.repeats = 0

    def is_repeat(self, key: tuple[object, ...]) -> bool:
        """Whether this very report came before; remembers it if not."""
        if key in self._seen:
            self.repeats += 1
            return True
        self._seen[key] = None
        if len(self._seen) > REPEATS_REMEMBERED_MAX:
            del self._seen[next(iter(self._seen))]
        return False

    def heard(self, detection: Detection) -> None:
        """A sensor of ours has spoken."""
        self.detections_heard += 1
        self.health.heard_sensor(detection.sensor, detection.received_at)

    def retire(self, now: Instant) -> None:
        """Close events that have ended and of which no warning is open."""
        for event in self.book.open_events():
            if event.has_ended(now) and not self.alerts.is_open(event.event):
                self.book.close(event, now)
                if event.own_track is not None:
                    track = event.own_track.track
                    self.told_tracks.pop(track, None)
                    for partner in self.setup.partners:
                        self.told_events.pop((partner, track), None)

    def is_idle(self) -> bool:
        """No event is open and no warning unclosed."""
        return not self.book.open_events() and not self.alerts.any_open()
