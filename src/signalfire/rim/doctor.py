"""Is this machine fit to run a federation? What was looked at, what was found, what cures it."""

import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources
from pathlib import Path

from signalfire.basis.errors import SignalfireError
from signalfire.basis.kernel import COMPILED
from signalfire.basis.utc import utc_text
from signalfire.rim import ports
from signalfire.rim.clock import is_plausible, monotonic_s, system_now
from signalfire.rim.nats_server import find_server

PYTHON_MIN = (3, 11)
ROOM_MIN_BYTES = 1024**3
"""A run of an hour stays below this."""
FLUSH_GOOD_S = 0.010
"""A slower flush is felt in every warning, since each waits for one."""
_FLUSHES = 5
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class Verdict(StrEnum):
    """How one thing stands."""

    GOOD = "good"
    LIMITED = "limited"
    """The main job runs; something beside it does not, or is slower."""
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One row of the report; ``cure`` is empty where nothing is to be done."""

    subject: str
    verdict: Verdict
    found: str
    cure: str = ""


def examine(
    *, folder: Path, wanted_ports: Iterable[tuple[str, int]], nats_server: Path | None = None
) -> tuple[Finding, ...]:
    """Look at everything that a run in ``folder`` with these ports (what for, number) needs."""
    return (
        _system(),
        _python(),
        _nats(nats_server),
        *(_port(what, port) for what, port in wanted_ports),
        *_disk(folder),
        _clock(),
        _kernels(),
        _page(),
        _tool("node", "make node available: Node 20 or later from nodejs.org or your system"),
        _tool("npm", "comes with Node; on Debian: apt install npm"),
        _browser(),
    )


def is_fit(findings: Iterable[Finding]) -> bool:
    """Whether nothing stands in the way of the main job."""
    return all(finding.verdict is not Verdict.BAD for finding in findings)


def _system() -> Finding:
    found = f"{platform.system()} {platform.machine()}"
    if found == "Linux x86_64":
        return Finding("system", Verdict.GOOD, found)
    return Finding(
        "system",
        Verdict.LIMITED,
        found,
        "made and measured on Linux x86-64; elsewhere name your own NATS server in the settings",
    )


def _python() -> Finding:
    found = platform.python_version()
    if sys.version_info >= PYTHON_MIN:
        return Finding("python", Verdict.GOOD, found)
    return Finding("python", Verdict.BAD, found, "install Python 3.11 or later")


def _nats(explicit: Path | None) -> Finding:
    try:
        server = find_server(explicit)
    except SignalfireError as error:
        found, _, cure = str(error).partition(": ")
        return Finding("nats-server", Verdict.BAD, found, cure)
    return Finding("nats-server", Verdict.GOOD, f"{server.version_text}, {server.source}")


def _port(what: str, port: int) -> Finding:
    if ports.is_free(port):
        return Finding(f"port {port}", Verdict.GOOD, f"free ({what})")
    return Finding(
        f"port {port}",
        Verdict.BAD,
        f"in use by another program ({what})",
        f"end that program (ss -ltnp 'sport = :{port}' names it) or choose other ports",
    )


def _disk(folder: Path) -> tuple[Finding, ...]:
    place = folder
    while not place.exists() and place != place.parent:
        place = place.parent
    try:
        free_bytes = shutil.disk_usage(place).free
        flush_s = _flush_s(place)
    except OSError as error:
        cure = "name another folder or change its permissions"
        return (Finding("disk", Verdict.BAD, f"{place} is not writable ({error.strerror})", cure),)
    has_room = free_bytes >= ROOM_MIN_BYTES
    is_quick = flush_s <= FLUSH_GOOD_S
    return (
        Finding(
            "disk space",
            Verdict.GOOD if has_room else Verdict.BAD,
            f"{free_bytes / 1024**3:.1f} GiB free under {place}",
            "" if has_room else "free at least 1 GiB, or name a folder on another disk",
        ),
        Finding(
            "disk flush",
            Verdict.GOOD if is_quick else Verdict.LIMITED,
            f"{flush_s * 1e3:.2f} ms (median of {_FLUSHES})",
            "" if is_quick else "every warning waits for one flush: put the run on a faster disk",
        ),
    )


def _flush_s(folder: Path) -> float:
    took_s = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(_FLUSHES):
            file.write(bytes(700))
            file.flush()
            began_s = monotonic_s()
            os.fdatasync(file.fileno())
            took_s.append(monotonic_s() - began_s)
    return sorted(took_s)[_FLUSHES // 2]


def _clock() -> Finding:
    now = system_now()
    if is_plausible(now):
        return Finding("clock", Verdict.GOOD, f"{utc_text(now, 0)} (not compared with a source)")
    return Finding("clock", Verdict.BAD, utc_text(now, 0), "set the clock; run a time service")


def _kernels() -> Finding:
    if not COMPILED:
        return Finding(
            "kernels",
            Verdict.LIMITED,
            "plain Python, about a thousand times slower",
            "pip install numba",
        )
    package = Path(str(resources.files("signalfire")))
    cached = sum(1 for _ in package.rglob("__pycache__/*.nbi"))
    if cached:
        return Finding("kernels", Verdict.GOOD, f"{cached} compiled and kept")
    return Finding(
        "kernels", Verdict.LIMITED, "not compiled yet: the first start takes longer",
        "signalfire warm",
    )  # fmt: skip


def _page() -> Finding:
    static = resources.files("signalfire") / "web" / "static"
    if static.is_dir() and (static / "index.html").is_file():
        return Finding("page", Verdict.GOOD, "built")
    return Finding("page", Verdict.LIMITED, "not built: no picture in the browser", "make web")


def _tool(name: str, cure: str) -> Finding:
    path = shutil.which(name)
    if path is not None:
        return Finding(name, Verdict.GOOD, path)
    return Finding(name, Verdict.LIMITED, "missing; only building the page needs it", cure)


def _browser() -> Finding:
    for name in _BROWSERS:
        path = shutil.which(name)
        if path is not None:
            return Finding("browser", Verdict.GOOD, path)
    return Finding(
        "browser",
        Verdict.LIMITED,
        "no Chromium; only tests need it",
        "playwright install --with-deps chromium, or apt install chromium",
    )
