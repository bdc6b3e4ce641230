"""The report of what sharing buys: a table of every case, a page, its drawings; as text."""

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from signalfire.analysis.drawing import BLUE, GREEN, GREY, RED, Axis, Bar, Curve, bars, chart, field
from signalfire.analysis.sharing import MOMENT_S, PROBABILITY, Row
from signalfire.analysis.sharing_summary import (
    Bought,
    Story,
    bought,
    by_nation,
    grouped,
    median_gain_s,
    stories,
)
from signalfire.basis.identity import NationId

INKS = (GREEN, RED, BLUE, "#8a6d1a", "#6b3fa0", "#1d7f8c", "#9c4a6b", "#4a5a2a")
CURVE_END_S = 400.0
BAR_END_S = 60.0
"""Longer bars are cut here, and say how long they are: lofted flights gain an hour."""
GAIN_END_S = 60.0
CSV_FILE, PAGE_FILE, CURVES_FILE, PARTS_FILE = (
    "sharing.csv",
    "index.html",
    "known.svg",
    "parts.svg",
)
_STYLE = (
    "body{font:15px/1.5 sans-serif;max-width:82em;margin:2em auto;padding:0 1em;color:#222}"
    "table{border-collapse:collapse;margin:1em 0}td,th{border:1px solid #ccc;padding:.2em .6em;"
    "text-align:right;white-space:nowrap}th{white-space:normal}"
    "td:first-child,th:first-child{text-align:left}svg{max-width:100%;height:auto}"
)
_HEAD = (
    "nation", "launches", "never sees it alone", "known alone", "known together",
    "only by sharing", "by fusion alone", "known alone T+s", "together T+s",
    "gain s, quartiles", "median by geometry / by fusion s",
    "mean gain = geometry + fusion s",
)  # fmt: skip


@dataclass(frozen=True)
class Report:
    """What was found, of which threshold the drawings speak, and what needs saying."""

    rows: tuple[Row, ...]
    thresholds_m: tuple[float, ...]
    at: int
    notes: tuple[str, ...] = ()

    @property
    def known(self) -> str:
        """The threshold of the drawings in words."""
        return f"{self.thresholds_m[self.at] / 1e3:g} km"

    def by_nation(self) -> dict[NationId, list[Story]]:
        """Each nation alone beside all together, launch by launch."""
        return by_nation(stories(self.rows))

    def bought(self, at: int | None = None) -> list[Bought]:
        """One line for each nation."""
        number = self.at if at is None else at
        return [bought(told, number) for told in self.by_nation().values()]


def files(report: Report) -> dict[str, str]:
    """Everything that the report consists of, text by file name."""
    drawings = {CURVES_FILE: known_chart(report), PARTS_FILE: parts_chart(report)}
    for nation, told in report.by_nation().items():
        drawings[gain_file(nation)] = gain_field(report, nation, told)
    return {CSV_FILE: table(report), PAGE_FILE: page(report, drawings), **drawings}


def gain_file(nation: str) -> str:
    """Where the map of one nation's gain goes."""
    return f"gain-{nation}.svg"


def table(report: Report) -> str:
    """One row for each launch, nation and set of partners; empty where something never happens."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    kilometres = [f"{threshold / 1e3:g}" for threshold in report.thresholds_m]
    writer.writerow(
        ["area", "lat_deg", "lon_deg", "kind", "range_km", "apogee_km", "azimuth_deg", "burnout_s",
         "impact_s", "nation", "partners", "first_seen_s", "watched_fraction", "miss_km",
         "best_single_miss_km", *(f"known_{km}_km_s" for km in kilometres),
         *(f"best_single_{km}_km_s" for km in kilometres)]
    )  # fmt: skip
    for row in report.rows:
        area, kind = row.launch.area, row.launch.kind
        writer.writerow(
            [area.name, f"{area.place.lat_deg:.4f}", f"{area.place.lon_deg:.4f}", kind.name,
             f"{kind.range_m / 1e3:g}", f"{kind.apogee_m / 1e3:g}",
             f"{math.degrees(row.launch.azimuth_rad):g}", f"{row.burnout_s:.1f}",
             f"{row.impact_s:.1f}", row.nation, "+".join(row.partners), _cell(row.first_seen_s),
             f"{row.watched_fraction:.3f}", _cell(row.miss_m / 1e3, 3),
             _cell(row.best_miss_m / 1e3, 3), *map(_cell, row.known_s), *map(_cell, row.best_s)]
        )  # fmt: skip
    return text.getvalue()


def known_chart(report: Report) -> str:
    """Over time, of how many launches each nation alone, and all together, know the impact."""
    curves = []
    told = report.by_nation()
    for (nation, each), ink in zip(told.items(), INKS, strict=False):
        known = [story.alone.known_s[report.at] for story in each]
        curves.append(Curve(f"{nation} alone", _share_known(known), ink))
    for (nation, each), ink in zip(told.items(), INKS, strict=False):
        known = [story.shared.known_s[report.at] for story in each]
        curves.append(Curve(f"{nation} with partners", _share_known(known), ink, is_dashed=True))
    return chart(
        f"Launches whose impact is known to {report.known}",
        Axis("seconds after lift-off", (60.0, CURVE_END_S), (100, 150, 200, 250, 300, 350, 400)),
        Axis(
            f"% of launches, impact known to {report.known}", (0.0, 100.0), (0, 20, 40, 60, 80, 100)
        ),
        _merged(curves),
    )


def parts_chart(report: Report) -> str:
    """The mean gain of each nation by kind of flight, geometry and fusion end to end."""
    rows = []
    for nation, told in report.by_nation().items():
        for name, some in grouped(told, lambda story: story.alone.launch.kind.name).items():
            gain = bought(some, report.at)
            lengths = [s for s in (gain.geometry_mean_s, gain.fusion_mean_s) if s is not None]
            rows.append(Bar(f"{nation}: {name}", lengths, "never known alone"))
    marks = [0.2 * BAR_END_S * part for part in range(6)]
    return bars(
        f"Seconds gained until the impact is known to {report.known}",
        Axis(f"mean seconds gained, impact known to {report.known}", (0.0, BAR_END_S), marks),
        (("geometry", BLUE), ("fusion", GREEN)),
        rows,
    )


def gain_field(report: Report, nation: str, told: Sequence[Story]) -> str:
    """One nation's gain by launch area and azimuth: the median over the kinds of flight."""
    azimuths = sorted({story.alone.launch.azimuth_rad for story in told})
    rows = []
    for name, some in grouped(told, lambda story: story.alone.launch.area.name).items():
        by_azimuth = grouped(some, lambda story: story.alone.launch.azimuth_rad)
        rows.append(
            (name, [median_gain_s(by_azimuth.get(azimuth, ()), report.at) for azimuth in azimuths])
        )
    return field(
        f"{nation}: median seconds gained, impact known to {report.known}, by azimuth of launch",
        [f"{math.degrees(azimuth):.0f}" for azimuth in azimuths],
        rows,
        Axis("s gained (more is shown as the most)", (0.0, GAIN_END_S), ()),
    )


def page(report: Report, drawings: Mapping[str, str]) -> str:
    """The whole report as one page of HTML without scripts."""
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en"><head><meta charset="utf-8"><title>What sharing buys</title>',
        f"<style>{_STYLE}</style></head><body>",
        "<h1>What sharing buys</h1>",
        *(f"<p>{escape(text)}</p>" for text in (*_explained(report), *report.notes)),
        f"<h2>Impact known to {report.known}</h2>",
        _table(_HEAD, [_line(each) for each in report.bought()]),
        drawings[CURVES_FILE],
        drawings[PARTS_FILE],
        "<h2>By launch area and azimuth</h2>",
        *(drawings[gain_file(nation)] for nation in report.by_nation()),
        "<h2>By kind of flight</h2>",
        *_by(report, "kind"),
        "<h2>By launch area</h2>",
        *_by(report, "area"),
    ]
    for at, threshold_m in enumerate(report.thresholds_m):
        if at != report.at:
            parts.append(f"<h2>Impact known to {threshold_m / 1e3:g} km</h2>")
            parts.append(_table(_HEAD, [_line(each) for each in report.bought(at)]))
    parts += ["<h2>The miss, and how long it is watched</h2>", _misses(report)]
    parts += ["<h2>With one partner</h2>", _pairs(report), "</body></html>", ""]
    return "\n".join(parts)


def _explained(report: Report) -> tuple[str, ...]:
    """What the figures mean, and what they take for granted."""
    return (
        f"{len({row.launch for row in report.rows})} launches. Known to a distance means: the "
        f"place of impact lies within it in {PROBABILITY:.0%} of cases, from then until impact. "
        "Times count from lift-off. Geometry is what the best-placed nation alone would give; "
        "fusion is what all see together beyond that.",
        "This is the least error that any estimator can have (posterior Cramer-Rao bound), from "
        "burn-out on: every look a detection, no bias, burn-out known when it comes, air and "
        "ballistic coefficient known, sharing without delay. A real node is later. All launches "
        "count the same: this is no forecast of what will be launched.",
        "Sensors are as their file states them. It is a nation's own matter where they stand: keep "
        "this report at home.",
    )


def _merged(curves: Sequence[Curve]) -> list[Curve]:
    """Curves with partners that are all the same (everything is given to all) as one."""
    alone = [curve for curve in curves if not curve.is_dashed]
    shared = [curve for curve in curves if curve.is_dashed]
    if all(list(curve.points) == list(shared[0].points) for curve in shared):
        return [*alone, Curve("all together", shared[0].points, GREY, is_dashed=True)]
    return [*alone, *shared]


def _share_known(known_s: Sequence[float | None]) -> list[tuple[float, float]]:
    """Per cent of the launches known by each second."""
    times = [t for t in known_s if t is not None]
    return [
        (float(second), 100.0 * sum(t <= second for t in times) / len(known_s))
        for second in range(60, int(CURVE_END_S) + 1, 5)
    ]


def _line(each: Bought) -> list[str]:
    quartiles = each.gain_quartiles_s
    return [
        each.nation, f"{each.launches}", f"{each.unseen_fraction:.0%}",
        f"{each.alone_fraction:.0%}", f"{each.shared_fraction:.0%}",
        f"{each.only_shared_fraction:.0%}", f"{each.only_fused_fraction:.0%}",
        _cell(each.alone_median_s, 0), _cell(each.shared_median_s, 0),
        " / ".join(f"{value:.0f}" for value in quartiles) if quartiles else "",
        f"{_cell(each.geometry_median_s)} / {_cell(each.fusion_median_s)}", _sum(each),
    ]  # fmt: skip


def _sum(each: Bought) -> str:
    """The mean gain as the sum of its parts."""
    geometry_s, fusion_s = each.geometry_mean_s, each.fusion_mean_s
    if geometry_s is None or fusion_s is None:
        return ""
    return f"{geometry_s + fusion_s:.1f} = {geometry_s:.1f} + {fusion_s:.1f}"


def _by(report: Report, what: str) -> list[str]:
    parts = []
    for nation, told in report.by_nation().items():
        groups = grouped(told, lambda story: getattr(story.alone.launch, what).name)
        lines = [[name, *_line(bought(some, report.at))[1:]] for name, some in groups.items()]
        parts += [f"<h3>{nation}</h3>", _table((what, *_HEAD[1:]), lines)]
    return parts


def _misses(report: Report) -> str:
    head = (
        "nation", f"miss {MOMENT_S:.0f} s after burn-out: cut by the best-placed nation",
        "cut further by fusion", "free flight watched alone", "together",
    )  # fmt: skip
    lines = [
        [each.nation, _percent(each.geometry_cut_fraction), _percent(each.fusion_cut_fraction),
         _percent(each.watched_alone_fraction), _percent(each.watched_shared_fraction)]
        for each in report.bought()
    ]  # fmt: skip
    return _table(head, lines)


def _pairs(report: Report) -> str:
    """The gain of each nation from each single partner."""
    lines = []
    alone = {(row.launch, row.nation): row for row in report.rows if not row.partners}
    pairs = sorted({(row.nation, row.partners) for row in report.rows if len(row.partners) == 1})
    for nation, partners in pairs:
        told = [
            Story(alone[row.launch, nation], row)
            for row in report.rows
            if row.nation == nation and row.partners == partners
        ]
        lines.append([f"{nation} with {partners[0]}", *_line(bought(told, report.at))[1:]])
    return _table(("pair", *_HEAD[1:]), lines)


def _table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    def row(cells: Sequence[str], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"

    return "\n".join(["<table>", row(head, "th"), *(row(line, "td") for line in lines), "</table>"])


def _percent(fraction: float | None) -> str:
    return "" if fraction is None else f"{fraction:.0%}"


def _cell(value: float | None, digits: int = 1) -> str:
    return "" if value is None or not math.isfinite(value) else f"{value:.{digits}f}"
