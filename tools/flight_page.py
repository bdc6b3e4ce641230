"""The page of flights: what every documented flight came to, as Markdown and two drawings."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

from flight_play import BORDERLINE_FRACTION, EventStory, NationStory, Outcome, Said
from signalfire.analysis.drawing import BLUE, GREEN, GREY, RED, Axis, Curve, chart

MOMENTS_S = (120.0, 180.0)
AFTER_BURNOUT_S = 30.0
LINE_AGE_MAX_S = 2.0
"""A line older than this does not speak for a moment."""
PHASES_MAX = 8
"""Boost, ballistic, re-entry, manoeuvring, lost and found, ended: more is restless."""
PLOT_UNTIL_S = 700
PLOT_STEP_S = 5
PLOT_FLIGHTS_MIN = 5
STATED = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
CLASS_NAMES = ("SRBM", "MRBM", "IRBM", "ICBM", "SLV", "manoeuvring")
VERDICTS = ("right", "unknown", "wrong", "without an event")
COMMAND = "make flights"


def write_page(outcomes: Sequence[Outcome], folder: Path, *, seed: int, earlier: int = 0) -> None:
    """Write ``flights.md`` and its two drawings.

    ``earlier`` says how many flights were played with another state of the program.
    """
    folder.mkdir(parents=True, exist_ok=True)
    told = [outcome for outcome in outcomes if not outcome.crash]
    made = {
        "flights.md": page(outcomes, seed=seed, earlier=earlier),
        "flights-impact-error.svg": impact_error_plot(told),
        "flights-calibration.svg": calibration_plot(told),
    }
    for name, text in made.items():
        (folder / name).write_text(text, encoding="utf-8")


def page(outcomes: Sequence[Outcome], *, seed: int, earlier: int = 0) -> str:
    """The page as Markdown."""
    played = [outcome for outcome in outcomes if not outcome.crash]
    parts = [
        *_opening(outcomes, seed),
        *_earlier(outcomes, earlier),
        *_summary(played),
        *_held(played),
        *_classes(played),
        *_events(played),
        *_areas(played),
        *_limits(),
        "## Every flight",
        "",
        *_legend(),
    ]
    for name in (*CLASS_NAMES, "not played"):
        group = [o for o in outcomes if _group(o) == name]
        if group:
            parts += _table(name, group)
    return "\n".join(parts)


def _opening(outcomes: Sequence[Outcome], seed: int) -> list[str]:
    plots = sum(outcome.detections for outcome in outcomes)
    return [
        "# Documented flights against the truth",
        "",
        "Claim: of every documented flight each nation has one event, knows where it was launched",
        "and where it will come down, and its 90 % ellipses hold the truth nine times in ten or",
        "more.",
        "",
        f"Measured: all {len(outcomes)} flights of the packaged record, each alone, flown by",
        f"`sim/flight.py`, seen by the packaged sensors (seed {seed}; {plots:,} detections),",
        "played through the nodes of the three nations under the packaged agreement, links without",
        "delay. Judged is the common view of each nation, at whole seconds, until impact.",
        "",
        f"Made by `{COMMAND}`, that is `python tools/validate_flights.py`; do not edit by hand.",
        "One flight: `python tools/validate_flights.py --flights 2017-09-14-hwasong-12`.",
        "",
    ]


def _earlier(outcomes: Sequence[Outcome], earlier: int) -> list[str]:
    if earlier == 0:
        return []
    return [
        f"{earlier} of the {len(outcomes)} flights were played with an earlier state of the",
        "program than the one that wrote this page; `--fresh` plays them again.",
        "",
    ]


# What all flights together say.


def _summary(played: Sequence[Outcome]) -> list[str]:
    lines = [
        "## Summary",
        "",
        "Median / worst over flights, by true class; of each flight the view of the nation that",
        "knew the impact longest. T is true lift-off; `-`: no such estimate in any flight.",
        "",
        "| True class | Flights | First event T+s | s after the first report "
        "| Impact known T+s | Launch error, last, km "
        "| Launch time, last, s | Impact error T+120 km | T+180 km | Burnout+30 km "
        "| 60 s before impact, km |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for name in (*CLASS_NAMES, "all"):
        group = [o for o in played if name in ("all", _group(o))]
        if not group:
            continue
        best = [(o, told) for o in group if (told := _best(o)) is not None]
        cells = [
            name,
            str(len(group)),
            _spread([told.first_line_s for _, told in best], "{:.0f}"),
            _spread([told.first_line_s - (o.first_plot_s or 0.0) for o, told in best], "{:.0f}"),
            _spread([told.impact[0].t_s for _, told in best if told.impact], "{:.0f}"),
            _spread([told.launch[-1].error_km for _, told in best if told.launch], "{:.1f}"),
            _spread([abs(t.launch[-1].time_error_s) for _, t in best if t.launch], "{:.1f}"),
        ]
        for moment in _moments():
            said = [_at(told.impact, moment(o)) for o, told in best]
            cells.append(_spread([each.error_km for each in said if each is not None], "{:.1f}"))
        lines.append(_row(cells))
    return [
        *lines,
        "",
        "![Impact error against time since launch](flights-impact-error.svg)",
        "",
    ]


def _moments() -> tuple[Callable[[Outcome], float], ...]:
    return (
        *(lambda _, t_s=t_s: t_s for t_s in MOMENTS_S),
        lambda o: (o.burnout_s or 0.0) + AFTER_BURNOUT_S,
        lambda o: o.flight_s - 60.0,
    )


def _held(played: Sequence[Outcome]) -> list[str]:
    lines = [
        "## Do the ellipses hold?",
        "",
        "Share of whole-second lines, of all nations, whose 90 % ellipse held the truth; of times,",
        "whose error lay within 1.645 stated sigma. Neighbouring lines share their errors, so the",
        "last column counts flights in which less than 80 % of the lines held.",
        "",
        "| What | True class | Lines | Ellipse held | Time held | Flights below 80 % |",
        "|---|---|--:|--:|--:|--:|",
    ]
    for what, pick in (("launch", _launch), ("impact", _impact)):
        for name in (*CLASS_NAMES, "all"):
            per_flight = [
                [said for told in _views(o) for said in pick(told)]
                for o in played
                if name in ("all", _group(o))
            ]
            spoken = [said for said in per_flight if said]
            every = [said for flight in spoken for said in flight]
            if not every:
                continue
            low = sum(1 for flight in spoken if _share(flight, _is_held) < 0.8)
            cells = [what, name, f"{len(every):,}", f"{_share(every, _is_held):.1%}"]
            cells += [f"{_share(every, _is_time_held):.1%}", f"{low} of {len(spoken)}"]
            lines.append(_row(cells))
    return [
        *lines,
        "",
        "![Stated content of the ellipse through the truth against how often it held]"
        "(flights-calibration.svg)",
        "",
        "A curve above the diagonal: ellipses larger than need be; below: false certainty. Every",
        "flight counts the same.",
        "",
    ]


def _classes(played: Sequence[Outcome]) -> list[str]:
    found: Counter[tuple[str, str]] = Counter()
    verdicts: Counter[str] = Counter()
    for outcome in played:
        told = _best(outcome)
        said = told.beliefs[-1].name if told is not None and told.beliefs else "no event"
        found[_group(outcome), said] += 1
        verdicts[_verdict(outcome, told)] += 1
    names = (*CLASS_NAMES, "unknown", "no event")
    lines = [
        "## Classes",
        "",
        "Likeliest class on the last line before impact (columns) against the true one (rows):",
        f"range at the energy of burnout; within {BORDERLINE_FRACTION:.0%} of a bound either class",
        "is right. " + ", ".join(f"{verdicts[v]} {v}" for v in VERDICTS) + ".",
        "",
        _row(["", *names]),
        _row(["---", *["--:"] * len(names)]),
    ]
    for true in CLASS_NAMES:
        if any(found[true, said] for said in names):
            lines.append(_row([true, *(str(found[true, said] or "·") for said in names)]))
    return [*lines, ""]


def _events(played: Sequence[Outcome]) -> list[str]:
    none = [o.flight for o in played if _best(o) is None]
    counts = {o.flight: _events_counted(o) for o in played}
    several = [name for name, count in counts.items() if count > 1]
    renamed = sum(any(e.superseded_by for n in o.nations for e in n.events) for o in played)
    early = [o.flight for o in played if any(_ended_early(o, told) for told in _views(o))]
    restless = [o.flight for o in played if any(len(t.phases) > PHASES_MAX for t in _views(o))]
    ghosts = [o.flight for o in played if any(not e.is_true for n in o.nations for e in n.events)]
    return [
        "## Events",
        "",
        f"- Flights of which some nation had more than one event at its end: {_named(several)}.",
        f"- Flights with an event that is of no true object: {_named(ghosts)}.",
        f"- Flights of which no nation had an event: {_named(none)}.",
        f"- Flights in which two ids were told for a while, then one gave way: {renamed}.",
        f"- Flights whose event some nation took to have ended before the impact: {_named(early)}.",
        f"- Flights with more than {PHASES_MAX} changes of phase in some view: {_named(restless)}.",
        "",
    ]


def _areas(played: Sequence[Outcome]) -> list[str]:
    lines = [
        "## Areas warned",
        "",
        "Areas truly flown over or hit, against areas warned at any time. Lead: from the warning",
        "to the arrival above the area.",
        "",
        "| Flight | Nation | Flown over | Missed | Warned and not flown over | Lead s |",
        "|---|---|---|---|---|---|",
    ]
    for outcome in played:
        for nation in outcome.nations:
            if nation.flown_over or nation.over_warned:
                lead = ", ".join(f"{code} {lead_s:.0f}" for code, lead_s in nation.lead_s)
                cells = [outcome.flight, nation.nation, ", ".join(nation.flown_over)]
                cells += [", ".join(nation.missed), ", ".join(nation.over_warned), lead]
                lines.append(_row([cell or "-" for cell in cells]))
    quiet = sum(not any(n.flown_over or n.over_warned for n in o.nations) for o in played)
    return [*lines, "", f"{quiet} flights flew over no area of theirs and warned none.", ""]


def _limits() -> list[str]:
    return [
        "## What this does not show",
        "",
        "- The truth is a model fitted to published apogee, range and bearing, not radar data; how",
        "  manoeuvring flights fly is an assumption (`sim/flight.py`).",
        "- Sensors report one object, with independent errors and no bias, stages, debris, clutter",
        "  or false plots beyond those that `sim/sensors.py` makes; places are public and rounded.",
        "- One seed; each flight alone, salvoes too. Links lose and delay nothing.",
        "- All bodies are near the middle of their class, none is askew: ellipses that allow for",
        "  the whole class hold more than nine of ten. Of all: [made-up flights](coverage.md).",
        "- Classes are judged by our own energy rule, not by the label of the record.",
        "",
    ]


# Flight by flight.


def _legend() -> list[str]:
    return [
        "`ev`: events at the end (1 is right). `first`: first event, T+s, and whose. `known`:",
        "impact known, T+s. Errors in km, `!` where the 90 % ellipse did not hold the truth;",
        "`last` with the error in time. `held`: share of lines whose ellipse held, launch /",
        "impact. `areas`: flown over / missed / over-warned, of all nations.",
        "",
    ]


def _table(name: str, group: Sequence[Outcome]) -> list[str]:
    lines = [
        f"<details><summary>{name}: {len(group)} flights</summary>",
        "",
        "| Flight | km up / far | ev | first | known | launch, last | impact T+120 | T+180 "
        "| burnout+30 | last | held | class | areas |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|--:|",
        *(_flight_row(outcome) for outcome in group),
        "",
    ]
    labels: dict[str, list[str]] = {}
    for outcome in group:
        for label in outcome.labels:
            labels.setdefault(label, []).append(outcome.flight)
    for label, flights in labels.items():
        who = "all" if len(flights) == len(group) else ", ".join(flights)
        lines.append(f"- {label}: {who}")
    return [*lines, "", "</details>", ""]


def _flight_row(outcome: Outcome) -> str:
    size = f"{outcome.apogee_km:g} / {outcome.range_km:g}"
    if outcome.crash:
        reason = outcome.crash.strip().splitlines()[-1].replace("|", "/")
        return _row([outcome.flight, size, f"could not be played: {reason}", *[""] * 10])
    told = _best(outcome)
    if told is None:
        return _row([outcome.flight, size, "0", *["-"] * 8, "none", _area_counts(outcome)])
    first, whose = min((e.first_line_s, n.nation) for n in outcome.nations if (e := n.told))
    said = [_at(told.impact, moment(outcome)) for moment in _moments()[:3]]
    everything = _views(outcome)
    held = [_percent([s for v in everything for s in pick(v)]) for pick in (_launch, _impact)]
    class_name = told.beliefs[-1].name if told.beliefs else "-"
    return _row(
        [
            outcome.flight,
            size,
            str(_events_counted(outcome)),
            f"{first:.0f} {whose}",
            f"{told.impact[0].t_s:.0f}" if told.impact else "-",
            _place(told.launch[-1] if told.launch else None, is_timed=True),
            *(_place(each) for each in said),
            _place(told.impact[-1] if told.impact else None, is_timed=True),
            " / ".join(held),
            f"{class_name} ({_verdict(outcome, told)})",
            _area_counts(outcome),
        ]
    )


def _area_counts(outcome: Outcome) -> str:
    nations = outcome.nations
    counts = (
        sum(len(n.flown_over) for n in nations),
        sum(len(n.missed) for n in nations),
        sum(len(n.over_warned) for n in nations),
    )
    return " / ".join(str(count) for count in counts)


# The drawings.


def impact_error_plot(played: Sequence[Outcome]) -> str:
    """Median and 90 % of the impact error over flights, against time since launch."""
    curves = []
    for name, ink in (("ballistic", GREEN), ("manoeuvring", RED)):
        group = [o for o in played if (_group(o) == "manoeuvring") == (name == "manoeuvring")]
        told = [story for o in group if (story := _best(o)) is not None]
        middle, high = [], []
        for t_s in range(60, PLOT_UNTIL_S + 1, PLOT_STEP_S):
            said = [_at(story.impact, float(t_s)) for story in told]
            errors_km = sorted(each.error_km for each in said if each is not None)
            if len(errors_km) >= PLOT_FLIGHTS_MIN:
                middle.append((t_s, median(errors_km)))
                high.append((t_s, errors_km[int(0.9 * (len(errors_km) - 1))]))
        curves.append(Curve(f"{name}, median", middle, ink))
        curves.append(Curve(f"{name}, 90 %", high, ink, is_dashed=True))
    return chart(
        "Impact error against time since launch",
        Axis("seconds since launch", (60.0, PLOT_UNTIL_S), range(100, PLOT_UNTIL_S + 1, 100)),
        Axis("impact error, km", (0.01, 1000.0), (0.01, 0.1, 1, 10, 100, 1000), is_log=True),
        curves,
    )


def calibration_plot(played: Sequence[Outcome]) -> str:
    """How often the ellipse of a stated content held, every flight counting the same."""
    curves = [Curve("as stated", [(0.0, 0.0), (1.0, 1.0)], GREY, is_dashed=True)]
    for what, pick, ink in (("launch", _launch, GREEN), ("impact", _impact, BLUE)):
        flights = [[s for told in _views(o) for s in pick(told)] for o in played]
        spoken = [flight for flight in flights if flight]
        points = [(0.0, 0.0)]
        for stated in STATED:
            held = [_share(flight, _within(stated)) for flight in spoken]
            points.append((stated, sum(held) / max(len(held), 1)))
        curves.append(Curve(what, points, ink))
    tenths = [0.1 * n for n in range(0, 11, 2)]
    return chart(
        "Stated ellipse content against how often it held",
        Axis("stated content of the ellipse", (0.0, 1.0), tenths),
        Axis("share of lines that held the truth", (0.0, 1.0), tenths),
        curves,
    )


# Small words.


def _group(outcome: Outcome) -> str:
    return outcome.true_classes[0] if outcome.true_classes else "not played"


def _best(outcome: Outcome) -> EventStory | None:
    """The view that stands for the flight: of the nation that knew the impact longest."""
    views = _views(outcome)
    return max(views, key=lambda told: (len(told.impact), len(told.launch)), default=None)


def _views(outcome: Outcome) -> list[EventStory]:
    return [told for nation in outcome.nations if (told := nation.told) is not None]


def _events_counted(outcome: Outcome) -> int:
    """The most events that any nation had at the end."""
    return max((_standing(nation) for nation in outcome.nations), default=0)


def _standing(nation: NationStory) -> int:
    return sum(event.superseded_by is None for event in nation.events)


def _verdict(outcome: Outcome, told: EventStory | None) -> str:
    if told is None or not told.beliefs:
        return "without an event"
    said = told.beliefs[-1].name
    if said in outcome.true_classes:
        return "right"
    return "unknown" if said == "unknown" else "wrong"


def _ended_early(outcome: Outcome, told: EventStory) -> bool:
    """Never so for what does not come down: nobody may say when it has ended."""
    ended_s = [t_s for t_s, phase in told.phases if phase == "ended"]
    return bool(ended_s) and ended_s[0] < outcome.flight_s and "SLV" not in outcome.true_classes


def _at(said: Sequence[Said], t_s: float) -> Said | None:
    fresh = [each for each in said if 0.0 <= t_s - each.t_s <= LINE_AGE_MAX_S]
    return fresh[-1] if fresh else None


def _launch(told: EventStory) -> Sequence[Said]:
    return told.launch


def _impact(told: EventStory) -> Sequence[Said]:
    return told.impact


def _is_held(said: Said) -> bool:
    return said.is_held


def _is_time_held(said: Said) -> bool:
    return abs(said.time_error_s) <= 1.645 * said.time_sigma_s


def _within(stated: float) -> Callable[[Said], bool]:
    return lambda said: said.content_probability <= stated


def _share(said: Sequence[Said], is_so: Callable[[Said], bool]) -> float:
    return sum(map(is_so, said)) / max(len(said), 1)


def _percent(said: Sequence[Said]) -> str:
    return f"{_share(said, _is_held):.0%}" if said else "-"


def _place(said: Said | None, *, is_timed: bool = False) -> str:
    if said is None:
        return "-"
    late = f", {said.time_error_s:+.0f} s" if is_timed else ""
    return f"{said.error_km:.1f}{'' if said.is_held else '!'}{late}"


def _spread(values: Sequence[float], form: str) -> str:
    if not values:
        return "-"
    return f"{form.format(median(values))} / {form.format(max(values))}"


def _named(flights: Sequence[str]) -> str:
    if not flights:
        return "none"
    return f"{len(flights)} ({', '.join(flights)})"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
