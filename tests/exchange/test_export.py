"""What an export writes is what BI sees, number by number, and nothing in it runs when a spreadsheet program opens it."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import psycopg
import pytest
from pyarrow import parquet
from tests.warehouse.world import World

from tonghop.database import connect
from tonghop.exchange import ExportProblem, Selection, export
from tonghop.exchange.selection import ViewColumn
from tonghop.exchange.texts import _escaped
from tonghop.spreadsheets import escape_formula

pytestmark = [pytest.mark.database, pytest.mark.slow]


def seen(query: str, publication: int | None = None) -> list[tuple[Any, ...]]:
    with connect("bi_reader", publication=publication) as connection:
        return connection.execute(query).fetchall()  # type: ignore[call-overload, no-any-return]


def digits(value: Decimal | float | None) -> str | None:
    """As much of a number as a spreadsheet keeps."""
    return None if value is None else f"{float(value):.15g}"


def read_csv(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))


def test_csv_holds_every_row_exactly_and_says_what_it_is(world: World, tmp_path: Path) -> None:
    done = export(Selection("indicator_summary"), tmp_path / "all.csv")
    rows = read_csv(done.path)
    wanted = seen(
        "select unit_code, indicator_code, period_code, value, pct_of_target from marts.indicator_summary where map = 'as_reported'"
    )
    assert len(rows) == len(wanted) == done.rows > 100
    found = {(row["unit_code"], row["indicator_code"], row["period_code"], row["value"], row["pct_of_target"]) for row in rows}
    assert found == {tuple("" if value is None else str(value) for value in row) for row in wanted}
    assert any(len(row["pct_of_target"]) > 16 for row in rows)  # a quotient, not cut to what a float holds
    assert not done.path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert done.note is not None
    note = json.loads(done.note.read_text(encoding="utf-8"))
    assert (note["view"], note["publication"], note["rows"], note["filters"]) == ("marts.indicator_summary", 2, len(rows), {})
    assert note["sha256"] == hashlib.sha256(done.path.read_bytes()).hexdigest()


def test_rows_are_restricted_and_an_old_publication_is_shown_as_it_was(world: World, tmp_path: Path) -> None:
    chosen = Selection("indicator_summary", periods=("2022-02",), units=("C11", "P"), indicators=("VISITS",))
    now = export(chosen, tmp_path / "now.csv", for_excel=True)
    then = export(chosen, tmp_path / "then.csv", publication=1)
    assert now.path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert [(row["unit_code"], row["value"]) for row in read_csv(now.path)] == [("P", "222"), ("C11", "222")]
    assert [(row["unit_code"], row["value"]) for row in read_csv(then.path)] == [("P", "121"), ("C11", "121")]
    assert json.loads(then.note.read_text())["publication"] == then.publication == 1  # type: ignore[union-attr]
    today = read_csv(export(replace(chosen, map="today"), tmp_path / "today.csv").path)
    assert [(row["unit_code"], row["map"]) for row in today] == [("P", "today"), ("C11", "today")]
    branch = read_csv(export(Selection("indicator_leaf", branches=("D1",), programmes=("CARE",)), tmp_path / "branch.csv").path)
    assert {row["unit_code"] for row in branch} >= {"C11"}
    assert {row["unit_code"] for row in branch} <= {"D1", "C11", "C12", "C22"}
    assert "PATIENTS" not in {row["indicator_code"] for row in branch}


def test_texts_that_begin_like_formulas_do_not_run(world: World, tmp_path: Path) -> None:
    name = '=HYPERLINK("x") Trạm Y tế xã Một'
    rows = read_csv(export(Selection("dim_unit", units=("C11",)), tmp_path / "units.csv").path)
    assert rows[0]["name_vi"] == "'" + name
    book = openpyxl.load_workbook(export(Selection("dim_unit", units=("C11",)), tmp_path / "units.xlsx").path)
    header, row, *_ = book["Số liệu"].iter_rows()
    cell = row[[each.value for each in header].index("name_vi")]
    assert (cell.value, cell.data_type, cell.quotePrefix) == (name, "s", True)


def test_the_csv_escapes_as_the_project_does_everywhere(world: World) -> None:
    texts = ["=1", "+1", "-1", "@x", "\tx", "\rx", "'=1", "''=1", "'x", "x=1", "", "−1", "Đạt"]
    query = psycopg.sql.SQL("select {} from unnest(%s::text[]) with ordinality as given (said, place) order by place").format(
        _escaped(ViewColumn("said", "text"))
    )
    with connect("bi_reader") as connection:
        assert [row[0] for row in connection.execute(query, (texts,))] == [escape_formula(text) for text in texts]


def test_a_workbook_holds_numbers_dates_and_a_sheet_that_says_what_it_is(world: World, tmp_path: Path) -> None:
    done = export(Selection("indicator_summary", periods=("2022-01",), branches=("P",)), tmp_path / "month.xlsx")
    book = openpyxl.load_workbook(done.path)
    header, *rows = book["Số liệu"].iter_rows(values_only=True)
    place = {name: number for number, name in enumerate(header)}
    wanted = seen(
        "select unit_code, indicator_code, value, is_complete from marts.indicator_summary "
        "where map = 'as_reported' and period_code = '2022-01'"
    )
    names = ("unit_code", "indicator_code", "value", "is_complete")
    found = [tuple(row[place[name]] for name in names) for row in rows]
    assert {(unit, code, digits(value), whole) for unit, code, value, whole in found} == {
        (unit, code, digits(value), whole) for unit, code, value, whole in wanted
    }
    assert len(rows) == len(wanted) > 20
    about = {row[0]: row[1] for row in book["Về tệp này"].iter_rows(values_only=True)}
    assert about["Lần công bố / Publication"] == 2
    assert about["Chỉ gồm / Only: periods"] == "2022-01"
    assert about["Bản đồ đơn vị / Map of units"] == "as_reported"
    units = openpyxl.load_workbook(export(Selection("dim_unit", units=("C12",)), tmp_path / "units.xlsx").path)["Số liệu"]
    header, *rows = units.iter_rows(values_only=True)
    first = rows[0][header.index("valid_from")]
    assert (first.date(), rows[-1][header.index("valid_to")]) == (date(2004, 1, 1), "9999-12-31")


def test_parquet_keeps_types_and_every_digit(world: World, tmp_path: Path) -> None:
    table = parquet.read_table(export(Selection("indicator_summary"), tmp_path / "all.parquet").path)
    wanted = seen(
        "select unit_code, indicator_code, period_code, value, pct_of_target, is_complete from marts.indicator_summary "
        "where map = 'as_reported'"
    )
    found = table.select(["unit_code", "indicator_code", "period_code", "value", "pct_of_target", "is_complete"]).to_pylist()
    assert {tuple(row.values()) for row in found} == set(wanted)
    assert table.schema.field("unit_key").type == "int32" and str(table.schema.field("value").type).startswith("decimal128")
    assert json.loads(table.schema.metadata[b"tonghop"])["publication"] == 2
    submissions = parquet.read_table(export(Selection("fct_submission"), tmp_path / "submissions.parquet").path)
    assert str(submissions.schema.field("received_at").type) == "timestamp[us, tz=UTC]"
    publications = parquet.read_table(export(Selection("publication"), tmp_path / "publications.parquet").path)
    assert str(publications.schema.field("periods").type).startswith("list<")


@pytest.mark.parametrize(
    ("selection", "name", "publication", "told"),
    [
        (Selection("nothing"), "x.csv", None, "There is no view marts.nothing. There are "),
        (Selection("dim_unit", periods=("2022-01",)), "x.csv", None, "has no period_key"),
        (Selection("dim_unit", units=("C99",)), "x.csv", None, "knows no unit C99"),
        (Selection("dim_unit"), "x.ods", None, "expected .csv, .parquet, .xlsx"),
        (Selection("dim_unit"), "x.csv", 99, "publication 99 is not published"),
    ],
)
def test_what_cannot_be_exported_says_why_and_leaves_nothing(
    world: World, tmp_path: Path, selection: Selection, name: str, publication: int | None, told: str
) -> None:
    with pytest.raises(ExportProblem, match=told.replace(".", r"\.")):
        export(selection, tmp_path / name, publication=publication)
    assert list(tmp_path.iterdir()) == []
