"""A warehouse of any size for the benchmarks of the marts: dimensions by dbt from a generated pack, facts and figures set-based.

150 indicators, 30 months, a root with provinces, districts and communes; the communes report everything every month. What the models would
compute is written directly, since their sums are not what is measured here: the value of a month is `base + month`, so every sum
over units, months and years has a closed form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg

INDICATORS = 150
RATIOS = 15
STOCKS = 15
PROGRAMMES = 10
FIRST_YEAR = 2021
MONTHS = 30
COMMUNES_A_DISTRICT = 20
DISTRICTS_A_PROVINCE = 25
"""Shape of the whole; the number of communes follows from the number of facts."""


def write_pack(folder: Path, communes: int) -> Path:
    """A catalog pack of four levels."""
    folder.mkdir(parents=True, exist_ok=True)
    summed = range(RATIOS, INDICATORS)
    tables = {
        "units": _units(communes),
        "unit_aliases": iter(["unit_code,alias,valid_from,valid_to"]),
        "programmes": iter(
            [
                "programme_code,name_vi,name_en,sort_order",
                *(f"P{number},Chương trình {number},Programme {number},{number}" for number in range(PROGRAMMES)),
            ]
        ),
        "indicators": _indicators(),
        "breakdowns": iter(["breakdown_code,sex,age_group,name_vi,name_en", "TOTAL,,,Tổng số,Total"]),
        "units_of_measure": iter(["word,unit_of_measure"]),
        "forms": iter(
            [
                "form_code,version,name_vi,name_en,unit_types,period_type,valid_from,valid_to",
                "TYT,1,Báo cáo trạm,Station report,commune,month,,",
            ]
        ),
        "form_columns": iter(["form_code,version,sheet,header_vi,measure,breakdown_code", "TYT,1,Báo cáo,Thực hiện,value,TOTAL"]),
        "form_rows": iter(
            [
                "form_code,version,sheet,sort_order,row_code,label_vi,indicator_code,role,zero_words",
                *(f"TYT,1,Báo cáo,{number},{number},Chỉ tiêu {number},IND_{number:03d},additive," for number in summed),
            ]
        ),
        "duties": iter(["form_code,unit_type,unit_code,period_type,valid_from,valid_to,deadline_working_days"]),
        "targets": iter(
            [
                "indicator_code,unit_code,year,comparison,target,rate,of_indicator_code",
                *(
                    f"IND_{number:03d},D{district:04d},{FIRST_YEAR + year},>=,{1000 + 100 * number},,"
                    for number in summed[:50]
                    for district in range(_count(communes, COMMUNES_A_DISTRICT))
                    for year in range(3)
                ),
            ]
        ),
    }
    for name, lines in tables.items():
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "rules.yml").write_text("[]\n")
    (folder / "pack.yml").write_text(
        "code: BENCH\nname_vi: Nước mẫu\nname_en: Bench country\ntime_zone: Asia/Ho_Chi_Minh\nroot_unit: R\nholidays: VN\n"
        f"first_year: {FIRST_YEAR}\nlast_year: {FIRST_YEAR + (MONTHS - 1) // 12}\n",
        encoding="utf-8",
    )
    return folder


def _count(units: int, each: int) -> int:
    return -(-units // each)


def _units(communes: int) -> Iterator[str]:
    districts = _count(communes, COMMUNES_A_DISTRICT)
    yield "unit_code,official_code,name_vi,name_en,sort_order,level,unit_type,parent_code,valid_from,valid_to,successor_code"
    yield "R,,Nước mẫu,Bench country,1,1,country,,,,"
    for number in range(_count(districts, DISTRICTS_A_PROVINCE)):
        yield f"P{number:03d},,Tỉnh {number},Province {number},{number},2,province,R,,,"
    for number in range(districts):
        yield f"D{number:04d},,Huyện {number},District {number},{number},3,district,P{number // DISTRICTS_A_PROVINCE:03d},,,"
    for number in range(communes):
        yield f"C{number:05d},,Xã {number},Commune {number},{number},4,commune,D{number // COMMUNES_A_DISTRICT:04d},,,"


def _indicators() -> Iterator[str]:
    yield (
        "indicator_code,name_vi,name_en,sort_order,programme_code,unit_of_measure,kind,stock_at,decimals,"
        "numerator_code,denominator_code,factor,better"
    )
    for number in range(INDICATORS):
        begin = f"IND_{number:03d},Chỉ tiêu {number},Indicator {number},{number},P{number % PROGRAMMES}"
        if number < RATIOS:
            yield f"{begin},%,ratio,,2,IND_{number + 40:03d},IND_{number + 60:03d},100,up"
        elif number < RATIOS + STOCKS:
            yield f"{begin},người,stock,end,0,,,,none"
        else:
            yield f"{begin},lượt,flow,,0,,,,up"


def build(facts: int, folder: Path, say: Callable[[str], None]) -> None:
    """Deploy, load the pack, and publish twice: the second publication corrects a fiftieth of the communes in the last month."""
    from tonghop.catalog import load_pack, read_pack
    from tonghop.database import admin_connect, connect
    from tonghop.warehouse import build_candidate, code_version, deploy

    communes = max(COMMUNES_A_DISTRICT, facts // (INDICATORS * MONTHS))
    deploy()
    pack = read_pack(write_pack(folder, communes))
    with connect("loader") as connection:
        load_pack(pack, connection)
    with admin_connect() as connection:
        _open(connection, 1, pack.pack_hash, code_version())
        build_candidate(1)
        say(f"{communes:,} communes; dimensions are built")
        for step, statement in _FILL.items():
            connection.execute(statement.replace("{months}", str(MONTHS)))  # type: ignore[arg-type]
            say(step)
        _publish(connection, 1)
        _open(connection, 2, pack.pack_hash, code_version())
        connection.execute(_CORRECT)  # type: ignore[arg-type]
        _publish(connection, 2)
        connection.execute("vacuum (analyze)")
        say("vacuumed and analyzed")


def _open(connection: psycopg.Connection, number: int, pack_hash: str, code_version: str) -> None:
    connection.execute(
        "insert into audit.publication (number, status, kind, scope_all, pack_hash, code_version, periods)"
        " values (%s, 'candidate', 'refresh', false, %s, %s, '{}')",
        (number, pack_hash, code_version),
    )


def _publish(connection: psycopg.Connection, number: int) -> None:
    connection.execute("update audit.publication set status = 'published', published_at = clock_timestamp() where number = %s", (number,))
    connection.execute(
        "insert into audit.live (number) values (%s) on conflict (singleton) do update set number = excluded.number", (number,)
    )


_FILL = {
    "sums over the tree": """
        create schema bench;
        create unlogged table bench.month as
        select period_key, row_number() over (order by start_date)::integer as number, year, start_date, end_date
        from warehouse.dim_period where period_type = 'month' order by start_date limit {months};

        create unlogged table bench.period as
        select
            p.period_key, p.year, last_year.period_key as same_period_key,
            count(*) filter (where m.start_date >= p.start_date) as months,
            sum(m.number) filter (where m.start_date >= p.start_date) as month_sum,
            count(*) as months_ytd, sum(m.number) as month_sum_ytd, max(m.number) as last_month
        from warehouse.dim_period as p
        join bench.month as m on m.year = p.year and m.end_date <= p.end_date
        left join warehouse.dim_period as last_year on p.same_period_last_year_code = last_year.period_code
        where p.period_type <> 'week' and p.end_date <= (select max(end_date) from bench.month)
        group by p.period_key, p.year, last_year.period_key;

        create unlogged table bench.base as
        select
            i.indicator_key, i.indicator_code, i.kind, a.unit_key, count(*) as communes, bool_or(a.unit_key = u.unit_key) as is_leaf,
            sum((abs(hashint4(u.unit_key * 1000 + i.indicator_key)) % 97) * (1 + abs(hashint4(i.indicator_key)) % 30))::numeric as base
        from warehouse.dim_unit as u
        cross join lateral string_to_table(u.path, '/') as above (unit_code)
        join warehouse.dim_unit as a on a.unit_code = above.unit_code
        cross join warehouse.dim_indicator as i
        where u.unit_type = 'commune' and i.kind <> 'ratio'
        group by i.indicator_key, i.indicator_code, i.kind, a.unit_key;
        insert into bench.base
        select i.indicator_key, i.indicator_code, i.kind, n.unit_key, n.communes, n.is_leaf, i.factor * n.base / nullif(d.base, 0)
        from warehouse.dim_indicator as i
        join bench.base as n on n.indicator_code = i.numerator_code
        join bench.base as d on d.indicator_code = i.denominator_code and d.unit_key = n.unit_key
        where i.kind = 'ratio';
        create index on bench.base (indicator_key, unit_key);
        analyze bench.month; analyze bench.period; analyze bench.base;
    """,
    "facts": """
        alter table warehouse.fct_indicator_value drop constraint fct_indicator_value_pk;
        insert into warehouse.fct_indicator_value (
            period_key, indicator_key, unit_key, form_key, breakdown_key, measure, role, value, state, submission_id, sheet, cell,
            from_publication, to_publication
        )
        select
            m.period_key, b.indicator_key, b.unit_key, f.form_key, 0, 'value', 'additive', b.base + m.number, 'number',
            b.unit_key * 1000 + m.number, 'Báo cáo', 'D' || b.indicator_key, 1, 2147483647
        from warehouse.dim_form as f
        cross join (select * from bench.month order by period_key) as m
        cross join (select * from bench.base where is_leaf and kind <> 'ratio' order by indicator_key, unit_key) as b;
        alter table warehouse.fct_indicator_value add constraint fct_indicator_value_pk
        primary key (period_key, indicator_key, unit_key, form_key, breakdown_key, measure, to_publication);
    """,
    "figures of all levels and periods": """
        alter table warehouse.agg_indicator_period drop constraint agg_indicator_period_pk;
        insert into warehouse.agg_indicator_period (
            period_key, indicator_key, unit_key, map, year, value, ytd_value, own_value, own_ytd_value, is_submitting,
            reporting_units, expected_units, is_complete, ytd_reports, ytd_expected_reports, is_estimate,
            same_period_key, same_period_unit_key, from_publication, to_publication
        )
        select
            period_key, indicator_key, unit_key, 'both', year, value, ytd_value,
            case when is_leaf then value end, case when is_leaf then ytd_value end, is_leaf, communes, communes, true,
            communes * months_ytd, communes * months_ytd, false, same_period_key, unit_key, 1, 2147483647
        from (
            select
                p.*, b.*,
                case kind
                    when 'flow' then base * months + communes * month_sum when 'stock' then base + communes * last_month else base
                end as value,
                case kind
                    when 'flow' then base * months_ytd + communes * month_sum_ytd when 'stock' then base + communes * last_month else base
                end as ytd_value
            from (select * from bench.period order by period_key) as p
            cross join (select * from bench.base order by indicator_key, unit_key) as b
        ) as figures;
        alter table warehouse.agg_indicator_period add constraint agg_indicator_period_pk
        primary key (period_key, indicator_key, unit_key, map, to_publication);
    """,
    "reports": """
        insert into warehouse.fct_reporting_duty (period_key, form_key, unit_key, due_at, from_publication, to_publication)
        select m.period_key, f.form_key, u.unit_key, m.end_date + interval '6 days', 1, 2147483647
        from bench.month as m cross join warehouse.dim_form as f cross join warehouse.dim_unit as u
        where u.unit_type = 'commune' order by 1, 2, 3;
        insert into warehouse.fct_submission (
            submission_id, unit_key, form_key, period_key, version, status, verdict, received_at, first_seen_at, due_at, on_time,
            source_uri, sender, sha256, reading_sha256, cells_expected, cells_filled, findings_critical, findings_warning, findings_info,
            failures_critical, failures_warning, failures_info, from_publication, to_publication
        )
        select
            d.unit_key * 1000 + m.number, d.unit_key, d.form_key, d.period_key, 1, 'in_force', 'accepted',
            d.due_at + (d.unit_key % 40 - 36) * interval '1 hour', d.due_at, d.due_at, d.unit_key % 40 <= 36, 'bench', null,
            repeat('a', 64), repeat('b', 64), 135, 130, 0, d.unit_key % 3, 0, 0, 0, 0, 1, 2147483647
        from warehouse.fct_reporting_duty as d join bench.month as m on d.period_key = m.period_key
        order by 1;
        update warehouse.fct_reporting_duty as d set first_received_at = s.received_at from warehouse.fct_submission as s
        where (s.unit_key, s.period_key, s.form_key) = (d.unit_key, d.period_key, d.form_key);
        insert into warehouse.agg_report_count (
            period_key, unit_key, unit_code, year_period_key, due_at, expected, received, on_time, from_publication, to_publication
        )
        select
            d.period_key, a.unit_key, a.unit_code, y.period_key, d.due_at, count(*), count(d.first_received_at),
            count(*) filter (where d.first_received_at <= d.due_at), 1, 2147483647
        from warehouse.fct_reporting_duty as d
        join bench.month as m on d.period_key = m.period_key
        join warehouse.dim_period as y on m.year = y.year and y.period_type = 'year'
        join warehouse.dim_unit as u on d.unit_key = u.unit_key
        cross join lateral string_to_table(u.path, '/') as above (unit_code)
        join warehouse.dim_unit as a on a.unit_code = above.unit_code
        group by 1, 2, 3, 4, 5 order by 1, 2, 5;
    """,
}  # fmt: skip

_CORRECT = """
do $$
declare
    t text;
    columns text;
begin
    foreach t in array array['fct_indicator_value', 'agg_indicator_period'] loop
        select string_agg(quote_ident(attname), ', ') into columns
        from pg_attribute
        where attrelid = ('warehouse.' || t)::regclass and attnum > 0 and not attisdropped
            and attname not in ('from_publication', 'to_publication', 'value');
        execute format(
            'with closed as (
                update warehouse.%I set to_publication = 2
                where to_publication = 2147483647 and unit_key %% 50 = 0
                    and period_key = (select period_key from bench.month order by number desc limit 1)
                returning *
            )
            insert into warehouse.%I (%s, value, from_publication, to_publication)
            select %s, value + 1, 2, 2147483647 from closed', t, t, columns, columns
        );
    end loop;
end
$$
"""
