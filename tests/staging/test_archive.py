from __future__ import annotations

import hashlib
import stat
from pathlib import Path

import pytest

from tonghop.settings import settings
from tonghop.staging import archive


@pytest.fixture(autouse=True)
def own_archive(tmp_path: Path, state_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TONGHOP_ARCHIVE", str(tmp_path))
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()


def test_bytes_come_back_under_their_hash() -> None:
    sha256 = archive.put(b"figures")
    assert sha256 == hashlib.sha256(b"figures").hexdigest()
    assert archive.get(sha256) == b"figures"


def test_the_same_bytes_twice_are_kept_once_and_read_only(own_archive: Path) -> None:
    sha256 = archive.put(b"figures")
    assert archive.put(b"figures") == sha256
    assert archive.put_stream([b"fig", b"", b"ures"]) == (sha256, 7)
    (only,) = [path for path in own_archive.rglob("*") if path.is_file()]
    assert only == own_archive / "files" / sha256[:2] / sha256
    assert stat.S_IMODE(only.stat().st_mode) == 0o444


def test_bytes_that_were_changed_are_refused(own_archive: Path) -> None:
    sha256 = archive.put(b"figures")
    kept = own_archive / archive.relative_path(sha256)
    kept.chmod(0o644)
    kept.write_bytes(b"other figures")
    with pytest.raises(archive.ArchiveDamaged, match="was changed after it was archived"):
        archive.get(sha256)


def test_bytes_that_are_gone_are_refused(own_archive: Path) -> None:
    with pytest.raises(archive.ArchiveDamaged, match="missing"):
        archive.get("0" * 64)


def test_a_stream_that_breaks_leaves_nothing_behind(own_archive: Path) -> None:
    def broken():
        yield b"half"
        raise OSError("the share went away")

    with pytest.raises(OSError, match="went away"):
        archive.put_stream(broken())
    assert [path for path in own_archive.rglob("*") if path.is_file()] == []


def test_what_breaks_on_a_shelf_costs_the_others_nothing(own_archive: Path) -> None:
    def broken():
        yield b"half"
        raise OSError("the share went away")

    with archive.Shelf() as shelf:
        first, _ = shelf.put([b"figures"])
        with pytest.raises(OSError, match="went away"):
            shelf.put(broken())
        assert shelf.put([b"figures"]) == (first, 7)
        second, _ = shelf.put([b"more figures"])
        assert not list((own_archive / "files").glob("??")), "nothing is in the archive before all of it is on the disk"
    assert [archive.get(first), archive.get(second)] == [b"figures", b"more figures"]
    assert len([path for path in own_archive.rglob("*") if path.is_file()]) == 2
    assert {path.name for path in (own_archive / "files").iterdir()} == {first[:2], second[:2]}


def test_a_shelf_that_is_left_by_an_error_leaves_nothing_behind(own_archive: Path) -> None:
    with pytest.raises(KeyError), archive.Shelf() as shelf:
        shelf.put([b"figures"])
        raise KeyError
    assert list((own_archive / "files").iterdir()) == []
