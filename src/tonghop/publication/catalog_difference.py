"""What a changed catalog reaches: slots, sums and targets that a candidate has to build anew although no report of theirs changed.

Two packs are compared table by table. What the warehouse shows in its dimensions only, or never shows, reaches nothing: dimensions are
compared in every refresh. A difference that is not named here reaches everything: no table or column of a pack is overlooked.

A unit whose versions changed is reached from the first day on which they differ: its slots of the periods since then stand for another
version. Which branches have other units below them than before, in which years and on which map, dbt finds by comparing
`dim_unit_ancestor` with what was published (`int_branch_changed`): that also holds for a parent, a group or a succession that changed.
"""

from __future__ import annotations

import psycopg
from psycopg import sql

from tonghop.model import OPEN_END
from tonghop.publication.versions import table_exists

_SILENT = frozenset(
    {
        *("unit_alias", "form_alias", "form_column", "form_row", "form_sheet", "form_cell", "form_narrative", "contact", "sender"),
        *("rule", "rule_term", "correction", "programme", "hierarchy", "reminder_step", "period_policy", "form_threshold"),
        *("quality_profile", "quality_criterion"),
    }
)
"""Tables that intake, the rules, a dimension or the way to a publication read, and no figure."""

_IN_BRANCHES = frozenset({"unit", "unit_group", "unit_group_place", "unit_succession"})
"""Tables of which dbt sees for itself what they change; but for the versions of a unit, which its slots stand for."""

_SILENT_COLUMNS = {
    "pack": {
        *("load_number", "loaded_at", "pack_code", "name_vi", "name_en", "time_zone", "root_unit", "holidays", "contact"),
        *("last_year", "hash_without_corrections"),
    },
    "indicator": {"name_vi", "name_en", "sort_order", "programme_code", "unit_of_measure", "decimals", "better"},
    "breakdown": {"name_vi", "name_en"},
    "form": {"name_vi", "name_en", "unit_types", "number_style"},
}
"""Columns of the other tables that only a dimension shows. A time zone counts through the deadlines that follow from it."""

_KEYS = {
    "target": ("indicator_code", "year"),
    "indicator": ("indicator_code",),
    "form": ("form_code",),
    "form_figure": ("form_code", "indicator_code"),
    "duty": ("unit_code", "form_code", "period_code"),
}
"""What of a differing row says how far the difference reaches."""

_REACH = """
    create temporary table reach (what text, indicator_code text, unit_code text, year integer) on commit drop;
    create temporary table slot_reach (unit_code text, form_code text, period_code text) on commit drop;
"""


def find_reach(connection: psycopg.Connection, published: str | None, wanted: str) -> bool:
    """Compare the pack of the live publication with the one that is wanted, by their hashes; True when everything has to be built anew.

    Fills the temporary tables `reach` and `slot_reach` (they live as long as the transaction; null stands for all). Before the first
    publication every target is reached.
    """
    connection.execute(_REACH)
    if published is None:
        connection.execute(
            "insert into reach (what, indicator_code, year) "
            "select 'targets', indicator_code, year from catalog.target where pack_hash = %s",
            (wanted,),
        )
        return False
    if published == wanted:
        return False
    packs = {"published": published, "wanted": wanted}
    for table in sorted(_tables(connection) - _SILENT - _IN_BRANCHES):
        if table in _KEYS:
            keys = sql.SQL(", ").join(map(sql.Identifier, _KEYS[table]))
            statement = sql.SQL("create temporary table {} on commit drop as select distinct {} from ({}) as rows_of_one_pack")
            difference = _difference(connection, table, packs)
            connection.execute(statement.format(sql.Identifier(f"differing_{table}"), keys, difference))
        elif _is_true(connection, sql.SQL("select exists ({})").format(_difference(connection, table, packs)), packs):
            return True
    connection.execute(_CHANGED_UNITS, packs)
    if _is_true(connection, _EVERYTHING, packs):
        return True
    connection.execute(_SPREAD, packs)
    if table_exists(connection, "dim_period"):
        connection.execute(_SLOTS_OF_CHANGED_UNITS)
    return False


def freeze_reach(connection: psycopg.Connection, number: int) -> None:
    """Copy `reach` into the candidate's frozen scope."""
    connection.execute(
        "insert into audit.candidate_reach (publication, what, indicator_code, unit_code, year) "
        "select distinct %s::integer, what, indicator_code, unit_code, year from reach",
        (number,),
    )


# The days on which versions of a unit begin (with their level, which says which of two targets is nearer) and end; and the first one on
# which the packs differ. A period that ended before it stands for the same version in both.
_CHANGED_UNITS = sql.SQL("""
create temporary table changed_unit on commit drop as
with day as (
    select pack_hash, unit_code, unit_key, level, valid_from as day from catalog.unit
    where pack_hash in (%(published)s, %(wanted)s)
    union all
    select pack_hash, unit_code, unit_key, null, valid_to from catalog.unit
    where pack_hash in (%(published)s, %(wanted)s)
),

day_of_one_pack as (
    select unit_code, unit_key, level, day from day
    group by unit_code, unit_key, level, day
    having count(*) = 1
)

select unit_code, min(day) as since from day_of_one_pack group by unit_code
""")

_EVERYTHING = sql.SQL("""
select
    -- where most units are others, looking at each branch costs more than building all
    2 * (select count(*) from changed_unit)
    > (select count(distinct unit_code) from catalog.unit where pack_hash in (%(published)s, %(wanted)s))
    -- a figure that was read before its indicator was known, or that is shown although it is no longer
    or exists (
        select from differing_indicator as d
        where
            not exists (select from catalog.indicator as i where i.pack_hash = %(wanted)s and i.indicator_code = d.indicator_code)
            or not exists (select from catalog.indicator as i where i.pack_hash = %(published)s and i.indicator_code = d.indicator_code)
            and exists (select from catalog.indicator as i where i.pack_hash <> %(wanted)s and i.indicator_code = d.indicator_code)
    )
    or (select last_year from catalog.pack where pack_hash = %(wanted)s)
    < (select last_year from catalog.pack where pack_hash = %(published)s)
""")

_SPREAD = sql.SQL("""
with forms as (
    select distinct form_code, indicator_code from catalog.form_figure where pack_hash in (%(published)s, %(wanted)s)
),

changed_form as (
    select form_code from differing_form
    union
    select form_code from differing_form_figure
),

slots as (
    insert into slot_reach
    select null, form_code, null from changed_form
    union all
    select unit_code, form_code, period_code from differing_duty
)

insert into reach
select 'targets', t.indicator_code, null, t.year
from catalog.target as t
where
    t.pack_hash in (%(published)s, %(wanted)s)
    and (
        (t.indicator_code, t.year) in (select indicator_code, year from differing_target)
        or t.indicator_code in (select indicator_code from differing_indicator)
    )
union
select 'figures', indicator_code, null, null from differing_indicator
union
select 'figures', indicator_code, null, null from differing_form_figure
union
select 'figures', f.indicator_code, null, null from differing_form as d inner join forms as f on d.form_code = f.form_code
union
select 'figures', f.indicator_code, d.unit_code, left(d.period_code, 4)::integer
from differing_duty as d
inner join forms as f on d.form_code = f.form_code
union
-- a week may reach a few days into the year before
select 'units', null, unit_code, extract(year from since - 7)::integer from changed_unit
""")

_SLOTS_OF_CHANGED_UNITS = sql.SQL("""
insert into slot_reach
select u.unit_code, null, p.period_code
from changed_unit as u
inner join warehouse.dim_period as p on u.since <= p.end_date
where p.to_publication = {open}
""").format(open=sql.Literal(OPEN_END))


def _tables(connection: psycopg.Connection) -> set[str]:
    rows = connection.execute(
        "select c.relname from pg_class as c inner join pg_attribute as a on c.oid = a.attrelid "
        "where c.relnamespace = 'catalog'::regnamespace and c.relkind in ('r', 'p') and a.attname = 'pack_hash' and not a.attisdropped"
    ).fetchall()
    return {name for (name,) in rows}


def _difference(connection: psycopg.Connection, table: str, packs: dict[str, str]) -> sql.Composed:
    """The rows of one pack that the other does not have, both ways, without the silent columns."""
    silent = _SILENT_COLUMNS.get(table, frozenset()) | {"pack_hash"}
    rows = connection.execute(
        "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0 and not attisdropped order by attnum",
        (f"catalog.{table}",),
    ).fetchall()
    columns = sql.SQL(", ").join(sql.Identifier(name) for (name,) in rows if name not in silent)
    before, after = (
        sql.SQL("select {} from catalog.{} where pack_hash = {}").format(columns, sql.Identifier(table), sql.Literal(packs[name]))
        for name in ("published", "wanted")
    )
    return sql.SQL("({0} except {1}) union all ({1} except {0})").format(before, after)


def _is_true(connection: psycopg.Connection, question: sql.SQL | sql.Composed, packs: dict[str, str]) -> bool:
    row = connection.execute(question, packs).fetchone()
    return bool(row and row[0])
