"""What an unknown row, column, tab or unit of a list may be: proposed only among what the form misses, since what is there is known."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from tonghop.intake.form_index import FormIndex, SheetIndex
from tonghop.intake.matching import nearest
from tonghop.intake.scope import Scope
from tonghop.model import Proposal


def for_row(label: str, index: SheetIndex, missing: Collection[int]) -> Proposal | None:
    """The missing rows (by their place in the form) that a label may stand for; None when it is like none of them."""
    rows = [index.sheet.rows[place] for place in missing]
    found = nearest(label, ((row.row_code, row.label_vi, row.label_vi) for row in rows if not row.stands_for_units))
    return Proposal("row", scope_of(index), label, found) if found else None


def for_column(header: str, index: SheetIndex, missing: Collection[int]) -> Proposal | None:
    """The missing columns that a header may stand for."""
    columns = [index.sheet.columns[place] for place in missing]
    found = nearest(header, ((each.header_vi, each.header_vi, each.header_vi) for each in columns if not each.stands_for_units))
    return Proposal("column", scope_of(index), header, found) if found else None


def for_sheet(tab: str, form: FormIndex, missing: Iterable[int]) -> Proposal | None:
    """The missing sheets that a tab may be."""
    names = [form.sheets[place].sheet.name for place in missing]
    found = nearest(tab, ((name, name, name) for name in names))
    return Proposal("sheet", form.form.form_code, tab, found) if found else None


def for_unit(name: str, scope: Scope) -> Proposal | None:
    """The units that send the form and that a name in a list of units may mean."""
    at = scope.period.end_date
    found = tuple(
        each
        for each in scope.index.unit_names.candidates(name, at)
        if (unit := scope.index.pack.unit(each.code, at)) is not None and unit.unit_type in scope.unit_types
    )
    return Proposal("unit", "", name, found) if found else None


def scope_of(index: SheetIndex) -> str:
    """Where a text of a sheet was unknown: form and sheet, whatever the version."""
    return f"{index.layout.form_code} {index.layout.sheet}"
