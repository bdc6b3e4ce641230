"""The page of the accuracy campaign and its drawings."""

from collections.abc import Sequence
from pathlib import Path

from accuracy_raid import CUT_OFF_M, RaidFigures
from accuracy_summary import MISSES_M, PLOTS_FIRST, Ratio, Summary
from accuracy_world import SCENARIOS, truth_of
from signalfire.analysis.drawing import BLUE, GREEN, GREY, RED, Axis, Curve, chart

RATIO_GOAL, BAND_GOAL = 1.15, 0.85
_INKS = (GREEN, RED, BLUE, GREY, "#b07a1e")


def write(summaries: Sequence[Summary], raids: Sequence[RaidFigures], page: Path) -> None:
    """The page and its two drawings beside it."""
    page.write_text(_text(summaries, raids), encoding="utf-8")
    page.with_name("accuracy-ratio.svg").write_text(_ratios(summaries), encoding="utf-8")
    page.with_name("accuracy-impact.svg").write_text(_misses(summaries), encoding="utf-8")


def _text(summaries: Sequence[Summary], raids: Sequence[RaidFigures]) -> str:
    runs = min(summary.runs for summary in summaries)
    lines = [
        "# Accuracy against the Cramer-Rao bound",
        "",
        f"Claim: above the air one tracker that is given every plot errs in the median by no more "
        f"than {RATIO_GOAL:g}",
        f"times the least error that is possible, from {PLOTS_FIRST} plots on, and its covariance "
        "claims no more",
        "than it knows. Where a cell fails it is said below the table.",
        "",
        f"Made by `python tools/validate_accuracy.py --runs {runs}`; do not edit by hand.",
        "Seeds are fixed.",
        "",
        *_method(),
        "",
        *_estimates(summaries),
        "",
        "![Error over bound](accuracy-ratio.svg)",
        "",
        *_impacts(summaries),
        "",
        "![Miss of the predicted impact](accuracy-impact.svg)",
        "",
        *_raids(raids),
        "",
        *_limits(summaries),
        "",
    ]
    return "\n".join(lines)


def _method() -> list[str]:
    rows = [
        f"| {s.name} | {s.beta_kg_m2:.0f} | {s.speed_m_s:.0f} | {s.boost_s:.0f} "
        f"| {truth_of(s.name).apogee_m / 1e3:.0f} | {truth_of(s.name).impact_s:.0f} |"
        for s in SCENARIOS
    ]
    return [
        "## How",
        "",
        "Flights start at burn-out. They are flown by an integrator of order eight in axes that do",
        "not turn, with J2, exponential air and what gravity has beyond J2, drawn for each run",
        "(Kaula's rule, `tools/accuracy_field.py`). The filter flies with its own step and J2",
        "alone, and takes 8,000 kg/m2 for the ballistic coefficient of all. Radars see once a",
        "second with 50 m and 1 mrad, from 1 degree on: J1 and J2 (Japan, 2,000 km), K1 (Korea,",
        "800 km), A1 (a ship, 1,000 km); places and figures are plausible, none is that of a real",
        "radar. All plots go to one tracker. Reports are made every 5 s, of long flights 120.",
        "",
        "The bound is the posterior Cramer-Rao bound of an estimator that does not know the drag",
        "(sigma 0.5 of it, one constant) but knows that nothing else moves the object",
        "(`signalfire.analysis.bound`). A ratio is RMSE over all runs by the bound of place, at",
        "one report; given are the median, and least and greatest, over the reports.",
        "",
        "| Flight | Beta kg/m2 | Speed m/s | Burn-out T+s | Apogee km | Impact T+s |",
        "|---|---|---|---|---|---|",
        *rows,
    ]


def _estimates(summaries: Sequence[Summary]) -> list[str]:
    return [
        "## Estimates",
        "",
        "*Above the air*: drag slows the object by less than 0.01 m/s2. NEES by 6 and NIS by 3 are",
        "1 for an honest covariance, less for a cautious one; *in band*: share of the reports",
        "above the air at which the mean NEES over the runs lies where it does 95 times of 100 if",
        "honest. In air the covariance allows for bodies of 4,000 to 20,000 kg/m2; each of these",
        "flights has one body, not far from the filter's: below 1. That it may lift is allowed",
        "for once that is more probable than one in a hundred. At the beginning of a track thrust",
        "is as probable as none, and no flight here has any: below 1 for 15 s as well, a third of",
        "what K1 sees of LOFT.",
        "",
        "| Flight | Radars | Plots | RMSE / bound above the air | the same, velocity "
        "| RMSE / bound in air | NEES/6 | NEES/6 above the air | In band | NIS/3 | One track |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
        *[_estimate(summary) for summary in summaries],
        "",
        _verdict(summaries),
    ]


def _estimate(of: Summary) -> str:
    cells = [
        of.cell.scenario,
        of.cell.sensors,
        str(of.plots),
        _said(of.aloft),
        _said(of.speed_aloft),
        _said(of.in_air),
        f"{of.nees:.2f}",
        "-" if of.nees_aloft is None else f"{of.nees_aloft:.2f}",
        "-" if of.nees_band_share is None else f"{100 * of.nees_band_share:.0f} %",
        f"{of.nis:.2f}",
        f"{100 * of.single_share:.1f} %",
    ]
    return "| " + " | ".join(cells) + " |"


def _said(ratio: Ratio | None) -> str:
    if ratio is None:
        return "-"
    return f"{ratio.median:.2f} [{ratio.least:.2f}, {ratio.greatest:.2f}]"


def _verdict(summaries: Sequence[Summary]) -> str:
    aloft = [s.aloft.median <= RATIO_GOAL for s in summaries if s.aloft is not None]
    air = [s.in_air.median <= RATIO_GOAL for s in summaries if s.in_air is not None]
    band = [s.nees_band_share >= BAND_GOAL for s in summaries if s.nees_band_share is not None]
    return (
        f"Median ratio at most {RATIO_GOAL:g}: above the air in {sum(aloft)} of {len(aloft)} cells,"
        f" in air in {sum(air)} of {len(air)}. At least {100 * BAND_GOAL:.0f} % of the reports"
        f" above the air in band: {sum(band)} of {len(band)} cells."
    )


def _impacts(summaries: Sequence[Summary]) -> list[str]:
    heads = " | ".join(f"< {limit / 1e3:g} km" for limit in MISSES_M)
    return [
        "## Impact",
        "",
        "T+s from which on the median miss stays below a distance; how many of the 90 % ellipses",
        "of all reports hold the true place (interval for as many trials as runs, since the",
        "reports of one run go together); how often a place was named at all. An ellipse allows",
        "for drag, wind and lift that nobody knows; these flights have one drag, no wind and no",
        "lift, so that a share may lie to either side of 90 %.",
        "",
        f"| Flight | Radars | {heads} | Held by 90 % ellipses | Named |",
        "|---|---|" + "---|" * len(MISSES_M) + "---|---|",
        *[_impact(summary) for summary in summaries],
    ]


def _impact(of: Summary) -> str:
    times = ["-" if at is None else f"{at:.0f}" for at in of.below_s]
    low, high = of.covered_interval
    held = f"{100 * of.covered:.0f} % [{100 * low:.0f}, {100 * high:.0f}]"
    cells = [
        of.cell.scenario,
        of.cell.sensors,
        *times,
        held if of.named_share > 0.0 else "-",
        f"{100 * of.named_share:.0f} %",
    ]
    return "| " + " | ".join(cells) + " |"


def _raids(raids: Sequence[RaidFigures]) -> list[str]:
    lines = [
        "## A raid of eighteen",
        "",
        "Six batteries 4 km apart fire three rounds each, 8 s apart (flight SRBM600, each a little",
        f"otherwise). GOSPA is cut off at {CUT_OFF_M / 1e3:g} km: one missed or false track alone",
        "makes it 1.4 km. Completeness, ambiguity and spuriousness are those of the air",
        "picture; best are 1, 1, 0.",
        "",
        "| Radars | Runs | GOSPA m | Each object m | Missed | False | Completeness | Ambiguity "
        "| Spuriousness | Longest track |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for each in raids:
        air = each.air
        lines.append(
            f"| {each.sensors} | {each.runs} | {each.gospa_m:.0f} | {each.localisation_m:.0f} "
            f"| {each.missed_count:.2f} | {each.false_count:.2f} | {air.completeness_share:.4f} "
            f"| {air.ambiguity_ratio:.4f} | {air.spuriousness_share:.4f} "
            f"| {air.longest_share:.4f} |"
        )
    return lines


def _limits(summaries: Sequence[Summary]) -> list[str]:
    runs = min(summary.runs for summary in summaries)
    return [
        "## What this does not show",
        "",
        f"- {runs} runs: an RMSE is known to {100 / (6 * runs) ** 0.5:.0f} % or so, and errors "
        "of one run go together.",
        "- No thrust is flown, no plot is missed, no sensor is out of register, nothing refracts.",
        "- In air the filter does not estimate the drag; it allows for one that is wrong.",
        "- What the field has beyond J2 is drawn as strong as it is over the Earth, not as it is",
        "  over these places. The filter allows for it by white noise that falls with the fourth",
        "  power of the distance from the Earth's centre (`motion`'s `field_noise`). The field is",
        "  not white: after 50 minutes unseen it bends a lofted flight mostly one way, where the",
        "  error is 1.3 times what the filter states, and less than stated in the other ways. The",
        "  mean over all ways (NEES) is what this page judges.",
    ]


def _ratios(summaries: Sequence[Summary]) -> str:
    chosen = [s for s in summaries if s.cell.sensors == "J1+K1"]
    curves = [
        Curve(s.cell.scenario, list(zip(_shares(s), s.ratio.tolist(), strict=True)), ink)
        for s, ink in zip(chosen, _INKS, strict=False)
    ]
    across = Axis("Share of the time in view, J1+K1", (0.0, 1.0), (0.0, 0.25, 0.5, 0.75, 1.0))
    up = Axis(
        "RMSE of place / bound", (0.5, 8.0), (0.5, 0.75, 1.0, 1.5, 2.0, 4.0, 8.0), is_log=True
    )
    return chart("Error over the Cramer-Rao bound", across, up, curves)


def _shares(of: Summary) -> list[float]:
    first, last = of.times_s[0], of.times_s[-1]
    return [float((at - first) / (last - first)) for at in of.times_s]


def _misses(summaries: Sequence[Summary]) -> str:
    curves = []
    chosen = [s for s in summaries if s.cell.scenario == "MRBM1200"]
    for of, ink in zip(chosen, _INKS, strict=False):
        times = of.times_s.tolist()
        miss = [min(value, 1e6) / 1e3 for value in of.miss_m.tolist()]
        curves.append(Curve(of.cell.sensors, list(zip(times, miss, strict=True)), ink))
        least = (of.landing_m / 1e3).tolist()
        curves.append(Curve("its bound", list(zip(times, least, strict=True)), ink, is_dashed=True))
    across = Axis("Seconds after launch, MRBM1200", (100.0, 660.0), (100, 200, 300, 400, 500, 600))
    up = Axis("Miss of the predicted impact, km (median; bound: root of the trace)", (0.01, 100.0),
              (0.01, 0.1, 1.0, 10.0, 100.0), is_log=True)  # fmt: skip
    return chart("Miss of the predicted impact", across, up, curves)
