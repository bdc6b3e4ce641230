"""Predicted against actual: what each nation said of an event, and what truly flew."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from signalfire.assess.areas import AreaTable
from signalfire.basis.identity import NationId
from signalfire.basis.kernel import Floats
from signalfire.sim.score_lines import (
    PictureLine,
    SaidPlace,
    WarningLine,
    read_picture,
    read_warnings,
)
from signalfire.sim.trajectory import Flown
from signalfire.space.geodesy import Geodetic, geodetic

MATCH_MAX_M = 100_000.0
"""An event whose states lie further than this from every object, in the median, is of none."""
LAUNCH_MATCH_MAX_S = 120.0
"""An event without a state belongs to an object launched so near in time, and within twice
``MATCH_MAX_M``: clocks of partners differ by a minute."""
KNOWN_TO_KM = (20, 10, 5, 1)
MOMENTS_S = (60.0, 120.0, 180.0)
AFTER_BURNOUT_S = 30.0
LINE_AGE_MAX_S = 2.0
"""A line older than this does not speak for a moment: the event was silent."""
GROUND_TRACK_S = 0.5
_Match = tuple[Flown | None, float | None]
_NONE: _Match = (None, None)


@dataclass(frozen=True, slots=True)
class PlaceScore:
    """One stated place against the true one; a positive time error is too late."""

    error_m: float
    time_error_s: float
    was_held: bool
    """Whether the 90 % ellipse held the truth."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What was said at one moment of the flight; None where nothing was."""

    name: str
    t_s: float
    launch: PlaceScore | None
    impact: PlaceScore | None


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many lines gave an estimate, and how many of their 90 % ellipses held the truth."""

    said: int = 0
    held: int = 0

    @property
    def held_fraction(self) -> float | None:
        return self.held / self.said if self.said else None


@dataclass(frozen=True, slots=True)
class Areas:
    """Areas of the nation by code: truly flown over or hit, warned at any time, wrong both ways.

    ``lead_s`` pairs each area that was flown over and warned with the seconds from the first
    warning to the object's arrival above it; negative when the warning came too late.
    """

    flown_over: tuple[str, ...]
    warned: tuple[str, ...]
    missed: tuple[str, ...]
    over_warned: tuple[str, ...]
    lead_s: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One nation's word on one event. ``name`` is the true object's, None for a ghost.

    Times count from true lift-off; warnings are all of this nation's on the same object, whatever
    its event was called then. ``impact_within_s`` says, per distance in km, from when on the
    stated impact stayed that close to the true one until impact; None where it never did.
    """

    nation: str
    event: str
    name: str | None
    superseded_by: str | None
    match_m: float | None
    first_line_s: float | None = None
    first_impact_s: float | None = None
    first_warning_s: float | None = None
    impact_within_s: tuple[tuple[int, float | None], ...] = ()
    moments: tuple[Moment, ...] = ()
    launch_coverage: Coverage = Coverage()
    impact_coverage: Coverage = Coverage()
    areas: Areas | None = None


@dataclass(frozen=True, slots=True)
class ScoreReport:
    """All rows, by nation and event; ``unseen``: nation and object of which it had no event."""

    rows: tuple[Row, ...]
    unseen: tuple[tuple[str, str], ...]

    def coverage(self, nation: str) -> tuple[Coverage, Coverage]:
        """Launch and impact coverage of a nation, all its events together."""
        rows = [row for row in self.rows if row.nation == nation]
        launch = [row.launch_coverage for row in rows]
        impact = [row.impact_coverage for row in rows]
        return _sum(launch), _sum(impact)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON; the keys are the names of the fields."""
        return asdict(self)


def score(
    picture_lines: Iterable[Mapping[str, Any]],
    warning_lines: Iterable[Mapping[str, Any]],
    objects: Sequence[Flown],
    *,
    table: AreaTable | None = None,
    view: str = "common",
) -> ScoreReport:
    """Judge the decoded lines of all nations against the objects that truly flew.

    ``picture_lines`` and ``warning_lines`` are those of every nation's files, in their order; of
    the picture one ``view`` is judged. Each event is matched to the object nearest to its states
    at the same times. Without a ``table`` of areas none are judged.

    Raises BadInput, naming the line, when one has not the form of the reference.
    """
    said: dict[tuple[str, str], list[PictureLine]] = {}
    nations: set[str] = set()
    for line in read_picture(picture_lines):
        nations.add(line.nation)
        if line.view == view:
            said.setdefault((line.nation, line.event), []).append(line)
    warned = list(read_warnings(warning_lines))
    tracks = {flown.name: _overflown_s(flown, table) for flown in objects}
    matched = {key: _match(lines, objects) for key, lines in said.items()}
    rows = []
    for (nation, event), lines in sorted(said.items()):
        flown, match_m = matched[nation, event]
        row = Row(nation, event, None, _superseded_by(lines), match_m)
        if flown is not None:
            mine = [
                each
                for each in warned
                if each.nation == nation and matched.get((nation, each.event), _NONE)[0] is flown
            ]
            row = _judge(replace(row, name=flown.name), lines, mine, flown)
            if table is not None:
                row = replace(row, areas=_areas(nation, mine, flown, tracks[flown.name], table))
        rows.append(row)
    seen = {(row.nation, row.name) for row in rows}
    unseen = tuple(
        (nation, flown.name)
        for nation in sorted(nations)
        for flown in objects
        if (nation, flown.name) not in seen
    )
    return ScoreReport(tuple(rows), unseen)


def _judge(row: Row, lines: list[PictureLine], warned: list[WarningLine], flown: Flown) -> Row:
    """The row of one event that is known to be of one object."""
    impacts = [line for line in lines if line.impact is not None]
    in_flight = [line for line in lines if _is_in_flight(line, flown)]
    seconds = [line for line in in_flight if line.at.is_whole_second()]
    return replace(
        row,
        first_line_s=lines[0].at.elapsed_s(since=flown.lift_off),
        first_impact_s=impacts[0].at.elapsed_s(since=flown.lift_off) if impacts else None,
        first_warning_s=warned[0].at.elapsed_s(since=flown.lift_off) if warned else None,
        impact_within_s=tuple((km, _within_s(in_flight, flown, 1e3 * km)) for km in KNOWN_TO_KM),
        moments=tuple(_moment(name, t_s, lines, flown) for name, t_s in _moments(flown)),
        launch_coverage=_coverage([_launch_score(line, flown) for line in seconds]),
        impact_coverage=_coverage([_impact_score(line, flown) for line in seconds]),
    )


def _match(lines: list[PictureLine], objects: Sequence[Flown]) -> _Match:
    """The object that the event is of, and the median distance between what was said and it."""
    best = _NONE
    for flown in objects:
        away_m = _away_m(lines, flown)
        if away_m is not None and (best[1] is None or away_m < best[1]):
            best = (flown, away_m)
    if best[1] is not None and best[1] <= MATCH_MAX_M:
        return best
    return None, best[1]


def _away_m(lines: list[PictureLine], flown: Flown) -> float | None:
    """Median distance of the states from the object while it flew; by launch where none is said."""
    away_m = []
    for line in lines:
        if line.position is None:
            continue
        t_s = line.position[0].elapsed_s(since=flown.lift_off)
        if 0.0 <= t_s <= flown.trajectory.end_t_s:
            true_m = flown.trajectory.at(np.array([t_s]))[0]
            away_m.append(float(np.linalg.norm(line.position[1] - true_m)))
    if away_m:
        return float(np.median(away_m))
    if any(line.position is not None for line in lines):
        return None
    for line in reversed(lines):
        if line.launch is not None:
            late_s = line.launch.time.elapsed_s(since=flown.lift_off)
            if abs(late_s) <= LAUNCH_MATCH_MAX_S:
                return 0.5 * line.launch.error_m(flown.trajectory.launch)
            return None
    return None


def _superseded_by(lines: list[PictureLine]) -> str | None:
    return next((line.superseded_by for line in reversed(lines) if line.superseded_by), None)


def _is_in_flight(line: PictureLine, flown: Flown) -> bool:
    return 0.0 <= line.at.elapsed_s(since=flown.lift_off) <= flown.trajectory.end_t_s


def _place_score(said: SaidPlace, truth: Geodetic, time_error_s: float) -> PlaceScore:
    return PlaceScore(said.error_m(truth), time_error_s, said.holds(truth))


def _launch_score(line: PictureLine, flown: Flown) -> PlaceScore | None:
    if line.launch is None:
        return None
    late_s = line.launch.time.elapsed_s(since=flown.lift_off)
    return _place_score(line.launch, flown.trajectory.launch, late_s)


def _impact_score(line: PictureLine, flown: Flown) -> PlaceScore | None:
    truth, at = flown.trajectory.impact, flown.impact_at
    if line.impact is None or truth is None or at is None:
        return None
    return _place_score(line.impact, truth, line.impact.time.elapsed_s(since=at))


def _coverage(scores: list[PlaceScore | None]) -> Coverage:
    said = [each for each in scores if each is not None]
    return Coverage(len(said), sum(1 for each in said if each.was_held))


def _sum(parts: list[Coverage]) -> Coverage:
    return Coverage(sum(part.said for part in parts), sum(part.held for part in parts))


def _within_s(lines: list[PictureLine], flown: Flown, limit_m: float) -> float | None:
    """From when on the stated impact stayed within a distance of the true one."""
    since_s = None
    for line in lines:
        said = _impact_score(line, flown)
        if said is None:
            continue
        if said.error_m > limit_m:
            since_s = None
        elif since_s is None:
            since_s = line.at.elapsed_s(since=flown.lift_off)
    return since_s


def _moments(flown: Flown) -> list[tuple[str, float]]:
    named = [(f"T+{t_s:.0f}", t_s) for t_s in MOMENTS_S]
    if flown.trajectory.burnout_t_s is not None:
        burnout_t_s = flown.trajectory.burnout_t_s + AFTER_BURNOUT_S
        named.append((f"burnout+{AFTER_BURNOUT_S:.0f}", burnout_t_s))
    return named


def _moment(name: str, t_s: float, lines: list[PictureLine], flown: Flown) -> Moment:
    """What the latest line not after the moment says, unless it is too old."""
    latest = None
    for line in lines:
        age_s = t_s - line.at.elapsed_s(since=flown.lift_off)
        if 0.0 <= age_s <= LINE_AGE_MAX_S:
            latest = line
    if latest is None:
        return Moment(name, t_s, None, None)
    return Moment(name, t_s, _launch_score(latest, flown), _impact_score(latest, flown))


def _overflown_s(flown: Flown, table: AreaTable | None) -> dict[str, float]:
    """When the object first stands above each area, seconds after lift-off."""
    if table is None:
        return {}
    end_t_s = flown.trajectory.end_t_s
    t_s: Floats = np.append(np.arange(0.0, end_t_s, GROUND_TRACK_S), end_t_s)
    track = [geodetic(place_m) for place_m in flown.trajectory.at(t_s)]
    found = table.locate(
        np.array([place.latitude_rad for place in track]),
        np.array([place.longitude_rad for place in track]),
    )
    first: dict[str, float] = {}
    for index, moment_s in zip(found, t_s, strict=True):
        if index >= 0:
            first.setdefault(str(table.areas[index].area), float(moment_s))
    return first


def _areas(
    nation: str,
    warned: list[WarningLine],
    flown: Flown,
    overflown_s: dict[str, float],
    table: AreaTable,
) -> Areas:
    own = {str(area.area) for area in table.areas_of(NationId(nation))}
    first: dict[str, float] = {}
    for line in warned:
        if line.status in ("initial", "update"):
            for code in line.areas:
                first.setdefault(code, line.at.elapsed_s(since=flown.lift_off))
    flown_over = tuple(sorted(own & overflown_s.keys()))
    return Areas(
        flown_over=flown_over,
        warned=tuple(sorted(first)),
        missed=tuple(code for code in flown_over if code not in first),
        over_warned=tuple(sorted(first.keys() - overflown_s.keys())),
        lead_s=tuple(
            (code, overflown_s[code] - first[code]) for code in flown_over if code in first
        ),
    )
