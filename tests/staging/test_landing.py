from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import fsspec
import pytest

from tonghop.staging import landing

LONG_AGO = datetime(2022, 9, 5, 8, 30, 0, 123456, tzinfo=UTC)


def put(path: Path, data: bytes = b"x", at: datetime = LONG_AGO) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    nanoseconds = int(at.timestamp()) * 10**9 + at.microsecond * 1000
    os.utime(path, ns=(nanoseconds, nanoseconds))
    return path


def test_files_come_by_time_then_name_with_the_folder_as_sender(tmp_path: Path) -> None:
    put(tmp_path / "H1" / "2022" / "b.xlsx")
    put(tmp_path / "H1" / "a.xlsx", b"xyz")
    put(tmp_path / "C11" / "z.xlsx", at=LONG_AGO.replace(day=1))
    put(tmp_path / "loose.xlsx", at=LONG_AGO.replace(day=9))
    found = landing.find_files(str(tmp_path))
    assert [(file.name, file.sender) for file in found] == [("z.xlsx", "C11"), ("b.xlsx", "H1"), ("a.xlsx", "H1"), ("loose.xlsx", None)]
    assert found[2] == landing.LandedFile(str(tmp_path / "H1" / "a.xlsx"), found[2].received_at, 3, "H1")
    assert abs(found[2].received_at - LONG_AGO).total_seconds() < 1e-5


def test_what_is_no_report_is_left_with_a_reason(tmp_path: Path) -> None:
    for name in ("~$a.xlsx", ".hidden.xlsx", "a.xlsx.tmp", "b.part", "Thumbs.db", ".cache/c.xlsx"):
        put(tmp_path / "H1" / name)
    put(tmp_path / "H1" / "kept.lnk")
    found = landing.survey(str(tmp_path))
    assert [file.name for file in found.files] == ["kept.lnk"]
    assert {Path(left.uri).name: left.reason for left in found.skipped} == {
        "~$a.xlsx": "lock file of an open workbook",
        ".hidden.xlsx": "hidden",
        ".cache": "hidden",
        "a.xlsx.tmp": "not complete: still being transferred",
        "b.part": "not complete: still being transferred",
        "Thumbs.db": "file of the operating system",
    }


def test_links_are_never_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    put(outside / "secret.xlsx")
    root = tmp_path / "landing"
    put(root / "H1" / "own.xlsx")
    (root / "H1" / "link.xlsx").symlink_to(outside / "secret.xlsx")
    (root / "H1" / "folder").symlink_to(outside)
    (root / "H1" / "loop").symlink_to(root)
    found = landing.survey(str(root))
    assert [file.name for file in found.files] == ["own.xlsx"]
    assert {left.reason for left in found.skipped} == {"it is a link; put the file itself there"}
    with pytest.raises(landing.NotReadable, match="not an ordinary file"):
        landing.look_at(str(root / "H1" / "link.xlsx"))


def test_a_file_that_may_still_be_written_waits(tmp_path: Path) -> None:
    put(tmp_path / "a.xlsx")
    at = landing.survey(str(tmp_path)).files[0].received_at
    for seconds, expected in ((0, 0), (4.9, 0), (5, 1), (-3600, 1)):  # a clock that runs ahead is no reason to wait
        now = datetime.fromtimestamp(at.timestamp() + seconds, UTC)
        assert len(landing.survey(str(tmp_path), settle_seconds=5, now=now).files) == expected, seconds


def test_a_name_that_is_not_utf8_is_named_not_lost(tmp_path: Path) -> None:
    try:
        (Path(os.fsdecode(os.fsencode(tmp_path) + b"/b\xe1o.xlsx"))).write_bytes(b"x")
    except OSError as error:
        pytest.skip(f"this file system takes UTF-8 names only: {error}")
    found = landing.survey(str(tmp_path))
    assert found.files == ()
    assert "not valid UTF-8" in found.skipped[0].reason
    assert found.skipped[0].uri.encode()


def test_a_file_that_changes_while_it_is_read_is_not_taken(tmp_path: Path) -> None:
    path = put(tmp_path / "a.xlsx", b"12345")
    (file,) = landing.survey(str(tmp_path)).files
    assert b"".join(landing.read_chunks(file)) == b"12345"
    put(path, b"1234567")
    with pytest.raises(landing.NotReadable, match="changed while it was read"):
        list(landing.read_chunks(file))
    path.unlink()
    with pytest.raises(landing.NotReadable, match="cannot be read"):
        list(landing.read_chunks(file))


def test_a_missing_area_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(landing.LandingMissing, match="Make the folder"):
        landing.find_files(str(tmp_path / "nowhere"))


def test_any_file_system_will_do() -> None:
    memory = fsspec.filesystem("memory")
    memory.pipe("/landing/H1/a.xlsx", b"abc")
    memory.pipe("/landing/H1/~$a.xlsx", b"abc")
    try:
        found = landing.survey("memory://landing")
        (file,) = found.files
        assert (file.uri, file.size, file.sender) == ("memory:///landing/H1/a.xlsx", 3, "H1")
        assert landing.look_at(file.uri, "memory://landing") == file
        assert b"".join(landing.read_chunks(file)) == b"abc"
        assert len(found.skipped) == 1
    finally:
        memory.rm("/landing", recursive=True)
