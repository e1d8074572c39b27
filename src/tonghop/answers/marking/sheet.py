"""Marking a sheet: the style of the cells that are wrong, and the link to the drawing that holds the comments' boxes."""

from __future__ import annotations

import bisect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tonghop.answers.marking.package import OFFICE
from tonghop.answers.marking.styles import Level
from tonghop.answers.marking.xml import Edit, Element, NotMarkable, find, prefix, root, spliced, with_attributes

Place = tuple[int, int]
"""Row and column of a cell, from 1."""

_AFTER_LEGACY_DRAWING = frozenset(
    {"legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls", "webPublishItems", "tableParts", "extLst", "AlternateContent"}
)
"""What the standard lets come after the link to the comments' drawing."""


def place_of(reference: str) -> Place:
    """Row and column of an A1 reference. Raises NotMarkable when it is none."""
    match = re.fullmatch(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})", reference)
    if match is None:
        raise NotMarkable(f"{reference!r} is no cell")
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - 64
    return int(match[2]), column


def reference_of(place: Place) -> str:
    """The A1 reference of a row and a column."""
    row, column = place
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row}"


@dataclass
class Layout:
    """The parts of a sheet that marks need: rows and their cells where something is marked, and sizes."""

    rows: dict[int, Element] = field(default_factory=dict)
    cells: dict[int, list[tuple[int, Element]]] = field(default_factory=dict)
    columns: list[tuple[int, int, Mapping[str, str]]] = field(default_factory=list)
    default: Mapping[str, str] = field(default_factory=dict)
    top: list[Element] = field(default_factory=list)
    """the children of the root, in their order"""

    def size(self, is_row: bool, number: int) -> int:
        """The height of a row or the width of a column in pixels; 0 when it is hidden."""
        if is_row:
            attributes = self.rows[number].attributes if number in self.rows else {}
            points, factor, extra = attributes.get("ht") or self.default.get("defaultRowHeight", "15"), 4 / 3, 0
        else:
            attributes = next((found for first, last, found in self.columns if first <= number <= last), {})
            points, factor, extra = attributes.get("width") or self.default.get("defaultColWidth", "8.43"), 7.0, 5
        return 0 if attributes.get("hidden") in ("1", "true") else int(float(points) * factor) + extra

    def style(self, place: Place) -> int:
        """The style that an empty cell has from its row or column."""
        row = self.rows.get(place[0])
        if row is not None and row.attributes.get("customFormat") in ("1", "true"):
            return int(row.attributes.get("s", "0"))
        return next((int(found.get("style", "0")) for first, last, found in self.columns if first <= place[1] <= last), 0)


def look(xml: bytes, marked: set[int]) -> Layout:
    """The layout of a sheet, with the cells of the rows in `marked`. Raises NotMarkable when rows or cells do not say where they are."""
    layout = Layout()
    row_number = 0

    def wanted(tag: str, attributes: Mapping[str, str], depth: int) -> bool:
        nonlocal row_number
        if depth == 2 and tag == "row":
            if "r" not in attributes:
                raise NotMarkable("its rows are not numbered")
            row_number = int(attributes["r"])
            return True
        if depth == 3 and tag == "c":
            if "r" not in attributes:
                raise NotMarkable("its cells do not say where they are")
            return row_number in marked
        return depth == 1 or (depth == 2 and tag == "col")

    for element in find(xml, wanted):
        if element.depth == 1:
            layout.top.append(element)
            if element.tag == "sheetFormatPr":
                layout.default = element.attributes
        elif element.tag == "row":
            layout.rows[int(element.attributes["r"])] = element
        elif element.tag == "col":
            layout.columns.append((int(element.attributes["min"]), int(element.attributes["max"]), element.attributes))
        else:
            row, column = place_of(element.attributes["r"])
            layout.cells.setdefault(row, []).append((column, element))
    return layout


def coloured(xml: bytes, layout: Layout, levels: Mapping[Place, Level], style: Callable[[int, Level], int]) -> bytes:
    """The sheet with the cells in their mark's style; a cell that was never written is made."""
    space = prefix(xml)
    edits: list[Edit] = []
    new_rows: dict[int, str] = {}
    for place in sorted(levels):
        row, column = place
        cells = layout.cells.get(row, [])
        at = bisect.bisect_left([number for number, _ in cells], column)
        if at < len(cells) and cells[at][0] == column:
            element = cells[at][1]
            base = int(element.attributes.get("s", "0"))
            edits.append(with_attributes(xml, element, s=str(style(base, levels[place]))))
            continue
        made = f'<{space}c r="{reference_of(place)}" s="{style(layout.style(place), levels[place])}"/>'
        if at < len(cells):
            edits.append((cells[at][1].start, cells[at][1].start, made))
        elif cells:
            edits.append((cells[-1][1].end, cells[-1][1].end, made))
        else:
            new_rows[row] = new_rows.get(row, "") + made
    return spliced(xml, edits + _rows_made(xml, layout, new_rows))


def _rows_made(xml: bytes, layout: Layout, made: Mapping[int, str]) -> list[Edit]:
    """The edits that put cells into rows which have none, or which are not there."""
    edits: list[Edit] = []
    space, numbers = prefix(xml), sorted(layout.rows)
    data = next((element for element in layout.top if element.tag == "sheetData"), None)
    if made and data is None:
        raise NotMarkable("a sheet has no data")
    empty_sheet = ""
    for row, cells in sorted(made.items()):
        whole = f'<{space}row r="{row}">{cells}</{space}row>'
        element = layout.rows.get(row)
        if element is not None and element.is_empty:
            tag = xml[element.start : element.end].decode()[:-2].rstrip()
            edits.append((element.start, element.end, f"{tag}>{cells}</{space}row>"))
        elif element is not None:
            edits.append((element.open_end, element.open_end, cells))
        else:
            at = bisect.bisect(numbers, row)
            if at:
                before = layout.rows[numbers[at - 1]]
                edits.append((before.end, before.end, whole))
            elif numbers:
                edits.append((layout.rows[numbers[0]].start, layout.rows[numbers[0]].start, whole))
            else:
                empty_sheet += whole
    if empty_sheet and data is not None:
        edits.append((data.start, data.end, f"<{space}sheetData>{empty_sheet}</{space}sheetData>"))
    return edits


def drawing_link(xml: bytes) -> str | None:
    """The id of the link to the drawing of the sheet's comments; None when it has none."""
    found = find(xml, lambda tag, _, depth: depth == 1 and tag == "legacyDrawing")
    return next((value for name, value in found[0].attributes.items() if name.endswith(":id")), None) if found else None


def with_drawing_link(xml: bytes, link: str) -> bytes:
    """The sheet with a link to the drawing of its comments, where the standard wants it."""
    body = root(xml)
    after = find(xml, lambda tag, _, depth: depth == 1 and tag in _AFTER_LEGACY_DRAWING)
    at = after[0].start if after else xml.rindex(b"</", 0, body.end)
    return spliced(xml, [(at, at, f'<{prefix(xml)}legacyDrawing xmlns:r="{OFFICE}" r:id="{link}"/>')])


def not_selected(xml: bytes) -> bytes:
    """The sheet without its tab selected: two selected tabs would be typed into at once."""
    views = find(xml, lambda tag, attributes, _: tag == "sheetView" and attributes.get("tabSelected") in ("1", "true"))
    return spliced(xml, [with_attributes(xml, view, tabSelected="0") for view in views]) if views else xml
