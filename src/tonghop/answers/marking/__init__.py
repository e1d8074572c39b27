"""Marking a workbook: the bytes of a unit's own file and what is wrong in it go in, the same file with marks comes out.

The parts of the zip are changed in as few places as possible (styles, the marked cells' style numbers, comments, one sheet in
front, and the lists that name them), so macros, pictures, protection, data validation,
conditional formats, defined names and everything else stay byte for byte.
Marks of an earlier round are taken out first.
"""

from __future__ import annotations

import io
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring
from python_calamine import CalamineError, CalamineWorkbook

from tonghop.answers.marking import comments, sheet
from tonghop.answers.marking.package import OFFICE, SHEETS, Package
from tonghop.answers.marking.sheet import Layout, Place
from tonghop.answers.marking.styles import COLOURS, Fills, Level, Styles
from tonghop.answers.marking.summary import Line, Summary, free_name, sheet_xml
from tonghop.answers.marking.xml import NotMarkable, attribute, find, prefix, root, spliced, with_attributes
from tonghop.intake.vocabulary import ASIDE_MARK

__all__ = ["COLOURS", "Level", "Line", "Mark", "NotMarkable", "Summary", "mark_workbook"]

MOST_MARKS = 5_000
"""Cells that are marked in one workbook; the summary lists all problems in any case."""
_WORKSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
_COMMENTS = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
_EXTENSIONS = {"sheet.main": ".xlsx", "sheet.macroEnabled.main": ".xlsm", "template.main": ".xltx", "template.macroEnabled.main": ".xltm"}


@dataclass(frozen=True)
class Mark:
    """A cell to colour; `said` becomes its comment (none when it is empty)."""

    level: Level
    said: str = ""


class Marked(NamedTuple):
    """The marked file, and the ending that its name must have for a spreadsheet program to open it."""

    data: bytes
    extension: str


class _Tab(NamedTuple):
    name: str
    path: str | None
    """None for what is no worksheet"""


Marks = Mapping[tuple[str, str], Mark]
"""What to mark, by sheet name and A1 reference."""


def mark_workbook(data: bytes, marks: Marks, summary: Summary) -> Marked:
    """The workbook with the cells coloured and commented, and with a sheet in front.

    Raises NotMarkable when that cannot be done without risk: not an .xlsx or .xlsm, signed, of the strict dialect, or when the result
    would read differently than the original.
    """
    package = Package.read(data)
    book_path = package.related("", "officeDocument")
    if book_path is None or root(package.parts[book_path]).attributes.get(_namespace(package.parts[book_path])) != SHEETS:
        raise NotMarkable("it is no workbook of the usual dialect of .xlsx")
    tabs = _tabs(package, book_path)
    before = _figures(data)
    ours = [name for name, rows in before.items() if rows and rows[0] and str(rows[0][0]).strip() == ASIDE_MARK]
    styles_path = package.related(book_path, "styles")
    if styles_path is None:
        raise NotMarkable("it has no styles")
    if ours:
        _take_out_marks(package, tabs, styles_path, before[ours[0]])
    styles = Styles(package.parts[styles_path])
    _put_in_marks(package, tabs, marks, styles)
    _put_in_front(package, book_path, tabs, next((tab for tab in tabs if tab.name in ours), None), summary, styles)
    package.parts[styles_path] = styles.written()
    marked = package.written()
    _insist_on_same_figures(before, _figures(marked), ours)
    kind = package.content_type(book_path).rpartition("+")[0].rpartition("spreadsheetml.")[2] or package.content_type(book_path)
    return Marked(marked, next((ending for word, ending in _EXTENSIONS.items() if kind.endswith(word)), ".xlsx"))


def _namespace(xml: bytes) -> str:
    """The attribute that says which namespace the root is of."""
    space = prefix(xml).rstrip(":")
    return f"xmlns:{space}" if space else "xmlns"


def _tabs(package: Package, book_path: str) -> list[_Tab]:
    targets = {relation.id: relation for relation in package.relations(book_path)}
    tabs = []
    for element in find(package.parts[book_path], lambda tag, _, depth: tag == "sheet" and depth == 2):
        link = next((value for name, value in element.attributes.items() if name.endswith(":id")), "")
        relation = targets.get(link)
        is_worksheet = relation is not None and relation.kind == "worksheet" and relation.path in package.parts
        tabs.append(_Tab(element.attributes["name"], relation.path if relation is not None and is_worksheet else None))
    return tabs


Figures = dict[str, list[list[object]]]


def _figures(data: bytes) -> Figures:
    """What stands in the cells, as a reader that knows nothing of marks sees it."""
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        return {name: list(book.get_sheet_by_name(name).to_python(skip_empty_area=False)) for name in book.sheet_names}
    except (CalamineError, OSError, ValueError) as error:
        raise NotMarkable(f"it cannot be read by a second reader: {error}") from error


def _insist_on_same_figures(before: Figures, after: Figures, ours: Sequence[str]) -> None:
    """A mark must not change what stands in any cell."""

    def trimmed(rows: list[list[object]]) -> list[list[object]]:
        kept = [list(row) for row in rows]
        for row in kept:
            while row and row[-1] == "":
                row.pop()
        while kept and not kept[-1]:
            kept.pop()
        return kept

    names = [name for name in before if name not in ours]
    missing = [name for name in names if name not in after or trimmed(before[name]) != trimmed(after[name])]
    if missing or len(after) != len(names) + 1:
        raise NotMarkable(f"the marked workbook would read differently: {', '.join(missing) or 'other sheets'}")


def _take_out_marks(package: Package, tabs: Sequence[_Tab], styles_path: str, summary: list[list[object]]) -> None:
    """Make a workbook that comes back as it was before it was marked: colours and comments."""
    package.parts[styles_path] = Styles(package.parts[styles_path]).restored(_kept_fills(summary))
    for tab in tabs:
        path = tab.path and package.related(tab.path, "comments")
        if not tab.path or not path:
            continue
        package.parts[path], gone = comments.without_ours(package.parts[path])
        link = sheet.drawing_link(package.parts[tab.path])
        drawing = next((relation.path for relation in package.relations(tab.path) if relation.id == link), None)
        if drawing in package.parts:
            package.parts[drawing] = comments.without_boxes(package.parts[drawing], {sheet.place_of(cell) for cell in gone})


_KEPT_FILL = re.compile(r"([0-9]{1,2}) (<fill>.*</fill>)", re.DOTALL)


def _kept_fills(summary: list[list[object]]) -> Fills:
    """The list of fills in the hidden column; what is no fill, because somebody wrote there, does not count."""
    fills = {}
    for row in summary:
        for cell in row[6:]:
            if match := _KEPT_FILL.fullmatch(str(cell)):
                try:
                    fill = fromstring(match[2])
                except (ParseError, DefusedXmlException):
                    continue
                if {element.tag for element in fill.iter()} <= {
                    "fill",
                    "patternFill",
                    "gradientFill",
                    "fgColor",
                    "bgColor",
                    "stop",
                    "color",
                }:
                    fills[int(match[1])] = match[2]
    return fills


def _put_in_marks(package: Package, tabs: Sequence[_Tab], marks: Marks, styles: Styles) -> None:
    by_sheet: defaultdict[str, dict[Place, Mark]] = defaultdict(dict)
    for (name, cell), mark in list(marks.items())[:MOST_MARKS]:
        by_sheet[name][sheet.place_of(cell)] = mark
    paths = {tab.name: tab.path for tab in tabs}
    for name, placed in by_sheet.items():
        path = paths.get(name)
        if path is None:
            raise NotMarkable(f"the sheet {name!r} is not there")
        xml = package.parts[path]
        layout = sheet.look(xml, {row for row, _ in placed})
        package.parts[path] = sheet.coloured(xml, layout, {place: mark.level for place, mark in placed.items()}, styles.marked)
        said = {place: mark.said for place, mark in sorted(placed.items()) if mark.said}
        if said:
            _put_in_comments(package, path, said, layout)


def _put_in_comments(package: Package, path: str, said: Mapping[Place, str], layout: Layout) -> None:
    comments_path = package.related(path, "comments")
    if comments_path is None:
        comments_path = package.free_path("xl/comments{}.xml")
        package.add(comments_path, comments.EMPTY_COMMENTS, _COMMENTS)
        package.relate(path, "comments", comments_path)
    by_cell = {sheet.reference_of(place): text for place, text in said.items()}
    package.parts[comments_path], new = comments.with_ours(package.parts[comments_path], by_cell)
    boxes = {place: text for place, text in said.items() if sheet.reference_of(place) in new}
    link = sheet.drawing_link(package.parts[path])
    drawing = next((relation.path for relation in package.relations(path) if relation.id == link), None)
    if drawing is None:
        drawing = package.free_path("xl/drawings/vmlDrawing{}.vml")
        package.parts[drawing] = comments.EMPTY_DRAWING
        package.declare_vml()
        package.parts[path] = sheet.with_drawing_link(package.parts[path], package.relate(path, "vmlDrawing", drawing))
    taken = [block for name, part in package.parts.items() if name.endswith(".vml") for block in comments.blocks_in(part)]
    own = comments.blocks_in(package.parts[drawing])
    block = own[0] if own else max(taken, default=0) + 1
    package.parts[drawing] = comments.with_boxes(package.parts[drawing], boxes, block, layout.size)


def _put_in_front(package: Package, book_path: str, tabs: Sequence[_Tab], old: _Tab | None, summary: Summary, styles: Styles) -> None:
    """Add the summary as the first sheet and show it; one of an earlier round is replaced where it stands."""
    content = sheet_xml(summary, styles, styles.fills)
    for tab in tabs:
        if tab.path is not None:
            package.parts[tab.path] = sheet.not_selected(package.parts[tab.path])
    if old is not None and old.path is not None:
        package.parts[old.path] = content
        shown = tabs.index(old)
    else:
        path = package.free_path("xl/worksheets/sheet{}.xml")
        package.add(path, content, _WORKSHEET)
        _list_sheet(package, book_path, [tab.name for tab in tabs], package.relate(book_path, "worksheet", path))
        shown = 0
    book = package.parts[book_path]
    views = find(book, lambda tag, _, depth: tag == "workbookView" and depth == 2)
    package.parts[book_path] = spliced(book, [with_attributes(book, view, activeTab=str(shown), firstSheet="0") for view in views])


def _list_sheet(package: Package, book_path: str, names: Sequence[str], link: str) -> None:
    """Name a new first sheet in the list of sheets. Names that belong to a sheet count sheets by position: they move up by one."""
    book = package.parts[book_path]
    listed = find(book, lambda tag, _, depth: tag == "sheet" and depth == 2)
    if not listed:
        raise NotMarkable("it lists no sheets")
    new_id = max(int(element.attributes.get("sheetId", "0")) for element in listed) + 1
    entry = (
        f'<{prefix(book)}sheet xmlns:r={attribute(OFFICE)} name={attribute(free_name(names))} sheetId="{new_id}" r:id={attribute(link)}/>'
    )
    local = find(book, lambda tag, attributes, _: tag == "definedName" and "localSheetId" in attributes)
    edits = [with_attributes(book, name, localSheetId=str(int(name.attributes["localSheetId"]) + 1)) for name in local]
    package.parts[book_path] = spliced(book, [(listed[0].start, listed[0].start, entry), *edits])
