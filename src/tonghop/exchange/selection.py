"""Which rows of which view: a selection as a query. What may be asked of a view follows from the columns that it has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple

import psycopg
from psycopg import sql

from tonghop.errors import TonghopError

_SORTED_BY = ("period_key", "indicator_key", "unit_key", "form_key", "breakdown_key", "measure", "year", "version", "number", "sort_order")
"""Rows come in the order of these columns, as far as the view has them: two exports of one publication are equal."""


class ExportProblem(TonghopError):
    """An export that cannot be made; the text says why and what to do."""


class ViewColumn(NamedTuple):
    """A column of a view as PostgreSQL knows it."""

    name: str
    data_type: str

    @property
    def is_number(self) -> bool:
        """Whether it holds numbers."""
        return self.data_type in ("smallint", "integer", "bigint", "numeric")


class Filter(NamedTuple):
    """What restricts rows: by the key column of the view, or by the code that it has itself."""

    name: str
    key: str
    dimension: str
    condition: sql.SQL


_FILTERS = {
    "periods": Filter("period", "period_key", "dim_period", sql.SQL("period_code = any(%s)")),
    "units": Filter("unit", "unit_key", "dim_unit", sql.SQL("unit_code = any(%s)")),
    "branches": Filter("unit", "unit_key", "dim_unit", sql.SQL("string_to_array(path, '/') && %s::text[]")),
    "indicators": Filter("indicator", "indicator_key", "dim_indicator", sql.SQL("indicator_code = any(%s)")),
    "programmes": Filter("programme", "indicator_key", "dim_indicator", sql.SQL("programme_code = any(%s)")),
}


@dataclass(frozen=True)
class Selection:
    """A view of the marts and the codes that its rows are restricted to; none: no restriction. `branches` are units with all below.

    A view that has every figure on two maps is shown on one of them, the `map`.
    """

    view: str
    periods: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()
    indicators: tuple[str, ...] = ()
    programmes: tuple[str, ...] = ()
    map: Literal["as_reported", "today"] = "as_reported"

    @property
    def filters(self) -> dict[str, list[str]]:
        """The restrictions that it has, by name."""
        return {name: list(codes) for name, codes in asdict(self).items() if name in _FILTERS and codes}


def columns_of(view: str, connection: psycopg.Connection[Any]) -> list[ViewColumn]:
    """The columns of a view of the marts. Raises ExportProblem, with the views that there are, when it is none."""
    rows = connection.execute(
        """
        select a.attname, format_type(a.atttypid, null)
        from pg_attribute as a
        inner join pg_class as c on a.attrelid = c.oid
        where c.relnamespace = 'marts'::regnamespace and c.relname = %s and a.attnum > 0 and not a.attisdropped
        order by a.attnum
        """,
        (view,),
    ).fetchall()
    if not rows:
        found = connection.execute("select relname from pg_class where relnamespace = 'marts'::regnamespace order by relname").fetchall()
        raise ExportProblem(f"There is no view marts.{view}. There are {', '.join(name for (name,) in found) or 'none yet'}.")
    return [ViewColumn(*row) for row in rows]


def query_of(selection: Selection, columns: Sequence[ViewColumn]) -> tuple[sql.Composed, list[list[str]]]:
    """The query of a selection, and its parameters. Raises ExportProblem when the view cannot be restricted so."""
    names = [column.name for column in columns]
    conditions: list[sql.Composable] = []
    parameters: list[list[str]] = []
    for name, codes in selection.filters.items():
        restriction = _FILTERS[name]
        if restriction.key not in names:
            raise ExportProblem(
                f"marts.{selection.view} has no {restriction.key}: its rows cannot be restricted by {restriction.name}. Leave that out."
            )
        conditions.append(
            sql.SQL("{key} in (select {key} from marts.{dimension} where {condition})").format(
                key=sql.Identifier(restriction.key), dimension=sql.Identifier(restriction.dimension), condition=restriction.condition
            )
        )
        parameters.append(codes)
    if "map" in names:
        conditions.append(sql.SQL("map = any(%s)"))
        parameters.append([selection.map])
    order = [sql.Identifier(name) for name in _SORTED_BY if name in names] or [sql.Identifier(names[0])]
    return sql.SQL("select {columns} from marts.{view}{where} order by {order}").format(
        columns=sql.SQL(", ").join(map(sql.Identifier, names)),
        view=sql.Identifier(selection.view),
        where=sql.SQL(" where ") + sql.SQL(" and ").join(conditions) if conditions else sql.SQL(""),
        order=sql.SQL(", ").join(order),
    ), parameters


def refuse_unknown_codes(selection: Selection, connection: psycopg.Connection[Any]) -> None:
    """Raise ExportProblem for codes that the publication does not know: a misspelt code would give an empty file."""
    known = {
        "periods": "select period_code from marts.dim_period",
        "units": "select unit_code from marts.dim_unit",
        "branches": "select unit_code from marts.dim_unit",
        "indicators": "select indicator_code from marts.dim_indicator",
        "programmes": "select programme_code from marts.dim_indicator",
    }
    for name, codes in selection.filters.items():
        rows = connection.execute(
            sql.SQL("select code from unnest(%s::text[]) as given (code) where code not in ({})").format(sql.SQL(known[name])), (codes,)
        ).fetchall()
        if rows:
            unknown = ", ".join(code for (code,) in rows)
            raise ExportProblem(
                f"The publication knows no {_FILTERS[name].name} {unknown}. Look it up in marts.{_FILTERS[name].dimension}."
            )
