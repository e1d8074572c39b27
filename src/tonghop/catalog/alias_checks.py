"""Checks of what a pack says beside its forms and units: other texts for their parts, and who sends for whom."""

from __future__ import annotations

from collections.abc import Iterator

from tonghop.catalog.names import normalise
from tonghop.catalog.problems import Problem
from tonghop.catalog.rows import FormAlias
from tonghop.catalog.tables import Files, grouped
from tonghop.catalog.tree import Tree

_OF = {"row": "row_code", "column": "header_vi"}


def check_form_aliases(files: Files) -> Iterator[Problem]:
    """Every alias is for a part that some version of its form has, and is the text of no other part."""
    table = files.form_aliases
    parts: dict[tuple[str, str], list[tuple[str, str | None, str]]] = {}
    for row in files.form_rows.rows:
        parts.setdefault((row.form_code, row.sheet), []).append(("row", row.row_code, normalise(row.label_vi)))
    for column in files.form_columns.rows:
        parts.setdefault((column.form_code, column.sheet), []).append(("column", column.header_vi, normalise(column.header_vi)))
    for layout in files.form_sheets.rows:
        parts.setdefault((layout.form_code, layout.sheet), [])
    for (form_code, sheet), aliases in grouped(table.rows, lambda alias: (alias.form_code, alias.sheet)).items():
        known = parts.get((form_code, sheet))
        if known is None:
            told = f"sheet: no version of form {form_code} has a sheet {sheet}; correct the form_code or the sheet"
            yield from (Problem(table.file, alias.line, told) for alias in aliases)
            continue
        first: dict[tuple[str, str], FormAlias] = {}
        for alias in aliases:
            text = normalise(alias.alias)
            if alias.part != "sheet" and not any((part, name) == (alias.part, alias.name) for part, name, _ in known):
                told = f"name: {alias.name} is no {_OF[alias.part]} of sheet {sheet} of form {form_code} in any version; correct it"
                yield Problem(table.file, alias.line, told)
            others = [name for part, name, own in known if part == alias.part and own == text and name != alias.name]
            if others:
                told = f"alias: {alias.alias!r} is the text of {others[0]} itself; nobody could tell them apart: remove the alias"
                yield Problem(table.file, alias.line, told)
            earlier = first.setdefault((alias.part, text), alias)
            if earlier is not alias:
                told = f"alias: {alias.alias!r} stands also in line {earlier.line}"
                yield Problem(table.file, alias.line, f"{told}; one text can mean one {alias.part} only: remove one of the two")


def check_senders(files: Files, tree: Tree) -> Iterator[Problem]:
    """Nobody sends for a unit that never was while he did."""
    for row in files.senders.rows:
        units = tree.rows(row.unit_code)
        if units and not any(unit.overlaps(row) for unit in units):
            told = f"unit_code: {row.unit_code} does not exist between {row.valid_from} and {row.valid_to}; correct the dates"
            yield Problem(files.senders.file, row.line, told)
