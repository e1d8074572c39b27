"""What a change after publication changes, and nothing else: every row and column of every mart is compared before and after.

What may change is worked out from the words of the design: the unit and those above it, the period and what contains or follows it in its
year, the same periods of the next year, the indicators of the report and the ratios and targets that rest on them. Of a flow all of that
must change. And whatever was taken in piece by piece must be what a build of everything from scratch makes of it.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.packs import FILES
from tests.warehouse.reference import Figure, Slot
from tests.warehouse.refreshed import Refreshed, written, written_anew
from tests.warehouse.world import EXTRA, World

from tonghop import publication
from tonghop.catalog import due_reports
from tonghop.database import connect
from tonghop.model import Period
from tonghop.warehouse import vacuum_what_changed

pytestmark = pytest.mark.database

Marts = dict[str, set[str]]
"""The rows of each mart, as canonical JSON."""

ALL: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Reach:
    """What a change may touch: units (the branch), periods, indicators, marts. Nothing said: all of them."""

    units: frozenset[str] = ALL
    periods: frozenset[str] = ALL
    indicators: frozenset[str] = ALL
    marts: frozenset[str] = ALL
    today: bool = False
    """whether the past may be shown otherwise on today's map"""

    def covers(self, mart: str, row: dict[str, Any], names: Names) -> bool:
        """Whether a row of a mart may change."""
        unit, indicator, period = names.of(row)
        return all(
            (
                not self.marts or mart in self.marts,
                not self.units or unit is None or unit in self.units,
                not self.indicators or indicator is None or indicator in self.indicators,
                not self.periods or period is None or period in self.periods or (self.today and row.get("map") == "today"),
            )
        )


def marts() -> Marts:
    """Every row of every mart that is about figures, with codes in the place of keys."""
    with connect("auditor") as connection:
        views = [name for (name,) in connection.execute("select viewname from pg_views where schemaname = 'marts'")]
        found = {}
        for view in views:
            if view != "publication":
                rows = connection.execute(f"select to_jsonb(v)::text from marts.{view} as v").fetchall()  # type: ignore[call-overload]
                found[view] = {row for (row,) in rows}
                assert len(found[view]) == len(rows), view
    return found


@dataclass(frozen=True)
class Names:
    """Codes of the keys that the marts use."""

    units: dict[int, str]
    indicators: dict[int, str]
    periods: dict[int, str]

    @classmethod
    def read(cls) -> Names:
        with connect("auditor") as connection:

            def codes(query: str) -> dict[int, str]:
                return dict(connection.execute(query).fetchall())  # type: ignore[call-overload]

            return cls(
                codes("select unit_key, unit_code from catalog.unit_key"),
                codes("select indicator_key, indicator_code from catalog.indicator_key"),
                codes("select distinct period_key, period_code from warehouse.dim_period"),
            )

    def of(self, row: dict[str, Any]) -> tuple[str | None, str | None, str | None]:
        """Unit, indicator and period of a row, where it has them; of a row for a year: the year."""
        unit = row.get("unit_code") or self.units.get(row.get("unit_key", 0))
        indicator = row.get("indicator_code") or self.indicators.get(row.get("indicator_key", 0))
        period = row.get("period_code") or self.periods.get(row.get("period_key", 0))
        return unit, indicator, period or (str(row["year"]) if "year" in row else None)


def stray(before: Marts, after: Marts, reaches: Sequence[Reach]) -> list[tuple[str, str]]:
    """Rows that came or went although no change reaches them."""
    names = Names.read()
    return [
        (view, text)
        for view in before
        for text in before[view] ^ after[view]
        if not any(reach.covers(view, json.loads(text), names) for reach in reaches)
    ]


def changed(before: Marts, after: Marts, view: str = "indicator_summary") -> set[tuple[str | None, ...]]:
    """Keys of the rows of a mart that came, went or changed; on the map of their time."""
    names = Names.read()
    rows = (json.loads(text) for text in before[view] ^ after[view])
    return {names.of(row) for row in rows if row.get("map", "as_reported") == "as_reported"}


def later_periods(world: World, start: Period) -> frozenset[str]:
    """The period, those of its year that end with it or later, and the same ones of the next year."""
    this_year = {p.code for p in world_periods(world) if p.year == start.year and p.end_date >= start.end_date}
    next_year = {p.code for p in world_periods(world) if (last := p.same_period_last_year) is not None and last.code in this_year}
    return frozenset(this_year | next_year)


def world_periods(world: World) -> Iterator[Period]:
    for year in range(world.pack.head.first_year, world.pack.head.last_year + 1):
        yield from (Period.month(year, month) for month in range(1, 13))
        yield from (Period.parse(f"{year}{rest}") for rest in ("-Q1", "-Q2", "-Q3", "-Q4", "-H1", "-9M", ""))
        yield from (Period.parse(f"{year}-W{week:02d}") for week in range(1, date(year, 12, 28).isocalendar().week + 1))


def resting_on(world: World, codes: Sequence[str]) -> frozenset[str]:
    """The indicators, the ratios that are computed from them, and those whose target is a rate of them."""
    found = set(codes)
    found |= {i.indicator_code for i in world.pack.indicators if {i.numerator_code, i.denominator_code} & found}
    found |= {target.indicator_code for target in world.pack.targets if target.of_indicator_code in found}
    return frozenset(found)


def slots_of(world: World, number: int) -> set[Slot]:
    """What a publication took in."""
    return set(
        world.connection.execute("select unit_code, form_code, period_code from audit.candidate_slot where publication = %s", (number,))
    )


def branch(world: World, unit_code: str, at: date) -> frozenset[str]:
    unit = world.pack.unit(unit_code, at)
    assert unit is not None
    return frozenset(unit.path.split("/"))


def amount(chance: random.Random) -> Decimal:
    return Decimal(chance.randint(1, 500))


def figure(chance: random.Random) -> Figure:
    return amount(chance) if chance.random() < 0.8 else chance.choice((0, "blank", "unreadable"))


@pytest.fixture(scope="module")
def world(server: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Refreshed]:
    """A whole year and the first months of another, published at once, with some reports missing."""
    chance = random.Random(20221122)
    made = Refreshed.load(tmp_path_factory.mktemp("pack"))
    owed = sorted((due.unit_code, due.form_code, due.period.code) for due in due_reports(made.pack) if due.form_code != "WK")
    for slot in owed:
        if "2021" < slot[2] < "2022-06" and slot not in LATE and (slot in REPORTED or chance.random() < 0.9):
            cell = amount if slot in REPORTED else figure
            made.submit(slot, {code: cell(chance) for code in made.form_indicators(slot)})
    made.take_in()
    assert "fct_indicator_value" in vacuum_what_changed() and vacuum_what_changed() == []
    yield made
    made.connection.close()


MARCH: Slot = ("C11", "ST", "2021-03")
OCTOBER: Slot = ("H1", "HO", "2021-10")
REPORTED = (MARCH, OCTOBER)
"""Reports that are there, with numbers in all cells: they are corrected."""
LATE: tuple[Slot, ...] = (("C21", "ST", "2021-04"), ("C21", "ST", "2022-02"))
MOVED = EXTRA["units"].replace(
    "C21,31324,Trạm Y tế xã Ba,Commune Three,1,3,station,D2,2004-01-01,,",
    "C21,31324,Trạm Y tế xã Ba,Commune Three,1,3,station,D2,2004-01-01,2022-03-01,\n"
    "C21,31324,Trạm Y tế xã Ba,Commune Three,1,3,station,D1,2022-03-01,,",
)


def flow_of(world: World, slot: Slot) -> set[tuple[str | None, ...]]:
    """What a changed flow of a report must change: the branch in all later periods of the year and the same ones of the next."""
    at = Period.parse(slot[2])
    return {(unit, "VISITS", period) for unit in branch(world, slot[0], at.end_date) for period in later_periods(world, at)}


def reach_of(world: World, slot: Slot) -> Reach:
    """What a changed report may change."""
    at = Period.parse(slot[2])
    return Reach(branch(world, slot[0], at.end_date), later_periods(world, at), resting_on(world, world.form_indicators(slot)))


def shown(marts: Marts) -> set[tuple[str | None, ...]]:
    """Keys of all rows of the summary."""
    return changed(marts, {"indicator_summary": set()})


def new_version(world: World, slot: Slot, verdict: str = "accepted") -> None:
    """A report with figures that nobody else has."""
    first = 9_000 + 31 * len(world.cells)
    world.submit(slot, {code: Decimal(first + place) for place, code in enumerate(world.form_indicators(slot))}, verdict)


def test_a_new_version_of_march_changes_what_follows_from_it(world: Refreshed) -> None:
    before = marts()
    new_version(world, MARCH)
    number = world.take_in()
    after = marts()
    assert stray(before, after, [reach_of(world, MARCH)]) == []
    seen = changed(before, after)
    assert {key for key in seen if key[1] == "VISITS"} == flow_of(world, MARCH) & shown(after)
    # the same by name: March to December, the quarters, the half, nine months, the year, and what is compared with them
    later = [f"{month:02d}" for month in range(3, 13)] + ["Q1", "Q2", "Q3", "Q4", "H1", "9M"]
    of_the_province = {period for unit, code, period in seen if (unit, code) == ("P", "VISITS")}
    assert {period for period in of_the_province if period and period < "2022"} == {"2021", *(f"2021-{rest}" for rest in later)}
    compared = {"2022-03", "2022-04", "2022-05", "2022-Q1", "2022-Q2", "2022-H1", "2022-9M", "2022"}
    assert {period for period in of_the_province if period and period >= "2022"} <= compared and "2022-03" in of_the_province
    assert written(number, "fct_indicator_value") == 2 * len(world.form_indicators(MARCH))


@pytest.mark.slow
def test_a_late_unit_counts_and_a_quarantined_version_does_not(world: Refreshed) -> None:
    before = marts()
    new_version(world, LATE[0])
    new_version(world, OCTOBER, "quarantined")
    world.take_in()
    after = marts()
    held = Reach(frozenset({"H1"}), frozenset({"2021-10"}), marts=frozenset({"fct_submission", "data_quality"}))
    assert stray(before, after, [reach_of(world, LATE[0]), held]) == []
    assert {key for key in changed(before, after) if key[1] == "VISITS"} == flow_of(world, LATE[0]) & shown(after)
    assert ("H1", None, "2021-10") in changed(before, after, "data_quality")


@pytest.mark.slow
def test_a_withdrawal_a_hand_correction_and_a_good_version_after_a_bad_one(world: Refreshed) -> None:
    before = marts()
    world.withdraw(LATE[0])
    new_version(world, OCTOBER)
    correct_by_hand(world, MARCH, "VISITS", 90)
    world.take_in()
    after = marts()
    by_hand = reach_of(world, MARCH)
    by_hand = Reach(by_hand.units, by_hand.periods, resting_on(world, ["VISITS"]))
    assert stray(before, after, [reach_of(world, LATE[0]), reach_of(world, OCTOBER), by_hand]) == []
    expected = flow_of(world, LATE[0]) | flow_of(world, OCTOBER) | flow_of(world, MARCH)
    assert {key for key in changed(before, after) if key[1] == "VISITS"} == expected & (shown(after) | shown(before))
    fact = {key for key in changed(before, after, "fct_indicator_value") if key[0] == "C11"}
    assert fact == {("C11", "VISITS", "2021-03")}


def correct_by_hand(world: Refreshed, slot: Slot, indicator: str, value: int) -> None:
    """A figure is judged again with a hand correction, and accepted."""
    submission = world.published[slot]
    assert submission is not None
    found = world.cells[submission][indicator, "TOTAL"]
    with world.connection.transaction():
        row = world.connection.execute(
            "insert into audit.gate_run (gate, status, pack_hash, code_version, ended_at) "
            "values (1, 'passed', %s, 'x', now()) returning gate_run_id",
            (world.pack.pack_hash,),
        ).fetchone()
        assert row
        world.connection.execute("insert into audit.gate_submission values (%s, %s)", (row[0], submission))
        world.connection.execute(
            "insert into audit.judged_correction values (%s, %s, 'C', %s, 'value', 'TOTAL', 'number', %s, 'number', %s, 'why', 'who')",
            (row[0], submission, indicator, found, value),
        )
        world.connection.execute(
            "insert into audit.verdict (submission_id, verdict, gate_run_id) values (%s, 'accepted', %s)", (submission, row[0])
        )


def test_a_target_changed_in_july_changes_no_fact(world: Refreshed, tmp_path: Path) -> None:
    before = marts()
    world.edit_pack(tmp_path, targets=CHANGED_IN_JULY)
    number = world.take_in()
    after = marts()
    assert slots_of(world, number) == set()
    assert {table for table in WRITTEN if written(number, table)} == {"fct_target"}
    july = {p.code for p in world_periods(world) if p.year == 2021 and p.end_date >= date(2021, 7, 1)}
    periods = july | {p.code for p in world_periods(world) if (last := p.same_period_last_year) is not None and last.code in july}
    told = frozenset({"fct_target", "fct_target_version", "indicator_figure", "indicator_summary"})
    assert stray(before, after, [Reach(frozenset({"D1", "P"}), frozenset(periods), frozenset({"VISITS"}), told)]) == []
    expected = {key for key in shown(after) if key[0] in ("D1", "P") and key[1] == "VISITS" and key[2] in july}
    assert {key for key in changed(before, after) if key[2] in july} == expected != set()


CHANGED_IN_JULY = (
    "indicator_code,unit_code,year,comparison,target,rate,of_indicator_code,valid_from,valid_to,decision\n"
    + "".join(f"{line},,,\n" for line in EXTRA["targets"].splitlines()[1:] if not line.startswith("VISITS,D1,2021"))
    + "VISITS,D1,2021,>=,1000,,,,2021-07-01,\nVISITS,D1,2021,>=,1500,,,2021-07-01,,Decision 12\n"
)


@pytest.mark.slow
def test_an_accepted_alias_takes_in_the_file_that_is_read_again(world: Refreshed, tmp_path: Path) -> None:
    slot = LATE[1]
    in_force = world.pack.pack_hash
    world.edit_pack(tmp_path / "before", targets=CHANGED_IN_JULY)
    if world.pack.pack_hash != in_force:  # the test before this one was left out
        world.take_in()
    before = marts()
    world.edit_pack(tmp_path / "after", targets=CHANGED_IN_JULY, unit_aliases=FILES["unit_aliases.csv"] + "C21,Trạm Ba mới,,\n")
    new_version(world, slot)
    number = world.take_in()
    after = marts()
    assert slots_of(world, number) == {slot} and stray(before, after, [reach_of(world, slot)]) == []
    assert {key for key in changed(before, after) if key[1] == "VISITS"} == flow_of(world, slot) & shown(after)


def test_a_moved_unit_moves_its_figures_from_that_day_on(world: Refreshed, tmp_path: Path) -> None:
    before = marts()
    taken_back = next(slot for slot in sorted(world.chosen) if slot[1] == "QT" and len(world.versions[slot]) == 1)
    world.withdraw(taken_back, "withdrawn")
    world.edit_pack(tmp_path, targets=CHANGED_IN_JULY, units=MOVED)
    number = world.take_in()
    after = marts()
    assert not publication.get_publication(number).scope_all
    assert slots_of(world, number) == {taken_back, *(("C21", "ST", f"2022-{month:02d}") for month in (3, 4, 5))}
    assert series_built(world) == {
        *((unit, year) for unit in ("C21", "D1", "D2", "LINE:A", "LINE:B") for year in (2020, 2021, 2022)),
        *((unit, 2022) for unit in ("P", "LINE:ALL")),
        # and those of the report that was taken back
        *((unit, Period.parse(taken_back[2]).year) for unit in (taken_back[0], "P", "LINE:ALL", "LINE:B")),
    }
    since = frozenset(p.code for p in world_periods(world) if p.end_date >= date(2022, 3, 1))
    reach = Reach(frozenset({"C21", "D1", "D2", "P"}), since, today=True)
    units = frozenset({"dim_unit", "unit_group_member", "fct_target", "fct_target_version"})
    tree = Reach(frozenset({"C21", "D1", "D2", "P"}), marts=units)
    assert stray(before, after, [reach, tree, reach_of(world, taken_back)]) == []
    months = {key for key in changed(before, after) if key[1] == "VISITS" and key[2] in ("2022-03", "2022-04", "2022-05")}
    assert {key[0] for key in months} >= {"C21", "D1", "D2"}
    was, now = figures(before), figures(after)
    assert all(was["P", "VISITS", period] == now["P", "VISITS", period] for period in ("2022-03", "2022-04", "2022-05", "2022"))
    assert was["D1", "VISITS", "2022-04"] != now["D1", "VISITS", "2022-04"]


def series_built(world: World) -> set[tuple[str, int]]:
    """The branches whose sums the last candidate computed, by year."""
    return set(world.connection.execute("select unit_code, year from warehouse.int_series_touched where is_wanted"))


def test_units_that_begin_end_split_and_change_their_group_are_taken_in_at_once(world: Refreshed, tmp_path: Path) -> None:
    """What becomes of every figure the last test says, which builds all of it from scratch."""
    before = marts()
    then = publication.live_number()
    world.edit_pack(tmp_path, targets=CHANGED_IN_JULY, units=MANY_CHANGES, unit_succession=SPLIT, unit_group_members=REGROUPED)
    number = world.take_in()
    assert not publication.get_publication(number).scope_all
    built = series_built(world)
    assert {year for unit, year in built if unit in ("D1", "D2", "C11", "C12", "C21", "LINE:A")} == {2020, 2021, 2022}
    assert {year for unit, year in built if unit == "P"} == {2021, 2022}, "the province has the units that it had"
    after = marts()
    assert {key[0] for key in changed(before, after)} >= {"C13", "D1", "D2", "P"}
    with connect("auditor", publication=then) as connection:
        rows = connection.execute("select to_jsonb(s)::text from marts.indicator_summary as s").fetchall()
    assert {row for (row,) in rows} == before["indicator_summary"], "what was published stays as it was"


MANY_CHANGES = (
    MOVED.replace(
        "D1,930,Huyện An Bình,An Binh district,1,2,district,P,2004-01-01,,",
        "D1,930,Huyện An Bình,An Binh district,1,2,district,P,2004-01-01,2021-09-01,\n"
        "D1,930,Thị xã An Bình,An Binh town,1,2,district,P,2021-09-01,,",
    ).replace(
        "C12,31321,Trạm Y tế thị trấn Hai,Town Two,2,3,station,D1,2022-01-01,,",
        "C12,31321,Trạm Y tế thị trấn Hai,Town Two,2,3,station,D1,2022-01-01,2022-06-01,",
    )
    + "C13,31330,Trạm Y tế xã Năm,Commune Five,3,3,station,D2,2022-03-01,,\n"
)
"""A district is renamed, a station ends, another one begins."""
SPLIT = "old_code,new_code,changed_on,extent,weight,basis\nC12,C11,2022-06-01,part,0.6,made up\nC12,C13,2022-06-01,part,0.4,made up\n"
REGROUPED = "hierarchy_code,group_code,unit_code,valid_from,valid_to\nLINE,A,D1,,\nLINE,B,D2,,\nLINE,A,H1,,\n"


def figures(marts: Marts) -> dict[tuple[str, str, str], Any]:
    """Value and cumulative value by unit, indicator and period, on the map of their time."""
    rows = (json.loads(text) for text in marts["indicator_summary"])
    return {
        (row["unit_code"], row["indicator_code"], row["period_code"]): (row["value"], row["ytd_value"])
        for row in rows
        if row["map"] == "as_reported"
    }


def test_the_reports_are_counted_as_they_were_at_every_publication(world: Refreshed) -> None:
    """By hand: each report that was owed then, its first version that nobody had withdrawn, for each unit on its path."""
    numbers = [number for (number,) in world.connection.execute("select number from audit.publication where status = 'published'")]
    seen = set()
    for number in numbers:
        with connect("auditor", publication=number) as connection:
            rows = connection.execute(REPORTS_OF_EACH_UNIT).fetchall()
        stray = [row for row in rows if row[-2] != row[-1]]
        assert not stray, f"publication {number}: {stray[:3]}"
        seen.add(tuple(sorted(rows)))
    assert len(seen) > 1, "late reports, withdrawals and moved units change the counts"


REPORTS_OF_EACH_UNIT = """
    with owed as (
        select d.unit_key, d.period_key, d.due_at, d.first_received_at
        from marts.data_quality as d
    ),
    counted as (
        select above.unit_code, o.period_key, o.due_at, count(*) as expected, count(o.first_received_at) as received,
            count(*) filter (where o.first_received_at <= o.due_at) as on_time
        from owed as o
        join marts.dim_unit as u on o.unit_key = u.unit_key
        cross join lateral string_to_table(u.path, '/') as above (unit_code)
        group by 1, 2, 3
    ),
    told as (
        select unit_code, period_key, due_at, expected, received, on_time from warehouse.agg_report_count
        where from_publication <= warehouse.visible_publication() and to_publication > warehouse.visible_publication()
    )
    select unit_code, period_key, due_at::text, (c.expected, c.received, c.on_time)::text, (t.expected, t.received, t.on_time)::text
    from counted as c full join told as t using (unit_code, period_key, due_at)
"""


def test_everything_taken_in_piece_by_piece_is_what_a_build_from_scratch_makes(world: Refreshed) -> None:
    """The last one: a candidate over everything closes no row and writes none."""
    assert written_anew(world) == {}


WRITTEN = (
    *("agg_indicator_period", "agg_report_count", "fct_indicator_value", "fct_reporting_duty", "fct_submission", "fct_target"),
    *("dim_unit", "dim_indicator"),
)
