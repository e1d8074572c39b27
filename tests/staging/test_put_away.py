"""Moving files out of the landing area: keeping their place, never losing or overwriting one, whatever happens meanwhile."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest
from tests.staging.places import LONG_AGO, area_at, put

from tonghop.staging import landing
from tonghop.staging.landing import Area, Arrived
from tonghop.staging.landing.put_away import NotPutAway


@pytest.fixture
def area(tmp_path: Path) -> Area:
    return area_at(tmp_path / "in", done="../done", failed="failed")


def arrived(area: Area, name: str, rejected: bool = False) -> Arrived:
    file = landing.look_at(area, f"{area.name}/{name}")
    data = b"".join(landing.read_chunks(area, file))
    return Arrived(file, hashlib.sha256(data).hexdigest(), rejected)


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_files_keep_their_path_and_time(area: Area, tmp_path: Path) -> None:
    put(tmp_path / "in/H1/2022/báo cáo.xlsx", b"good")
    put(tmp_path / "in/H1/bad.xlsx", b"bad")
    assert landing.put_away(area, arrived(area, "H1/2022/báo cáo.xlsx")) == f"{tmp_path}/done/H1/2022/báo cáo.xlsx"
    assert landing.put_away(area, arrived(area, "H1/bad.xlsx", rejected=True)) == f"{tmp_path}/in/failed/H1/bad.xlsx"
    assert tree(tmp_path) == {"done/H1/2022/báo cáo.xlsx": b"good", "in/failed/H1/bad.xlsx": b"bad"}
    assert (tmp_path / "done/H1/2022/báo cáo.xlsx").stat().st_mtime == pytest.approx(LONG_AGO.timestamp(), abs=1e-5)
    assert landing.survey(area).files == ()


def test_without_a_setting_files_stay(tmp_path: Path) -> None:
    put(tmp_path / "a.xlsx")
    area = area_at(tmp_path, failed="failed")
    assert landing.put_away(area, arrived(area, "a.xlsx")) is None
    assert tree(tmp_path) == {"a.xlsx": b"x"}


def test_nothing_is_overwritten(area: Area, tmp_path: Path) -> None:
    for number, day in enumerate((1, 2)):
        put(tmp_path / "in/H1/a.xlsx", b"%d" % number, LONG_AGO.replace(day=day))
        landing.put_away(area, arrived(area, "H1/a.xlsx"))
    assert tree(tmp_path) == {"done/H1/a.xlsx": b"0", "done/H1/a.20220902T083000.123456Z.xlsx": b"1"}
    put(tmp_path / "in/H1/a.xlsx", b"3", LONG_AGO.replace(day=2))
    with pytest.raises(NotPutAway, match=r"in/H1/a.xlsx: the file was taken in, but could not be moved to .*/done: files of that name"):
        landing.put_away(area, arrived(area, "H1/a.xlsx"))
    assert len(tree(tmp_path)) == 3


def test_a_file_that_was_replaced_stays(area: Area, tmp_path: Path) -> None:
    put(tmp_path / "in/a.xlsx", b"old")
    old = arrived(area, "a.xlsx")
    put(tmp_path / "in/a.xlsx", b"new", LONG_AGO.replace(day=6))
    with pytest.raises(landing.Changed):
        landing.put_away(area, old)
    (tmp_path / "in/a.xlsx").unlink()
    with pytest.raises(landing.Gone):
        landing.put_away(area, old)
    assert tree(tmp_path) == {}


@pytest.mark.parametrize("another_one", [False, True])
def test_a_file_that_is_replaced_at_the_last_moment_goes_back(
    area: Area, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, another_one: bool
) -> None:
    put(tmp_path / "in/a.xlsx", b"old")
    old = arrived(area, "a.xlsx")
    replace = Path.replace
    moves: list[Path] = []

    def late(path: Path, target: str) -> Path:
        if not moves:
            put(path, b"new", LONG_AGO.replace(day=6))  # a unit sends its correction between the look and the move
        moves.append(path)
        done = replace(path, target)
        if another_one and len(moves) == 1:
            put(path, b"newer", LONG_AGO.replace(day=7))  # and another one before the first can be put back
        return done

    monkeypatch.setattr(Path, "replace", late)
    with pytest.raises(landing.Changed, match="the next look takes it in"):
        landing.put_away(area, old)
    expected = {"in/a.xlsx": b"newer", "in/a.20220905T083000.123456Z.xlsx": b"new"} if another_one else {"in/a.xlsx": b"new"}
    assert tree(tmp_path) == expected
    assert {file.size for file in landing.survey(area).files} == {len(data) for data in expected.values()}


def test_a_kill_before_the_move_leaves_the_file_in_its_place(area: Area, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "in/a.xlsx", b"old")
    old = arrived(area, "a.xlsx")

    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", die)
        patch.setattr(Path, "unlink", die)  # a process that was killed tidies nothing up
        with pytest.raises(Killed):
            landing.put_away(area, old)
    assert tree(tmp_path) == {"in/a.xlsx": b"old", "done/a.xlsx": b""}
    landing.put_away(area, old)
    assert tree(tmp_path) == {"done/a.xlsx": b"", "done/a.20220905T083000.123456Z.xlsx": b"old"}


def test_where_it_cannot_move_the_file_stays_and_the_message_says_why(area: Area, tmp_path: Path) -> None:
    put(tmp_path / "in/a.xlsx", b"old")
    put(tmp_path / "done", b"a file where the folder should be")
    with pytest.raises(NotPutAway, match=r"could not be moved to .*/done: .*\. Give the user of the intake the right to write there"):
        landing.put_away(area, arrived(area, "a.xlsx"))
    assert tree(tmp_path)["in/a.xlsx"] == b"old"


@pytest.fixture
def memory_area() -> Iterator[Area]:
    memory = fsspec.filesystem("memory")
    memory.pipe("/landing/H1/a.xlsx", b"abc")
    yield area_at("memory://landing", done="../done")
    for folder in ("/landing", "/done"):
        if memory.exists(folder):
            memory.rm(folder, recursive=True)


def test_where_files_cannot_be_renamed_they_are_copied_and_deleted(memory_area: Area) -> None:
    memory = memory_area.filesystem
    file = arrived(memory_area, "H1/a.xlsx")
    assert landing.put_away(memory_area, file) == "/done/H1/a.xlsx"
    assert (memory.find("/landing"), memory.cat("/done/H1/a.xlsx")) == ([], b"abc")


def test_a_kill_between_copying_and_deleting_is_made_up_for(memory_area: Area, monkeypatch: pytest.MonkeyPatch) -> None:
    memory = memory_area.filesystem
    file = arrived(memory_area, "H1/a.xlsx")

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(type(memory), "rm_file", die)
        with pytest.raises(KeyboardInterrupt):
            landing.put_away(memory_area, file)
    assert memory.exists("/landing/H1/a.xlsx")
    assert memory.exists("/done/H1/a.xlsx")
    landing.put_away(memory_area, file)
    assert (memory.find("/landing"), memory.find("/done")) == ([], ["/done/H1/a.xlsx"])


def test_an_object_that_is_replaced_while_it_is_copied_is_not_deleted(memory_area: Area, monkeypatch: pytest.MonkeyPatch) -> None:
    memory = memory_area.filesystem
    file = arrived(memory_area, "H1/a.xlsx")
    copy = type(memory).cp_file

    def late(self: object, *paths: str) -> None:
        copy(self, *paths)
        memory.pipe("/landing/H1/a.xlsx", b"new")

    monkeypatch.setattr(type(memory), "cp_file", late)
    with pytest.raises(landing.Changed):
        landing.put_away(memory_area, file)
    assert (memory.cat("/landing/H1/a.xlsx"), memory.cat("/done/H1/a.xlsx")) == (b"new", b"abc")
