"""The data that come with the package: flights, sensors, areas, agreements."""

from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

_DATA = files("signalfire") / "data"


def packaged_text(*parts: str) -> str:
    """The text of one packaged file, such as ``packaged_text("areas", "areas.csv")``."""
    return _DATA.joinpath(*parts).read_text(encoding="utf-8")


@cache
def packaged_folder() -> Path:
    """The folder of the packaged data, for commands that take paths."""
    with as_file(_DATA) as folder:
        return Path(folder)
