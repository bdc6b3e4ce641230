"""A progress bar for reading a file; silent where nobody looks."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import Progress


@contextmanager
def file_progress(path: Path) -> Iterator[Callable[[int], None]]:
    """Yields a function that takes the bytes read so far."""
    console = Console(stderr=True)
    total = path.stat().st_size if path.is_file() else 0
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(path.name, total=total)
        yield lambda read: progress.update(task, completed=read)
