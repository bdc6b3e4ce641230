"""The packaged record of documented flights, as values; text in, no file is opened here."""

import csv
import difflib
import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from signalfire.basis.errors import BadInput, Malformed
from signalfire.basis.instant import Instant
from signalfire.basis.utc import instant_from_utc
from signalfire.space.geodesy import Geodetic

MANOEUVRE_RATIO = 0.15
"""Apogee over range below which no ballistic path of a missile is taken to fit."""
_DEFAULT_BEARING = "default_90"
_SPACE_LAUNCH = "SLV"


@dataclass(frozen=True, slots=True)
class Flight:
    """One documented flight, as published; facts with their source, not measurements.

    ``lift_off`` is the published minute, or 00:00 UTC of the day where none is published;
    ``flight_time_s`` the published duration. ``manoeuvre`` is the record's own mark (``pullup``,
    ``glide`` or empty).
    A space launch's ``range_m`` is where a stage was announced to drop: no impact point.
    """

    flight: str
    record_id: str
    date_text: str
    lift_off: Instant
    time_is_published: bool
    missile: str
    missile_class: str
    manoeuvre: str
    site: str
    launch: Geodetic
    apogee_m: float
    range_m: float
    azimuth_rad: float
    azimuth_is_published: bool
    flight_time_s: float | None
    landing: str
    outcome: str
    source: str
    licence: str

    @property
    def is_space_launch(self) -> bool:
        return self.missile_class == _SPACE_LAUNCH

    @property
    def is_low(self) -> bool:
        """Lower, for its range, than a ballistic missile flies."""
        return self.apogee_m < MANOEUVRE_RATIO * self.range_m

    @property
    def is_manoeuvring(self) -> bool:
        """Marked so in the record, or too low for its range to be ballistic."""
        return not self.is_space_launch and (bool(self.manoeuvre) or self.is_low)

    @property
    def labels(self) -> tuple[str, ...]:
        """In plain words, what was not published and what the numbers do not mean."""
        said = []
        if not self.time_is_published:
            said.append("no published time: flies at 00:00Z")
        if not self.azimuth_is_published:
            said.append("no published bearing: flies due east")
        if self.is_space_launch and self.outcome == "success":
            said.append("space launch: the published range is a drop zone, no impact point")
        if self.outcome == "failure":
            said.append("failure: flies to its published apogee and range only")
        return tuple(said)


def read_flights(csv_text: str) -> tuple[Flight, ...]:
    """The flights of a record, in its order, each with an id made of its date and name.

    Rows without apogee, range or launch place cannot be flown and are passed over. Where a day
    has more flights of one name the second is ``-2``, the third ``-3``.

    Raises BadInput when a column is missing or a value cannot be read; names the row.
    """
    rows = csv.DictReader(csv_text.splitlines())
    seen: Counter[str] = Counter()
    flights = []
    for number, row in enumerate(rows, start=2):
        try:
            if not (row["apogee_km"] and row["distance_km"] and row["launch_lat"]):
                continue
            name = f"{row['date_utc']}-{_slug(row['missile'])}"
            seen[name] += 1
            flight = name if seen[name] == 1 else f"{name}-{seen[name]}"
            flights.append(_flight(flight, row))
        except (KeyError, ValueError, TypeError, Malformed) as error:
            raise BadInput(f"flights: row {number} cannot be read ({error}); correct it") from error
    return tuple(flights)


def find_flight(flights: Sequence[Flight], flight: str) -> Flight:
    """The flight of that id.

    Raises BadInput when there is none, naming the nearest ids.
    """
    for candidate in flights:
        if candidate.flight == flight:
            return candidate
    near = difflib.get_close_matches(
        flight.lower(), [candidate.flight for candidate in flights], n=3, cutoff=0.5
    )
    cure = f"did you mean {', '.join(near)}?" if near else "`signalfire flights` lists them all"
    raise BadInput(f"flight {flight!r} is not in the record: {cure}")


def _flight(flight: str, row: dict[str, str]) -> Flight:
    return Flight(
        flight=flight,
        record_id=row["id"],
        date_text=row["date_utc"],
        lift_off=instant_from_utc(f"{row['date_utc']}T{row['time_utc'] or '00:00'}:00Z"),
        time_is_published=bool(row["time_utc"]),
        missile=row["missile"],
        missile_class=row["cls"],
        manoeuvre=row["maneuver"],
        site=row["facility"],
        launch=Geodetic.from_degrees(float(row["launch_lat"]), float(row["launch_lon"])),
        apogee_m=_positive(row["apogee_km"]) * 1e3,
        range_m=_positive(row["distance_km"]) * 1e3,
        azimuth_rad=math.radians(float(row["bearing_deg"])),
        azimuth_is_published=not row["bearing_note"].startswith(_DEFAULT_BEARING),
        flight_time_s=float(row["flight_time_s"]) if row["flight_time_s"] else None,
        landing=row["landing"],
        outcome=row["outcome"],
        source=row["source"],
        licence=row["licence"],
    )


def _positive(text: str) -> float:
    value = float(text)
    if not (math.isfinite(value) and value > 0.0):
        raise ValueError(f"{text} is not a positive number")
    return value


def _slug(name: str) -> str:
    """Lower-case ASCII letters and digits; everything else becomes single hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
