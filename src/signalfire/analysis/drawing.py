"""Drawings as SVG text: curves over a grid, bars of parts, fields of coloured cells."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

GREEN, RED, BLUE, GREY = "#1f6f4a", "#b03020", "#2b5c9e", "#666666"
_LEFT, _TOP, _WIDTH, _HEIGHT = 64.0, 24.0, 520.0, 300.0


@dataclass(frozen=True)
class Curve:
    """A line through points; one without a name is drawn and not named beside the chart."""

    name: str
    points: Sequence[tuple[float, float]]
    ink: str
    is_dashed: bool = False


@dataclass(frozen=True)
class Axis:
    """One axis: its title, its ends, the values that are labelled, and whether it is a log."""

    title: str
    ends: tuple[float, float]
    marks: Sequence[float]
    is_log: bool = False

    def shares(self, values: Sequence[float]) -> list[float]:
        """Where values lie between the ends, 0 to 1; held at the ends."""
        low, high = self.ends
        held = [min(max(value, low), high) for value in values]
        if self.is_log:
            return [math.log(value / low) / math.log(high / low) for value in held]
        return [(value - low) / (high - low) for value in held]


def chart(title: str, across: Axis, up: Axis, curves: Sequence[Curve]) -> str:
    """A chart with a grid, its curves and their names beside it."""
    width, height = _LEFT + _WIDTH + 170.0, _TOP + _HEIGHT + 56.0
    parts = [*_opened(title, width, height), *_grid(across, up)]
    named = 0
    for curve in curves:
        ink = curve.ink
        dash = ' stroke-dasharray="5 4"' if curve.is_dashed else ""
        path = " ".join(f"{_x(across, x):.1f},{_y(up, y):.1f}" for x, y in curve.points)
        parts.append(
            f'<polyline points="{path}" fill="none" stroke="{ink}" stroke-width="2"{dash}/>'
        )
        if not curve.name:
            continue
        y = _TOP + 14.0 + 20.0 * named
        named += 1
        x = _LEFT + _WIDTH + 12.0
        parts.append(f'<path d="M{x:.0f} {y - 4:.0f}h20" stroke="{ink}" stroke-width="2"{dash}/>')
        parts.append(f'<text x="{x + 26:.0f}" y="{y:.0f}">{escape(curve.name)}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _grid(across: Axis, up: Axis) -> list[str]:
    bottom = _TOP + _HEIGHT
    parts = []
    for value in across.marks:
        x = _x(across, value)
        parts.append(f'<path d="M{x:.1f} {_TOP:.0f}V{bottom:.0f}" stroke="#dddddd"/>')
        parts.append(
            f'<text x="{x:.1f}" y="{bottom + 18:.0f}" text-anchor="middle">{value:g}</text>'
        )
    for value in up.marks:
        y = _y(up, value)
        parts.append(f'<path d="M{_LEFT:.0f} {y:.1f}h{_WIDTH:.0f}" stroke="#dddddd"/>')
        parts.append(
            f'<text x="{_LEFT - 8:.0f}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>'
        )
    middle = _LEFT + 0.5 * _WIDTH
    parts.append(_words(middle, bottom + 42.0, across.title, anchor="middle"))
    parts.append(_words(_LEFT, 14.0, up.title))
    return parts


def _x(axis: Axis, value: float) -> float:
    return _LEFT + _WIDTH * _share(axis, value)


def _y(axis: Axis, value: float) -> float:
    return _TOP + _HEIGHT * (1.0 - _share(axis, value))


@dataclass(frozen=True)
class Bar:
    """A named row of lengths laid end to end; without any, ``instead`` is written."""

    name: str
    lengths: Sequence[float]
    instead: str = ""


def bars(title: str, across: Axis, inks: Sequence[tuple[str, str]], rows: Sequence[Bar]) -> str:
    """Lying bars of parts; ``inks`` are the name and the colour of each part."""
    left, height = 200.0, 22.0
    bottom = 48.0 + height * len(rows)
    parts = _opened(title, left + _WIDTH + 110.0, bottom + 52.0)
    for number, (name, ink) in enumerate(inks):
        x = left + 150.0 * number
        parts.append(f'<rect x="{x:.0f}" y="24" width="14" height="14" fill="{ink}"/>')
        parts.append(_words(x + 20.0, 36.0, name))
    for value in across.marks:
        x = left + _WIDTH * _share(across, value)
        parts.append(f'<path d="M{x:.1f} 44V{bottom:.0f}" stroke="#dddddd"/>')
        parts.append(_words(x, bottom + 18.0, f"{value:g}", anchor="middle"))
    parts.append(_words(left + 0.5 * _WIDTH, bottom + 42.0, across.title, anchor="middle"))
    for number, row in enumerate(rows):
        top = 48.0 + height * number
        parts.append(_words(left - 8.0, top + 14.0, row.name, anchor="end"))
        if not row.lengths:
            parts.append(_words(left + 4.0, top + 14.0, row.instead))
            continue
        done = 0.0
        for length, (_, ink) in zip(row.lengths, inks, strict=True):
            x, end = (left + _WIDTH * _share(across, v) for v in (done, done + length))
            parts.append(
                f'<rect x="{x:.1f}" y="{top + 2:.0f}" width="{end - x:.1f}" '
                f'height="{height - 5:.0f}" fill="{ink}"/>'
            )
            done += length
        beyond = " (beyond)" if done > across.ends[1] else ""
        end = left + _WIDTH * _share(across, done)
        parts.append(_words(end + 4.0, top + 14.0, f"{done:.0f}{beyond}"))
    return "\n".join([*parts, "</svg>", ""])


def field(
    title: str, columns: Sequence[str], rows: Sequence[tuple[str, Sequence[float | None]]],
    scale: Axis,
) -> str:  # fmt: skip
    """A table of coloured cells with their values; None is left blank."""
    left, cell = 230.0, 34.0
    width = left + cell * len(columns) + 20.0
    bottom = 62.0 + 24.0 * len(rows)
    parts = _opened(title, max(width, left + 420.0), bottom + 44.0)
    parts.append(_words(10.0, 18.0, title))
    for number, name in enumerate(columns):
        parts.append(_words(left + cell * (number + 0.5), 50.0, name, anchor="middle"))
    for number, (name, values) in enumerate(rows):
        top = 58.0 + 24.0 * number
        parts.append(_words(left - 8.0, top + 16.0, name, anchor="end"))
        for place, value in enumerate(values):
            parts += _cell(left + cell * place, top, value, scale)
    for number in range(11):
        ink = _shade(number / 10.0)
        parts.append(
            f'<rect x="{left + 14 * number:.0f}" y="{bottom + 8:.0f}" width="14" height="14" '
            f'fill="{ink}"/>'
        )
    legend = f"{scale.ends[0]:g} to {scale.ends[1]:g} {scale.title}"
    parts.append(_words(left + 164.0, bottom + 20.0, legend))
    return "\n".join([*parts, "</svg>", ""])


def _cell(x: float, top: float, value: float | None, scale: Axis) -> list[str]:
    """One coloured cell of a field, with its value."""
    if value is None:
        return [f'<rect x="{x:.0f}" y="{top:.0f}" width="33" height="23" fill="#eeeeee"/>']
    share = _share(scale, value)
    ink = "#ffffff" if share > 0.55 else "#222222"
    return [
        f'<rect x="{x:.0f}" y="{top:.0f}" width="33" height="23" fill="{_shade(share)}"/>',
        f'<text x="{x + 16.5:.1f}" y="{top + 15:.0f}" text-anchor="middle" font-size="11" '
        f'fill="{ink}">{value:.0f}</text>',
    ]


def _shade(share: float) -> str:
    """From nearly white to a deep blue."""
    pale, deep = (0xF2, 0xF6, 0xFA), (0x12, 0x3C, 0x7A)
    mixed = (round(a + share * (b - a)) for a, b in zip(pale, deep, strict=True))
    return "#" + "".join(f"{part:02x}" for part in mixed)


def _opened(title: str, width: float, height: float) -> list[str]:
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" font-family="sans-serif" font-size="12">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{width:.0f}" height="{height:.0f}" fill="#ffffff"/>',
    ]


def _words(x: float, y: float, text: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _share(axis: Axis, value: float) -> float:
    return axis.shares([value])[0]
