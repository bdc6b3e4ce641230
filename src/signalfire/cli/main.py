"""The commands of signalfire. Each says what went wrong in one paragraph, and what cures it.

Exit status: 0 done, also after Ctrl-C; 2 wrong usage, unreadable or wholly refused input, a bad
signature; 1 anything else.
"""

import asyncio
import logging
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from signalfire.basis.errors import CallerError, PeerError, SignalfireError
from signalfire.cli import analyse, journal, keys
from signalfire.cli.defaults import DEFAULT_FLIGHT, DIRECTOR_PORT
from signalfire.cli.starting import start_without_blas

app = typer.Typer(
    name="signalfire",
    help="Several nations share missile warning in real time, each by its own signed agreement. "
    "Warning only: no guidance, no fire control, no targeting.\n\n"
    "Begin with `signalfire doctor`, then `signalfire up`.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(keys.app, name="keys")
app.add_typer(journal.app, name="journal")
app.add_typer(analyse.app, name="analyse")

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130
"""What typer makes of Ctrl-C in a command that does not take it itself; here it is an end."""


class Listing(StrEnum):
    """How a list is printed."""

    TABLE = "table"
    JSON = "json"


def _speed_ratio(text: str) -> float | None:
    if text == "max":
        return None
    try:
        ratio = float(text)
    except ValueError as error:
        raise typer.BadParameter("a number greater than 0, or max") from error
    if not 0.0 < ratio <= 1000.0:
        raise typer.BadParameter("a number greater than 0 and at most 1000, or max")
    return ratio


@app.command()
def up(
    flight: Annotated[
        str | None,
        typer.Option(help=f"A documented flight (see `flights`). Default {DEFAULT_FLIGHT}."),
    ] = None,
    scenario: Annotated[Path | None, typer.Option(help="A scenario file instead.")] = None,
    speed: Annotated[str, typer.Option(help="Seconds of the scenario per second, or max.")] = "10",
    headless: Annotated[
        bool, typer.Option("--headless", help="No live view; end when the performance is over.")
    ] = False,
    out: Annotated[Path, typer.Option(help="Folder for every nation's records.")] = Path("run"),
    port: Annotated[
        int | None,
        typer.Option(
            min=1, max=65_000, help="The director's page; the nations' follow it. Default 8080."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the sensors' noise.")] = 1,
) -> None:
    """The whole federation on this machine: hub, every nation's node, pictures in the browser.

    Over a real NATS server with leaf nodes and mutual TLS, on loopback. Ctrl-C ends it.
    """
    from signalfire.cli.scenarios import load_scenario, perform, scenario_of_flight
    from signalfire.cli.terminal import live_view, plain_log
    from signalfire.cli.up import UpOptions
    from signalfire.cli.up import up as run

    if flight is not None and scenario is not None:
        raise typer.BadParameter("give --flight or --scenario, not both")
    options = UpOptions(
        out=out,
        speed_ratio=_speed_ratio(speed),
        is_headless=headless,
        port=port if port is not None or headless else DIRECTOR_PORT,
    )
    if scenario is not None:
        performance = perform(load_scenario(scenario), scenario.parent, seed=seed)
    else:
        performance = perform(scenario_of_flight(flight or DEFAULT_FLIGHT), Path(), seed=seed)
    for note in performance.simulation.notes:
        if "passed over" not in note:
            _say(note)
    is_watched = sys.stdout.isatty() and not headless
    asyncio.run(run(performance, options, live_view if is_watched else plain_log))


@app.command()
def flights(
    missile: Annotated[str, typer.Option(help="Part of the missile's name.")] = "",
    kind: Annotated[
        str, typer.Option("--class", help="SRBM, MRBM, IRBM, ICBM, SLBM, SLV, HGV.")
    ] = "",
    year: Annotated[int | None, typer.Option(help="Year of the flight.")] = None,
    form: Annotated[Listing, typer.Option("--format")] = Listing.TABLE,
) -> None:
    """The documented flights that can be played."""
    from signalfire.cli.listing import print_flights
    from signalfire.cli.scenarios import documented_flights

    chosen = [
        flight
        for flight in documented_flights()
        if missile.lower() in flight.missile.lower()
        and kind.upper() in ("", flight.missile_class.upper())
        and (year is None or flight.date_text.startswith(f"{year}-"))
    ]
    print_flights(chosen, is_json=form is Listing.JSON)


@app.command()
def simulate(
    scenario: Annotated[Path, typer.Argument(help="A scenario file.")],
    out: Annotated[Path, typer.Option(help="Where the detections go (JSON Lines).")],
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same detections.")] = 1,
    truth: Annotated[Path | None, typer.Option(help="Where the true paths go (CSV).")] = None,
) -> None:
    """What the sensors would report of a scenario, and the truth behind it."""
    from signalfire.cli.scenarios import load_scenario, perform
    from signalfire.formats.native.detections import encode_line
    from signalfire.rim.files import write_whole
    from signalfire.sim.truth import truth_lines

    performance = perform(load_scenario(scenario), scenario.parent, seed=seed)
    for note in performance.simulation.notes:
        _say(note)
    lines = [encode_line(detection) + b"\n" for detection in performance.simulation.detections]
    if truth is not None:
        text = "\n".join(truth_lines(performance.objects)) + "\n"
        write_whole(truth, text.encode())
    write_whole(out, b"".join(lines))
    _say(f"{len(lines)} detections of {len(performance.objects)} objects in {out}")


@app.command()
def replay(
    detections: Annotated[Path, typer.Argument(help="A recording: detections in JSON Lines.")],
    sensors: Annotated[Path, typer.Option(help="The sensors file of the recording.")],
    agreement: Annotated[Path, typer.Option(help="Who shares what with whom.")],
    out: Annotated[Path, typer.Option(help="Folder for every nation's records.")],
    realm: Annotated[
        str | None, typer.Option(help="test:<id> or exercise:<id>. Default test:<file name>.")
    ] = None,
) -> None:
    """The same nodes over a recording, in one process, no network: same input, same bytes."""
    from signalfire.basis.realm import Realm
    from signalfire.cli.progress import file_progress

    start_without_blas()
    from signalfire.cli.replay import ReplayInputs
    from signalfire.cli.replay import replay as run

    inputs = ReplayInputs(detections, sensors, agreement, Realm(realm) if realm else None)
    with file_progress(detections) as progress:
        report = run(inputs, out, progress)
    if report.signed.signatures.notice:
        _say(report.signed.signatures.notice)
    for nation in report.federation.outsiders:
        _say(f"{nation} is no party to the agreement: it shares and receives nothing")
    for (sensor, reason), many in report.unheard.items():
        _say(f"{sensor}: {many} of its lines tell the tracker nothing ({reason})")
    _say(
        f"{report.accepted} lines played, {report.refused} refused, {report.repeats} repeats, "
        f"{report.warnings} warning messages; records in {out}"
    )


@app.command()
def score(
    out: Annotated[Path, typer.Argument(help="The folder of a replay or an `up --out`.")],
    truth: Annotated[Path, typer.Option(help="The true paths (CSV), as `simulate` writes them.")],
    view: Annotated[str, typer.Option(help="common, or national:<X>.")] = "common",
    form: Annotated[Listing, typer.Option("--format")] = Listing.TABLE,
) -> None:
    """Predicted against actual, per nation: launch, impact, time, areas, coverage."""
    from signalfire.cli.scoring import print_score, score_folder

    print_score(score_folder(out, truth, view=view), is_json=form is Listing.JSON)


@app.command()
def node(config: Annotated[Path, typer.Option(help="The node's configuration (TOML).")]) -> None:
    """One nation's node, with its page, until it is told to stop."""
    start_without_blas()
    from signalfire.cli.node import run_node

    asyncio.run(run_node(config))


@app.command()
def hub(config: Annotated[Path, typer.Option(help="The hub's configuration (TOML).")]) -> None:
    """A hub: the broker for the routes of one agreement, until it is told to stop."""
    from signalfire.cli.hub import run_hub

    asyncio.run(run_hub(config))


@app.command()
def doctor(
    out: Annotated[Path, typer.Option(help="The folder that a run would write to.")] = Path("run"),
    port: Annotated[int, typer.Option(help="The director's page.")] = 8080,
    nats_server: Annotated[Path | None, typer.Option(help="A server of your own.")] = None,
) -> None:
    """Is this machine fit: server, ports, disk, clock, page, browser; and how to cure it."""
    from signalfire.cli.listing import print_findings
    from signalfire.rim.doctor import examine, is_fit

    wanted = [("director's page", port)]
    wanted += [(f"page of nation {place}", port + place) for place in (1, 2, 3)]
    findings = examine(folder=out, wanted_ports=wanted, nats_server=nats_server)
    print_findings(findings)
    if not is_fit(findings):
        raise typer.Exit(EXIT_FAILED)


@app.command()
def warm() -> None:
    """Compile the numeric kernels into the cache, so that every start is quick."""
    from signalfire.cli.warming import warm_kernels

    warm_kernels()


def _say(text: str) -> None:
    """Tell the operator something that is no result: on standard error."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(text)


def main() -> None:
    """Run one command, translating every error into one paragraph and an exit status."""
    if not __debug__:
        sys.exit("signalfire: run without -O: its assertions stay on")
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    try:
        app(standalone_mode=True)
    except KeyboardInterrupt:
        sys.exit(0)
    except SystemExit as ended:
        sys.exit(0 if ended.code == EXIT_INTERRUPTED else ended.code)
    except SignalfireError as error:
        print(f"signalfire: {error}", file=sys.stderr)
        sys.exit(EXIT_USAGE if isinstance(error, CallerError | PeerError) else EXIT_FAILED)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)


if __name__ == "__main__":
    main()
