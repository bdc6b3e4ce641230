"""A nation's records: one file of JSON lines for each stream, in one folder."""

from collections.abc import Iterable
from pathlib import Path

from signalfire.node.outbox import Line, Stream
from signalfire.rim.files import LineFile, ensure_folder


class Records:
    """The open records of one nation; every stream has its file from the start, if an empty one.

    After a restart the node makes all its lines again: ``rewrite`` passes over as many of each
    stream as its file has and writes the rest, so that no line is there twice and none is missing.
    """

    def __init__(self, folder: Path) -> None:
        """Raises BadInput when the folder cannot be written into."""
        ensure_folder(folder, what="output folder")
        self.folder = folder
        self._files = {stream: LineFile(folder / f"{stream}.jsonl") for stream in Stream}
        self._to_pass_over = {stream: file.lines for stream, file in self._files.items()}

    def write(self, lines: Iterable[Line]) -> None:
        """Add lines. Raises Unavailable when the disk refuses; no file then ends in half a line."""
        by_stream: dict[Stream, list[bytes]] = {}
        for line in lines:
            by_stream.setdefault(line.stream, []).append(line.body)
        for stream, bodies in by_stream.items():
            self._files[stream].write(bodies)

    def rewrite(self, lines: Iterable[Line]) -> None:
        """Add those of these lines, made again from the journal, that the files do not have yet."""
        missing = []
        for line in lines:
            if self._to_pass_over[line.stream] > 0:
                self._to_pass_over[line.stream] -= 1
            else:
                missing.append(line)
        self.write(missing)

    def close(self) -> None:
        for file in self._files.values():
            file.close()
