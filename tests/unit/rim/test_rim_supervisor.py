"""The supervisor: what dies starts again, what it started ends with it."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from signalfire.basis.errors import BadInput, Unavailable
from signalfire.rim import ports
from signalfire.rim.supervisor import ChildPlan, Phase, Supervisor

SLEEP = (sys.executable, "-S", "-c", "import time; time.sleep(60)")


def plan(name: str, folder: Path, command: tuple[str, ...] = SLEEP, **more: object) -> ChildPlan:
    settings: dict[str, object] = {"restart_delay_s": 0.1, **more}
    return ChildPlan(name, command, folder / f"{name}.log", **settings)  # type: ignore[arg-type]


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2]
    return not status.startswith("Z")


async def until(holds: Callable[[], bool], within_s: float = 5.0) -> None:
    loop = asyncio.get_running_loop()
    end_s = loop.time() + within_s
    while not holds():
        assert loop.time() < end_s, "did not come true in time"
        await asyncio.sleep(0.01)


def supervised(plans: list[ChildPlan], scene: Callable[[Supervisor], Awaitable[None]]) -> None:
    """Run a scene with all children started, and see that none is left."""

    async def run() -> list[int]:
        seen: list[int] = []
        supervisor = Supervisor(plans, on_change=lambda s: seen.append(s.pid) if s.pid else None)
        await supervisor.start()
        try:
            await scene(supervisor)
        finally:
            await supervisor.stop()
        return seen

    assert not [pid for pid in asyncio.run(run()) if is_alive(pid)]


def test_a_killed_child_starts_again_and_the_others_go_on(tmp_path: Path) -> None:
    async def scene(supervisor: Supervisor) -> None:
        first, second = (state.pid for state in supervisor.states())
        await supervisor.kill("one")
        await until(lambda: supervisor.states()[0].phase is Phase.DOWN)
        await until(lambda: supervisor.states()[0].phase is Phase.RUNNING)
        again, same = supervisor.states()
        assert again.pid != first and again.restarts == 1 and again.status == -signal.SIGKILL
        assert same.pid == second and same.restarts == 0

    supervised([plan("one", tmp_path), plan("two", tmp_path)], scene)


def test_a_held_child_stays_down_for_its_time(tmp_path: Path) -> None:
    async def scene(supervisor: Supervisor) -> None:
        began_s = time.monotonic()
        await supervisor.hold("one", 0.8)
        await until(lambda: supervisor.states()[0].phase is Phase.HELD)
        await until(lambda: supervisor.states()[0].phase is Phase.RUNNING)
        assert 0.8 <= time.monotonic() - began_s < 2.0

    supervised([plan("one", tmp_path)], scene)


def test_a_child_that_always_dies_is_given_up(tmp_path: Path) -> None:
    async def scene(supervisor: Supervisor) -> None:
        assert await asyncio.wait_for(supervisor.ended("bad"), 10.0) == 3
        state = supervisor.states()[0]
        assert (state.phase, state.restarts) == (Phase.GIVEN_UP, 2)

    dies = (sys.executable, "-S", "-c", "import time, sys; time.sleep(0.05); sys.exit(3)")
    bad = plan("bad", tmp_path, dies, restarts_max=2, restart_delay_s=0.02)
    supervised([bad], scene)


def test_a_child_whose_work_is_done_is_not_started_again(tmp_path: Path) -> None:
    async def scene(supervisor: Supervisor) -> None:
        assert await asyncio.wait_for(supervisor.ended("done"), 5.0) == 0
        assert supervisor.states()[0].phase is Phase.ENDED

    ends = (sys.executable, "-S", "-c", "import time; time.sleep(0.1)")
    supervised([plan("done", tmp_path, ends, may_end=True)], scene)


def test_a_child_that_does_not_become_ready_stops_the_start(tmp_path: Path) -> None:
    async def never() -> bool:
        return False

    says = (sys.executable, "-S", "-c", "print('no licence'); raise SystemExit(1)")

    async def scene(_: Supervisor) -> None:
        raise AssertionError("it started")

    with pytest.raises(Unavailable, match=r"two ended at once: no licence"):
        supervised([plan("one", tmp_path), plan("two", tmp_path, says, ready=never)], scene)


def test_a_child_does_not_outlive_a_parent_that_is_killed(tmp_path: Path) -> None:
    program = textwrap.dedent(
        """
        import asyncio, sys
        from pathlib import Path
        from signalfire.rim.supervisor import ChildPlan, Supervisor

        async def run():
            command = (sys.executable, "-S", "-c", "import time; time.sleep(60)")
            supervisor = Supervisor([ChildPlan("one", command, Path(sys.argv[1]))])
            await supervisor.start()
            print(supervisor.states()[0].pid, flush=True)
            await asyncio.sleep(60)

        asyncio.run(run())
        """
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "log")], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert is_alive(child)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    end_s = time.monotonic() + 5.0
    while is_alive(child) and time.monotonic() < end_s:
        time.sleep(0.01)
    assert not is_alive(child)


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    async def scene(_: Supervisor) -> None:
        raise AssertionError("it started")

    with pytest.raises(Unavailable, match="one: /no/such/program cannot be started"):
        supervised([plan("one", tmp_path, ("/no/such/program",))], scene)


def test_a_taken_port_is_named_before_anything_starts() -> None:
    async def scene() -> None:
        server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        free = ports.free_port()
        assert await ports.answers(port) and not await ports.answers(free)
        ports.require_free([("page", free)], cure="choose another with --port")
        with pytest.raises(BadInput, match=rf"port {port} \(page\).*in use.*choose another"):
            ports.require_free([("hub", free), ("page", port)], cure="choose another with --port")
        server.close()

    asyncio.run(scene())


def test_one_port_cannot_serve_two() -> None:
    port = ports.free_port()
    with pytest.raises(BadInput, match="same port"):
        ports.require_free([("hub", port), ("page", port)], cure="choose others")
