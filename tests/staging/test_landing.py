"""A folder of this machine as a landing area: what is listed, what waits, what is left, and reading it."""

from __future__ import annotations

import os
import time
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import fsspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.staging.places import LONG_AGO, area_at, put

from tonghop.settings import settings
from tonghop.staging import landing
from tonghop.staging.landing import NotReadable


def test_files_come_by_time_then_name_with_the_folder_as_sender(tmp_path: Path) -> None:
    put(tmp_path / "H1" / "2022" / "b.xlsx")
    put(tmp_path / "H1" / "a.xlsx", b"xyz")
    put(tmp_path / "C11" / "z.xlsx", at=LONG_AGO.replace(day=1))
    put(tmp_path / "loose.xlsx", at=LONG_AGO.replace(day=9))
    found = landing.survey(area_at(tmp_path)).files
    assert [(file.name, file.sender) for file in found] == [("z.xlsx", "C11"), ("b.xlsx", "H1"), ("a.xlsx", "H1"), ("loose.xlsx", None)]
    assert found[2] == landing.LandedFile(str(tmp_path / "H1" / "a.xlsx"), found[2].received_at, 3, "H1")
    assert abs(found[2].received_at - LONG_AGO).total_seconds() < 1e-5
    assert {file.sender for file in landing.survey(area_at(tmp_path, sender="CDC")).files} == {"CDC"}


def test_what_is_no_report_is_left_with_a_reason(tmp_path: Path) -> None:
    for name in ("~$a.xlsx", ".hidden.xlsx", "a.xlsx.tmp", "b.part", "c.xlsx.crdownload", "Thumbs.db", ".cache/c.xlsx"):
        put(tmp_path / "H1" / name)
    put(tmp_path / "H1" / "kept.lnk")
    os.mkfifo(tmp_path / "H1" / "pipe.xlsx")
    found = landing.survey(area_at(tmp_path))
    assert [file.name for file in found.files] == ["kept.lnk"]
    assert {Path(left.uri).name: left.reason for left in found.skipped} == {
        "~$a.xlsx": "lock file of an open workbook",
        ".hidden.xlsx": "hidden",
        ".cache": "hidden",
        "a.xlsx.tmp": "not complete: still being transferred",
        "b.part": "not complete: still being transferred",
        "c.xlsx.crdownload": "not complete: still being transferred",
        "Thumbs.db": "file of the operating system",
        "pipe.xlsx": "not an ordinary file",
    }


def test_links_are_never_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    put(outside / "secret.xlsx")
    root = tmp_path / "landing"
    put(root / "H1" / "own.xlsx")
    (root / "H1" / "link.xlsx").symlink_to(outside / "secret.xlsx")
    (root / "H1" / "folder").symlink_to(outside)
    (root / "H1" / "loop").symlink_to(root)
    found = landing.survey(area_at(root))
    assert [file.name for file in found.files] == ["own.xlsx"]
    assert {left.reason for left in found.skipped} == {"it is a link; put the file itself there"}
    with pytest.raises(NotReadable, match="not an ordinary file"):
        landing.look_at(area_at(root), str(root / "H1" / "link.xlsx"))


@pytest.mark.parametrize(
    "uri", ["{root}/H1/../../secret.xlsx", "{root}/../secret.xlsx", "/etc/passwd", "{root}//a", "{root}/./a", "{root}x/a"]
)
def test_no_uri_climbs_out_of_its_area(tmp_path: Path, uri: str) -> None:
    put(tmp_path / "secret.xlsx")
    area = area_at(tmp_path / "landing")
    with pytest.raises(NotReadable, match="does not lie in"):
        landing.look_at(area, uri.format(root=tmp_path / "landing"))


ODD_NAMES = (
    "báo cáo (1) 'sửa' \"lại\".xlsx",
    "hai\ndòng.xlsx",
    "hoà.xlsx",
    "hòa.xlsx",
    "  trống .xlsx",
    "a#b?c%20d*[e].xlsx",
    "x\u202etxt.xlsx",
)


def test_odd_names_are_kept_as_they_are_and_read(tmp_path: Path) -> None:
    names = (*ODD_NAMES, unicodedata.normalize("NFD", ODD_NAMES[2]))  # composed and decomposed: two files, as to their sender
    for name in names:
        put(tmp_path / "H 1" / name, name.encode())
    area = area_at(tmp_path)
    files = landing.survey(area).files
    assert {file.name for file in files} == set(names)
    for file in files:
        assert landing.look_at(area, file.uri) == file
        assert b"".join(landing.read_chunks(area, file)).decode() == file.name


@given(st.text())
def test_what_is_printed_of_a_name_stays_on_its_line(name: str) -> None:
    shown = landing.printable(name)
    assert len(shown.splitlines()) <= 1
    assert shown.isprintable()


def test_a_file_that_changed_just_now_is_restless(tmp_path: Path) -> None:
    put(tmp_path / "a.xlsx")  # its time is long ago, as after a copy that keeps times, but the disk knows better
    area = area_at(tmp_path)
    written = datetime.fromtimestamp((tmp_path / "a.xlsx").stat().st_ctime, UTC).timestamp()
    for seconds, restless in ((0, True), (4.9, True), (5.1, False), (-3600, True)):
        seen = landing.survey(area, settle_seconds=5, now=datetime.fromtimestamp(written + seconds, UTC))
        assert bool(seen.restless) == restless, seconds
    assert not landing.survey(area).restless


@pytest.mark.parametrize(
    ("meanwhile", "taken"),
    [
        (lambda path: None, True),
        (lambda path: put(path, b"longer"), False),
        (lambda path: put(path, b"x", LONG_AGO.replace(day=6)), False),
        (lambda path: path.unlink(), False),
    ],
)
def test_a_restless_file_is_taken_only_if_a_second_look_finds_it_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[Path], object], taken: bool
) -> None:
    path = put(tmp_path / "a.xlsx")
    area = area_at(tmp_path)
    look = landing.survey(area, settle_seconds=5)
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        meanwhile(path)

    monkeypatch.setattr(time, "sleep", sleep)
    assert landing.steady([(area, look)], look.files, 5) == (list(look.files) if taken else [])
    assert slept == [5]
    assert landing.steady([(area, look)], [], 5) == []
    assert slept == [5], "nobody waits for files that are not new"


def test_a_name_that_is_not_utf8_is_named_not_lost(tmp_path: Path) -> None:
    try:
        (Path(os.fsdecode(os.fsencode(tmp_path) + b"/b\xe1o.xlsx"))).write_bytes(b"x")
    except OSError as error:
        pytest.skip(f"this file system takes UTF-8 names only: {error}")
    found = landing.survey(area_at(tmp_path))
    assert found.files == ()
    assert "not valid UTF-8" in found.skipped[0].reason
    assert found.skipped[0].uri.encode()


def test_a_file_that_changes_while_it_is_read_is_not_taken(tmp_path: Path) -> None:
    path = put(tmp_path / "a.xlsx", b"12345")
    area = area_at(tmp_path)
    (file,) = landing.survey(area).files
    assert b"".join(landing.read_chunks(area, file)) == b"12345"
    put(path, b"1234567")
    with pytest.raises(landing.Changed, match="changed while it was read"):
        list(landing.read_chunks(area, file))
    path.unlink()
    with pytest.raises(landing.Gone, match="is gone"):
        list(landing.read_chunks(area, file))


def test_what_may_not_be_read_is_named_and_the_rest_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("H1/a.xlsx", "H2/b.xlsx"):
        put(tmp_path / name)
    area = area_at(tmp_path)
    files = landing.survey(area).files

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    ls = type(area.filesystem).ls  # the tests may run as a user to whom no file is forbidden
    monkeypatch.setattr(type(area.filesystem), "ls", lambda self, path, **more: refuse() if path.endswith("H1") else ls(self, path, **more))
    seen = landing.survey(area)
    assert [file.name for file in seen.files] == ["b.xlsx"]
    assert [problem.partition(" (")[0] for problem in seen.problems] == [f"{tmp_path}/H1: the folder may not be entered"]
    monkeypatch.setattr(type(area.filesystem), "_open", refuse)
    with pytest.raises(NotReadable, match=r"reading it is not permitted \(Permission denied\)\. Give the user"):
        list(landing.read_chunks(area, files[0]))


def test_a_missing_area_says_what_to_do_and_is_not_tried_again(tmp_path: Path) -> None:
    area = area_at(tmp_path / "nowhere")
    with pytest.raises(landing.LandingMissing, match=r"nowhere cannot be read: No such file or directory\. Make the folder"):
        landing.survey(area)
    (tmp_path / "nowhere").mkdir()
    with pytest.raises(landing.LandingMissing):
        landing.survey(area)
    assert landing.survey(area_at(tmp_path / "nowhere")).files == ()


def test_folders_of_done_files_are_no_part_of_any_area(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a/new.xlsx", "a/done/old.xlsx", "b/new.xlsx", "b/failed of a/old.xlsx"):
        put(tmp_path / name)
    one = f'{{"url": "{tmp_path}/a", "done": "done", "failed": "../b/failed of a"}}'
    monkeypatch.setenv("TONGHOP_LANDING", f'[{one}, "{tmp_path}/b", "{tmp_path}/b"]')
    settings.cache_clear()
    try:
        areas = landing.open_areas()
    finally:
        monkeypatch.undo()
        settings.cache_clear()
    assert [[file.uri.removeprefix(str(tmp_path)) for file in landing.survey(area).files] for area in areas] == [
        ["/a/new.xlsx"],
        ["/b/new.xlsx"],
    ]
    assert landing.area_of(f"{tmp_path}/b/new.xlsx", areas) is areas[1]
    with pytest.raises(NotReadable, match="TONGHOP_LANDING"):
        landing.area_of(f"{tmp_path}/c/new.xlsx", areas)


def test_the_innermost_area_holds_a_file(tmp_path: Path) -> None:
    outer, inner = area_at(tmp_path), area_at(tmp_path / "H1")
    assert landing.area_of(f"{tmp_path}/H1/a.xlsx", [outer, inner]) is landing.area_of(f"{tmp_path}/H1/a.xlsx", [inner, outer]) is inner


def test_thousands_of_files_are_one_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in range(20):
        (tmp_path / f"U{folder}").mkdir()
        for number in range(150):
            (tmp_path / f"U{folder}" / f"{number}.xlsx").touch()
    area = area_at(tmp_path)
    looks: list[str] = []
    ls = type(area.filesystem).ls
    monkeypatch.setattr(type(area.filesystem), "ls", lambda self, path, **more: looks.append(path) or ls(self, path, **more))
    assert len(landing.survey(area).files) == 3000
    assert len(looks) == 21, "one listing a folder, and none of single files"


def test_any_file_system_will_do() -> None:
    memory = fsspec.filesystem("memory")
    memory.pipe("/landing/H1/a.xlsx", b"abc")
    memory.pipe("/landing/H1/~$a.xlsx", b"abc")
    try:
        area = area_at("memory://landing", done="../done")
        found = landing.survey(area, settle_seconds=5)
        (file,) = found.files
        assert (file.uri, file.size, file.sender) == ("memory://landing/H1/a.xlsx", 3, "H1")
        assert found.restless == {file.uri}, "who sets the times here is not known"
        assert landing.look_at(area, file.uri) == file
        assert b"".join(landing.read_chunks(area, file)) == b"abc"
        assert len(found.skipped) == 1
    finally:
        memory.rm("/landing", recursive=True)


def test_an_address_that_nothing_can_read_is_named_and_the_others_are_looked_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "a.xlsx")
    monkeypatch.setenv("TONGHOP_LANDING", f'[{{"url": "nosuch://host/in", "done": "done"}}, "{tmp_path}"]')
    settings.cache_clear()
    try:
        odd, folder = landing.open_areas()
    finally:
        monkeypatch.undo()
        settings.cache_clear()
    with pytest.raises(landing.LandingMissing, match=r"nosuch://host/in cannot be read: .*nosuch.*\. Install the library"):
        landing.survey(odd)
    assert len(landing.survey(folder).files) == 1
