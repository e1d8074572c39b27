"""An S3-compatible store as a landing area: a real one, in this process."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from tests.staging.places import area_at
from tests.staging.servers import S3, s3_server

from tonghop.staging import landing
from tonghop.staging.landing import Area, Arrived, LandingMissing


@pytest.fixture(scope="module")
def server() -> Iterator[S3]:
    with s3_server() as server:
        yield server


@pytest.fixture
def store(server: S3) -> S3:
    """The store with an empty bucket `units`."""
    if server.client.exists("units"):
        server.client.rm("units", recursive=True)
    server.client.call_s3("create_bucket", Bucket="units")
    return server


def at(store: S3, url: str = "s3://units/landing", **more: str) -> Area:
    return area_at(url, store.options(), **more)


def arrived(area: Area, name: str, rejected: bool = False) -> Arrived:
    file = landing.look_at(area, f"{area.name}/{name}")
    return Arrived(file, hashlib.sha256(b"".join(landing.read_chunks(area, file))).hexdigest(), rejected)


def test_objects_are_listed_and_read_with_their_sender(store: S3) -> None:
    put = store.client.pipe_file
    put("units/landing/H1/2022/báo cáo 'a' #1?.xlsx", b"one")
    put("units/landing/C11/hai [2]*.xlsx", b"two", Metadata={"sender": "gateway-7"})
    put("units/landing/loose.xlsx", b"three")
    put("units/landing/.hidden/a.xlsx", b"")
    put("units/landing/~$a.xlsx", b"")
    put("units/landing-of-others/a.xlsx", b"")
    area = at(store, "s3://units/landing/")
    seen = landing.survey(area)
    taken = {file.uri: landing.look_at(area, file.uri) for file in seen.files}
    assert {uri.removeprefix("s3://units/landing/"): file.sender for uri, file in taken.items()} == {
        "H1/2022/báo cáo 'a' #1?.xlsx": "H1",
        "C11/hai [2]*.xlsx": "gateway-7",
        "loose.xlsx": None,
    }
    assert sorted(b"".join(landing.read_chunks(area, file)) for file in taken.values()) == [b"one", b"three", b"two"]
    assert {left.reason for left in seen.skipped} == {"hidden", "lock file of an open workbook"}
    assert all(file.received_at == taken[file.uri].received_at for file in seen.files), "listed and looked at, its time is the same"


def test_an_object_is_whole_when_it_is_there_and_rests_when_it_is_older(store: S3) -> None:
    store.client.pipe_file("units/landing/a.xlsx", b"one")
    now = datetime.now(UTC)
    assert landing.survey(at(store), settle_seconds=5, now=now).restless
    assert not landing.survey(at(store), settle_seconds=5, now=now + timedelta(seconds=10)).restless


def test_more_objects_than_one_answer_holds_are_all_listed(store: S3) -> None:
    for number in range(25):
        store.client.pipe_file(f"units/landing/U{number % 7}/{number}.xlsx", b"x")
    area = at(store)
    listing = area.filesystem.s3
    pages = []

    def count(params: dict[str, object], **_: object) -> None:
        params["MaxKeys"] = 10
        pages.append(params)

    assert listing is not None
    listing.meta.events.register("provide-client-params.s3.ListObjectsV2", count)
    assert len(landing.survey(area).files) == 25
    assert len(pages) == 3


def test_objects_are_moved_and_never_over_another(store: S3) -> None:
    area = at(store, done="../done", failed="/units/failed")
    for data in (b"one", b"two"):
        store.client.pipe_file("units/landing/H1/a.xlsx", data)
        last = arrived(area, "H1/a.xlsx")
        landing.put_away(area, last)
    store.client.pipe_file("units/landing/H1/bad #1.xlsx", b"bad")
    landing.put_away(area, arrived(area, "H1/bad #1.xlsx", rejected=True))
    left = {name: store.client.cat(name) for name in store.client.find("units")}
    assert left == {
        "units/done/H1/a.xlsx": b"one",
        f"units/done/H1/a.{last.file.received_at:%Y%m%dT%H%M%S}.000000Z.xlsx": b"two",
        "units/failed/H1/bad #1.xlsx": b"bad",
    }


def test_a_kill_between_copying_and_deleting_is_made_up_for(store: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    store.client.pipe_file("units/landing/a.xlsx", b"one")
    area = at(store, done="../done")
    file = arrived(area, "a.xlsx")

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(area.filesystem, "call_s3", die)
        with pytest.raises(KeyboardInterrupt):
            landing.put_away(area, file)
    assert store.client.find("units") == ["units/done/a.xlsx", "units/landing/a.xlsx"]
    landing.put_away(area, file)
    assert store.client.find("units") == ["units/done/a.xlsx"]


def test_an_object_that_is_replaced_while_it_is_copied_is_not_deleted(store: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    store.client.pipe_file("units/landing/a.xlsx", b"one")
    area = at(store, done="../done")
    file = arrived(area, "a.xlsx")
    copy = area.filesystem.cp_file

    def late(*paths: str, **more: object) -> None:
        copy(*paths, **more)
        store.client.pipe_file("units/landing/a.xlsx", b"two")

    monkeypatch.setattr(area.filesystem, "cp_file", late)
    with pytest.raises(landing.Changed):
        landing.put_away(area, file)
    assert store.client.cat("units/landing/a.xlsx") == b"two"
    assert store.client.cat("units/done/a.xlsx") == b"one"


def test_a_missing_bucket_says_so_and_an_empty_folder_is_no_trouble(store: S3) -> None:
    assert landing.survey(at(store, "s3://units/landing")).files == ()
    with pytest.raises(LandingMissing, match=r"s3://nobody/landing cannot be read: .*\. Make the folder, or correct TONGHOP_LANDING"):
        landing.survey(at(store, "s3://nobody/landing"))


def test_a_store_that_is_away_says_so_without_its_keys() -> None:
    options = {
        "key": "AKIDTEST",
        "secret": "s3-bí-mật",
        "endpoint_url": "http://127.0.0.1:9",
        "config_kwargs": {"retries": {"max_attempts": 1}},
    }
    with pytest.raises(LandingMissing, match="Could not connect to the endpoint URL") as caught:
        landing.survey(area_at("s3://units/landing", options))
    assert "See that the server runs" in str(caught.value)
    assert "s3-bí-mật" not in str(caught.value)


def test_an_object_that_goes_away_or_is_closed_while_it_is_looked_at_is_a_message(store: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    store.client.pipe_file("units/landing/a.xlsx", b"one")
    for error, expected, says in (
        (FileNotFoundError("gone"), landing.Gone, "is gone"),
        (PermissionError(13, "Forbidden"), landing.NotReadable, r"not permitted \(Forbidden\)"),
    ):
        area = at(store)

        def refuse(*_: object, error: Exception = error) -> None:
            raise error

        monkeypatch.setattr(area.filesystem, "metadata", refuse)
        with pytest.raises(expected, match=says):
            landing.look_at(area, "s3://units/landing/a.xlsx")
