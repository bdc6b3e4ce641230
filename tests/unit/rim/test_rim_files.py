"""Files are written whole or not at all."""

import errno
from pathlib import Path

import pytest

from signalfire.basis.errors import BadInput, Unavailable
from signalfire.node.outbox import Line, Stream
from signalfire.rim import files
from signalfire.rim.epochs import choose_epoch, store_epoch, stored_epoch
from signalfire.rim.records import Records


def test_a_file_is_replaced_at_once_and_leaves_nothing_beside(tmp_path: Path) -> None:
    path = tmp_path / "config"
    files.write_whole(path, b"old")
    files.write_whole(path, b"new", mode=0o600)
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_failed_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "config"
    files.write_whole(path, b"old")

    def refuse(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", refuse)
    with pytest.raises(Unavailable, match="free some space"):
        files.write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_read_is_refused_with_the_cure(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such file"):
        files.read_file(tmp_path / "missing", what="sensors file")
    with pytest.raises(BadInput, match="is a folder"):
        files.read_file(tmp_path, what="sensors file")


def test_a_folder_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(BadInput, match="output folder"):
        files.ensure_folder(tmp_path / "out" / "KOR", what="output folder")


def test_a_last_line_without_an_end_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_bytes(b"one\ntwo\nthr")
    lines = files.LineFile(path)
    assert lines.lines == 2
    lines.write([b"three", b"four"])
    lines.close()
    assert path.read_bytes() == b"one\ntwo\nthree\nfour\n"


def test_lines_made_again_are_written_once(tmp_path: Path) -> None:
    made = [Line(Stream.WARNINGS, b"%d" % number) for number in range(5)]
    first = Records(tmp_path)
    first.write(made[:3])
    first.close()
    again = Records(tmp_path)
    for line in made:
        again.rewrite([line])
    again.close()
    assert (tmp_path / "warnings.jsonl").read_bytes() == b"0\n1\n2\n3\n4\n"
    assert (tmp_path / "picture.jsonl").read_bytes() == b""


def test_an_epoch_goes_on_only_after_a_clean_end(tmp_path: Path) -> None:
    assert choose_epoch(stored=0, journalled=0, has_ended_clean=True) == 1
    assert choose_epoch(stored=4, journalled=4, has_ended_clean=True) == 4
    assert choose_epoch(stored=4, journalled=4, has_ended_clean=False) == 5


def test_a_lost_journal_or_a_lost_file_never_brings_an_epoch_back(tmp_path: Path) -> None:
    assert choose_epoch(stored=4, journalled=0, has_ended_clean=True) == 5
    assert choose_epoch(stored=0, journalled=4, has_ended_clean=True) == 5
    assert choose_epoch(stored=7, journalled=4, has_ended_clean=True) == 8


def test_the_epoch_file_is_believed_or_refused(tmp_path: Path) -> None:
    path = tmp_path / "epoch"
    assert stored_epoch(path) == 0
    store_epoch(path, 12)
    assert stored_epoch(path) == 12
    path.write_text("many")
    with pytest.raises(BadInput, match="epoch file"):
        stored_epoch(path)
