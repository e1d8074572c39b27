"""Small counts: never shown to whom they are hidden from, nor to be worked out from what is shown, also where units move and end."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import psycopg
import pytest
from tests.marts.attack import recovered
from tests.warehouse.world import EXTRA, World

from tonghop.catalog import due_reports
from tonghop.database import admin_connect, connect, reader_dsn
from tonghop.database.readers import add_reader, remove_reader
from tonghop.model import Period, PeriodType

pytestmark = pytest.mark.database

SITE = "public_site"
BELOW = 5
SUMMARY = """
select unit_code, indicator_code, period_code, value, ytd_value, same_period_value, same_period_ytd_value, pct_of_target, is_suppressed
from marts.indicator_summary where indicator_code in (select indicator_code from marts.dim_indicator where suppress_below is not null)
and map = 'as_reported'
"""
LEAF = """
select unit_code, indicator_code, period_code, value, ytd_value
from marts.indicator_leaf where indicator_code in (select indicator_code from marts.dim_indicator where suppress_below is not null)
"""


class Figure(NamedTuple):
    """What is asked of one row: the value of the period or the cumulative one, of the branch or of the unit's own reports."""

    unit: str
    indicator: str
    period: str
    which: str
    own: bool = False


@dataclass
class Reported:
    """Which figures units reported, by month, and what others are sums of them."""

    kinds: dict[str, str]
    months: dict[str, set[tuple[str, str]]]
    paths: list[tuple[str, str, str]]

    @classmethod
    def read(cls) -> Reported:
        """As everybody sees it. Indicators that some report by quarter are left out: they have a test of their own."""
        by_quarter = (
            "select indicator_key from marts.fct_indicator_value join marts.dim_period using (period_key) where period_type = 'quarter'"
        )
        with connect("bi_reader") as connection:
            kinds = dict(
                connection.execute(
                    "select indicator_code, kind from marts.dim_indicator"
                    f" where suppress_below is not null and indicator_key not in ({by_quarter})"
                ).fetchall()
            )
            months = defaultdict(set)
            for unit, indicator, period in connection.execute(
                "select unit_code, indicator_code, period_code from marts.indicator_leaf where period_type = 'month'"
            ):
                months[indicator].add((unit, period))
            paths = connection.execute("select unit_code, path, valid_from::text from marts.dim_unit order by valid_from desc").fetchall()
        return cls(kinds, months, paths)

    def combination(self, figure: Figure) -> dict[str, int]:
        """The reported figures that this one is the sum of."""
        period = Period.parse(figure.period)
        found = {}
        for unit, code in self.months[figure.indicator]:
            month = Period.parse(code)
            if self.kinds[figure.indicator] == "flow":
                begin = period.start_date.replace(month=1, day=1) if figure.which == "ytd" else period.start_date
                counts = begin <= month.start_date and month.end_date <= period.end_date
            else:
                counts = month.end_date == period.end_date
            if counts and (unit == figure.unit if figure.own else figure.unit in self._path(unit, month)):
                found[f"{unit} {code}"] = 1
        return found

    def _path(self, unit: str, month: Period) -> list[str]:
        return next((path.split("/") for code, path, since in self.paths if code == unit and since <= month.end_date.isoformat()), [])


@pytest.fixture(scope="module")
def world(server: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Two years of counts, many of them small. C22 moves from one district to the other and ends in the middle of the second year."""
    bounds = f"suppress_below: {BELOW}\ncounts_of_persons: [lượt, người, ca]\n"
    indicators = EXTRA["indicators"].replace("factor,better\n", "factor,better,suppress_below\n").splitlines()
    marked = "\n".join([indicators[0], *(f"{line}{',0' if line.startswith('ALERTS') else ','}" for line in indicators[1:])]) + "\n"
    world = World.load(tmp_path_factory.mktemp("pack"), pack=EXTRA["pack"] + bounds, indicators=marked)
    chance = random.Random(5)
    slots = []
    for due in due_reports(world.pack):
        slot = (due.unit_code, due.form_code, due.period.code)
        if due.period.type is PeriodType.WEEK or not "2021" <= due.period.end_date.isoformat() < "2022-10":
            continue
        form = next(form for form in world.pack.forms if form.form_code == slot[1] and form.valid_at(due.period.end_date))
        rows = [row for row in world.pack.form_rows if (row.form_code, row.version) == (form.form_code, form.version)]
        world.submit(slot, {row.indicator_code: chance.choice((0, 0, 1, 2, 3, 8, 20, 100)) for row in rows})
        slots.append(slot)
    world.open(slots)
    world.build()
    world.publish()
    add_reader(SITE, [], hides_small_counts=True)
    yield world
    remove_reader(SITE)


def rows(query: str, connection: psycopg.Connection | None = None) -> list[tuple[Any, ...]]:
    """What the public site sees."""
    if connection:
        return connection.execute(query).fetchall()  # type: ignore[call-overload, no-any-return]
    with psycopg.connect(reader_dsn(SITE)) as own:
        return own.execute(query).fetchall()  # type: ignore[call-overload, no-any-return]


def attack(connection: psycopg.Connection | None = None) -> tuple[int, dict[str, list[str]]]:
    """How many figures are hidden, and which of them follow from what is shown, by indicator."""
    reported = Reported.read()
    with connect("bi_reader") as everybody:
        told = {row[:3]: row for row in everybody.execute(SUMMARY).fetchall()}  # type: ignore[call-overload]
    shown: dict[str, list[dict[str, int]]] = defaultdict(list)
    hidden: dict[str, dict[str, dict[str, int]]] = defaultdict(dict)
    for row in rows(SUMMARY, connection):
        unit, indicator, period = row[:3]
        if indicator not in reported.kinds:
            continue
        before = Period.parse(period).same_period_last_year
        of_what = [
            Figure(unit, indicator, period, "value"),
            Figure(unit, indicator, period, "ytd"),
            Figure(unit, indicator, before.code if before else period, "value"),
            Figure(unit, indicator, before.code if before else period, "ytd"),
            Figure(unit, indicator, period, "ytd"),  # a percentage of a plan that is known
        ]
        for column, figure in enumerate(of_what, start=3):
            if row[column] is not None:
                shown[indicator].append(reported.combination(figure))
            elif column < 5 and told[row[:3]][column] is not None:
                hidden[indicator][str(figure)] = reported.combination(figure)
    for unit, indicator, period, value, ytd in rows(LEAF, connection):
        if indicator in reported.kinds:
            for which, amount in (("value", value), ("ytd", ytd)):
                if amount is not None:
                    shown[indicator].append(reported.combination(Figure(unit, indicator, period, which, own=True)))
    found = {indicator: recovered(shown[indicator], figures) for indicator, figures in hidden.items()}
    return sum(map(len, hidden.values())), {indicator: names for indicator, names in found.items() if names}


def test_no_hidden_figure_follows_from_what_is_shown(world: World) -> None:
    hidden, found = attack()
    assert hidden > 500
    assert found == {}


@pytest.mark.slow
def test_what_is_hidden_as_company_is_needed(world: World) -> None:
    with admin_connect() as connection, connection.transaction(force_rollback=True):
        connection.execute(
            """
            delete from warehouse.suppressed_figure as s using warehouse.agg_indicator_period as a
            where s.period_key = a.period_key and s.indicator_key = a.indicator_key and s.unit_key = a.unit_key and s.map = a.map
                and not (a.value between 1 and %(last)s or a.ytd_value between 1 and %(last)s)
            """,
            {"last": BELOW - 1},
        )
        connection.execute(f"set local session authorization {SITE}")  # type: ignore[call-overload]
        _, found = attack(connection)
    assert sum(map(len, found.values())) > 20


def test_no_small_count_is_shown_and_much_still_is(world: World) -> None:
    seen = rows(SUMMARY)
    for columns in (slice(3, 5), slice(5, 7)):
        assert [row for row in seen if any(value is not None and 0 < value < BELOW for value in row[columns])] == []
    assert [row for row in rows(LEAF) if any(value is not None and 0 < value < BELOW for value in row[3:5])] == []
    shown = sum(row[3] is not None for row in seen)
    assert shown > 0.2 * len(seen)
    assert {row[8] for row in seen if row[3] is not None} == {False}


def test_a_ratio_is_hidden_with_its_parts(world: World) -> None:
    query = "select unit_code, period_code, indicator_code, value, is_suppressed from marts.indicator_summary where map = 'as_reported'"
    values = {row[:3]: row[3] for row in rows(query)}
    shown = {(unit, period) for (unit, period, indicator), value in values.items() if indicator == "CHILD_SHARE" and value is not None}
    assert shown
    assert {values[*place, part] is None for place in shown for part in ("VISITS", "VISITS_CHILD")} == {False}
    assert [row for row in rows(query) if row[2] == "CHILD_SHARE" and row[4]]


def test_an_indicator_reported_by_month_and_by_quarter_is_hidden_altogether(world: World) -> None:
    mixed = "select bool_and(value is null and ytd_value is null) from marts.indicator_summary where indicator_code = 'AUDITS'"
    assert rows(mixed) == [(True,)]


def test_figures_as_submitted_and_their_parts_are_hidden_altogether(world: World) -> None:
    facts = (
        "select distinct f.state, f.value is null from marts.fct_indicator_value as f join marts.dim_indicator as i using (indicator_key)"
    )
    assert rows(f"{facts} where i.is_suppressible") == [("suppressed", True)]
    assert ("number", False) in rows(f"{facts} where not i.is_suppressible")
    assert rows("select 1 from marts.indicator_breakdown where value is not null or same_period_value is not null") == []


def test_sums_over_groups_of_another_hierarchy_are_hidden_altogether(world: World) -> None:
    query = (
        "select distinct i.is_suppressible, g.is_suppressed, num_nonnulls(g.value, g.ytd_value, g.same_period_value, g.yoy_abs) > 0"
        " from marts.indicator_by_group as g join marts.dim_indicator as i using (indicator_key)"
    )
    seen = set(rows(query))
    assert {row[1:] for row in seen if row[0]} == {(True, False)}
    assert (False, False, True) in seen


def test_whoever_sees_everything_sees_everything(world: World) -> None:
    with connect("bi_reader") as connection:
        seen = connection.execute(
            "select count(*) filter (where is_suppressed), count(*) filter (where value between 1 and 4) from marts.indicator_summary"
        ).fetchone()
    assert seen is not None and seen[0] == 0 and seen[1] > 50
