"""The drawings of the page of flights, as SVG text."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

GREEN, RED, BLUE, GREY = "#1f6f4a", "#b03020", "#2b5c9e", "#666666"
_LEFT, _TOP, _WIDTH, _HEIGHT = 64.0, 24.0, 520.0, 300.0


@dataclass(frozen=True)
class Curve:
    """A named line through points."""

    name: str
    points: Sequence[tuple[float, float]]
    ink: str
    is_dashed: bool = False


@dataclass(frozen=True)
class Axis:
    """One axis: its title, its ends, the values that are labelled, and whether it is a log."""

    title: str
    low: float
    high: float
    marks: Sequence[float]
    is_log: bool = False

    def share(self, value: float) -> float:
        """Where a value lies between the ends, 0 to 1; held at the ends."""
        held = min(max(value, self.low), self.high)
        if self.is_log:
            return math.log(held / self.low) / math.log(self.high / self.low)
        return (held - self.low) / (self.high - self.low)


def chart(title: str, across: Axis, up: Axis, curves: Sequence[Curve]) -> str:
    """A chart with a grid, its curves and their names beside it."""
    width, height = _LEFT + _WIDTH + 170.0, _TOP + _HEIGHT + 56.0
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" font-family="sans-serif" font-size="12">',
        f"<title>{title}</title>",
        f'<rect width="{width:.0f}" height="{height:.0f}" fill="#ffffff"/>',
        *_grid(across, up),
    ]
    for number, curve in enumerate(curves):
        ink = curve.ink
        dash = ' stroke-dasharray="5 4"' if curve.is_dashed else ""
        path = " ".join(f"{_x(across, x):.1f},{_y(up, y):.1f}" for x, y in curve.points)
        parts.append(
            f'<polyline points="{path}" fill="none" stroke="{ink}" stroke-width="2"{dash}/>'
        )
        y = _TOP + 14.0 + 20.0 * number
        x = _LEFT + _WIDTH + 12.0
        parts.append(f'<path d="M{x:.0f} {y - 4:.0f}h20" stroke="{ink}" stroke-width="2"{dash}/>')
        parts.append(f'<text x="{x + 26:.0f}" y="{y:.0f}">{curve.name}</text>')
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
    parts.append(
        f'<text x="{middle:.0f}" y="{bottom + 42:.0f}" text-anchor="middle">{across.title}</text>'
    )
    parts.append(f'<text x="{_LEFT:.0f}" y="14" text-anchor="start">{up.title}</text>')
    return parts


def _x(axis: Axis, value: float) -> float:
    return _LEFT + _WIDTH * axis.share(value)


def _y(axis: Axis, value: float) -> float:
    return _TOP + _HEIGHT * (1.0 - axis.share(value))
