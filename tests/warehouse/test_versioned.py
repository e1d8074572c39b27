"""The strategy `versioned` through dbt, on a real PostgreSQL: one story of publications, and what was seen on the way."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from tests.packs import write_pack
from tests.warehouse.world import EXTRA, Slot, World

from tonghop.catalog import read_pack
from tonghop.database import admin_connect, connect
from tonghop.publication.versions import forget, versioned_tables
from tonghop.warehouse import DbtFailed, NoSuchCandidate, build_candidate, deploy, run_dbt

pytestmark = pytest.mark.database

JANUARY: Slot = ("H1", "HO", "2022-01")
FEBRUARY: Slot = ("H1", "HO", "2022-02")
SECOND: Slot = ("H2", "HO", "2022-02")
VISITS = """
select coalesce(sum(value), 0) from marts.indicator_summary
where unit_code = 'P' and indicator_code = 'VISITS' and period_code = '2022' and map = 'as_reported'
"""


@dataclass
class Story:
    """What was seen at each step, by name."""

    tables: dict[str, dict[str, str]] = field(default_factory=dict)
    visits: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


def contents() -> dict[str, str]:
    """A hash of all rows of each versioned table, intervals included."""
    with admin_connect() as connection:
        hashes = {}
        for table in versioned_tables(connection):
            name = table.as_string(connection)
            rows = connection.execute(f"select t::text from {name} as t order by 1").fetchall()  # type: ignore[call-overload]
            hashes[name] = hashlib.sha256(repr(rows).encode()).hexdigest()
        return hashes


def visits(role: str = "bi_reader", publication: int | None = None) -> Any:
    """Visits of the province in 2022 as this connection sees them, or what it is refused with."""
    try:
        with connect(role, publication=publication) as connection:
            row = connection.execute(VISITS).fetchone()
            return row and row[0]
    except psycopg.errors.RaiseException as error:
        return str(error).splitlines()[0]


@pytest.fixture(scope="module")
def story(server: None, tmp_path_factory: pytest.TempPathFactory) -> Story:
    story = Story()
    world = World.load(tmp_path_factory.mktemp("pack"))

    def look(name: str) -> None:
        story.tables[name] = contents()
        story.visits[name] = visits()

    # 1: two reports
    world.submit(JANUARY, {"VISITS": 100, "BED_DAYS": 5, "BED_CAPACITY": 10})
    world.submit(FEBRUARY, {"VISITS": 10, "VISITS_CHILD": 4})
    world.open([JANUARY, FEBRUARY, SECOND])
    world.build()
    world.publish()
    look("published 1")
    with pytest.raises(DbtFailed) as failed:
        run_dbt("run", "--select", "dim_form")
    story.errors["no candidate"] = str(failed.value)

    # 2: a correction in which one indicator vanishes, and a late report; given up
    world.submit(FEBRUARY, {"VISITS": 12})
    world.submit(SECOND, {"VISITS": 1000})
    candidate = world.open([FEBRUARY, SECOND])
    with pytest.raises(NoSuchCandidate) as other:
        build_candidate(candidate + 1)
    story.errors["other candidate"] = str(other.value)
    run_dbt("run", "--select", "+fct_indicator_value,tag:versioned", "+fct_indicator_value,tag:intermediate")
    look("2 killed between models")
    world.build()
    look("2 built")
    story.visits["2 seen by transformer"] = visits("transformer", candidate)
    story.visits["2 seen by bi_reader"] = visits("bi_reader", candidate)
    world.build()
    look("2 built again")
    with connect("transformer") as connection:
        forget(connection, candidate)
    world.discard()
    look("2 discarded")
    story.visits["2 asked for after discard"] = visits("transformer", candidate)

    # 3: the same again, published
    world.open([FEBRUARY, SECOND])
    world.build()
    world.publish()
    look("published 3")

    # 4: the correction is withdrawn; another name of a unit in the catalog: everything is rebuilt and compared
    world.withdraw(FEBRUARY)
    changed = {"units": EXTRA["units"].replace("Maternity hospital", "Hospital for mothers")}
    world.load_pack(read_pack(write_pack(tmp_path_factory.mktemp("changed"), **(EXTRA | changed))))
    world.open([JANUARY, FEBRUARY, SECOND], scope_all=True)
    world.build()
    story.errors["tests"] = "\n".join(
        node.name for node in run_dbt("test", "--exclude", "test_type:unit", publication=4).nodes if node.status != "pass"
    )
    world.publish()
    look("published 4")
    for number in (1, 2, 3, 4, 5):
        story.visits[f"as of {number}"] = visits(publication=number)
    return story


def test_a_correction_a_vanished_figure_and_a_new_report(story: Story) -> None:
    assert (story.visits["published 1"], story.visits["published 3"]) == (110, 1112)
    with connect("auditor") as connection:
        facts = connection.execute(
            "select period_code, indicator_code, value, from_publication, to_publication from warehouse.fct_indicator_value f"
            " join (select distinct period_key, period_code from warehouse.dim_period) as p using (period_key)"
            " join (select distinct indicator_key, indicator_code from warehouse.dim_indicator) as i using (indicator_key)"
            " join (select distinct unit_key, unit_code from warehouse.dim_unit) as u using (unit_key)"
            " where unit_code = 'H1' and indicator_code like 'VISITS%' order by 1, 2, 4"
        ).fetchall()
    still = 2147483647
    assert facts == [
        ("2022-01", "VISITS", Decimal(100), 1, still),
        ("2022-02", "VISITS", Decimal(10), 1, 3),
        ("2022-02", "VISITS", Decimal(12), 3, 4),
        ("2022-02", "VISITS_CHILD", Decimal(4), 1, 3),
    ]


def test_nobody_sees_a_candidate_but_those_who_may(story: Story) -> None:
    assert story.visits["2 killed between models"] == story.visits["2 built"] == 110
    assert story.visits["2 seen by transformer"] == 1112
    assert str(story.visits["2 seen by bi_reader"]).startswith("publication 2 is not published")


def test_a_rerun_is_harmless_also_after_a_kill_between_models(story: Story) -> None:
    assert story.tables["2 killed between models"] != story.tables["2 built"] != story.tables["published 1"]
    assert story.tables["2 built again"] == story.tables["2 built"]


def test_a_discarded_candidate_leaves_no_trace(story: Story) -> None:
    assert story.tables["2 discarded"] == story.tables["published 1"]
    assert str(story.visits["2 asked for after discard"]).startswith("publication 2 is not published")


def test_every_publication_can_be_asked_for(story: Story) -> None:
    assert [story.visits[f"as of {number}"] for number in (1, 3, 4)] == [110, 1112, 1100]
    for number in (2, 5):
        assert str(story.visits[f"as of {number}"]).startswith(f"publication {number} is not published")


def test_rebuilding_everything_writes_only_what_differs(story: Story) -> None:
    with admin_connect() as connection:
        written = {
            table.as_string(connection).split('"')[-2]: connection.execute(
                f"select count(*) from {table.as_string(connection)} where from_publication = 4"  # type: ignore[call-overload]
            ).fetchone()[0]
            for table in versioned_tables(connection)
        }
    assert {name for name, rows in written.items() if rows} == {"dim_unit", "fct_submission", "agg_indicator_period"}
    assert written["dim_unit"] == 1


def test_all_data_tests_pass(story: Story) -> None:
    assert story.errors["tests"] == ""


def test_failures_name_the_model_and_what_to_do(story: Story) -> None:
    assert "model dim_form" in story.errors["no candidate"]
    assert "no candidate publication is open" in story.errors["no candidate"]
    assert "dbt.log" in story.errors["no candidate"]
    assert "The open candidate publication is 2, not 3" in story.errors["other candidate"]


def test_a_deployment_is_made_once_and_touches_no_row(story: Story) -> None:
    assert not deploy()
    before = contents()
    run_dbt("run", "--empty")
    assert contents() == before
    assert visits() == story.visits["published 4"]
