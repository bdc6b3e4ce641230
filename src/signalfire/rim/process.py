"""A child process that cannot outlive us."""

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from signalfire.basis.errors import Unavailable

_PR_SET_PDEATHSIG = 1
"""Linux, prctl(2)."""
_STOP_WITHIN_S = 5.0


def _death_follows_parent() -> Callable[[], None] | None:
    """What a child does before it becomes its program: ask to be killed when its parent dies.

    The C library is loaded here, before the fork; elsewhere than on Linux there is no such call.
    """
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def arrange() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return arrange


class ChildProcess:
    """One running program: its own process group, its output in a log file.

    Call from the main thread: the parent that a child does not outlive is the thread that made it.
    """

    def __init__(self, name: str, process: asyncio.subprocess.Process) -> None:
        self.name = name
        self._process = process

    @classmethod
    async def start(
        cls,
        name: str,
        command: Sequence[str],
        *,
        log: Path,
        environment: Mapping[str, str] | None = None,
    ) -> "ChildProcess":
        """Start ``command``; its output is added to ``log``.

        Raises Unavailable when the program cannot be started.
        """
        try:
            with log.open("ab") as output:
                process = await asyncio.create_subprocess_exec(
                    *command,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    env=None if environment is None else {**os.environ, **environment},
                    start_new_session=True,
                    preexec_fn=_death_follows_parent(),
                )
        except OSError as error:
            raise Unavailable(
                f"{name}: {command[0]} cannot be started ({error.strerror}); check the path"
            ) from error
        return cls(name, process)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def status(self) -> int | None:
        """Exit status, negative for a signal; None while it runs."""
        return self._process.returncode

    async def wait(self) -> int:
        """Wait for its end and return the exit status."""
        return await self._process.wait()

    async def stop(self, within_s: float = _STOP_WITHIN_S) -> int:
        """Ask it and its group to end, and end them when it has not after ``within_s``."""
        self.send(signal.SIGTERM)
        try:
            return await asyncio.wait_for(self._process.wait(), within_s)
        except TimeoutError:
            return await self.kill()

    async def kill(self) -> int:
        """End it and its group at once, as a crash would."""
        self.send(signal.SIGKILL)
        return await self._process.wait()

    def send(self, number: signal.Signals) -> None:
        """Send a signal to its group; nothing happens when it has ended, for then its number may
        be another's.
        """
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)
