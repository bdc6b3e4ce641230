"""Ports of this machine: is one free, does one answer, and what does a broker's monitor say."""

import asyncio
import errno
import socket
from collections.abc import Iterable
from typing import Any

import msgspec

from signalfire.basis.errors import BadInput, Unavailable

LOOPBACK = "127.0.0.1"
_ANSWER_BYTES_MAX = 4 * 1024**2


def is_free(port: int, *, host: str = LOOPBACK) -> bool:
    """Whether a server could listen on ``port`` now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise
    return True


def free_port(*, host: str = LOOPBACK) -> int:
    """A port that the system calls free; another program may still take it first."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def require_free(ports: Iterable[tuple[str, int]], *, cure: str) -> None:
    """Refuse to start where a port is taken: ``ports`` are (what it is for, number).

    Raises BadInput that names every taken port and ends with ``cure``.
    """
    wanted = list(ports)
    taken = [f"{port} ({what})" for what, port in wanted if not is_free(port)]
    if taken:
        subject = "port" if len(taken) == 1 else "ports"
        raise BadInput(
            f"{subject} {', '.join(taken)} of {LOOPBACK} in use by another program: {cure}"
        )
    numbers = [port for _, port in wanted]
    if len(set(numbers)) != len(numbers):
        raise BadInput(f"the same port is given to two services: {cure}")


async def answers(port: int, *, host: str = LOOPBACK) -> bool:
    """Whether somebody listens on ``port``."""
    try:
        _, writer = await asyncio.wait_for(asyncio.open_connection(host, port), 1.0)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True


async def monitor(port: int, path: str) -> dict[str, Any]:
    """The JSON that a broker's monitoring port gives for ``path``, such as ``/leafz``.

    Raises Unavailable when it does not answer within a second or two.
    """
    try:
        body = await asyncio.wait_for(_get(port, path), 2.0)
        answer = msgspec.json.decode(body)
    except (OSError, TimeoutError, ValueError, asyncio.IncompleteReadError) as error:
        raise Unavailable(f"the broker's monitor on port {port} does not answer") from error
    if not isinstance(answer, dict):
        raise Unavailable(f"port {port} is not the monitor of a broker")
    return answer


async def _get(port: int, path: str) -> bytes:
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    try:
        request = f"GET {path} HTTP/1.0\r\nHost: {LOOPBACK}\r\nConnection: close\r\n\r\n"
        writer.write(request.encode("ascii"))
        answer = bytearray()
        while block := await reader.read(1 << 16):
            answer += block
            if len(answer) > _ANSWER_BYTES_MAX:
                raise ValueError("answer too long")
        return bytes(answer.partition(b"\r\n\r\n")[2])
    finally:
        writer.close()
