"""Progress bars for reading a file and for counted work; silent where nobody looks."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress


@contextmanager
def file_progress(path: Path) -> Iterator[Callable[[int], None]]:
    """Yields a function that takes the bytes read so far."""
    console = Console(stderr=True)
    total = path.stat().st_size if path.is_file() else 0
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(path.name, total=total)
        yield lambda read: progress.update(task, completed=read)


@contextmanager
def counted_progress(what: str, total: int) -> Iterator[Callable[[], None]]:
    """Yields a function that is called once for each of ``total`` things done."""
    console = Console(stderr=True)
    columns = (*Progress.get_default_columns(), MofNCompleteColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        task = progress.add_task(what, total=total)
        yield lambda: progress.advance(task)
