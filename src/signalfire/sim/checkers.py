"""The judges of whole scenarios: pure functions over decoded lines of a nation's records.

Each returns its findings, one sentence each; where all is well there is none. They go by what the
reference says, not by what the code does: rules and fields stand here a second time, on purpose.
"""

import json
import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np

from signalfire.basis.instant import Instant
from signalfire.basis.utc import instant_from_utc
from signalfire.sim.trajectory import Flown

Line = Mapping[str, Any]

NEED_NO_RULE = frozenset({"receipt", "agreement"})
CLASSES = ("SRBM", "MRBM", "IRBM", "ICBM", "SLV", "manoeuvring", "unknown")
CLASS_SUM_ERROR_MAX_FRACTION = 1e-6
SITE_NEAR_M = 1_000.0
"""A position this near to a sensor's place tells the place."""
ALL_CLEAR_DUE_S = (60.0, 62.0)
"""How long after its last area's window an all-clear comes; ticks are a second apart."""
OF_OBJECT_MAX_M = 100_000.0
OF_OBJECT_SHARE_MIN_FRACTION = 0.9
"""So many of an event's lines lie nearest to the one object that it stands for."""
SETTLING_S = 15.0
"""A young track may lie nearer to its neighbour in a salvo."""

_STATE = {"valid_at", "position_ecef_m", "velocity_ecef_m_s", "covariance_upper"}
_PLACE = {
    "unknown", "latitude_rad", "longitude_rad", "covariance_east_north_m2", "time", "time_sigma_s",
}  # fmt: skip
_PEDIGREE = {
    "is_from_own_sensors", "drag_m2_kg", "drag_spread_s", "free_m2_s3", "forced_along_m2_s3",
    "forced_across_m2_s3",
}  # fmt: skip
_TEXTS = {"ja", "ko", "en"}


def _under(prefix: str, names: Iterable[str]) -> set[str]:
    return {prefix, *(f"{prefix}.{name}" for name in names)}


FIELDS: Mapping[str, frozenset[str]] = {
    "track": frozenset(
        {"tracks"}
        | _under(
            "tracks[]", {"track", "event", "phase", "thrust_probability", "last_observed_at"}
        )
        | _under("tracks[].state", _STATE)
        | _under("tracks[].pedigree", _PEDIGREE)
    ),
    "event": frozenset(
        {
            "event", "members", "superseded_by", "ended", "author", "phase", "apogee_m",
            "observed_s", "flight_s", "witnesses", "last_observed_at",
        }
        | _under("class", CLASSES)
        | _under("state", _STATE)
        | _under("launch", _PLACE)
        | _under("impact", _PLACE)
    ),
    "warning": frozenset(
        {
            "id", "issuer", "at", "status", "references", "event", "realm", "areas", "window",
            "confidence", "observed_fraction", "witnesses", "reason",
        }
        | _under("areas[]", {"id", "kind", "window"})
        | _under("areas[].name", _TEXTS)
        | _under("text", _TEXTS)
    ),
    "status": frozenset(
        {"sensors_available", "sensors_total", "epoch", "reliable_count", "journal_head"}
    ),
    "receipt": frozenset({"received"}),
    "agreement": frozenset({"name", "version", "sha256", "action", "nation"}),
}  # fmt: skip
"""Every field that may cross a border, by kind. There is none for a sensor, a path or a place."""


# What leaves a nation.


@dataclass(frozen=True)
class Agreed:
    """An agreement as a judge reads it: (rule, originator, recipient, kind)."""

    rules: frozenset[tuple[str, str, str, str]]

    @classmethod
    def read(cls, toml_text: str) -> "Agreed":
        """The rules of an agreement file, numbered in their order from one."""
        table = tomllib.loads(toml_text)
        label = f"{table['name']}@{table['version']}"
        return cls(
            frozenset(
                (f"{label}#{number}", share["from"], recipient, kind)
                for number, share in enumerate(table["share"], start=1)
                for recipient in share["to"]
                for kind in share["kinds"]
            )
        )


def not_agreed(nation: str, sent: Iterable[Line], agreed: Agreed) -> list[str]:
    """What ``nation`` sent that no rule of the agreement lets the recipient have."""
    return [
        f"{_place(line)}: {line['rule']} does not let {nation} share it"
        for line in sent
        if line["kind"] not in NEED_NO_RULE
        and (line["rule"], nation, line["recipient"], line["kind"]) not in agreed.rules
    ]


def unlisted_fields(sent: Iterable[Line]) -> list[str]:
    """What was sent in a field that may not cross a border."""
    return [
        f"{_place(line)}: field {path}"
        for line in sent
        for path in sorted(_fields(line["content"]) - FIELDS.get(line["kind"], frozenset()))
    ]


def wrong_digests(bodies: Iterable[bytes]) -> list[str]:
    """Lines whose digest is not that of their content as written, or whose keys are unsorted."""
    found = []
    for body in bodies:
        line = json.loads(body)
        content = body.partition(b',"content":')[2][:-1]
        if sha256(content).hexdigest() != line["sha256"]:
            found.append(f"{_place(line)}: sha256 is of other bytes")
        if json.dumps(line["content"]) != json.dumps(line["content"], sort_keys=True):
            found.append(f"{_place(line)}: keys out of order")
    return found


def broken_sequences(sent: Iterable[Line], *, first: int = 1) -> list[str]:
    """Recipients whose numbers are not ``first``, ``first`` + 1, and so on."""
    following: dict[str, int] = {}
    found = []
    for line in sent:
        expected = following.get(line["recipient"], first)
        if line["sequence"] != expected:
            found.append(f"{_place(line)}: expected number {expected}")
        following[line["recipient"]] = line["sequence"] + 1
    return found


def sent_too_often(sent: Iterable[Line]) -> list[str]:
    """Tracks that one recipient got twice in a second without a change of phase."""
    last: dict[tuple[str, str], tuple[Instant, str]] = {}
    found = []
    for line in sent:
        if line["kind"] != "track":
            continue
        at = instant_from_utc(line["at"])
        for track in line["content"]["tracks"]:
            key = (line["recipient"], track["track"])
            before = last.get(key)
            if before is not None and before[1] == track["phase"]:
                is_due = at.is_whole_second() and at > before[0]
                if at.elapsed_s(since=before[0]) < 1.0 and not is_due:
                    found.append(f"{_place(line)}: {track['track']} again within a second")
            last[key] = (at, track["phase"])
    return found


@dataclass(frozen=True)
class Secrets:
    """What tells of sensors: their ids, names and paths, and their places."""

    words: frozenset[str]
    sites_deg: tuple[tuple[float, float], ...]
    sites_ecef_m: tuple[tuple[float, float, float], ...]

    @classmethod
    def read(cls, toml_text: str, sites_ecef_m: Iterable[Sequence[float]]) -> "Secrets":
        """From a sensors file, and the same places in Earth-fixed axes."""
        sensors = tomllib.loads(toml_text)["sensor"]
        words = {s[key] for s in sensors for key in ("id", "name", "path") if key in s}
        sites_deg = {(s["lat_deg"], s["lon_deg"]) for s in sensors if "lat_deg" in s}
        places = ((float(x), float(y), float(z)) for x, y, z in sites_ecef_m)
        return cls(frozenset(words), tuple(sorted(sites_deg)), tuple(places))


def secrets_told(sent: Iterable[Line], secrets: Secrets) -> list[str]:
    """Where content, at any depth, has a sensor's word or place in it."""
    words = "|".join(re.escape(word) for word in sorted(secrets.words))
    word = re.compile(rf"(?<![\w-])(?:{words})(?![\w-])")
    pairs = {*secrets.sites_deg}
    pairs |= {(float(np.radians(a)), float(np.radians(b))) for a, b in secrets.sites_deg}
    places = np.array(secrets.sites_ecef_m).reshape(-1, 3)
    by_number: dict[float, set[tuple[float, float]]] = defaultdict(set)
    for pair in pairs:
        for number in pair:
            by_number[number].add(pair)
    found = []
    for line in sent:
        for container in _containers(line["content"]):
            numbers = [v for v in container if isinstance(v, float | int)]
            texts = [v for v in container if isinstance(v, str)]
            found += [f"{_place(line)}: the word {t!r}" for t in texts if word.search(t)]
            hits = Counter(pair for n in set(numbers) for pair in by_number.get(n, ()))
            found += [f"{_place(line)}: the place {p}" for p, n in hits.items() if n == len({*p})]
            if len(numbers) == 3 and len(places):
                away_m = float(np.min(np.linalg.norm(places - numbers, axis=1)))
                if away_m < SITE_NEAR_M:
                    found.append(f"{_place(line)}: {away_m:.0f} m from a sensor")
    return found


# Warnings.


def undelivered(issued: Iterable[Line], received: Iterable[Line]) -> list[str]:
    """Warnings that one partner did not get."""
    got = {line["id"] for line in received}
    return [f"{line['id']} was never received" for line in issued if line["id"] not in got]


def repeated(lines: Iterable[Line]) -> list[str]:
    """Warnings that stand in a record more than once."""
    counts = Counter(line["id"] for line in lines)
    return [f"{name} is there {count} times" for name, count in counts.items() if count > 1]


def broken_chains(warnings: Sequence[Line]) -> list[str]:
    """Warnings of one nation that are not initial, updates, one end, each naming the one before.

    Also messages whose window is not that of their areas, that came after their own time, or that
    lack a language; and chains without an end.
    """
    found: list[str] = []
    open_ends: dict[str, Line] = {}
    for line in warnings:
        found += _ill_formed(line)
        if (line["status"] == "initial") != (line["references"] is None):
            found.append(f"{line['id']}: {line['status']} that references {line['references']}")
        if line["references"] is not None:
            before = open_ends.pop(line["references"], None)
            if before is None:
                found.append(f"{line['id']}: {line['references']} is not the last of its chain")
            elif line["status"] == "all_clear":
                found += _all_clear_out_of_time(before, line)
        if line["status"] in ("initial", "update"):
            open_ends[line["id"]] = line
    return found + [f"{name}: no all-clear or cancel follows" for name in open_ends]


def not_warned_in_time(warnings: Iterable[Line], arrivals: Mapping[str, Instant]) -> list[str]:
    """Areas that were not under a warning before the object's true arrival above them."""
    first: dict[str, Instant] = {}
    for line in warnings:
        if line["status"] in ("initial", "update"):
            for area in line["areas"]:
                first.setdefault(area["id"], instant_from_utc(line["at"]))
    return [
        f"{area}: first warned {first[area].elapsed_s(since=at):.1f} s after the arrival"
        if area in first
        else f"{area}: never warned"
        for area, at in arrivals.items()
        if area not in first or first[area] >= at
    ]


def _ill_formed(line: Line) -> Iterator[str]:
    windows = [area["window"] for area in line["areas"]]
    if not windows:
        yield f"{line['id']}: no area"
        return
    if line["window"] != [min(w[0] for w in windows), max(w[1] for w in windows)]:
        yield f"{line['id']}: its window is not that of its areas"
    if any(start >= end for start, end in windows):
        yield f"{line['id']}: a window without length"
    if line["status"] in ("initial", "update") and line["at"] >= line["window"][1]:
        yield f"{line['id']}: new, but its time was over"
    if not 0.0 < line["confidence"] < 1.0:
        yield f"{line['id']}: confidence {line['confidence']}"
    texts = [line["text"], *(area["name"] for area in line["areas"])]
    if any(not text[language].strip() for text in texts for language in _TEXTS):
        yield f"{line['id']}: not in all languages"


def _all_clear_out_of_time(before: Line, line: Line) -> Iterator[str]:
    late_s = instant_from_utc(line["at"]).elapsed_s(since=instant_from_utc(before["window"][1]))
    if not ALL_CLEAR_DUE_S[0] <= late_s <= ALL_CLEAR_DUE_S[1]:
        yield f"{line['id']}: all-clear {late_s:.1f} s after the window"


# Pictures.


def unsound_lines(picture: Iterable[Line]) -> list[str]:
    """Lines whose classes do not sum to 1, or whose state is not of the line's whole second."""
    found = []
    for line in picture:
        place = f"{line['event']} {line['view']} at {line['at']}"
        classes = line["class"]
        if tuple(classes) != CLASSES:
            found.append(f"{place}: classes {list(classes)}")
        elif abs(sum(classes.values()) - 1.0) > CLASS_SUM_ERROR_MAX_FRACTION:
            found.append(f"{place}: classes sum to {sum(classes.values())}")
        elif min(classes.values()) < 0.0:
            found.append(f"{place}: a class is negative")
        at, state = instant_from_utc(line["at"]), line["state"]
        is_of_second = at.is_whole_second() and line["superseded_by"] is None
        if is_of_second and "unknown" not in state and state["valid_at"] != line["at"]:
            found.append(f"{place}: the state is of {state['valid_at']}")
        if not 0.0 <= line["observed_fraction"] <= 1.0:
            found.append(f"{place}: observed_fraction {line['observed_fraction']}")
    return found


def silent_seconds(picture: Iterable[Line], view: str = "common") -> list[str]:
    """Whole seconds, between an event's first and last, at which a view of it has no one line."""
    seconds: dict[str, Counter[int]] = defaultdict(Counter)
    for line in picture:
        at = instant_from_utc(line["at"])
        if line["view"] == view and at.is_whole_second() and line["superseded_by"] is None:
            seconds[line["event"]][at.tai_ns // 10**9] += 1
    return [
        f"{event}: {counts[second]} lines of {view} at second {second - min(counts)} of it"
        for event, counts in seconds.items()
        for second in range(min(counts), max(counts) + 1)
        if counts[second] == 0
    ]


def names_of_objects(
    picture: Iterable[Line], objects: Sequence[Flown], view: str = "common"
) -> tuple[dict[str, str], list[str]]:
    """The event under which each object went in the end; and what is not one missile, one event.

    That is an event of nothing that flew, one that stands for two objects, two that survive for
    one, and an object without any.
    """
    nearest, superseded = _nearest_objects(picture, objects, view)
    names: dict[str, str] = {}
    found = []
    for event, counts in nearest.items():
        (name, count), *_ = counts.most_common(1)
        if count < OF_OBJECT_SHARE_MIN_FRACTION * counts.total():
            found.append(f"{event}: stands for {dict(counts)}")
        if name is None:
            found.append(f"{event}: nothing flew there")
        elif event not in superseded:
            if name in names:
                found.append(f"{event} and {names[name]}: both are {name}")
            names[name] = event
    found += [f"{flown.name}: no event" for flown in objects if flown.name not in names]
    return names, found


def differing_names(names: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Objects that went by different ids in different nations in the end."""
    found = []
    for name in sorted({name for known in names.values() for name in known}):
        ids = {nation: known.get(name) for nation, known in sorted(names.items())}
        if len(set(ids.values())) > 1:
            found.append(f"{name}: {ids}")
    return found


def _nearest_objects(
    picture: Iterable[Line], objects: Sequence[Flown], view: str
) -> tuple[dict[str, "Counter[str | None]"], set[str]]:
    nearest: dict[str, Counter[str | None]] = {}
    superseded: set[str] = set()
    born: dict[str, Instant] = {}
    for line in picture:
        if line["superseded_by"] is not None:
            superseded.add(line["event"])
        if line["view"] != view:
            continue
        counts = nearest.setdefault(line["event"], Counter())
        at = instant_from_utc(line["at"])
        is_young = at.elapsed_s(since=born.setdefault(line["event"], at)) < SETTLING_S
        if "unknown" not in line["state"] and line["phase"] not in ("lost", "ended"):
            flying = _nearest(line["state"], objects)
            if flying is not None and not (is_young and counts):
                counts[flying[0]] += 1
    return {event: counts for event, counts in nearest.items() if counts}, superseded


def _nearest(state: Line, objects: Sequence[Flown]) -> tuple[str | None] | None:
    """The object nearest to a state, (None,) where none is near; None where none is in the air."""
    at = instant_from_utc(state["valid_at"])
    away: list[tuple[float, str]] = []
    for flown in objects:
        t_s = at.elapsed_s(since=flown.lift_off)
        if 0.0 <= t_s <= flown.trajectory.end_t_s:
            true_m = flown.trajectory.at(np.array([t_s]))[0]
            away.append((float(np.linalg.norm(true_m - state["position_ecef_m"])), flown.name))
    if not away:
        return None
    distance_m, name = min(away)
    return (name if distance_m <= OF_OBJECT_MAX_M else None,)


def _place(line: Line) -> str:
    return f"{line['kind']} {line['sequence']} to {line['recipient']} at {line['at']}"


def _fields(content: Any) -> set[str]:
    """The dotted path of every key; ``[]`` stands for all places of a list."""
    found: set[str] = set()
    waiting: list[tuple[str, Any]] = [("", content)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, Mapping):
            for key, inner in value.items():
                name = f"{path}.{key}" if path else str(key)
                found.add(name)
                waiting.append((name, inner))
        elif isinstance(value, list):
            found |= {f"{path}[]"} if any(isinstance(v, Mapping) for v in value) else set()
            waiting += [(f"{path}[]", inner) for inner in value]
    return found


def _containers(content: Any) -> Iterator[list[Any]]:
    """What stands side by side: the values of every object, the entries of every list."""
    waiting = [content]
    while waiting:
        value = waiting.pop()
        inner = list(value.values()) if isinstance(value, Mapping) else value
        if isinstance(inner, list):
            yield inner
            waiting += inner
