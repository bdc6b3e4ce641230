"""Play four recorded ascents through one nation's node; write the page and its plot.

python tools/validate_ascents.py            # write docs/validation/ascents.md, .svg
python tools/validate_ascents.py --check    # exit 1 when what is there differs
"""

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ascent_play import NAMES, Ascent, Told, height_m, play, read_ascent, sensors_for
from hot_play import DRAWS, KINDS, raised
from signalfire.analysis.drawing import BLUE, GREEN, GREY, RED, Axis, Curve, chart
from signalfire.sim.sensors import INFRARED

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "validation" / "ascents.md"
PLOT = PAGE.with_suffix(".svg")
SEEDS = (1, 2, 3)
SENSORS: dict[str, tuple[bool, tuple[int, ...]]] = {
    "radars, infrared": (True, (1, 2)),
    "two satellites": (False, (1, 2)),
    "west satellite": (False, (1,)),
    "east satellite": (False, (2,)),
}
"""Whether there are radars, and which infrared satellites."""
MISSILES = ("SRBM", "MRBM", "IRBM", "ICBM")
WATCHED_MAX_S = 690.0
COAST_S = 60.0
"""How long a booster is watched after its last burn on the way up."""


@dataclass(frozen=True)
class Run:
    """One ascent before one set of sensors and with one draw of noise."""

    ascent: Ascent
    told: Told
    sensors: str
    seed: int


def main(arguments: Sequence[str]) -> int:
    """Write the page and the plot, or say whether they are as they would be written."""
    runs = [_run(name, sensors, seed) for name in NAMES for sensors in SENSORS for seed in SEEDS]
    texts = {PAGE: page(runs), PLOT: plot(runs)}
    if "--check" in arguments:
        return int(any(path.read_text() != text for path, text in texts.items()))
    for path, text in texts.items():
        path.write_text(text)
    return 0


def _run(name: str, sensors: str, seed: int) -> Run:
    ascent = read_ascent(name)
    last_s = WATCHED_MAX_S if ascent.is_orbital else ascent.burns_s[-1][1] + COAST_S
    until_s = min(last_s, ascent.flown.trajectory.end_t_s)
    has_radars, satellites = SENSORS[sensors]
    chosen = sensors_for(ascent, with_radars=has_radars, satellites=satellites)
    return Run(ascent, play(ascent, chosen, seed=seed, until_s=until_s), sensors, seed)


def page(runs: Sequence[Run]) -> str:
    """The page in Markdown."""
    rows = [_row(run) for run in runs]
    false_alarms = [
        f"| {what} | {raised(kind, satellites=2)} | {raised(kind, satellites=1)} |"
        for kind, what in KINDS.items()
    ]
    return f"""# Recorded ascents

Claim: where a radar sees it a launch is declared within 75 s of lift-off, the end of thrust is known
to 3 s, a pause between two stages is not told as it, and an ascent to orbit is never surely a
missile's.

Measured: telemetry of four launches as shown in their public webcasts
(`tests/reference/data/PROVENANCE.md`), made into what two infrared satellites (over the equator at
130 W and 60 W, looks 2 s apart, told 2 s later, heat seen above 10 km and only while an engine
burns), each of them alone, and two radars (1 Hz, 50 m, 1 mrad) would report, with noise and misses;
played through one nation's node; seeds {", ".join(map(str, SEEDS))}. Times in seconds after lift-off.

| Ascent | Heat seen from | Declared: radars, infrared | two satellites | west satellite | east satellite |
|---|--:|--:|--:|--:|--:|
{chr(10).join(_summary(runs, name) for name in NAMES)}

Made by `python tools/validate_ascents.py`; do not edit by hand.

| Ascent | Sensors | Seed | Declared | Cut-off recorded | found | told at | Last engine stop | found | Worst missile class | Last class | Phases | Launch error, km |
|---|---|--:|--:|--:|--:|--:|--:|--:|--:|---|---|--:|
{chr(10).join(rows)}

`Worst missile class`: the highest probability that any class of missile had at any second.
`Found` for the first cut-off is what was told before the next burn; `-`: nothing was told.

![Probability of thrust against time](ascents.svg)

Grey bars: engines at work, by the recorded events.

## What is no launch

Hot things in sight of infrared satellites for 80 s (`tools/hot_things.py`; no clouds, looks 2 s
apart), {DRAWS} draws each: how many raise an event.

| What | Two satellites | One satellite |
|---|--:|--:|
{chr(10).join(false_alarms)}

What was seen above 7 km to climb less than any launch does there is no launch by a hard climb alone.

## What this does not show

- These are space launches, slow off the pad; missiles climb faster. The heading and the pad are
  planned values; the path angle is worked out from heights shown in steps of 0.1 and 1 km, so the
  paths are smoother than the flights were.
- Sensors are notional, in register, and well placed; the first stage that falls away is not there.
- Infrared satellites alone see nothing below the clouds, and these launchers leave them after 64 to
  69 s at 300 to 360 m/s: as fast as a fighter that zooms. Two lines of sight give a place to 700 m
  and so a climb to 90 m/s after ten seconds, 60 after fourteen. That it climbs harder than such a
  fighter is then sure (two sigmas) 14 to 20 s after the clouds at the earliest, and so not within
  75 s of lift-off; a missile, which leaves the clouds faster, is declared 15 s after it (median of
  60 flights of the generic family, 7 s the quickest).
- One satellite alone sees what moves across its line of sight. It declares only what is surely as
  fast as no aircraft and like a boost of the generic family: 40 s after the clouds (median of 77 of
  90 flights of the family; the other 13 burnt out before, or came straight towards it). The
  launch ellipse held the truth for all of the 77 (90 % is stated; 2 km off, 9 km wide: too careful),
  the time's and the heading's stated spread for 96 and 90 %.
- A fighter that zooms without having been seen in level flight before climbs like a launch; one
  that dives steeply comes down like a missile.
- One satellite takes the first heat for that of a booster leaving the clouds, at 4 to 14 km. What it first sees
  higher, after an outage or after a pause between stages, is told wrongly or not at all.
- A booster that flies back under power is no missile; its class here says only how far the energy
  would carry one.
"""  # noqa: E501


def _summary(runs: Sequence[Run], name: str) -> str:
    """Per set of sensors the median of when a launch was declared, over the seeds."""
    cells = [name]
    for sensors in SENSORS:
        told = [r.told for r in runs if r.ascent.name == name and r.sensors == sensors]
        times = sorted(t.declared_s if t.declared_s is not None else math.inf for t in told)
        middle_s = times[len(times) // 2]
        cells.append(f"{middle_s:.0f}" if middle_s < math.inf else "never")
    ascent = next(r.ascent for r in runs if r.ascent.name == name)
    t_s = np.arange(0.0, 120.0, 1.0)
    seen_s = next(t for t in t_s if height_m(ascent, float(t)) >= INFRARED.cloud_top_m)
    return "| " + " | ".join([cells[0], f"{seen_s:.0f}", *cells[1:]]) + " |"


def _row(run: Run) -> str:
    ascent, told = run.ascent, run.told
    ends = [end for _, end in ascent.burns_s]
    following_s = ascent.burns_s[1][0] if len(ascent.burns_s) > 1 else 1e9
    first = told.burnt_out_s(until_s=following_s)
    at_s = next((s.t_s for s in told.seconds if s.burnt_out_s is not None), None)
    is_early = at_s is not None and at_s <= following_s
    last = told.burnt_out_s(until_s=1e9) if len(ends) > 1 else None
    if not told.seconds:
        return f"| {ascent.name} | {run.sensors} | {run.seed} | never |" + 9 * "  |"
    worst = max(s.belief[name] for s in told.seconds for name in MISSILES)
    final = told.seconds[-1].belief
    likeliest = max(final, key=lambda name: final[name])
    phases = " ".join(f"{phase} {t_s:.0f}" for t_s, phase in told.changes_of_phase)
    errors_km = [s.launch_error_m / 1e3 for s in told.seconds if s.launch_error_m is not None]
    cells = (
        ascent.name,
        run.sensors,
        run.seed,
        f"{told.declared_s:.0f}",
        f"{ends[0]:.0f}",
        "-" if first is None else f"{first:.1f}",
        f"{at_s:.0f}" if is_early and at_s is not None else "-",
        f"{ends[-1]:.0f}" if len(ends) > 1 else "",
        "" if len(ends) == 1 else ("-" if last is None else f"{last:.1f}"),
        f"{worst:.2f}",
        f"{likeliest} {final[likeliest]:.2f}",
        phases,
        f"{errors_km[-1]:.1f}" if errors_km else "-",
    )
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def plot(runs: Sequence[Run]) -> str:
    """Probability of thrust against time, with the recorded burns."""
    shown = [run for run in runs if run.sensors == "radars, infrared" and run.seed == SEEDS[0]]
    inks = (BLUE, GREEN, RED, "#7a4fa3")
    curves = [
        Curve(
            run.ascent.name.partition("_")[2].replace("_", " "),
            [(s.t_s, number + 0.8 * s.thrust_probability) for s in run.told.seconds],
            ink,
        )
        for number, (run, ink) in enumerate(zip(shown, inks, strict=True))
    ]
    for number, run in enumerate(shown):
        for burn, (start, end) in enumerate(run.ascent.burns_s):
            level = number - 0.08
            name = "recorded burns" if number == burn == 0 else ""
            curves.append(Curve(name, [(start, level), (end, level)], GREY))
    across = Axis("seconds after lift-off", (0.0, 700.0), range(0, 701, 100))
    up = Axis("probability of thrust, each ascent on its own line", (-0.2, 4.0), (0, 1, 2, 3))
    return chart("Probability of thrust of four recorded ascents", across, up, curves)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
