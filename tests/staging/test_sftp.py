"""An SFTP server as a landing area: a real one, in this process."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from tests.staging.places import LONG_AGO, area_at, put
from tests.staging.servers import PASSWORD, USER, Sftp, sftp_server

from tonghop.staging import landing
from tonghop.staging.landing import Area, Arrived, LandingMissing, NotReadable


@pytest.fixture
def sftp(tmp_path: Path) -> Iterator[Sftp]:
    with sftp_server(tmp_path / "server") as server:
        yield server


def at(sftp: Sftp, folder: str = "/in", password: str = PASSWORD, options: dict[str, Any] | None = None, **more: str) -> Area:
    url = f"sftp://{USER}:{quote(password, safe='')}@127.0.0.1:{sftp.port}{folder}"
    return area_at(url, {"known_hosts": str(sftp.known_hosts)} if options is None else options, **more)


def test_files_are_listed_and_read_and_the_user_is_the_sender_where_no_folder_is(sftp: Sftp) -> None:
    for name in ("H1/báo cáo 'a' #1?%20 [x].xlsx", "H1/hai\ndòng.xlsx", "của tôi.xlsx"):
        put(sftp.folder / "in" / name, name.encode())
    (sftp.folder / "in" / "link.xlsx").symlink_to("của tôi.xlsx")
    (sftp.folder / "in" / "out").symlink_to("/")
    area = at(sftp)
    seen = landing.survey(area, settle_seconds=5)
    assert [(file.name, file.sender, file.received_at) for file in seen.files] == [
        ("báo cáo 'a' #1?%20 [x].xlsx", "H1", LONG_AGO.replace(microsecond=0)),
        ("hai\ndòng.xlsx", "H1", LONG_AGO.replace(microsecond=0)),
        ("của tôi.xlsx", USER, LONG_AGO.replace(microsecond=0)),
    ]
    assert {left.reason for left in seen.skipped} == {"it is a link; put the file itself there"}
    assert seen.restless == {file.uri for file in seen.files}, "the sender's program may set the times"
    for file in seen.files:
        assert landing.look_at(area, file.uri) == file
        assert b"".join(landing.read_chunks(area, file)).decode() == file.uri.removeprefix(f"sftp://{USER}@127.0.0.1:{sftp.port}/in/")


def test_a_file_that_grows_is_not_taken(sftp: Sftp) -> None:
    path = put(sftp.folder / "in" / "a.xlsx", b"half")
    put(sftp.folder / "in" / "b.xlsx", b"whole")
    area = at(sftp)
    look = landing.survey(area, settle_seconds=0.01)
    put(path, b"half and more")
    assert [file.name for file in landing.steady([(area, look)], look.files, 0.01)] == ["b.xlsx"]
    with pytest.raises(landing.Changed):
        list(landing.read_chunks(area, look.files[0]))


def test_what_may_not_be_read_is_named_and_the_rest_goes_on(sftp: Sftp) -> None:
    for name in ("closed/a.xlsx", "open/b.xlsx", "open/secret.xlsx"):
        put(sftp.folder / "in" / name)
    sftp.forbidden |= {"closed", "secret"}
    area = at(sftp)
    seen = landing.survey(area)
    assert [file.name for file in seen.files] == ["b.xlsx", "secret.xlsx"]
    assert len(seen.problems) == 1
    assert "/in/closed: the folder may not be entered (Permission denied). Give" in seen.problems[0]
    with pytest.raises(NotReadable, match=r"secret.xlsx: reading it is not permitted \(Permission denied\)\. Give"):
        list(landing.read_chunks(area, seen.files[1]))
    assert b"".join(landing.read_chunks(area, seen.files[0])) == b"x"


def test_files_are_moved_and_never_over_another(sftp: Sftp) -> None:
    area = at(sftp, done="../done", failed="failed")
    moved = []
    for rejected in (False, False, True):
        path = put(sftp.folder / "in/H1/một.xlsx", b"abc")
        file = landing.look_at(area, f"{area.name}/H1/một.xlsx")
        moved.append(landing.put_away(area, Arrived(file, hashlib.sha256(b"abc").hexdigest(), rejected)))
        assert not path.exists()
    assert moved == ["/done/H1/một.xlsx", "/done/H1/một.20220905T083000.000000Z.xlsx", "/in/failed/H1/một.xlsx"]
    assert all((sftp.folder / str(path)[1:]).read_bytes() == b"abc" for path in moved)
    assert landing.survey(area).files == ()


def test_a_file_that_is_replaced_at_the_last_moment_goes_back(sftp: Sftp, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(sftp.folder / "in/a.xlsx", b"old")
    area = at(sftp, done="../done")
    file = landing.look_at(area, f"{area.name}/a.xlsx")
    makedirs = area.filesystem.makedirs

    def late(*arguments: object, **more: object) -> None:
        put(path, b"newer")
        makedirs(*arguments, **more)

    monkeypatch.setattr(area.filesystem, "makedirs", late)
    with pytest.raises(landing.Changed, match="the next look takes it in"):
        landing.put_away(area, Arrived(file, "…", False))
    assert path.read_bytes() == b"newer"
    assert [name for _, _, names in os.walk(sftp.folder / "done") for name in names] == []


@pytest.mark.parametrize(
    ("wrong", "says", "advice"),
    [
        ({"options": {}}, "Host key is not trusted", "known_hosts"),
        ({"password": "sai mật khẩu"}, "Permission denied", "Check user, password or key"),
        ({"folder": "/nowhere"}, "No such file", "Make the folder, or correct TONGHOP_LANDING"),
    ],
)
def test_a_server_that_cannot_be_used_says_why_and_what_to_do(sftp: Sftp, wrong: dict[str, Any], says: str, advice: str) -> None:
    with pytest.raises(LandingMissing) as caught:
        landing.survey(at(sftp, **wrong))
    message = str(caught.value)
    assert message.startswith(f"sftp://{USER}@127.0.0.1:{sftp.port}/")
    assert says in message
    assert advice in message
    assert PASSWORD not in message
    assert quote(PASSWORD, safe="") not in message
    assert "sai mật khẩu" not in message


def test_a_server_that_goes_away_is_told_once_for_all_files(sftp: Sftp) -> None:
    put(sftp.folder / "in/a.xlsx")
    area = at(sftp)
    (file,) = landing.survey(area).files
    sftp.close()
    for _ in range(2):
        with pytest.raises(LandingMissing, match="See that the server runs and can be reached from here; its files wait"):
            landing.look_at(area, file.uri)
    with pytest.raises(LandingMissing, match="Connect call failed"):
        landing.survey(at(sftp))
