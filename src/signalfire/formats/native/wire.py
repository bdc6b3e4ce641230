"""The forms of what crosses a border, field by field; unknown fields, overlong lists are refused.

SI and radians; times as UTC with nanoseconds. There is no field for a sensor, a path or a place of
one. Content is JSON (``basis.canonical``); readers take any spacing and order of keys, but no key
twice.
"""

from math import pi
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from signalfire.basis.limits import (
    AREAS_MAX,
    MEMBERS_MAX,
    REASON_LENGTH_MAX,
    RECEIPTS_MAX,
    RELEASED_TRACKS_MAX,
    TEXT_LENGTH_MAX,
)

Time = Annotated[str, Meta(max_length=32)]
Name = Annotated[str, Meta(min_length=1, max_length=64)]
Token = Annotated[str, Meta(min_length=1, max_length=160)]
Reason = Annotated[str, Meta(max_length=REASON_LENGTH_MAX)]
Text = Annotated[str, Meta(max_length=TEXT_LENGTH_MAX)]
Digest = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
Probability = Annotated[float, Meta(ge=0.0, le=1.0)]
Duration = Annotated[float, Meta(ge=0.0, le=1.0e6)]
Density = Annotated[float, Meta(ge=0.0, le=1.0e6)]
Count = Annotated[int, Meta(ge=0, le=1_000_000)]
Serial = Annotated[int, Meta(ge=0, le=2**53)]
Triple = tuple[float, float, float]
Upper = Annotated[tuple[float, ...], Meta(min_length=21, max_length=21)]


class Message(Struct, forbid_unknown_fields=True):
    """What all forms have in common: nothing but what is written here."""


class State(Message):
    """Position and velocity in Earth-fixed axes, covariance as its upper triangle row by row."""

    valid_at: Time
    position_ecef_m: Triple
    velocity_ecef_m_s: Triple
    covariance_upper: Upper


class Place(Message):
    """A point on the ground and a time, covariance of east and north offsets (ee, en, nn); or
    ``unknown`` alone: nothing honest can be said, and why.
    """

    latitude_rad: Annotated[float, Meta(ge=-0.5 * pi, le=0.5 * pi)] | UnsetType = UNSET
    longitude_rad: Annotated[float, Meta(ge=-2.0 * pi, le=2.0 * pi)] | UnsetType = UNSET
    covariance_east_north_m2: Triple | UnsetType = UNSET
    time: Time | UnsetType = UNSET
    time_sigma_s: Duration | UnsetType = UNSET
    unknown: Reason | UnsetType = UNSET


class Classes(Message):
    """A probability for each class of missile."""

    SRBM: Probability
    MRBM: Probability
    IRBM: Probability
    ICBM: Probability
    SLV: Probability
    manoeuvring: Probability
    unknown: Probability


class Pedigree(Message):
    """Whether a state rests on the originator's own sensors alone, and the motion that its filter
    assumed: inverse ballistic coefficient, spread of the drag, and densities of white acceleration
    in free flight and, along the velocity and across it, under thrust.
    """

    is_from_own_sensors: bool
    drag_m2_kg: Annotated[float, Meta(ge=0.0, le=1.0)]
    drag_spread_s: Annotated[float, Meta(ge=0.0, le=1.0e4)]
    free_m2_s3: Density
    forced_along_m2_s3: Density
    forced_across_m2_s3: Density


class Track(Message):
    """One track of the originator's own sensors; ``pedigree`` is null, or absent, where its state
    was rounded or nothing is said.
    """

    track: Name
    event: Name
    phase: Name
    state: State
    thrust_probability: Probability
    last_observed_at: Time
    pedigree: Pedigree | None = None


class Tracks(Message):
    """A batch of tracks."""

    tracks: Annotated[list[Track], Meta(min_length=1, max_length=RELEASED_TRACKS_MAX)]


class Event(Message, rename={"classes": "class"}):
    """One nation's assessment of one event; ``state`` is null where it is not shared."""

    event: Name
    members: Annotated[list[Name], Meta(min_length=1, max_length=MEMBERS_MAX)]
    superseded_by: Name | None
    ended: bool
    author: Name
    phase: Name
    classes: Classes
    state: State | None
    launch: Place
    impact: Place
    apogee_m: Annotated[float, Meta(ge=-1.0e4, le=1.0e9)] | None
    observed_s: Duration
    flight_s: Duration | None
    witnesses: Count
    last_observed_at: Time


class TextsForm(Message):
    """The same meaning in three languages."""

    ja: Text
    ko: Text
    en: Text


class Area(Message):
    """An area, what threatens it, and from when to when."""

    id: Name
    kind: Name
    window: tuple[Time, Time]
    name: TextsForm


class Warning(Message):
    """One message of a warning."""

    id: Name
    issuer: Name
    at: Time
    status: Name
    references: Name | None
    event: Name
    realm: Token
    areas: Annotated[list[Area], Meta(max_length=AREAS_MAX)]
    window: tuple[Time, Time]
    confidence: Probability
    observed_fraction: Probability
    witnesses: Count
    reason: Reason
    text: TextsForm


class Retraction(Message):
    """A cancel to one who had the warning and may no longer have more than this."""

    id: Name
    references: Name
    status: Literal["cancel"]
    reason: Name
    at: Time


class Status(Message):
    """A heartbeat: how much is available, and how far the record for this recipient has come."""

    sensors_available: Count
    sensors_total: Count
    epoch: Serial
    reliable_count: Serial
    journal_head: Digest


class Receipts(Message):
    """The recipient's word that it has these messages: node, epoch, sequence."""

    received: Annotated[
        list[tuple[Name, Serial, Serial]], Meta(min_length=1, max_length=RECEIPTS_MAX)
    ]


class Notice(Message):
    """Which agreement a nation holds to, and whether it takes part."""

    name: Token
    version: Serial
    sha256: Digest
    action: Literal["in_force", "withdrawn", "rejoined"]
    nation: Name
