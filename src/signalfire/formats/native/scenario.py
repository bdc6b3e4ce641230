"""Scenario files: an exercise as its author writes it."""

from typing import Annotated, Literal

from msgspec import Meta

from signalfire.basis.errors import BadInput, Malformed
from signalfire.basis.instant import Instant
from signalfire.basis.limits import SCENARIO_EVENTS_MAX, SCENARIO_OBJECTS_MAX
from signalfire.basis.realm import Realm
from signalfire.basis.tables import Table, read_table
from signalfire.basis.utc import instant_from_utc
from signalfire.picture.scenario import EventKind, Scenario, ScenarioEvent, ScenarioObject

Name = Annotated[str, Meta(min_length=1, max_length=255)]


class _Object(Table):
    lift_off: str
    flight: Name | None = None
    truth: Name | None = None
    burnout_t_s: Annotated[float, Meta(gt=0.0, le=7200.0)] | None = None


class _Event(Table):
    at_s: Annotated[float, Meta(ge=0.0, le=604_800.0)]
    do: str
    who: Name


class _File(Table):
    format: Literal[1]
    realm: str
    start: str
    sensors: Name
    object: Annotated[list[_Object], Meta(min_length=1, max_length=SCENARIO_OBJECTS_MAX)]
    event: Annotated[tuple[_Event, ...], Meta(max_length=SCENARIO_EVENTS_MAX)] = ()


def read_scenario(text: str) -> Scenario:
    """Read a scenario; whether its files and flights exist is for the caller to see.

    Raises BadInput, naming entry, field, value and cure, when any part cannot be used, and in the
    live realm.
    """
    file = read_table(text, _File)
    return Scenario(
        realm=Realm(file.realm),
        start=_instant(file.start, "start"),
        sensors=file.sensors,
        objects=tuple(_object(entry, number) for number, entry in enumerate(file.object, start=1)),
        events=tuple(_event(entry, number) for number, entry in enumerate(file.event, start=1)),
    )


def _object(entry: _Object, number: int) -> ScenarioObject:
    lift_off = _instant(entry.lift_off, f"object {number}: lift_off")
    try:
        return ScenarioObject(entry.flight, entry.truth, lift_off, entry.burnout_t_s)
    except BadInput as error:
        raise BadInput(f"object {number}: {error}") from error


def _event(entry: _Event, number: int) -> ScenarioEvent:
    try:
        return ScenarioEvent(entry.at_s, EventKind(entry.do), entry.who)
    except ValueError as error:
        known = ", ".join(EventKind)
        shown = entry.do[:40]
        raise BadInput(f"event {number}: do = {shown!r}: write one of {known}") from error


def _instant(text: str, where: str) -> Instant:
    try:
        return instant_from_utc(text)
    except Malformed as error:
        raise BadInput(f"{where} = {text[:40]!r}: {error}") from error
