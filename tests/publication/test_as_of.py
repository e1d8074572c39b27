"""Which publication a connection sees: by number and by date, for every role, by the URLs that are given out."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import sql
from tests.publication.world import World, admin

from tonghop import publication
from tonghop.database import connect, dsn
from tonghop.publication import acts

pytestmark = pytest.mark.database

READERS = ("bi_reader", "auditor", "publisher", "transformer")


@pytest.fixture
def published(world: World) -> World:
    """1 on 10 September, 2 on 20 September; 3 was discarded; 4 is being built. A view shows what a connection sees."""
    admin("update catalog.pack set time_zone = 'Asia/Ho_Chi_Minh'")
    for value, moment in ((1, "2022-09-10 09:00+07"), (2, "2022-09-20 23:30+07")):
        world.accept("A", "2022-01", value)
        world.refresh()
        admin("update audit.publication set published_at = %s where number = %s", moment, value)
    world.accept("A", "2022-01", 3)
    publication.open_candidate()
    publication.discard(3, "wrong")
    publication.open_candidate()
    with connect("transformer") as connection:
        connection.execute("create or replace view marts.seen as select warehouse.visible_publication() as number")
    return world


def seen(role: str = "bi_reader", *, number: int | None = None, **parameters: str) -> int:
    """The publication that a connection with this URL sees."""
    with psycopg.connect(dsn(role, number)) as connection:
        for name, value in parameters.items():
            connection.execute(sql.SQL("set {} = {}").format(sql.Identifier("tonghop", name), value))
        row = connection.execute("select number from marts.seen").fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize("role", READERS)
class TestForEveryRole:
    def test_by_number_and_by_date(self, published: World, role: str) -> None:
        assert seen(role) == 2
        assert (seen(role, number=1), seen(role, number=2)) == (1, 2)
        assert (seen(role, as_of="2022-09-15"), seen(role, as_of="2022-09-21")) == (1, 2)

    def test_a_candidate_only_for_those_who_may(self, published: World, role: str) -> None:
        if role in ("publisher", "transformer"):
            assert seen(role, number=4) == 4
        else:
            with pytest.raises(psycopg.errors.RaiseException, match="publication 4 is not published / số công bố 4 chưa được công bố"):
                seen(role, number=4)

    @pytest.mark.parametrize("number", [0, 3, 5, 999999999])
    def test_what_was_never_published_is_refused(self, published: World, role: str, number: int) -> None:
        with pytest.raises(psycopg.errors.RaiseException, match=f"publication {number} is not published"):
            seen(role, number=number)


def test_who_may_not_see_the_marts_sees_nothing(published: World) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        seen("loader", number=1)


@pytest.mark.parametrize("text", ["-1", "1.0", "1 or true", "9999999999", "một"])
def test_what_is_no_number_is_refused(published: World, text: str) -> None:
    with pytest.raises(psycopg.errors.RaiseException, match=r"tonghop\.publication must be a number"):
        seen(publication=text)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2022-09-10", 1),  # a day is its last moment …
        ("2022-09-10 08:59", None),  # … and a time is that of the pack
        ("2022-09-10 09:00", 1),
        ("2022-09-10T02:00Z", 1),
        ("2022-09-10 01:59:59.999999+00", None),
        ("2022-09-19", 1),
        ("2022-09-20", 2),  # 16:30 in UTC: the same day in both zones
        ("2022-09-20 23:29:59", 1),
        ("2022-09-20 23:30", 2),
        ("2022-09-20 16:30+00", 2),
        ("2022-09-20 16:29+0000", 1),
        ("2999-01-01", 2),
        ("2022-09-09", None),
        ("1970-01-01", None),
    ],
)
def test_a_date_means_what_was_shown_then(published: World, text: str, number: int | None) -> None:
    if number is None:
        with pytest.raises(psycopg.errors.RaiseException, match=r"nothing was published at .* / chưa công bố gì vào lúc"):
            seen(as_of=text)
    else:
        assert seen(as_of=text) == number


def test_the_url_that_is_given_out_carries_a_date(published: World) -> None:
    for text, number in (("2022-09-20", 2), ("2022-09-20 23:29:59", 1), ("2022-09-20 16:30 +00", 2)):
        with psycopg.connect(dsn("auditor", as_of=text)) as connection:
            assert connection.execute("select number from marts.seen").fetchone() == (number,)


def test_the_time_zone_of_the_connection_changes_nothing(published: World) -> None:
    with connect("bi_reader") as connection:
        for zone in ("UTC", "America/New_York", "Asia/Tokyo"):
            connection.execute(sql.SQL("set timezone = {}").format(zone))
            for text, number in (("2022-09-20 23:29", 1), ("2022-09-20 23:30", 2), ("2022-09-19", 1), ("2022-09-20", 2)):
                connection.execute(sql.SQL("set tonghop.as_of = {}").format(text))
                assert connection.execute("select number from marts.seen").fetchone() == (number,)


@pytest.mark.parametrize("text", ["20/09/2022", "yesterday", "2022-09", "2022-09-20 25", "2", "2022-09-20 14:30 Hanoi"])
def test_what_is_no_date_is_refused(published: World, text: str) -> None:
    with pytest.raises(psycopg.errors.RaiseException, match="must be a day or a moment"):
        seen(as_of=text)


def test_a_day_that_does_not_exist_is_refused(published: World) -> None:
    with pytest.raises(psycopg.errors.DatetimeFieldOverflow):
        seen(as_of="2022-02-30")


def test_a_number_and_a_date_together_are_refused(published: World) -> None:
    with pytest.raises(psycopg.errors.RaiseException, match="are both set"):
        seen(number=1, as_of="2022-09-20")


def test_a_date_within_an_interrupted_rollback_means_what_was_shown(published: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """2 is rolled back to 1 at noon, and the restatement comes an hour later: until then BI saw 1."""
    publication.discard(4, "not now")
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(acts, "restate", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
        publication.rollback(1, "wrong file")
    assert seen() == 1
    publication.rollback(1, "wrong file")
    admin("update audit.event set at = '2022-10-01 12:00+07' where act = 'rolled_back'")
    admin("update audit.publication set published_at = '2022-10-01 13:00+07' where number = 5")
    assert [seen(as_of=f"2022-10-01 {hour}") for hour in ("11:59", "12:00", "12:59", "13:00")] == [2, 1, 1, 5]


def test_a_date_of_an_expired_publication_is_refused_and_shows_no_other(published: World) -> None:
    admin("update audit.publication set expired_at = now() where number = 1")
    for asked in ({"as_of": "2022-09-15"}, {"publication": "1"}):
        with pytest.raises(psycopg.errors.RaiseException, match="publication 1 has expired"):
            seen(**asked)
    assert seen(as_of="2022-09-20") == 2
