"""Files that are written whole or not at all, and folders that are fit to be written into."""

import errno
import os
import tempfile
from pathlib import Path

from signalfire.basis.errors import BadInput, Unavailable
from signalfire.basis.limits import FILE_BYTES_MAX

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def ensure_folder(folder: Path, *, what: str) -> Path:
    """Make ``folder`` where it is missing and see that it can be written into.

    Raises BadInput, with ``what`` in the text, when a file is in the way or it is not writable.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except (FileExistsError, NotADirectoryError) as error:
        raise BadInput(
            f"{what} {folder}: a file is in the way; name another folder or move the file"
        ) from error
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise Unavailable(f"{what} {folder}: the disk is full; free some space") from error
        raise BadInput(
            f"{what} {folder}: cannot be written into ({error.strerror}); name another folder or "
            "change its permissions"
        ) from error
    return folder


def read_file(path: Path, *, what: str) -> bytes:
    """All bytes of a file.

    Raises BadInput, with ``what`` in the text, when it is missing, unreadable or too large.
    """
    try:
        size = path.stat().st_size
        if size > FILE_BYTES_MAX:
            raise BadInput(f"{what} {path}: {size} bytes, more than {FILE_BYTES_MAX}; split it")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise BadInput(f"{what} {path}: there is no such file; check the name") from error
    except IsADirectoryError as error:
        raise BadInput(f"{what} {path}: is a folder; name a file in it") from error
    except OSError as error:
        raise BadInput(
            f"{what} {path}: cannot be read ({error.strerror}); check its permissions"
        ) from error


def write_whole(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Replace ``path`` by ``content`` at once: a reader sees the old file or the new, never half.

    Raises Unavailable when the disk refuses; the old file then stays.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        try:
            with open(descriptor, "wb") as part:
                part.write(content)
                part.flush()
                os.fsync(descriptor)
            os.replace(beside, path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)
    except OSError as error:
        raise Unavailable(
            f"{path} cannot be written ({error.strerror}): free some space or name another place; "
            "nothing was changed"
        ) from error


def sync_folder(folder: Path) -> None:
    """Make the names in a folder last."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class LineFile:
    """A file of whole lines that grows: each line is there for readers as soon as it is written.

    Opening one that is there cuts off a last line without an end, which a crash left, and counts
    the others: ``lines``. Raises BadInput when it cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise BadInput(
                f"{path} cannot be opened ({error.strerror}): name another folder"
            ) from error
        self.lines, self._size = _whole_lines(self._file)
        os.ftruncate(self._file, self._size)
        os.lseek(self._file, self._size, os.SEEK_SET)

    def write(self, lines: list[bytes]) -> None:
        """Add lines, given without their ends: all of them or none.

        Raises Unavailable when the disk refuses.
        """
        if not lines:
            return
        block = b"\n".join(lines) + b"\n"
        done = 0
        try:
            while done < len(block):
                done += os.write(self._file, block[done:])
        except OSError as error:
            os.ftruncate(self._file, self._size)
            os.lseek(self._file, self._size, os.SEEK_SET)
            raise Unavailable(
                f"{self.path} cannot grow ({error.strerror}): free some space and start again; "
                "it ends with its last whole line"
            ) from error
        self._size += len(block)
        self.lines += len(lines)

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def _whole_lines(file: int) -> tuple[int, int]:
    """Number of whole lines in an open file, and where the last of them ends."""
    lines = end = position = 0
    while block := os.read(file, 1 << 20):
        lines += block.count(b"\n")
        last = block.rfind(b"\n")
        if last >= 0:
            end = position + last + 1
        position += len(block)
    return lines, end
