"""The live view in the terminal: what every nation knows, warns and shares, second by second."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import msgspec
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from signalfire.basis.utc import instant_from_utc
from signalfire.cli.up import Running
from signalfire.rim.supervisor import Phase

REFRESH_HZ = 4
WARNINGS_SHOWN = 6
_KINDS = ("track", "event", "warning", "status", "receipt")

Drawn = dict[str, Any]


@contextlib.asynccontextmanager
async def live_view(running: Running) -> AsyncIterator[None]:
    """Redraw the view until the performance is over; for a terminal."""
    console = Console()
    with Live(console=console, refresh_per_second=REFRESH_HZ, transient=False) as live:

        async def draw() -> None:
            while True:
                live.update(view(running))
                await asyncio.sleep(1.0 / REFRESH_HZ)

        task = asyncio.create_task(draw())
        try:
            yield
        finally:
            task.cancel()
            live.update(view(running))


@contextlib.asynccontextmanager
async def plain_log(running: Running) -> AsyncIterator[None]:
    """Print one line for each thing that happens; for logs and pipes."""
    console = Console(highlight=False, soft_wrap=True)
    plan = running.plan
    console.print(f"realm {plan.realm.name}: {', '.join(plan.nations)}, records in {plan.folder}")
    seen: set[str] = set()

    async def follow() -> None:
        async for entry in running.picture.warnings_from(0):
            if entry is None or entry[1]["stream"] != "issued":
                continue
            line = entry[1]["line"]
            if line["id"] not in seen:
                seen.add(line["id"])
                console.print(f"{line['at']} {line['id']} {line['status']}: {line['reason']}")

    task = asyncio.create_task(follow())
    try:
        yield
    finally:
        task.cancel()
        console.print(f"records of every nation are in {plan.folder}")


def view(running: Running) -> RenderableType:
    """The whole view, from the director's picture and the supervisor's states."""
    objects = [
        (key, msgspec.json.decode(bytes(body)))
        for key, body in running.picture.state()["objects"].items()
    ]
    return Group(
        _head(running),
        _assessments(objects, running.picture.now),
        _warnings(running),
        _links(objects),
        _processes(running),
    )


def _head(running: Running) -> RenderableType:
    ports = running.plan.ports
    now = running.picture.now or "waiting for the nodes"
    pages = "  ".join(f"{n} http://127.0.0.1:{p}" for n, p in sorted(ports.pages.items()))
    text = Text()
    text.append(f" {running.plan.realm.name.upper()} ", style="bold black on yellow")
    text.append(f"  {now}\n", style="bold")
    text.append(f"all nations side by side: http://127.0.0.1:{ports.director}\n{pages}\n")
    text.append("Ctrl-C ends it.", style="dim")
    return Panel(text, title="signalfire", border_style="yellow")


def _assessments(objects: list[tuple[str, Drawn]], now: str | None) -> RenderableType:
    table = Table(title="What each nation knows", expand=True, title_justify="left")
    for column in (
        "nation",
        "event, view",
        "phase",
        "class",
        "launch",
        "impact (90 %)",
        "in",
        "seen",
    ):
        table.add_column(column, overflow="fold")
    for _, view in sorted(objects, key=lambda pair: pair[0]):
        if view.get("kind") != "view" or view.get("superseded_by"):
            continue
        if view["view"] not in ("common", f"national:{view['nation']}"):
            continue
        likeliest = max(view["class"], key=lambda name: float(view["class"][name]))
        table.add_row(
            view["nation"],
            f"{view['event']} {view['view']}",
            view["phase"],
            f"{likeliest} {view['class'][likeliest]:.0%}",
            _place(view["launch"]),
            _place(view["impact"]),
            _countdown(view["impact"], now),
            f"{view['observed_fraction']:.0%}, {view['witnesses']} wit.",
        )
    return table


def _place(place: Drawn) -> str:
    if "unknown" in place:
        return str(place["unknown"])
    ellipse = place.get("ellipse_p90") or {}
    size = (
        f" {ellipse['semi_major_m'] / 1e3:.1f}x{ellipse['semi_minor_m'] / 1e3:.1f} km"
        if ellipse
        else ""
    )
    return f"{place['lat_deg']:.2f} {place['lon_deg']:.2f}{size}"


def _countdown(impact: Drawn, now: str | None) -> str:
    if "unknown" in impact or now is None:
        return "-"
    left_s = instant_from_utc(impact["time"]).elapsed_s(since=instant_from_utc(now))
    return "down" if left_s <= 0.0 else f"{int(left_s) // 60}:{int(left_s) % 60:02d}"


def _warnings(running: Running) -> RenderableType:
    table = Table(title="Civil warnings", expand=True, title_justify="left")
    for column in ("at", "id", "status", "areas", "confidence", "reason"):
        table.add_column(column, overflow="fold")
    issued = [w["line"] for _, w in running.picture.warnings_since(0) if w["stream"] == "issued"]
    for line in issued[-WARNINGS_SHOWN:]:
        areas = ", ".join(area["name"]["en"] for area in line["areas"])
        style = "bold red" if line["status"] in ("initial", "update") else "bold green"
        table.add_row(
            line["at"][11:19],
            line["id"],
            Text(line["status"], style=style),
            areas,
            f"{line['confidence']:.0%}",
            line["reason"],
        )
    return table


def _links(objects: list[tuple[str, Drawn]]) -> RenderableType:
    table = Table(title="Released to whom (withheld)", expand=True, title_justify="left")
    for column in ("from -> to", "link", *_KINDS, "detections"):
        table.add_column(column)
    for _, link in sorted(objects, key=lambda pair: pair[0]):
        if link.get("kind") != "link":
            continue
        sent, withheld = link.get("sent", {}), link.get("withheld", {})
        cells = [str(sent.get(kind, 0)) for kind in _KINDS]
        table.add_row(
            f"{link['nation']} -> {link['partner']}",
            str(link.get("state", "unknown")),
            *cells,
            f"({withheld.get('detection', 0)})",
        )
    return table


def _processes(running: Running) -> RenderableType:
    text = Text()
    for state in running.supervisor.states():
        style = "green" if state.phase is Phase.RUNNING else "yellow"
        text.append(f"{state.name} ", style="bold")
        text.append(f"{state.phase.value}", style=style)
        text.append(f" (restarted {state.restarts}x)  " if state.restarts else "  ")
    return text
