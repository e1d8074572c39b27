"""What retention keeps, and that giving up the rest changes nothing of it."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.publication.world import World, admin
from tests.test_cli import tonghop

from tonghop import publication
from tonghop.database import connect
from tonghop.publication import PublicationProblem, get_publication, retention, verify_chain
from tonghop.publication.retention import choose
from tonghop.settings import PROJECT, settings

TODAY = date(2026, 11, 22)


class TestWhatIsKept:
    def test_all_then_the_last_of_each_month_then_of_each_year(self) -> None:
        days = dict(
            enumerate(
                (
                    date(2020, 3, 1), date(2020, 12, 30), date(2024, 5, 1), date(2024, 12, 31),  # years
                    date(2025, 3, 5), date(2025, 3, 25), date(2025, 4, 1),  # months
                    date(2026, 9, 1), date(2026, 9, 2), date(2026, 11, 1), date(2026, 11, 21),
                ),
                start=1,
            )
        )  # fmt: skip
        assert choose(days, TODAY, keep_all_months=2, keep_monthly_months=20, named={3: ["half-year report"]}) == {
            2: "last of 2020",
            3: "named half-year report",
            4: "last of 2024",
            6: "last of 2025-03",
            7: "last of 2025",
            8: "of the last 2 months",
            9: "of the last 2 months",
            10: "of the last 2 months",
            11: "live",
        }

    def test_what_is_live_stays_however_old_it_is(self) -> None:
        days = {1: date(2001, 1, 1), 2: date(2001, 1, 1), 5: date(2001, 1, 2)}
        assert choose(days, TODAY, keep_all_months=0, keep_monthly_months=0, named={}) == {5: "live"}

    def test_nothing_published_is_nothing_kept(self) -> None:
        assert choose({}, TODAY, keep_all_months=1, keep_monthly_months=1, named={}) == {}

    @given(
        st.lists(st.dates(date(2015, 1, 1), TODAY), min_size=1, max_size=30).map(sorted),
        st.integers(0, 30), st.integers(0, 60), st.integers(0, 4000),
    )  # fmt: skip
    def test_an_earlier_run_takes_nothing_that_a_later_one_keeps(self, days: list[date], all_of: int, monthly: int, before: int) -> None:
        policy = {"keep_all_months": all_of, "keep_monthly_months": monthly, "named": {}}
        everything = dict(enumerate(days, start=1))
        then = TODAY - timedelta(days=before)
        until_then = {number: day for number, day in everything.items() if day <= then}
        gone = until_then.keys() - choose(until_then, then, **policy).keys()
        left = {number: day for number, day in everything.items() if number not in gone}
        assert choose(left, TODAY, **policy).keys() == choose(everything, TODAY, **policy).keys()


@pytest.fixture
def years(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Five publications, one a year from 2021 to 2025, but the second and third in one month. Only the last of a year is kept."""
    monkeypatch.setenv("TONGHOP_KEEP_ALL_MONTHS", "0")
    monkeypatch.setenv("TONGHOP_KEEP_MONTHLY_MONTHS", "0")
    settings.cache_clear()
    for value, day in enumerate(("2021-06-01", "2022-06-01", "2022-06-02", "2024-06-01", "2025-06-01"), start=1):
        world.accept("A", "2022-01", value)
        world.refresh()
        admin("update audit.publication set published_at = %s where number = %s", day, value)
    return world


def shown(number: int) -> list[tuple[Decimal]]:
    """What a reader of the warehouse gets at a publication."""
    with connect("auditor", publication=number) as connection:
        return connection.execute(
            "select value from warehouse.agg_indicator_period where from_publication <= (select warehouse.visible_publication()) "
            "and to_publication > (select warehouse.visible_publication())"
        ).fetchall()


@pytest.mark.database
class TestGivingUp:
    def test_it_says_what_it_would_do_and_does_nothing(self, years: World) -> None:
        planned = publication.retain()
        assert planned.expiring == [2] and not planned.done
        assert planned.rows == {"agg_indicator_period": 1}
        assert [fate.kept_as for fate in planned.fates] == ["last of 2021", None, "last of 2022", "last of 2024", "live"]
        assert shown(2) == [(Decimal(2),)] and get_publication(2).expired_at is None

    def test_what_is_kept_stays_as_it_was_and_the_rest_is_refused(self, years: World) -> None:
        before = {number: shown(number) for number in (1, 3, 4, 5)}
        planned = publication.retain()
        done = publication.retain(apply=True)
        assert (done.fates, done.rows, done.done) == (planned.fates, planned.rows, True)
        assert {number: shown(number) for number in before} == before == {number: [(Decimal(number),)] for number in before}
        with pytest.raises(psycopg.errors.RaiseException, match=r"publication 2 has expired .* đã hết hạn lưu giữ"):
            shown(2)
        acts = (
            lambda: publication.diff(1, 2).__enter__(),
            lambda: publication.rollback(2, "back"),
            lambda: publication.name_publication(2, "x", "y"),
        )
        for act in acts:
            with pytest.raises(PublicationProblem, match="2 has expired"):
                act()
        again = publication.retain(apply=True)
        assert again.expiring == [] and again.rows == {}

    def test_chain_archive_and_journal_stay(self, years: World, tmp_path: Path) -> None:
        copy = tmp_path / "archive"
        shutil.copytree(settings().archive_path, copy)
        before = verify_chain()  # the days of this world are not those of its manifests
        publication.retain(apply=True)
        assert verify_chain() == before
        assert verify_chain(with_database=False).problems == () and before.manifests == 5
        assert {path.relative_to(copy) for path in copy.rglob("*")} == {
            path.relative_to(settings().archive_path) for path in settings().archive_path.rglob("*")
        }
        with connect("auditor") as connection:
            events = connection.execute("select actor, details from audit.event where act = 'expired'").fetchall()
        policy = {"keep_all_months": 0, "keep_monthly_months": 0}
        rows = {"agg_indicator_period": 1}
        assert events == [("publisher", {"publications": [2], "rows": rows, "policy": policy})]

    def test_a_named_one_is_kept(self, years: World) -> None:
        publication.name_publication(2, " Báo cáo 6 tháng ", "Nguyễn An")
        publication.name_publication(2, "Báo cáo 6 tháng", "Nguyễn An")
        assert get_publication(2).names == ["Báo cáo 6 tháng"]
        assert publication.retain(apply=True).expiring == []
        with pytest.raises(PublicationProblem, match="Publication 2 has the name"):
            publication.name_publication(3, "Báo cáo 6 tháng", "Nguyễn An")
        with pytest.raises(PublicationProblem, match="does not exist"):
            publication.name_publication(9, "x", "Nguyễn An")
        with pytest.raises(PublicationProblem, match="at least one letter"):
            publication.name_publication(3, " ", "Nguyễn An")

    def test_not_while_one_is_being_built(self, years: World) -> None:
        years.accept("B", "2022-01", 7)
        publication.open_candidate()
        with pytest.raises(PublicationProblem, match="Publication 6 is being built"):
            publication.retain(apply=True)
        assert get_publication(2).expired_at is None

    def test_going_on_after_it(self, years: World) -> None:
        publication.retain(apply=True)
        assert publication.rollback(1, "back to the first") == 6
        assert years.figures(6) == years.figures(1)
        assert years.refresh() is None, "what the rollback took back is held"
        years.accept("B", "2022-01", 7)
        assert years.refresh() == 7
        assert publication.retain(apply=True, now=datetime(2099, 1, 1, tzinfo=UTC)).expiring == [6]
        assert shown(1) == [(Decimal(1),)] and shown(5) == [(Decimal(5),)]
        assert verify_chain(with_database=False).problems == ()

    def test_what_only_an_expired_one_recorded_is_not_new_again(self, world: World) -> None:
        """A late report of an old date never came into force, and its publication was rolled back and expired: nobody forgets it."""
        world.accept("A", "2022-01", 1, minutes=10)
        world.accept("B", "2022-01", 1, minutes=10)
        world.refresh()
        world.accept("A", "2022-02", 2, minutes=10)
        world.refresh()
        world.accept("A", "2022-02", 3, minutes=5)
        assert world.refresh() == 3
        assert publication.rollback(2, "first") == 4
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(retention, "choose", lambda days, *_, **__: dict.fromkeys({1, 4} & days.keys(), "by choice"))
            assert publication.retain(apply=True).expiring == [2, 3]
        assert publication.rollback(1, "second") == 5
        assert world.refresh() is None
        assert world.figures(5) == world.figures(1)

    def test_months_are_those_of_the_pack(self, years: World) -> None:
        """Publication 2 one minute before the new year there, publication 3 one minute after it; in UTC the year is the same."""
        admin("update catalog.pack set time_zone = 'Asia/Ho_Chi_Minh'")
        admin("update audit.publication set published_at = '2022-12-31 16:59+00' where number = 2")
        admin("update audit.publication set published_at = '2022-12-31 17:01+00' where number = 3")
        now = datetime(2026, 11, 22, tzinfo=UTC)
        fates = {fate.number: fate.kept_as for fate in publication.retain(now=now).fates}
        assert (fates[2], fates[3]) == ("last of 2022", "last of 2023")


@pytest.mark.database
def test_the_commands_say_what_they_did(years: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TONGHOP_CATALOG", str(PROJECT / "catalog" / "hau_giang"))  # its time zone is that of what is printed
    named = tonghop("name", 4, "Báo cáo năm 2024", "--by", "Nguyễn An")
    assert named.code == 0 and "Publication 4 is kept as 'Báo cáo năm 2024'" in named.out
    planned = tonghop("retention")
    assert planned.code == 0 and "1 publications would expire" in planned.out and "--apply does it" in planned.out
    assert "kept: named Báo cáo năm 2024" in planned.out
    done = tonghop("retention", "--apply", "--json").json
    assert [fate["number"] for fate in done["fates"] if fate["kept_as"] is None] == [2] and done["done"]
    assert {each["number"]: each["expired_at"] is not None for each in tonghop("publications", "--json").json} == {
        1: False, 2: True, 3: False, 4: False, 5: False,
    }  # fmt: skip
    assert "expired" in tonghop("publications").out
    refused = tonghop("diff-publications", 1, 2)
    assert refused.code == 1 and "2 has expired" in refused.err

    written = tonghop("diff-publications", 1, 5, "-o", tmp_path)
    assert written.code == 0 and "figures.csv: 1 rows" in written.out
    assert (tmp_path / "figures.csv").read_text().splitlines()[1] == "2022-01,A,I,1,5,1,5"
    header, line = (tmp_path / "submissions.csv").read_text().splitlines()
    assert header.startswith("period_code,unit_code,form_code,cause") and line.startswith("2022-01,A,F,corrected,1,5,")
    found = tonghop("diff-publications", 1, 5, "--json").json
    assert ([step["number"] for step in found["steps"]], len(found["figures"]), len(found["submissions"])) == ([2, 3, 4, 5], 1, 1)
    shown = tonghop("diff-publications", 1, 5).out
    assert "corrected" in shown and "Publication 5," in shown

    with psycopg.connect(tonghop("dsn", "auditor", "--as-of", "2021-12-31").out.strip()) as connection:
        assert connection.execute("select warehouse.visible_publication()").fetchone() == (1,)
