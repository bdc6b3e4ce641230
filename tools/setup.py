"""Sets everything up, each step once: ``tools/setup up`` or ``tools/setup test``.

Standard library only, because it runs before anything is installed. A step that is done leaves a
stamp (a digest of what it was made from) in ``.venv/stamps``; it is done again when the digest no
longer agrees. A step that was begun and not finished is done again from the start.
"""

import argparse
import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMPS = VENV / "stamps"
BUILD = ROOT / "build"
LOG = BUILD / "setup.log"
SOURCE = ROOT / "src" / "signalfire"
FRONTEND = SOURCE / "web" / "frontend"
STATIC = SOURCE / "web" / "static"
NODE_MAJOR_MIN = 20
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
LOG_LINES_SHOWN = 12


class SetupStopped(Exception):
    """A step cannot go on; the text says what is missing and how to get it."""


def digest(paths: Iterable[Path], *also: str) -> str:
    """One number for the content of some files, their names and some words."""
    total = hashlib.sha256("\0".join(also).encode())
    for path in sorted(paths):
        total.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return total.hexdigest()


def is_current(step: str, made_from: str) -> bool:
    """Whether the step was done, from exactly this."""
    stamp = STAMPS / step
    return stamp.is_file() and stamp.read_text() == made_from


def mark(step: str, made_from: str) -> None:
    """Leave the stamp of a finished step."""
    STAMPS.mkdir(exist_ok=True)
    (STAMPS / step).write_text(made_from)


def announce(text: str) -> None:
    """Say what is going on, at once."""
    print(f"  {text}", flush=True)


class Progress:
    """Counts what a command reports, on one line where there is a terminal, else now and then."""

    def __init__(self, what: str, total: int) -> None:
        self._what, self._total, self._count = what, total, 0
        self._live = sys.stdout.isatty()

    def saw(self, line: str) -> None:
        """Take one line of the command's output."""
        if not line.startswith("Collecting "):
            if line.startswith("Installing collected"):
                self._show("unpacking")
            return
        self._count += 1
        if self._live or self._count % 20 == 0:
            self._show(f"{min(self._count, self._total)} of {self._total}")

    def _show(self, where: str) -> None:
        end = "" if self._live else "\n"
        start = "\r\033[K" if self._live else ""
        print(f"{start}    {self._what}: {where}", end=end, flush=True)

    def close(self) -> None:
        """Leave the line."""
        if self._live:
            print("\r\033[K", end="", flush=True)


def run(command: list[str], *, cure: str, progress: Progress | None = None) -> None:
    """Run a command, its output into the log; raise SetupStopped with its last words and a cure."""
    with LOG.open("a") as log:
        log.write(f"\n$ {' '.join(command)}\n")
        log.flush()
        with subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process:
            assert process.stdout is not None
            last: list[str] = []
            try:
                for line in process.stdout:
                    log.write(line)
                    last = [*last[1 - LOG_LINES_SHOWN :], line.rstrip()]
                    if progress is not None:
                        progress.saw(line)
            except BaseException:
                process.terminate()
                raise
            status = process.wait()
    if progress is not None:
        progress.close()
    if status != 0:
        words = "\n".join(f"    | {line}" for line in last)
        where = LOG.relative_to(ROOT)
        raise SetupStopped(f"{' '.join(command[:4])} failed:\n{words}\n{cure} (whole log: {where})")


def python() -> str:
    """The Python of the project's own environment."""
    return str(VENV / "bin" / "python")


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Hold the lock: two set-ups of one tree would undo each other's work."""
    BUILD.mkdir(exist_ok=True)
    with (BUILD / "setup.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            announce("another set-up of this folder is running; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def unfinished_in(folder: Path) -> Iterator[None]:
    """Mark a folder half-made while it changes; whoever finds the mark starts it afresh."""
    folder.mkdir(parents=True, exist_ok=True)
    sign = folder / "half-made"
    sign.touch()
    yield
    sign.unlink()


def environment_works() -> bool:
    """Whether the environment is whole and its Python new enough."""
    if not Path(python()).exists() or (VENV / "half-made").exists():
        return False
    question = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
    return subprocess.run([python(), "-c", question], capture_output=True).returncode == 0


def make_environment() -> None:
    """A virtual environment of the project's own; nothing outside the folder is touched."""
    if environment_works():
        return
    announce("virtual environment .venv")
    shutil.rmtree(VENV, ignore_errors=True)
    with unfinished_in(VENV):
        run(
            [sys.executable, "-m", "venv", str(VENV)],
            cure="Where Python lacks the venv module: apt-get install python3-venv",
        )


def install_packages(lists: tuple[str, ...], step: str) -> None:
    """Exactly the locked versions, each checked by its hash; wheels only, so nothing compiles."""
    files = [ROOT / "requirements" / f"{name}.txt" for name in lists]
    made_from = digest(files)
    if is_current(step, made_from):
        return
    total = sum(file.read_text().count("==") for file in files)
    announce(f"Python packages: {total}, locked by hash")
    command = [python(), "-m", "pip", "install", "--require-hashes", "--only-binary=:all:"]
    for file in files:
        command += ["-r", str(file)]
    with unfinished_in(VENV):
        run(
            command,
            cure="Is the network there, and does this machine have ready-made wheels "
            "(Linux x86-64 does)? Then run the same again",
            progress=Progress("packages", total),
        )
    mark(step, made_from)


def install_signalfire() -> None:
    """The package in place: what is edited is what runs."""
    made_from = digest([ROOT / "pyproject.toml"])
    if is_current("signalfire", made_from):
        return
    announce("signalfire itself, in place")
    run(
        [python(), "-m", "pip", "install", "--no-build-isolation", "--no-deps", "-e", str(ROOT)],
        cure="Run the same again; if it fails again: make clean",
    )
    mark("signalfire", made_from)


def require_node() -> None:
    """Raise SetupStopped unless Node and npm are there and new enough."""
    cure = (
        f"The page in the browser is bundled with Node {NODE_MAJOR_MIN} or newer and npm. "
        "Debian 13, Ubuntu 25.04 or newer: apt-get install nodejs npm; elsewhere a Node release "
        "of your choice, on the PATH"
    )
    if shutil.which("node") is None or shutil.which("npm") is None:
        raise SetupStopped(f"node or npm is not on the PATH. {cure}")
    version = subprocess.run(["node", "--version"], capture_output=True, text=True).stdout.strip()
    major = version.lstrip("v").partition(".")[0]
    if not major.isdigit() or int(major) < NODE_MAJOR_MIN:
        raise SetupStopped(f"node is {version or 'silent'}, too old. {cure}")


def page_sources() -> list[Path]:
    """What the page is made from: our own files of it, not those that npm fetched."""
    found = []
    for folder, inside, files in os.walk(FRONTEND):
        inside[:] = [name for name in inside if name != "node_modules"]
        found += [Path(folder) / name for name in files]
    return found


def bundle_page() -> None:
    """The page's scripts and maps: fetched by lock file, bundled once into the package."""
    made_from = digest(page_sources())
    if is_current("page", made_from) and STATIC.is_dir() and any(STATIC.iterdir()):
        return
    announce("the page: npm packages by lock file, then one bundle")
    require_node()
    cure = "Is the network there? Then run the same again"
    npm = ["npm", "--prefix", str(FRONTEND.relative_to(ROOT))]
    run([*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cure=cure)
    run([*npm, "run", "--silent", "build"], cure="The bundle could not be made: make clean, again")
    mark("page", made_from)


def warm_kernels() -> None:
    """Compile the numeric loops now, so that the first flight does not wait for it."""
    kernels = sorted(SOURCE.rglob("_*kernels.py"))
    times = [str(path.stat().st_mtime_ns) for path in kernels]
    made_from = digest([*kernels, ROOT / "requirements" / "runtime.txt"], *times)
    if is_current("kernels", made_from):
        return
    announce("numeric kernels, compiled for this processor")
    run([str(VENV / "bin" / "signalfire"), "warm"], cure="The kernels could not be compiled")
    mark("kernels", made_from)


def has_cjk_font() -> bool:
    """Whether a page can show Japanese and Korean."""
    if shutil.which("fc-list") is None:
        return False
    found = subprocess.run(["fc-list", ":lang=ko", "family"], capture_output=True, text=True)
    return bool(found.stdout.strip())


def install_browser() -> None:
    """A real browser and letters for Japanese and Korean: the tests look at the page with them.

    Raises SetupStopped where they are missing and this user or system cannot install them.
    """
    missing = []
    if not any(shutil.which(name) for name in BROWSERS):
        missing.append("chromium")
    if not has_cjk_font():
        missing += ["fontconfig", "fonts-noto-cjk"]
    if not missing:
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise SetupStopped(
            f"the tests look at the page in a browser and need: {', '.join(missing)}. "
            f"Debian or Ubuntu: sudo apt-get install {' '.join(missing)}; elsewhere: Chromium "
            "from your system's packages, on the PATH as chromium, and the Noto CJK fonts"
        )
    announce(f"from Debian's packages: {', '.join(missing)}")
    wait = ["-o", "DPkg::Lock::Timeout=300"]
    cure = f"Install by hand: {', '.join(missing)}"
    os.environ["DEBIAN_FRONTEND"] = "noninteractive"
    run(["apt-get", *wait, "update"], cure=cure)
    run(["apt-get", *wait, "install", "-y", "--no-install-recommends", *missing], cure=cure)


def install_peers() -> None:
    """Other people's trackers, to compare with. Without them the bench goes on, and says so."""
    try:
        install_packages(("bench",), "packages-bench")
    except SetupStopped as stopped:
        announce(f"without other people's trackers to compare with: {stopped}")


def set_up(purpose: str) -> None:
    """Do the steps of one purpose, in order."""
    make_environment()
    if purpose in {"test", "bench"}:
        install_packages(("test",), "packages-test")
        if purpose == "test":
            install_browser()
        else:
            install_peers()
    elif not is_current("packages-test", digest([ROOT / "requirements" / "test.txt"])):
        install_packages(("runtime", "build"), "packages")
    install_signalfire()
    bundle_page()
    warm_kernels()


def main() -> int:
    """Returns the exit status: 0 done, 2 something is missing, 130 interrupted."""
    parser = argparse.ArgumentParser(prog="tools/setup", description=__doc__)
    parser.add_argument(
        "purpose", choices=("up", "test", "bench"), help="what the machine is to be ready for"
    )
    purpose = parser.parse_args().purpose
    began_s = time.monotonic()
    try:
        with alone():
            set_up(purpose)
    except SetupStopped as stopped:
        print(f"signalfire cannot be set up: {stopped}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"signalfire cannot be set up: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nstopped; the same command goes on from here", file=sys.stderr)
        return 130
    elapsed_s = time.monotonic() - began_s
    if elapsed_s > 1.0:
        announce(f"ready after {elapsed_s:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
