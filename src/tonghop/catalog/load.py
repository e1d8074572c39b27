"""A pack into the database: everything by COPY, in one transaction, under the pack's hash; nothing is ever changed there.

A pack goes back to an earlier content as `git revert` does, under a new hash: the pack in force is the one loaded last, and
what was loaded once is never moved. `revision` in `pack.yml` makes the hash a new one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from typing import Any, TypeVar

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from tonghop.catalog.duties import due_reports
from tonghop.catalog.pack import Pack
from tonghop.catalog.policies import ResolvedPolicy, period_policies
from tonghop.catalog.rows import (
    SINCE_EVER,
    TOTAL,
    Breakdown,
    BreakdownPart,
    Contact,
    Form,
    FormAlias,
    FormCell,
    FormColumn,
    FormNarrative,
    FormRow,
    Hierarchy,
    Indicator,
    Programme,
    ReminderStep,
    Sender,
    SheetLayout,
    Succession,
    Target,
    Unit,
    UnitAlias,
    UnitGroup,
)
from tonghop.catalog.rules import Rule
from tonghop.errors import TonghopError

R = TypeVar("R")

PARAMS = {"factor", "percentage", "threshold", "minimum_points", "minimum_value", "minimum_values", "codes"}
"""Parameters of a rule that `catalog.rule` has no column of its own for."""


class PackNotLoaded(TonghopError):
    """A pack that this database cannot take; the text says why and what to do."""


def load_pack(pack: Pack, connection: psycopg.Connection[Any]) -> bool:
    """Bring a pack into the database, in one transaction; `connection` is one of the role loader.

    True when it is new, False when it is the pack in force already. Raises PackNotLoaded when the database holds another
    pack, or when this content was loaded before and has been replaced since.
    """
    with connection.transaction():
        connection.execute("select pg_advisory_xact_lock(hashtext('tonghop.catalog.load_pack'))")
        loaded = connection.execute("select pack_hash, pack_code from catalog.pack order by load_number").fetchall()
        if loaded and loaded[-1][0] == pack.pack_hash:
            return False
        if loaded and loaded[-1][1] != pack.code:
            raise PackNotLoaded(
                f"This database holds the pack {loaded[-1][1]}, found the pack {pack.code}. One database holds one pack: "
                "correct the setting TONGHOP_CATALOG, or use another database (another TONGHOP_HOME)."
            )
        if pack.pack_hash in (pack_hash for pack_hash, _ in loaded):
            raise PackNotLoaded(
                f"The pack {pack.code} with this content (hash {pack.pack_hash[:12]}) was loaded before and has been replaced since. "
                f"To return to it, write `revision: {len(loaded) + 1}` into its pack.yml and load it again."
            )
        _write(pack, connection)
        return True


def _write(pack: Pack, connection: psycopg.Connection[Any]) -> None:
    units = [(unit.unit_code, unit.valid_from) for unit in pack.units]
    units += [(group.node_code, SINCE_EVER) for group in pack.unit_groups]
    unit_keys = _keys(connection, "unit_key", {"unit_code": "text", "valid_from": "date"}, units)
    indicator_keys = _keys(connection, "indicator_key", {"indicator_code": "text"}, [(row.indicator_code,) for row in pack.indicators])
    form_keys = _keys(connection, "form_key", {"form_code": "text"}, list(dict.fromkeys((form.form_code,) for form in pack.forms)))
    rule_keys = _keys(connection, "rule_key", {"rule_code": "text", "content_sha256": "text"}, [_version(rule) for rule in pack.rules])
    breakdown_keys = _breakdown_keys(connection, [row.breakdown_code for row in pack.breakdowns])

    def copy(table: str, rows: Iterable[R], columns: Sequence[str], **computed: Callable[[R], object]) -> None:
        names = ("pack_hash", *columns, *computed)
        statement = sql.SQL("copy catalog.{} ({}) from stdin").format(sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, names)))
        with connection.cursor() as cursor, cursor.copy(statement) as sink:
            for row in rows:
                values = (*(getattr(row, column) for column in columns), *(value(row) for value in computed.values()))
                sink.write_row((pack.pack_hash, *map(_plain, values)))

    copy(
        "pack",
        [pack.head],
        ("name_vi", "name_en", "time_zone", "root_unit", "holidays", "first_year", "last_year", "contact"),
        pack_code=lambda head: head.code,
        hash_without_corrections=lambda _: pack.hash_without_corrections,
    )
    copy("unit", pack.units, (*Unit.columns(), "path"), unit_key=lambda unit: unit_keys[unit.unit_code, unit.valid_from])
    copy("unit_succession", pack.successions, Succession.columns())
    copy("hierarchy", pack.hierarchies, Hierarchy.columns())
    copy("unit_group", pack.unit_groups, (*UnitGroup.columns(), "path"), unit_key=lambda group: unit_keys[group.node_code, SINCE_EVER])
    copy(
        "unit_group_place",
        pack.group_places,
        ("hierarchy_code", "group_code"),
        unit_key=lambda place: unit_keys[place.unit_code, place.valid_from],
    )
    copy("unit_alias", pack.unit_aliases, UnitAlias.columns())
    copy("programme", pack.programmes, Programme.columns())
    copy(
        "indicator",
        pack.indicators,
        tuple(column for column in Indicator.columns() if column != "suppress_below"),
        suppress_below=lambda row: row.hidden_below(pack.head),
        indicator_key=lambda row: indicator_keys[(row.indicator_code,)],
    )
    copy("breakdown", pack.breakdowns, Breakdown.columns(), breakdown_key=lambda row: breakdown_keys[row.breakdown_code])
    copy("breakdown_part", pack.breakdown_parts, BreakdownPart.columns(), position=lambda row: row.line)
    copy("form", pack.forms, Form.columns(), form_key=lambda form: form_keys[(form.form_code,)])
    copy("form_column", pack.form_columns, FormColumn.columns())
    copy("form_row", pack.form_rows, FormRow.columns())
    copy("form_sheet", pack.form_sheets, SheetLayout.columns())
    copy("form_cell", pack.form_cells, FormCell.columns())
    copy("form_narrative", pack.form_narratives, FormNarrative.columns())
    copy(
        "form_figure",
        [(form, figure) for form in pack.forms for figure in pack.figures(form)],
        (),
        form_code=lambda placed: placed[0].form_code,
        version=lambda placed: placed[0].version,
        indicator_code=lambda placed: placed[1].indicator_code,
        measure=lambda placed: placed[1].measure,
        breakdown_code=lambda placed: placed[1].breakdown_code,
        role=lambda placed: placed[1].role,
    )
    copy("duty", due_reports(pack), ("form_code", "unit_code", "due_at"), period_code=lambda due: due.period.code)
    copy("period_policy", period_policies(pack), ResolvedPolicy._fields)
    copy(
        "form_threshold",
        pack.head.minimum_completeness.items(),
        (),
        form_code=lambda threshold: threshold[0],
        minimum_pct=lambda threshold: threshold[1],
    )
    copy("form_alias", pack.form_aliases, FormAlias.columns())
    copy("reminder_step", pack.reminders, ReminderStep.columns())
    copy("contact", pack.contacts, Contact.columns())
    copy("sender", pack.senders, Sender.columns())
    copy("target", pack.targets, Target.columns())
    copy(
        "rule",
        pack.rules,
        (
            *("rule_code", "kind", "severity", "operator", "constant", "missing", "tolerance", "tolerance_pct"),
            *("text_vi", "text_en", "reason_vi", "reason_en", "owner", "valid_from", "valid_to"),
        ),
        severity_by_form=lambda rule: Jsonb(rule.severity_by_form),
        forms=lambda rule: rule.forms or None,
        units=lambda rule: rule.units or None,
        unit_types=lambda rule: rule.unit_types or None,
        period_types=lambda rule: rule.period_types or None,
        months=lambda rule: rule.months or None,
        measures=lambda rule: rule.measures or None,
        params=lambda rule: Jsonb(rule.model_dump(include=PARAMS, exclude_defaults=True), dumps=_json),
        rule_key=lambda rule: rule_keys[_version(rule)],
    )
    copy(
        "rule_term",
        [(rule.rule_code, term) for rule in pack.rules for term in rule.terms()],
        (),
        rule_code=lambda placed: placed[0],
        side=lambda placed: placed[1].side,
        position=lambda placed: placed[1].position,
        indicator_code=lambda placed: placed[1].indicator_code,
        measure=lambda placed: placed[1].measure,
        breakdown_code=lambda placed: placed[1].breakdown_code,
        weight=lambda placed: placed[1].weight,
    )
    copy(
        "quality_profile",
        pack.profiles,
        ("profile_code", "version", "period_type", "base_periods", "name_vi", "name_en", "source", "valid_from", "valid_to"),
    )
    copy(
        "quality_criterion",
        [criterion for profile in pack.profiles for criterion in profile.criteria()],
        ("metric", "pair_code", "a_indicator_code", "b_indicator_code"),
        profile_code=lambda row: row.profile.profile_code,
        version=lambda row: row.profile.version,
        threshold=lambda row: row.criterion.threshold,
        deviations=lambda row: row.criterion.deviations,
        up_to_deviations=lambda row: row.criterion.up_to_deviations,
        minimum_points=lambda row: row.criterion.minimum_points,
        minimum_value=lambda row: row.criterion.minimum_value,
    )
    copy(
        "correction",
        pack.corrections,
        (
            *("correction_code", "unit_code", "form_code", "period_code", "indicator_code", "measure", "breakdown_code"),
            *("reason", "author", "expires_on"),
        ),
        found_state=lambda row: row.found.state,
        found_value=lambda row: row.found.number,
        use_state=lambda row: row.use.state,
        use_value=lambda row: row.use.number,
    )


def _version(rule: Rule) -> tuple[str, str]:
    """What tells a version of a rule from others: its code, and a hash of what it says. A field that is left out says nothing."""
    said = rule.model_dump_json(exclude={"line"}, exclude_defaults=True)
    return rule.rule_code, hashlib.sha256(said.encode()).hexdigest()


def _json(value: object) -> str:
    return json.dumps(value, default=float)  # numbers as numbers


def _plain(value: object) -> object:
    """What psycopg writes as a text or an array: it takes a tuple for a composite, and an enum for its name."""
    if isinstance(value, Enum):
        return value.value
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def _keys(
    connection: psycopg.Connection[Any], table: str, columns: Mapping[str, str], codes: Sequence[tuple[Any, ...]]
) -> dict[tuple[Any, ...], int]:
    """The surrogate keys in a key table, after those that are not there yet have been given the next ones."""
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    insert = sql.SQL(
        """
        insert into catalog.{table} ({names})
        select {names} from unnest({arrays}) with ordinality as given ({names}, position)
        where ({names}) not in (select {names} from catalog.{table})
        order by position
        """
    ).format(
        table=sql.Identifier(table),
        names=names,
        arrays=sql.SQL(", ").join(sql.SQL("%s::{}[]").format(sql.Identifier(column_type)) for column_type in columns.values()),
    )
    connection.execute(insert, [[code[place] for code in codes] for place in range(len(columns))])
    known = connection.execute(sql.SQL("select {table}, {names} from catalog.{table}").format(table=sql.Identifier(table), names=names))
    return {tuple(code): key for key, *code in known}


def _breakdown_keys(connection: psycopg.Connection[Any], codes: Sequence[str]) -> dict[str, int]:
    """The keys of the breakdowns: 0 for the total, then the next free ones."""
    connection.execute("insert into catalog.breakdown_key values (0, %s) on conflict do nothing", [TOTAL])
    connection.execute(
        """
        insert into catalog.breakdown_key (breakdown_key, breakdown_code)
        select (select max(breakdown_key) from catalog.breakdown_key) + row_number() over (order by position), breakdown_code
        from unnest(%s::text[]) with ordinality as given (breakdown_code, position)
        where breakdown_code not in (select breakdown_code from catalog.breakdown_key)
        """,
        [list(codes)],
    )
    return dict(connection.execute("select breakdown_code, breakdown_key from catalog.breakdown_key").fetchall())
