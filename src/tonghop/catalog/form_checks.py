"""Checks of the forms of a pack: versions, sheets, and what rows and columns say together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from tonghop.catalog.figures import Breakdowns, Contradiction, Figure, in_cell, together
from tonghop.catalog.files import Table
from tonghop.catalog.names import normalise
from tonghop.catalog.problems import Problem
from tonghop.catalog.rows import ANY_UNIT, HEADER_PARTS, Form, FormCell, FormColumn, FormRow, SheetLayout
from tonghop.catalog.tables import Files, grouped
from tonghop.model import PeriodType

Version = tuple[str, int]
Key = tuple[str, int, str]


class Placed(NamedTuple):
    """A figure of a form version, and the row of the pack that it comes from."""

    version: Version
    figure: Figure
    file: str
    line: int


def check_versions(forms: Table[Form]) -> Iterator[Problem]:
    """The versions of a form follow each other, and are for one kind of period."""
    for code in dict.fromkeys(form.form_code for form in forms.rows):
        versions = sorted((form for form in forms.rows if form.form_code == code), key=lambda form: form.valid_from)
        for earlier, later in pairwise(versions):
            if earlier.overlaps(later):
                told = f"form {code}: version {later.version} holds from {later.valid_from}, but version {earlier.version}"
                yield Problem(forms.file, later.line, f"{told} (line {earlier.line}) holds until {earlier.valid_to}; let it end there")
            if earlier.period_type != later.period_type:
                told = f"period_type: found {later.period_type}; expected {earlier.period_type}, as in line {earlier.line}"
                yield Problem(forms.file, later.line, f"{told}: a form of another period is another form")


# -- sheets


def check_sheets(files: Files) -> Iterator[Problem]:
    """Every form has something to read, and every sheet all that it needs."""
    columns, rows = grouped(files.form_columns.rows, _key), grouped(files.form_rows.rows, _key)
    cells, layouts = grouped(files.form_cells.rows, _key), {_key(layout): layout for layout in files.form_sheets.rows}
    with_figures = {key[:2] for key in (*rows, *cells)}
    for form in files.forms.rows:
        if (form.form_code, form.version) not in with_figures:
            told = f"form {form.form_code} version {form.version} has no rows in {files.form_rows.file}; nothing could be read from it"
            yield Problem(files.forms.file, form.line, told)
    for key in rows.keys() - columns.keys():
        told = f"{_sheet(key)} has rows but no columns in {files.form_columns.file}; add its columns"
        yield Problem(files.form_rows.file, rows[key][0].line, told)
    for key in columns.keys() - rows.keys():
        told = f"{_sheet(key)} has columns but no rows in {files.form_rows.file}; add its rows"
        yield Problem(files.form_columns.file, columns[key][0].line, told)
    for key, layout in layouts.items():
        for told in _faults_of_layout(layout, bool(key in rows or key in cells), key in columns):
            yield Problem(files.form_sheets.file, layout.line, told)
    for key in dict.fromkeys((*rows, *cells)):
        layout = layouts.get(key) or SheetLayout(form_code=key[0], version=key[1], sheet=key[2])
        yield from _rows_of_sheet(files.form_rows.file, rows.get(key, ()), layout)
        yield from _columns_of_sheet(files.form_columns.file, columns.get(key, ()), files.form_rows.file, rows.get(key, ()), layout)
        yield from _cells_of_sheet(files.form_cells.file, cells.get(key, ()), layout)
    yield from _sheets_of_form(files, set(rows) | set(cells), layouts)


def _key(row: FormColumn | FormRow | FormCell | SheetLayout) -> Key:
    return row.form_code, row.version, row.sheet


def _sheet(key: Key) -> str:
    return f"sheet {key[2]} of form {key[0]} version {key[1]}"


def _faults_of_layout(layout: SheetLayout, has_figures: bool, has_columns: bool) -> Iterator[str]:
    if layout.ignored and (has_figures or has_columns):
        yield f"{_sheet(_key(layout))} is ignored, but has rows, columns or cells; remove them, or let it be read"
    if not layout.ignored and not has_figures:
        yield f"{_sheet(_key(layout))} has neither rows nor cells; add them, or write yes under ignored"
    if not has_columns and (layout.header_row is not None or layout.rows_by is not None):
        yield f"header_row and rows_by say how a table is found, but {_sheet(_key(layout))} has no columns; leave them empty"
    if layout.stands_in == layout.form_code:
        yield f"stands_in: {layout.form_code} is this form itself; name the form in whose workbooks the sheet stands"


def _rows_of_sheet(file: str, rows: Sequence[FormRow], layout: SheetLayout) -> Iterator[Problem]:
    by_code = {row.row_code: row for row in rows}
    labels: dict[tuple[str, str | None], FormRow] = {}
    for row in rows:
        if (row.row_code == ANY_UNIT) != (row.label_vi == ANY_UNIT):
            yield Problem(file, row.line, f"{ANY_UNIT} stands for the code and the label of a unit: write it as row_code and as label_vi")
        if row.under is not None and (row.under not in by_code or row.under in (row.row_code, ANY_UNIT)):
            told = f"under: {row.under} is no other row_code of sheet {row.sheet}; name the row below which this one stands"
            yield Problem(file, row.line, told)
        other = labels.setdefault((normalise(row.label_vi), row.under), row)
        if other is not row and (layout.rows_by == "label" or row.under is not None):
            told = f"label_vi: {row.label_vi!r} stands also in line {other.line}"
            yield Problem(file, row.line, f"{told}, and nothing tells the rows apart; say under which row each of them stands")


def _columns_of_sheet(
    file: str, columns: Sequence[FormColumn], rows_file: str, rows: Sequence[FormRow], layout: SheetLayout
) -> Iterator[Problem]:
    for column in columns:
        parts = column.header_vi.split(HEADER_PARTS)
        if len(parts) > layout.header_rows:
            told = f"header_vi: {column.header_vi!r} has {len(parts)} texts, but the header of the sheet is {layout.header_rows} high"
            yield Problem(file, column.line, f"{told}; correct header_rows in form_sheets.csv")
        if ANY_UNIT in column.header_vi and parts.count(ANY_UNIT) != 1:
            told = f"header_vi: {ANY_UNIT} stands for all that is written in one cell of the header"
            yield Problem(file, column.line, f"{told}; write it once and alone, or between {HEADER_PARTS.strip()}")
    told = f"stands for every unit, but others of sheet {layout.sheet} for none; whose their figures are would not be known"
    units, others = [row for row in rows if row.stands_for_units], [row for row in rows if not row.stands_for_units]
    if units and others:
        yield Problem(rows_file, others[0].line, f"the row in line {units[0].line} {told}. Totals are a form of their own (stands_in)")
    of_units = [column for column in columns if column.stands_for_units]
    if of_units and len(of_units) < len(columns):
        other = next(column for column in columns if not column.stands_for_units)
        yield Problem(file, other.line, f"the column in line {of_units[0].line} {told}. Totals are a form of their own (stands_in)")
    if of_units and units:
        told = f"{ANY_UNIT} stands on the columns and on the rows of sheet {layout.sheet}; a figure belongs to one unit"
        yield Problem(file, of_units[0].line, f"{told}: correct one of them")
    if (of_units or units) and layout.one_per == "unit":
        told = f"{ANY_UNIT}: there is one sheet {layout.sheet} per unit, so that its rows and columns cannot stand for units"
        yield Problem(file, (of_units or columns)[0].line, told)


def _cells_of_sheet(file: str, cells: Sequence[FormCell], layout: SheetLayout) -> Iterator[Problem]:
    taken = {layout.unit_cell: "unit_cell", layout.period_cell: "period_cell", layout.as_of_cell: "as_of_cell"}
    figures = {cell.cell for cell in cells}
    for cell in cells:
        if cell.cell in taken:
            yield Problem(file, cell.line, f"cell: {cell.cell} is the {taken[cell.cell]} of the sheet; a figure stands elsewhere")
        if cell.label_cell in figures:
            yield Problem(file, cell.line, f"label_cell: {cell.label_cell} holds a figure of the sheet; name the cell of the printed label")


def _sheets_of_form(files: Files, read: set[Key], layouts: dict[Key, SheetLayout]) -> Iterator[Problem]:
    """What the sheets of a form version must have in common."""
    forms = {(form.form_code, form.version): form for form in files.forms.rows}
    names: dict[tuple[Version, str], str] = {}
    for key in dict.fromkeys((*sorted(read), *layouts)):
        layout = layouts.get(key)
        line = layout.line if layout else 0
        for name in (key[2], *(layout.other_names if layout else ())):
            other = names.setdefault((key[:2], normalise(name)), key[2])
            if other != key[2]:
                yield Problem(files.form_sheets.file, line, f"{name!r} names {_sheet(key)} and its sheet {other}; correct one of them")
    by_version = grouped((layout for key, layout in layouts.items() if key in read), lambda layout: (layout.form_code, layout.version))
    yield from _units_or_not(files, read)
    for version, of_form in by_version.items():
        form = forms.get(version)
        kinds = {layout.one_per for layout in of_form} | {None for key in read if key[:2] == version and key not in layouts}
        first = next((layout for layout in of_form if layout.one_per), None)
        if first and len(kinds) > 1:
            told = f"one_per: there is one {first.sheet} per {first.one_per}, but not of every sheet of form {version[0]}"
            yield Problem(files.form_sheets.file, first.line, f"{told}; whose the others are would not be known")
        for layout in of_form:
            if layout.stands_in is None:
                continue
            host = next((other for other in files.forms.rows if other.form_code == layout.stands_in), None)
            if form and host and host.period_type != form.period_type:
                told = f"stands_in: {layout.stands_in} is a form of a {host.period_type}, this one of a {form.period_type}"
                yield Problem(files.form_sheets.file, layout.line, f"{told}; one workbook is for one period")


def _units_or_not(files: Files, read: set[Key]) -> Iterator[Problem]:
    """Where rows or columns of one sheet are units, all figures of the form belong to units so."""
    with_units: dict[Key, tuple[str, int]] = {}
    for file, part in _parts_of_sheets(files):
        if part.stands_for_units:
            with_units.setdefault(_key(part), (file, part.line))
    with_cells = {_key(cell) for cell in files.form_cells.rows}
    for key, (file, line) in with_units.items():
        others = [other[2] for other in sorted(read) if other[:2] == key[:2] and (other not in with_units or other in with_cells)]
        if others:
            told = f"{ANY_UNIT}: the figures of sheet {key[2]} belong to many units, those of {others[0]} in the same form to one"
            yield Problem(file, line, f"{told}; make two forms of it, the one with stands_in")


def _parts_of_sheets(files: Files) -> Iterator[tuple[str, FormRow | FormColumn]]:
    yield from ((files.form_rows.file, row) for row in files.form_rows.rows)
    yield from ((files.form_columns.file, column) for column in files.form_columns.rows)


# -- figures


def figures_of(files: Files) -> tuple[list[Placed], list[Problem]]:
    """The figures of all forms, and a problem for every row and column that do not make one."""
    placed: list[Placed] = []
    problems: list[Problem] = []
    breakdowns = Breakdowns(files.breakdowns.rows)
    layouts = {_key(layout): layout for layout in files.form_sheets.rows}
    columns = grouped(files.form_columns.rows, _key)
    faults: dict[tuple[Key, str], tuple[FormRow, FormColumn]] = {}
    more: Counter[tuple[Key, str]] = Counter()
    for row in files.form_rows.rows:
        key = _key(row)
        control = key in layouts and layouts[key].control
        for column in columns.get(key, ()):
            try:
                placed.append(Placed(key[:2], together(row, column, breakdowns, control), files.form_rows.file, row.line))
            except Contradiction as fault:
                faults.setdefault((key, str(fault)), (row, column))
                more[key, str(fault)] += 1
    for fault_key, (row, column) in faults.items():
        told = f"row {row.row_code}, column {column.header_vi!r} ({files.form_columns.file}, line {column.line}): {fault_key[1]}"
        others = f" ({more[fault_key] - 1} more cells of the sheet likewise)" if more[fault_key] > 1 else ""
        problems.append(Problem(files.form_rows.file, row.line, told + others))
    for cell in files.form_cells.rows:
        key = _key(cell)
        try:
            figure = in_cell(cell, key in layouts and layouts[key].control)
        except Contradiction as fault:
            problems.append(Problem(files.form_cells.file, cell.line, str(fault)))
        else:
            placed.append(Placed(key[:2], figure, files.form_cells.file, cell.line))
    return placed, problems


def check_figures(files: Files, placed: Iterable[Placed]) -> Iterator[Problem]:
    """A figure has one cell in a report, and months belong to forms of a month."""
    first: dict[tuple[object, ...], Placed] = {}
    told_lines: set[tuple[str, int]] = set()
    of_report: dict[tuple[object, ...], int | None] = {}
    for each in placed:
        figure = each.figure
        quantity = (each.version, figure.indicator_code, figure.measure, figure.breakdown_code)
        other = first.setdefault((*quantity, figure.month), each)
        month = of_report.setdefault(quantity, figure.month)
        told = f"{figure.indicator_code} ({figure.measure}, {figure.breakdown_code})"
        where = f"form {each.version[0]} version {each.version[1]}"
        if (each.file, each.line) in told_lines:
            continue
        if other is not each:
            place = f"line {other.line}" if other.file == each.file else f"{other.file} line {other.line}"
            told += f" stands twice in {where}, here and in {place}; a figure has one cell in a form: correct or remove one of the rows"
        elif (month is None) != (figure.month is None):
            told += f" stands in {where} with and without a month; give every cell of it a month"
        else:
            continue
        told_lines.add((each.file, each.line))
        yield Problem(each.file, each.line, told)
    yield from _months(files, placed)


def _months(files: Files, placed: Iterable[Placed]) -> Iterator[Problem]:
    forms = {(form.form_code, form.version): form for form in files.forms.rows}
    lines: dict[Version, tuple[str, int]] = {}
    for each in placed:
        if each.figure.month is not None:
            lines.setdefault(each.version, (each.file, each.line))
    for layout in files.form_sheets.rows:
        if layout.one_per == "month":
            version = layout.form_code, layout.version
            if version in lines:
                told = "one_per: a sheet for each month, and months on its rows, columns or cells; correct one of the two"
                yield Problem(files.form_sheets.file, layout.line, told)
            lines.setdefault(version, (files.form_sheets.file, layout.line))
    for version, (file, line) in lines.items():
        form = forms.get(version)
        if form and form.period_type is not PeriodType.MONTH:
            told = f"form {version[0]} is a form of a {form.period_type}, but has figures of single months"
            yield Problem(file, line, f"{told}, each of which is a report of its own; make it a form of a month")
