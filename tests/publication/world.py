"""A small warehouse made by hand: what publications must keep right does not depend on dbt."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256

import psycopg

from tonghop import publication
from tonghop.database import admin_connect, connect
from tonghop.publication.versions import forget
from tonghop.staging import archive

_START = datetime(2022, 1, 1, tzinfo=UTC)
OPEN = 2147483647

TABLES = """
    create table warehouse.dim_period (
        period_key integer, period_code text, end_date date, {versions}, primary key (period_key, to_publication)
    );
    create table warehouse.fct_reporting_duty (
        unit_key integer, form_key integer, period_key integer, {versions},
        primary key (period_key, form_key, unit_key, to_publication)
    );
    create table warehouse.fct_submission (
        submission_id bigint, status text, verdict text, gate_run_id bigint, {versions}, primary key (submission_id, to_publication)
    );
    create table warehouse.agg_indicator_period (
        period_key integer, indicator_key integer, unit_key integer, value numeric, ytd_value numeric, map text, {versions},
        primary key (period_key, indicator_key, unit_key, map, to_publication)
    );
"""


@dataclass
class World:
    """A pack with three units and one form, and the acts of the neighbours: staging, gate 1, dbt, gate 2."""

    units: tuple[str, ...] = ("A", "B", "C")
    periods: tuple[str, ...] = ("2022-01", "2022-02", "2022-03")
    clock: int = field(default=0)

    def load_pack(self, pack_hash: str) -> None:
        with connect("loader") as connection:
            connection.execute(
                "insert into catalog.pack (pack_hash, pack_code, name_vi, name_en, time_zone, root_unit, holidays, first_year, last_year) "
                "values (%s, 'P', 'Gói', 'Pack', 'UTC', 'A', 'VN', 2022, 2022)",
                (pack_hash,),
            )
            for unit in self.units:
                connection.execute(
                    "insert into catalog.unit_key (unit_code, valid_from) values (%s, '0001-01-01') on conflict do nothing", (unit,)
                )
                connection.execute(
                    "insert into catalog.duty select %s, 'F', %s, unnest(%s::text[]), timestamptz '2022-06-01'",
                    (pack_hash, unit, list(self.periods)),
                )
            connection.execute("insert into catalog.form_key (form_code) values ('F') on conflict do nothing")
            connection.execute("insert into catalog.indicator_key (indicator_code) values ('I') on conflict do nothing")

    def deploy(self, code_version: str) -> None:
        with connect("publisher") as connection:
            connection.execute("insert into audit.deployment (code_version) values (%s)", (code_version,))

    def submit(self, unit: str, period: str, value: int, *, minutes: int | None = None) -> int:
        """Stage a submission of one cell, received `minutes` after the start (default: after all others). Returns its id."""
        self.clock += 1
        received_at = _START + timedelta(minutes=self.clock if minutes is None else minutes)
        file = archive.put(f"{unit} {period} {value}".encode())
        reading = _reading_sha256(value)
        with connect("loader") as connection:
            connection.execute(
                "insert into staging.file (sha256, size, archive_path) values (%s, 1, %s) on conflict do nothing",
                (file, archive.relative_path(file)),
            )
            uri = f"/landing/{unit}-{period}-{self.clock}.xlsx"
            receipt = _one(
                connection,
                "insert into staging.receipt (sha256, source_uri, received_at, outcome) values (%s, %s, %s, 'staged') returning receipt_id",
                (file, uri, received_at),
            )
            submission = _one(
                connection,
                """
                insert into staging.submission (
                    receipt_id, sha256, reading_sha256, unit_code, form_code, form_version, period_code, version, received_at,
                    source_uri, pack_hash
                )
                select %s, %s, %s, %s, 'F', 1, %s,
                    1 + (select count(*) from staging.submission where unit_code = %s and period_code = %s), %s, %s, min(pack_hash)
                from catalog.pack
                returning submission_id
                """,
                (receipt, file, reading, unit, period, unit, period, received_at, uri),
            )
            connection.execute(
                "insert into staging.cell values (%s, 'I', 'value', 'TOTAL', 'additive', 'number', %s, %s, '{}', 'S', 'A1')",
                (submission, value, str(value)),
            )
        return submission

    def judge(self, submission: int, verdict: str = "accepted") -> int:
        with connect("publisher") as connection:
            connection.execute("insert into audit.verdict (submission_id, verdict) values (%s, %s)", (submission, verdict))
        return submission

    def accept(self, unit: str, period: str, value: int, *, minutes: int | None = None) -> int:
        return self.judge(self.submit(unit, period, value, minutes=minutes))

    def build(self) -> None:
        """What the models do: forget, close, add, for the frozen slots of the candidate."""
        with connect("transformer") as connection:
            number = _one(connection, "select warehouse.candidate()")
            forget(connection, number)
            psycopg.ClientCursor(connection).execute(_BUILD, {"number": number})

    def pass_gate_2(self, number: int, status: str = "passed") -> None:
        with connect("publisher") as connection:
            connection.execute(
                "insert into audit.gate_run (gate, publication, status, pack_hash, code_version) "
                "select 2, number, %s, pack_hash, code_version from audit.publication where number = %s",
                (status, number),
            )

    def refresh(self) -> int | None:
        number = publication.open_candidate()
        if number is not None:
            self.build()
            self.pass_gate_2(number)
            publication.publish(number)
        return number

    def figures(self, number: int) -> dict[tuple[str, str], Decimal]:
        """Unit and period to value, as published at a number."""
        return self.all_figures()[number]

    def all_figures(self) -> dict[int, dict[tuple[str, str], Decimal]]:
        """The figures of every number that was ever given."""
        with connect("auditor") as connection:
            rows = connection.execute(
                "select n.number, u.unit_code, p.period_code, a.value from audit.publication n "
                "left join warehouse.agg_indicator_period a on a.from_publication <= n.number and a.to_publication > n.number "
                "left join catalog.unit_key u using (unit_key) "
                "left join (select distinct period_key, period_code from warehouse.dim_period) p using (period_key)"
            ).fetchall()
        figures: dict[int, dict[tuple[str, str], Decimal]] = {number: {} for number, *_ in rows}
        for number, unit, period, value in rows:
            if unit is not None:
                figures[number][unit, period] = value
        return figures

    def verdict(self, submission: int) -> str:
        with connect("auditor") as connection:
            return str(
                _one(
                    connection, "select verdict from audit.verdict where submission_id = %s order by verdict_id desc limit 1", (submission,)
                )
            )


_BUILD = f"""
    create temporary table wanted on commit drop as
    select
        c.unit_code, c.period_code, u.unit_key, f.form_key, i.indicator_key, c.submission_id, c.gate_run_id,
        split_part(c.period_code, '-', 1)::int * 1000 + 100 + split_part(c.period_code, '-', 2)::int as period_key
    from audit.candidate_slot c
    join catalog.unit_key u using (unit_code)
    join catalog.form_key f using (form_code)
    cross join catalog.indicator_key i
    where c.publication = %(number)s;

    insert into warehouse.dim_period
    select distinct
        period_key, period_code, (to_date(period_code, 'YYYY-MM') + interval '1 month - 1 day')::date, %(number)s, {OPEN}
    from wanted
    where period_key not in (select period_key from warehouse.dim_period where to_publication = {OPEN});

    insert into warehouse.fct_reporting_duty
    select unit_key, form_key, period_key, %(number)s, {OPEN} from wanted
    where (unit_key, period_key) not in (select unit_key, period_key from warehouse.fct_reporting_duty where to_publication = {OPEN});

    create temporary table wanted_submission on commit drop as
    select distinct on (s.submission_id)
        s.submission_id, v.verdict, v.gate_run_id,
        case
            when s.submission_id = w.submission_id then 'in_force'
            when v.verdict in ('quarantined', 'held', 'withdrawn') then v.verdict
            else 'superseded'
        end as status
    from wanted w join staging.submission s using (unit_code, period_code) join audit.verdict v on v.submission_id = s.submission_id
    where v.given_at <= (select opened_at from audit.publication where number = %(number)s)
    order by s.submission_id, coalesce(s.submission_id = w.submission_id and v.gate_run_id = w.gate_run_id, false) desc, v.verdict_id desc;

    update warehouse.fct_submission o set to_publication = %(number)s
    from staging.submission s join wanted w using (unit_code, period_code)
    where o.to_publication = {OPEN} and s.submission_id = o.submission_id
        and not exists (
            select from wanted_submission n
            where (n.submission_id, n.status, n.verdict, n.gate_run_id)
                is not distinct from (o.submission_id, o.status, o.verdict, o.gate_run_id)
        );

    insert into warehouse.fct_submission
    select submission_id, status, verdict, gate_run_id, %(number)s, {OPEN} from wanted_submission
    where submission_id not in (select submission_id from warehouse.fct_submission where to_publication = {OPEN});

    create temporary table wanted_figure on commit drop as
    select
        period_key, w.indicator_key, unit_key,
        case when j.correction_code is null then c.value else j.use_value end as value,
        case when j.correction_code is null then c.value else j.use_value end as ytd_value
    from wanted w
    join staging.cell c using (submission_id)
    left join audit.judged_correction j
        on j.submission_id = c.submission_id and j.gate_run_id = w.gate_run_id and j.found_value = c.value;

    update warehouse.agg_indicator_period o set to_publication = %(number)s
    from wanted w
    where o.to_publication = {OPEN} and (o.unit_key, o.period_key) = (w.unit_key, w.period_key)
        and (o.unit_key, o.period_key, o.value) not in (select unit_key, period_key, value from wanted_figure);

    insert into warehouse.agg_indicator_period
    select period_key, indicator_key, unit_key, value, ytd_value, 'both', %(number)s, {OPEN} from wanted_figure
    where (unit_key, period_key) not in (select unit_key, period_key from warehouse.agg_indicator_period where to_publication = {OPEN});
"""


def _reading_sha256(value: int) -> str:
    return sha256(f'["I", "value", "TOTAL", "additive", "number", "{value}", "{value}", "", "S", "A1"]'.encode()).hexdigest()


def _one(connection: psycopg.Connection, statement: str, parameters: object = None) -> int:
    row = connection.execute(statement, parameters).fetchone()  # type: ignore[arg-type]
    assert row is not None
    return row[0]  # type: ignore[no-any-return]


def admin(statement: str, *parameters: object) -> None:
    """What no role of the pipeline may do."""
    with admin_connect() as connection:
        connection.execute(statement, parameters)
