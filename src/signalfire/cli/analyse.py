"""``signalfire analyse``: what the system can achieve; a nation's own, local tools."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="What can be achieved, reckoned from sensors files: local, nothing is shared.",
    no_args_is_help=True,
)


@app.callback()
def about() -> None:
    """What can be achieved, reckoned from sensors files: local, nothing is shared."""


@app.command("sharing")
def sharing(
    sensors: Annotated[
        Path | None, typer.Option(help="The sensors of all nations. Default: the packaged ones.")
    ] = None,
    agreement: Annotated[
        Path | None,
        typer.Option(help="Who gives what to whom. Default: all nations, everything, in full."),
    ] = None,
    sites: Annotated[
        Path | None,
        typer.Option(help="Launch areas (CSV: name, lat_deg, lon_deg). Default: documented ones."),
    ] = None,
    azimuth_step: Annotated[
        float, typer.Option(min=1.0, max=180.0, help="Degrees between directions of launch.")
    ] = 15.0,
    threshold_km: Annotated[
        float, typer.Option(min=0.1, max=1000.0, help="Impact known to this: for the drawings.")
    ] = 5.0,
    kind: Annotated[
        str, typer.Option(help="Part of the name of a kind of flight, such as SRBM or lofted.")
    ] = "",
    out: Annotated[Path, typer.Option(help="Folder for the report.")] = Path("sharing"),
) -> None:
    """How much earlier each nation knows the place of impact by sharing, and why.

    A map of launch areas and azimuths: seconds gained until the impact is known to 20, 10, 5 and
    1 km by each nation alone, with each partner and with all, the part of geometry and the part of
    fusion apart. Writes sharing.csv, index.html and drawings (SVG).
    """
    from signalfire.cli.sharing import SharingOptions, print_bought, study_sharing

    options = SharingOptions(
        sensors=sensors,
        agreement=agreement,
        sites=sites,
        azimuth_step_deg=azimuth_step,
        threshold_km=threshold_km,
        kind=kind,
    )
    print_bought(study_sharing(options, out), out)
