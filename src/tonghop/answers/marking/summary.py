"""The sheet that is put in front of a returned workbook: what is wrong, with a link to each cell. All of it is text.

Its first cell says that the sheet is no report: intake passes over such a sheet, and a workbook that comes back a second time is
known by it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tonghop.answers.marking.sheet import reference_of
from tonghop.answers.marking.styles import Fills, Level, Styles
from tonghop.answers.marking.xml import attribute, text
from tonghop.intake.vocabulary import ASIDE_MARK

NAME = "Kết quả kiểm tra"
_WIDTHS = (16, 26, 34, 64, 24, 24)
_LINE_CHARACTERS = sum(_WIDTHS)
_FILLS_COLUMN = 12
_LONGEST = 32_000
"""Characters that a cell can hold, with room to spare."""


@dataclass(frozen=True)
class Line:
    """A problem in the summary: how grave, where (sheet and cell, or the sheet alone), and the texts of the columns."""

    level: Level
    severity: str
    sheet: str | None
    cell: str | None
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Summary:
    """What the sheet says: a title, paragraphs, the heads of the columns, and a line for each problem."""

    title: str
    paragraphs: tuple[str, ...]
    columns: tuple[str, ...]
    lines: tuple[Line, ...]


def free_name(taken: Sequence[str]) -> str:
    """The name of the sheet, numbered when the workbook has one of that name."""
    lower = {name.lower() for name in taken}
    names = (NAME if number == 1 else f"{NAME} ({number})" for number in range(1, len(lower) + 2))
    return next(name for name in names if name.lower() not in lower)


def sheet_xml(summary: Summary, styles: Styles, fills: Fills) -> bytes:
    """The sheet as XML; its styles are added to those of the workbook. `fills` are kept in a hidden column."""
    quiet = styles.made(font='<sz val="9"/><color rgb="FF6B7280"/>')
    title = styles.made(font='<b/><sz val="16"/>')
    plain = styles.made(font='<sz val="11"/>')
    head = styles.made(font='<b/><sz val="11"/>')
    link = styles.made(font='<u/><sz val="11"/><color rgb="FF0B57A4"/>')
    severities = {line.level: styles.made(font='<b/><sz val="11"/>', level=line.level) for line in summary.lines}

    rows: list[tuple[float | None, list[tuple[int, str, int]]]] = [(None, [(1, ASIDE_MARK, quiet)]), (24.0, [(1, summary.title, title)])]
    rows += [(_height(paragraph), [(1, paragraph, plain)]) for paragraph in summary.paragraphs]
    merged = range(1, len(rows) + 1)
    rows.append((None, []))
    rows.append((None, [(column, name, head) for column, name in enumerate(summary.columns, start=1)]))
    links: list[tuple[str, str]] = []
    for line in summary.lines:
        where = _where(line)
        target = _location(line)
        cells = [(1, line.severity, severities[line.level]), (2, where, link if target else plain)]
        cells += [(column, said, plain) for column, said in enumerate(line.texts, start=3)]
        rows.append((_tallest((*line.texts, where)), cells))
        if target:
            links.append((reference_of((len(rows), 2)), target))
    for number, fill in fills.items():
        height, cells = rows[number - 1] if number <= len(rows) else (None, [])
        cells.append((_FILLS_COLUMN, f"{number} {fill}", quiet))
        if number > len(rows):
            rows.append((height, cells))
    return _document(rows, [f"A{row}:F{row}" for row in merged], links).encode()


def _document(
    rows: Sequence[tuple[float | None, list[tuple[int, str, int]]]], merged: Sequence[str], links: Sequence[tuple[str, str]]
) -> str:
    widths = "".join(f'<col min="{at}" max="{at}" width="{width}" customWidth="1"/>' for at, width in enumerate(_WIDTHS, start=1))
    hidden = f'<col min="{_FILLS_COLUMN}" max="{_FILLS_COLUMN}" width="9" hidden="1" customWidth="1"/>'
    merges = "".join(f'<mergeCell ref="{area}"/>' for area in merged)
    linked = "".join(f"<hyperlink ref={attribute(cell)} location={attribute(target)}/>" for cell, target in links)
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        '<sheetPr><tabColor rgb="FFFF8B7F"/><pageSetUpPr fitToPage="1"/></sheetPr>'
        '<sheetViews><sheetView showGridLines="0" tabSelected="1" workbookViewId="0"/></sheetViews>'
        f'<sheetFormatPr defaultRowHeight="15"/><cols>{widths}{hidden}</cols>'
        f"<sheetData>{''.join(_rows(rows))}</sheetData>"
        f'<mergeCells count="{len(merged)}">{merges}</mergeCells>'
        + (f"<hyperlinks>{linked}</hyperlinks>" if links else "")
        + '<pageMargins left="0.4" right="0.4" top="0.5" bottom="0.5" header="0.3" footer="0.3"/>'
        '<pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/></worksheet>'
    )


def _rows(rows: Sequence[tuple[float | None, list[tuple[int, str, int]]]]) -> Iterator[str]:
    for number, (height, cells) in enumerate(rows, start=1):
        tall = f' ht="{height:g}" customHeight="1"' if height else ""
        yield f'<row r="{number}"{tall}>{"".join(_cell(number, *cell) for cell in cells)}</row>'


def _cell(row: int, column: int, said: str, style: int) -> str:
    return (
        f'<c r="{reference_of((row, column))}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{text(said[:_LONGEST])}</t></is></c>'
    )


def _height(paragraph: str) -> float:
    return 15.5 * sum(1 + len(line) // _LINE_CHARACTERS for line in paragraph.split("\n"))


def _tallest(texts: Sequence[str]) -> float:
    """The height of a row whose texts are wrapped in their columns: `texts` of the third column and on, the last of the second."""
    widths = (*_WIDTHS[2:], _WIDTHS[1])
    return 15.0 * max(sum(1 + int(1.1 * len(line) / width) for line in said.split("\n")) for said, width in zip(texts, widths, strict=True))


def _where(line: Line) -> str:
    if line.sheet is None:
        return "Cả tệp"
    return f"{line.sheet}!{line.cell}" if line.cell else line.sheet


def _location(line: Line) -> str | None:
    """The place that a link leads to: a quote in a sheet's name is doubled."""
    if line.sheet is None:
        return None
    name = line.sheet.replace("'", "''")
    return f"'{name}'!{line.cell or 'A1'}"
