"""In which epoch a node numbers its messages: a number that never comes twice, whatever is lost.

It stands in a file of its own, so that a node whose journal was lost or moved away does not begin
at one again: partners would take its new messages for repeats.
"""

from pathlib import Path

from signalfire.basis.errors import BadInput
from signalfire.rim.files import write_whole


def stored_epoch(path: Path) -> int:
    """The last epoch that was begun; 0 where none was.

    Raises BadInput when the file cannot be read or holds no number.
    """
    try:
        text = path.read_text("ascii").strip()
    except FileNotFoundError:
        return 0
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"epoch file {path}: cannot be read; restore it") from error
    if not text.isdigit():
        raise BadInput(
            f"epoch file {path}: holds {text[:20]!r}; write a number larger than every epoch so far"
        )
    return int(text)


def choose_epoch(*, stored: int, journalled: int, has_ended_clean: bool) -> int:
    """The epoch to run in: the last one goes on only after a clean end with a whole record."""
    if has_ended_clean and stored == journalled and stored > 0:
        return stored
    return max(stored, journalled) + 1


def store_epoch(path: Path, epoch: int) -> None:
    """Make ``epoch`` the last one, before anything is numbered in it."""
    write_whole(path, f"{epoch}\n".encode("ascii"))
