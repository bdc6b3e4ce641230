"""Compare modelled with published flight times; write the page and its plot.

    python tools/validate_flight_times.py            # write docs/validation/flight-times.md, .svg
    python tools/validate_flight_times.py --check    # exit 1 when what is there differs

Every statement of ``published_flight_times.csv`` is flown to its own apogee and range, from the
launch place and on the bearing of the flight of the record; only the time is predicted.
"""

import csv
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from signalfire.sim.flight import fly
from signalfire.sim.record import Flight, read_flights
from signalfire.sim.unpublished import burn_s

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "src" / "signalfire" / "data"
PAGE = ROOT / "docs" / "validation" / "flight-times.md"
PLOT = PAGE.with_suffix(".svg")
TOLERANCE_S = 60.0
TOLERANCE_FRACTION = 0.02


@dataclass(frozen=True)
class Comparison:
    """One published statement and what the model says of it."""

    case: str
    flight: Flight
    stated_by: str
    published_s: float
    halfwidth_s: float
    modelled_s: float

    @property
    def residual_s(self) -> float:
        """Model minus published."""
        return self.modelled_s - self.published_s

    @property
    def tolerance_s(self) -> float:
        return max(TOLERANCE_S, TOLERANCE_FRACTION * self.published_s)

    @property
    def is_within(self) -> bool:
        return abs(self.residual_s) <= self.tolerance_s


def compare(flights_text: str, published_text: str) -> list[Comparison]:
    """Fly every published statement, in the order of the file."""
    flights = read_flights(flights_text)
    found = []
    for row in csv.DictReader(published_text.splitlines()):
        name = row["missile"].removesuffix(" MaRV")
        flight = next(
            flight
            for flight in flights
            if flight.date_text == row["date_utc"] and flight.missile.startswith(name)
        )
        stated = replace(
            flight,
            apogee_m=1e3 * float(row["apogee_km"]),
            range_m=1e3 * float(row["range_km"]),
        )
        modelled_s = fly(stated).impact_t_s
        assert modelled_s is not None
        found.append(
            Comparison(
                case=row["case"],
                flight=stated,
                stated_by=row["stated_by"],
                published_s=float(row["flight_time_s"]),
                halfwidth_s=float(row["halfwidth_s"]),
                modelled_s=modelled_s,
            )
        )
    return found


def page(found: Sequence[Comparison]) -> str:
    """The page as Markdown."""
    residuals_s = [each.residual_s for each in found]
    mean_s = sum(residuals_s) / len(found)
    rms_s = (sum(value**2 for value in residuals_s) / len(found)) ** 0.5
    lines = [
        "# Flight times against published ones",
        "",
        "Claim: a flight fitted to its published apogee, range and bearing has the published",
        f"duration within max({TOLERANCE_S:.0f} s, {100 * TOLERANCE_FRACTION:.0f} %), wherever the",
        "published figures agree among themselves. Nothing is tuned per flight: burn time is a",
        "value per class and propellant; thrust at lift-off, drag and wind are drawn by the",
        "flight's id (`sim/unpublished.py`).",
        "",
        "Made by `python tools/validate_flight_times.py`; do not edit by hand. Sources of every",
        "statement: `src/signalfire/data/published_flight_times.csv`.",
        "",
        "| Case | Stated by | Apogee / range km | Burn s | Published s | Model s "
        "| Residual | Tolerance s | Within |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [_row(each) for each in found]
    lines += [
        "",
        f"{len(found)} statements: mean residual {mean_s:+.0f} s, rms {rms_s:.0f} s; "
        f"{sum(each.is_within for each in found)} within tolerance.",
        "",
        "![Residuals with published rounding](flight-times.svg)",
        "",
        "Bars: the tolerance. Whiskers: the rounding of the published time.",
        "",
        "## What is not within tolerance",
        "",
    ]
    lines += [_outlier(each, found) for each in found if not each.is_within] or ["Nothing.", ""]
    lines += [
        "## What this does not show",
        "",
        "- Most of these flights were lofted; the flight time then follows mostly from the apogee.",
        "  Depressed and manoeuvring flights have no published times: theirs are assumptions.",
        "- Bearings are good to about 5 degrees, apogees often rounded to 50 or 100 km.",
        "- Burn times are public class values. A quarter more or less moves a liquid-fuelled ICBM",
        "  by about 50 s and a short-range missile by about 15 s: they are the leading unknown.",
        "",
    ]
    return "\n".join(lines)


def _row(each: Comparison) -> str:
    share = 100.0 * each.residual_s / each.published_s
    cells = [
        each.case,
        each.stated_by,
        f"{each.flight.apogee_m / 1e3:g} / {each.flight.range_m / 1e3:g}",
        f"{burn_s(each.flight):.0f}",
        f"{each.published_s:.0f} ± {each.halfwidth_s:.0f}",
        f"{each.modelled_s:.0f}",
        f"{each.residual_s:+.0f} s ({share:+.1f} %)",
        f"{each.tolerance_s:.0f}",
        "yes" if each.is_within else "**no**",
    ]
    return "| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |"


def _outlier(each: Comparison, found: Sequence[Comparison]) -> str:
    rivals = [
        other
        for other in found
        if other is not each
        and other.flight.flight == each.flight.flight
        and other.is_within
        and (other.flight.apogee_m, other.flight.range_m)
        == (each.flight.apogee_m, each.flight.range_m)
    ]
    said = f"`{each.case}` ({each.stated_by}): {each.residual_s:+.0f} s. "
    if rivals:
        names = ", ".join(f"{other.stated_by} ({other.residual_s:+.0f} s)" for other in rivals)
        said += (
            "The two published times for this one flight contradict each other by more than their "
            f"rounding, with the same apogee and range; the rival statement fits: {names}. "
            "Neither was used to set anything."
        )
    else:
        said += "No rival statement; the model is off here."
    return f"{said}\n"


def plot(found: Sequence[Comparison]) -> str:
    """Residuals as a drawing (SVG), one row per statement."""
    left, middle, pixel_s, step = 150, 390, 0.42, 24
    height = step * len(found) + 60
    marks = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="640" height="{height}" '
        f'viewBox="0 0 640 {height}" font-family="sans-serif" font-size="12">',
        "<title>Modelled minus published flight time, seconds</title>",
        f'<rect width="640" height="{height}" fill="#ffffff"/>',
    ]
    for value_s in (-80, -40, 0, 40, 80):
        x = middle + value_s / pixel_s
        marks.append(f'<path d="M{x:.1f} 20V{height - 36}" stroke="#cccccc"/>')
        marks.append(f'<text x="{x:.1f}" y="{height - 18}" text-anchor="middle">{value_s} s</text>')
    for number, each in enumerate(found):
        y = 34 + step * number
        x, reach = middle + each.residual_s / pixel_s, each.tolerance_s / pixel_s
        half = each.halfwidth_s / pixel_s
        color = "#1f6f4a" if each.is_within else "#b03020"
        marks += [
            f'<text x="{left}" y="{y + 4}" text-anchor="end">{each.case}</text>',
            f'<rect x="{middle - reach:.1f}" y="{y - 6}" width="{2 * reach:.1f}" height="12" '
            'fill="#e8efe8"/>',
            f'<path d="M{x - half:.1f} {y}H{x + half:.1f}" stroke="{color}" stroke-width="2"/>',
            f'<circle cx="{x:.1f}" cy="{y}" r="4" fill="{color}"/>',
        ]
    return "\n".join([*marks, "</svg>", ""])


def main(arguments: Sequence[str]) -> int:
    """Write the page and the plot, or check them."""
    found = compare(
        (DATA / "flights.csv").read_text(encoding="utf-8"),
        (DATA / "published_flight_times.csv").read_text(encoding="utf-8"),
    )
    made = {PAGE: page(found), PLOT: plot(found)}
    if "--check" in arguments:
        stale = [
            path.name
            for path, text in made.items()
            if not path.exists() or path.read_text(encoding="utf-8") != text
        ]
        if stale:
            print(f"{', '.join(stale)} differ: run python tools/validate_flight_times.py")
        return 1 if stale else 0
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    for path, text in made.items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
