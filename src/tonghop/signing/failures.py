"""Failures of rules that can be waived: those that the last judgement found in the report that counts for its slot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import psycopg
from psycopg.rows import class_row

from tonghop.database import connect
from tonghop.signing.actors import Actor
from tonghop.signing.requests import DecisionRefused, Matter, ask


@dataclass(frozen=True)
class Failure:
    """A failure of a rule in the latest report of a slot, and the values that a waiver of it would be given for.

    `waiver_id` is the waiver because of which it was not counted.
    """

    rule_code: str
    severity: str
    unit_code: str
    form_code: str
    period_code: str
    version: int
    verdict: str
    indicator_code: str | None
    measure: str | None
    breakdown_code: str | None
    sheet: str | None
    cell: str | None
    found: str | None
    expected: str | None
    given_for: str
    waiver_id: int | None
    text_vi: str
    text_en: str

    @property
    def matter(self) -> Matter:
        """What a waiver of it is about."""
        return Matter(
            "waiver", self.period_code, self.given_for, self.unit_code, self.form_code,
            self.rule_code, self.indicator_code, self.measure, self.breakdown_code,
        )  # fmt: skip

    @property
    def figure(self) -> str:
        """The figure that it points at, for people; the whole report when it points at none."""
        return " ".join(part for part in (self.indicator_code, self.measure, self.breakdown_code) if part) or "–"


def open_failures(periods: Sequence[str] | None = None) -> list[Failure]:
    """The critical failures that hold the latest reports of their slots back (of `periods`, when given), by period, form and unit."""
    with connect("auditor") as connection:
        return _read(connection, {"periods": None if periods is None else list(periods)})


def ask_waiver(
    rule: str,
    unit: str,
    form: str,
    period: str,
    *,
    reason: str,
    expires_on: date,
    actor: Actor,
    indicator: str | None = None,
    measure: str | None = None,
    breakdown: str | None = None,
) -> list[tuple[int, Failure]]:
    """Ask that failures of a rule in a report do not count: one request for each failure, with its values. Returns their numbers.

    `indicator`, `measure` and `breakdown` narrow it down. Nothing changes before another person approves. Raises DecisionRefused when
    the report does not fail the rule, or when the same was asked for before.
    """
    with connect("publisher") as connection:
        found = _read(connection, {"unit": unit, "form": form, "period": period})
        meant = [
            each
            for each in found
            if each.rule_code == rule
            and (indicator is None or each.indicator_code == indicator)
            and (measure is None or each.measure == measure)
            and (breakdown is None or each.breakdown_code == breakdown)
        ]
        if not meant:
            raise DecisionRefused(_why_none(rule, f"{unit} {form} {period}", found))
        return [(ask(connection, each.matter, reason, actor, expires_on), each) for each in meant]


def _why_none(rule: str, slot: str, found: Sequence[Failure]) -> str:
    if not found:
        return f"{slot}: its latest report has no failure of a rule that could be waived, or it has not been judged yet."
    told = "; ".join(f"{each.rule_code} {each.figure} ({each.given_for})" for each in found[:10])
    return f"{slot}: its latest report does not fail {rule} in that way. It fails: {told}."


def _read(connection: psycopg.Connection, wanted: dict[str, object]) -> list[Failure]:
    values = {"unit": None, "form": None, "period": None, "periods": None} | wanted
    with connection.cursor(row_factory=class_row(Failure)) as cursor:
        return cursor.execute(_FAILURES, values).fetchall()


_FAILURES = """
    with latest as (
        select distinct on (s.unit_code, s.form_code, s.period_code)
            s.submission_id, s.unit_code, s.form_code, s.period_code, s.version, v.verdict,
            (
                select last.gate_run_id from audit.verdict as last
                where last.submission_id = s.submission_id and last.gate_run_id is not null
                order by last.verdict_id desc limit 1
            ) as gate_run_id
        from staging.submission as s
        inner join lateral (
            select last.verdict from audit.verdict as last where last.submission_id = s.submission_id order by last.verdict_id desc limit 1
        ) as v on true
        where
            v.verdict not in ('held', 'withdrawn')
            and (%(unit)s::text is null or (s.unit_code, s.form_code, s.period_code) = (%(unit)s, %(form)s, %(period)s))
            and (%(periods)s::text[] is null or s.period_code = any(%(periods)s))
        order by s.unit_code, s.form_code, s.period_code, s.received_at desc, s.version desc
    )

    select
        f.rule_code, f.severity, l.unit_code, l.form_code, l.period_code, l.version, l.verdict,
        f.indicator_code, f.measure, f.breakdown_code, f.sheet, f.cell, f.found_text as found, f.expected_text as expected,
        audit.given_for(f.cells, f.found_text, f.submission_id) as given_for, f.waiver_id,
        coalesce(r.text_vi, f.rule_code) as text_vi, coalesce(r.text_en, f.rule_code) as text_en
    from latest as l
    inner join warehouse.rule_failure_as_judged as f on l.gate_run_id = f.gate_run_id and l.submission_id = f.submission_id
    inner join audit.gate_run as g on l.gate_run_id = g.gate_run_id
    left join catalog.rule as r on g.pack_hash = r.pack_hash and f.rule_code = r.rule_code
    where %(unit)s::text is not null or (l.verdict = 'quarantined' and f.severity = 'critical' and f.waiver_id is null)
    order by l.period_code, l.form_code, l.unit_code, f.severity, f.rule_code, f.sheet, f.cell, f.measure, f.indicator_code
"""
