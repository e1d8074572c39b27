"""Checks of a pack's hand corrections against the rest of the pack. Whether they match what came is for gate 1 to say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tonghop.catalog.corrections import Correction
from tonghop.catalog.files import Table
from tonghop.catalog.form_checks import Placed
from tonghop.catalog.problems import Problem
from tonghop.catalog.tables import Files
from tonghop.catalog.tree import Tree
from tonghop.model import Measure

_COUNTED = frozenset({Measure.VALUE, Measure.YTD, Measure.PLAN, Measure.SAME_PERIOD, Measure.CHANGE})
"""The measures that have the decimals of their indicator."""


def check_corrections(files: Files, tree: Tree | None, figures: list[Placed] | None) -> Iterator[Problem]:
    """Everything that is wrong with the corrections of a pack; `tree` and `figures` are None where those files are not sound."""
    corrections = files.corrections
    known = (
        ("unit", "unit_code", files.units),
        ("form", "form_code", files.forms),
        ("indicator", "indicator_code", files.indicators),
        ("breakdown", "breakdown_code", files.breakdowns),
    )
    placed = None if figures is None else {(each.version[0], *each.figure[:3]) for each in figures}
    for row in corrections.rows:
        strangers = list(_strangers(row, corrections.file, known))
        yield from strangers
        if strangers:
            continue
        yield from _place(row, files, tree)
        if placed is not None and (row.form_code, row.indicator_code, row.measure, row.breakdown_code) not in placed:
            told = f"no version of form {row.form_code} has {row.indicator_code} {row.measure} {row.breakdown_code}"
            yield Problem(corrections.file, row.line, f"correction {row.correction_code}: {told}; correct indicator, measure or breakdown")
        yield from _precision(row, files)
        if not files.rules.problems and not _is_watched(row, files):
            told = f"no rule of kind correction in {files.rules.file} judges form {row.form_code} in {row.period_code}"
            yield Problem(
                corrections.file, row.line, f"correction {row.correction_code}: {told}; add one, or nobody is told when nothing matches"
            )


def _strangers(row: Correction, file: str, known: tuple[tuple[str, str, Table[Any]], ...]) -> Iterator[Problem]:
    for field, column, table in known:
        value = getattr(row, column)
        if not table.mentions(column, value):
            yield Problem(file, row.line, f"{field}: {value} is no {column} in {table.file}; add it there or correct it")


def _place(row: Correction, files: Files, tree: Tree | None) -> Iterator[Problem]:
    """A form has a kind of period, and a unit is there or not."""
    forms = [form for form in files.forms.rows if form.form_code == row.form_code]
    if forms and row.period.type not in {form.period_type for form in forms}:
        told = f"{row.form_code} is a form of a {forms[0].period_type}, found the period {row.period_code}"
        yield Problem(files.corrections.file, row.line, f"correction {row.correction_code}: {told}")
    elif tree and not any(
        unit.valid_from <= row.period.end_date and unit.valid_to > row.period.start_date for unit in tree.rows(row.unit_code)
    ):
        told = f"there is no unit {row.unit_code} in {row.period_code}"
        yield Problem(files.corrections.file, row.line, f"correction {row.correction_code}: {told}; correct unit or period")


def _precision(row: Correction, files: Files) -> Iterator[Problem]:
    indicator = next((each for each in files.indicators.rows if each.indicator_code == row.indicator_code), None)
    if indicator is None or row.use.number is None or row.measure not in _COUNTED:
        return
    decimals = -int(row.use.number.as_tuple().exponent)
    if decimals > indicator.decimals:
        told = f"use: found {row.use}, with {decimals} decimals; {row.indicator_code} has {indicator.decimals}"
        yield Problem(files.corrections.file, row.line, f"{told}. A point stands before decimals; thousands are not separated")


def _is_watched(row: Correction, files: Files) -> bool:
    return any(rule.kind == "correction" and rule.applies_to(row.form_code) and rule.covers_period(row.period) for rule in files.rules.rows)
