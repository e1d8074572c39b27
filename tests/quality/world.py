"""Figures and reports put straight into the tables that the view reads, in one publication: no build, no dbt."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from tests.deployed import empty_warehouse
from tests.packs import write_pack

from tonghop.catalog import load_pack, read_pack
from tonghop.database import admin_connect, connect

YEARS = range(2019, 2024)
UNITS: dict[str, tuple[int, str | None, str]] = {"P": (1, None, "P"), "D": (2, "P", "P/D"), "S": (3, "D", "P/D/S"), "T": (4, "D", "P/D/T")}
"""Code: key, parent, path."""
MANY = [f"U{number}" for number in range(40)]
"""More stations."""
UNITS |= {code: (10 + number, "D", f"P/D/{code}") for number, code in enumerate(MANY)}
INDICATORS = {"A": (1, "flow"), "B": (2, "flow"), "CASES": (3, "since")}
SPREADS = {
    "extreme_outliers": (1, 3, None),
    "moderate_outliers": (None, 2, 3),
    "modified_outliers": (1, 3.5, None),
}
WHOLE = {"report_completeness": 90, "timeliness": 75, "indicator_completeness": 90}
PAIRS = {
    "BAND": ("related_band", 10),
    "AT_LEAST": ("related_at_least", 0),
    "PARENT": ("related_to_parent", 10),
    "DROPOUT": ("dropout", 0),
    "DENOMINATORS": ("denominators", 10),
}


def month_key(year: int, month: int) -> int:
    return year * 1000 + 100 + month


def quarter_key(year: int, quarter: int) -> int:
    return year * 1000 + 200 + quarter


def year_key(year: int) -> int:
    return year * 1000 + 501


def make_world(folder: Any) -> None:
    """One publication with dimensions and criteria, and no figures."""
    empty_warehouse()
    with connect("loader") as connection:
        load_pack(read_pack(write_pack(folder)), connection)
    with admin_connect() as connection:
        connection.execute(
            """
            insert into audit.publication (number, status, kind, scope_all, pack_hash, code_version, periods, published_at)
            select 1, 'published', 'refresh', true, pack_hash, 'code', '{}', '2023-03-01' from catalog.pack
            """
        )
        connection.execute("insert into audit.live (number) values (1)")
        months = [(year, month) for year in YEARS for month in range(1, 13)]
        quarters = [(year, quarter) for year in YEARS for quarter in range(1, 5)]
        periods = [
            *((month_key(*at), f"{at[0]}-{at[1]:02d}", "month", f"{at[0]}-{at[1]:02d}-01", at[0]) for at in months),
            *((quarter_key(*at), f"{at[0]}-Q{at[1]}", "quarter", f"{at[0]}-{3 * at[1] - 2:02d}-01", at[0]) for at in quarters),
            *((year_key(year), f"{year}", "year", f"{year}-01-01", year) for year in YEARS),
        ]
        _insert(
            connection, "dim_period", ("period_key", "period_code", "period_type", "start_date", "end_date", "year"),
            [(*row[:4], row[3], row[4]) for row in periods],
        )  # fmt: skip
        connection.execute(
            "update warehouse.dim_period set end_date = (start_date + case period_type when 'month' then interval '1 month' "
            "when 'quarter' then interval '3 months' else interval '1 year' end)::date - 1"
        )
        _insert(
            connection, "dim_unit", ("unit_key", "unit_code", "parent_code", "path", "level", "valid_from", "valid_to"),
            [(key, code, parent, path, path.count("/") + 1, "0001-01-01", "9999-12-31") for code, (key, parent, path) in UNITS.items()],
        )  # fmt: skip
        _insert(
            connection, "dim_indicator", ("indicator_key", "indicator_code", "kind", "is_suppressible"),
            [(key, code, kind, False) for code, (key, kind) in INDICATORS.items()],
        )  # fmt: skip
        _insert(
            connection,
            "dim_quality_criterion",
            (
                *("profile_code", "profile_version", "period_type", "base_periods", "valid_from", "valid_to", "metric", "pair_code"),
                *("a_indicator_code", "b_indicator_code", "threshold", "deviations", "up_to_deviations", "minimum_points", "minimum_value"),
            ),
            list(criteria()),
        )


def criteria() -> Iterable[tuple[Any, ...]]:
    """Two profiles, of which that of the month has a stricter version since July 2022."""
    for profile, version, period_type, base, since, until, completeness in (
        ("Y", 1, "year", 3, "0001-01-01", "9999-12-31", 90),
        ("M", 1, "month", 36, "0001-01-01", "2022-07-01", 90),
        ("M", 2, "month", 36, "2022-07-01", "9999-12-31", 99),
    ):
        head = (profile, version, period_type, base, since, until)
        of_month = period_type == "month"
        for metric, (threshold, deviations, up_to) in SPREADS.items():
            limit = threshold or (1 if of_month else 2)
            yield (*head, metric, "", None, None, limit, deviations, up_to, 12 if of_month else 11, 0)
        for metric, threshold in WHOLE.items():
            limit = completeness if metric == "report_completeness" else threshold
            yield (*head, metric, "", None, None, limit, None, None, 1, 0)
        yield (*head, "completeness_consistency", "", None, None, 33, None, None, 1, 0)
        yield (*head, "consistency_over_time", "", None, None, 33, None, None, 12 if of_month else 1, 0)
        for pair, (metric, threshold) in PAIRS.items():
            yield (*head, metric, pair, "A", "B", threshold, None, None, 2, 0)


def figures(
    unit: str,
    indicator: str,
    months: Mapping[tuple[int, int], float],
    reporting: int = 1,
    expected: int = 1,
    *,
    key: Callable[[int, int], int] = month_key,
    map_: str = "both",
) -> None:
    """Figures by year and month (or quarter, with its `key`), and the sums of their years."""
    years: dict[int, float] = {}
    for (year, _), value in months.items():
        years[year] = years.get(year, 0) + value
    rows: list[tuple[Any, ...]] = [(key(year, part), year, value) for (year, part), value in months.items()]
    rows += [(year_key(year), year, value) for year, value in years.items()]
    unit_key, indicator_key = UNITS[unit][0], INDICATORS[indicator][0]
    with admin_connect() as connection:
        _insert(
            connection,
            "agg_indicator_period",
            (
                *("period_key", "year", "value", "unit_key", "indicator_key", "map"),
                *("reporting_units", "expected_units", "ytd_reports", "ytd_expected_reports"),
            ),
            [(*row, unit_key, indicator_key, map_, reporting, expected, 12 * reporting, 12 * expected) for row in rows],
        )


def no_figures() -> None:
    """Remove all figures and reports."""
    with admin_connect() as connection:
        for table in ("agg_indicator_period", "agg_report_count"):
            connection.execute(f"delete from warehouse.{table}".encode())


@contextmanager
def guarding_small_numbers(minimum: int) -> Iterator[None]:
    """Figures below `minimum` are no outliers meanwhile."""
    change = "update warehouse.dim_quality_criterion set minimum_value = %s where metric like %s"
    with admin_connect() as connection:
        connection.execute(change.encode(), (minimum, "%outliers"))
    try:
        yield
    finally:
        with admin_connect() as connection:
            connection.execute(change.encode(), (0, "%outliers"))


def report(unit: str, year: int, month: int, received: str | None, due: str = "2022-01-10") -> None:
    """A report that is due, counted for its unit and all above; `received`: the day on which it came, None when it has not."""
    with admin_connect() as connection:
        for code in UNITS[unit][2].split("/"):
            connection.execute(
                """
                insert into warehouse.agg_report_count as counts (
                    period_key, year_period_key, unit_key, unit_code, due_at, expected, received, on_time, from_publication, to_publication
                )
                values (%(period)s, %(year)s, %(unit)s, %(code)s, %(due)s, 1, %(came)s, %(in_time)s, 1, 2147483647)
                on conflict (period_key, unit_key, due_at, to_publication) do update set
                    expected = counts.expected + excluded.expected,
                    received = counts.received + excluded.received,
                    on_time = counts.on_time + excluded.on_time
                """,
                {
                    "period": month_key(year, month),
                    "year": year_key(year),
                    "unit": UNITS[code][0],
                    "code": code,
                    "due": due,
                    "came": int(received is not None),
                    "in_time": int(received is not None and received <= due),
                },
            )


def _insert(connection: Any, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    names = ", ".join((*columns, "from_publication", "to_publication"))
    places = ", ".join(["%s"] * (len(columns) + 2))
    with connection.cursor() as cursor:
        cursor.executemany(f"insert into warehouse.{table} ({names}) values ({places})", [(*row, 1, 2147483647) for row in rows])
