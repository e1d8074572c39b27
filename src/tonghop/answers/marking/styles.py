"""Colouring cells: each colour of a mark is a style of its own, made from the style that the cell has, with only the fill changed.

The last bits of a mark's colour number the fill that was there before, and the summary sheet keeps that numbered list. So a
workbook that comes back from any spreadsheet program can be given its own colours again, however its styles were renumbered and
its rows moved.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum

from tonghop.answers.marking.xml import NotMarkable, appended, children, find, prefix, spliced, with_attribute, with_attributes


class Level(StrEnum):
    """How a cell is marked: as the gravest thing that is wrong with it, or as another cell that a failure involves."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"
    RELATED = "related"


COLOURS: Mapping[Level, tuple[int, int, int]] = {
    Level.CRITICAL: (0xFF, 0x8B, 0x7F),
    Level.WARNING: (0xFF, 0xE1, 0x7F),
    Level.INFO: (0xC9, 0xDD, 0xFF),
    Level.RELATED: (0xFF, 0xDB, 0xBF),
}
"""Red, green and blue; the last six bits of blue are all set, and count down for fills that were there before."""
_NUMBERS = 64

Fills = Mapping[int, str]
"""The fills that marked cells had before, by number, as XML. Number 0 is no fill."""


class Styles:
    """The styles of a workbook, with those of marks added as they are asked for."""

    def __init__(self, xml: bytes) -> None:
        """Raises NotMarkable when the part does not hold what every workbook's styles hold."""
        self._xml, self._prefix = xml, prefix(xml)
        lists = children(xml, "fonts", "fills", "borders", "cellXfs")
        if len(lists) < 4:
            raise NotMarkable("its styles are not complete")
        self._lists = lists
        self._kept = {name: _items(xml, name) for name in ("fonts", "fills", "cellXfs")}
        self._new: dict[str, list[str]] = {"fonts": [], "fills": [], "cellXfs": []}
        self._marks: dict[tuple[int, Level], int] = {}
        self.fills: dict[int, str] = {}

    def marked(self, style: int, level: Level) -> int:
        """The style that looks like `style` in the colour of a mark."""
        if (style, level) not in self._marks:
            xf = self._xf(style)
            fill = self._fill_of(xf)
            self._marks[style, level] = self._add_xf(xf, fillId=self._add("fills", self._solid(level, self._number(fill))), applyFill=1)
        return self._marks[style, level]

    def made(self, *, font: str = "", level: Level | None = None, alignment: str = "") -> int:
        """A style for the sheet that is put in front: `font` and `alignment` are the XML of what they change."""
        font_id = self._add("fonts", f'<font>{font}<name val="Calibri"/><family val="2"/></font>')
        fill_id = self._add("fills", self._solid(level, 0)) if level else 0
        borders = '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"><alignment vertical="top" wrapText="1"/></xf>'
        xf = self._prefixed(borders.replace("<alignment ", f"<alignment {alignment} ") if alignment else borders)
        return self._add_xf(xf, fontId=font_id, applyFont=1, fillId=fill_id, applyFill=1)

    def restored(self, known: Fills) -> bytes:
        """The styles with every colour of an earlier mark taken out; `known` is what the summary sheet kept."""
        edits = []
        given_back: dict[int, int] = {}
        for place, fill in enumerate(self._kept["fills"]):
            number = _number_of(fill)
            if number is not None:
                original = known.get(number)
                given_back[place] = self._add("fills", self._prefixed(original)) if original else 0
        for element in find(self._xml, _Inside("cellXfs")):
            fill_id = int(element.attributes.get("fillId", "0"))
            if fill_id in given_back:
                edits.append(with_attributes(self._xml, element, fillId=str(given_back[fill_id])))
        edits += self._added()
        return spliced(self._xml, edits)

    def written(self) -> bytes:
        """The styles with what was added."""
        return spliced(self._xml, self._added())

    def _added(self) -> list[tuple[int, int, str]]:
        return [
            edit
            for name, items in self._new.items()
            if items
            for edit in appended(self._xml, self._lists[name], "".join(items), count=len(self._kept[name]) + len(items))
        ]

    def _xf(self, style: int) -> str:
        every = self._kept["cellXfs"] + self._new["cellXfs"]
        if style >= len(every):
            raise NotMarkable(f"a cell has the style {style}, which does not exist")
        return every[style]

    def _fill_of(self, xf: str) -> str:
        found = re.search(r"\sfillId\s*=\s*[\"']([0-9]+)", xf)
        place = int(found[1]) if found else 0
        fills = self._kept["fills"]
        return fills[place] if place < len(fills) else ""

    def _number(self, fill: str) -> int:
        """The number under which a fill is kept; 0 for none, and when there are too many to number."""
        bare = self._bare(fill)
        if not bare or re.search(r"patternType\s*=\s*[\"']none", bare) or "<patternFill/>" in bare:
            return 0
        known = next((number for number, kept in self.fills.items() if kept == bare), None)
        if known is None:
            known = len(self.fills) + 1
            if known >= _NUMBERS:
                return 0
            self.fills[known] = bare
        return known

    def _solid(self, level: Level, number: int) -> str:
        red, green, blue = COLOURS[level]
        colour = f"FF{red:02X}{green:02X}{blue - number:02X}"
        return self._prefixed(
            f'<fill><patternFill patternType="solid"><fgColor rgb="{colour}"/><bgColor indexed="64"/></patternFill></fill>'
        )

    def _add(self, name: str, item: str) -> int:
        item = self._prefixed(item)
        every = self._kept[name] + self._new[name]
        if item in every:
            return every.index(item)
        self._new[name].append(item)
        return len(every)

    def _add_xf(self, xf: str, **values: int) -> int:
        """A copy of a cell style with other attributes."""
        tag, end, rest = xf.partition(">")
        tag += end
        for name, value in values.items():
            tag = with_attribute(tag, name, str(value))
        return self._add("cellXfs", tag + rest)

    def _prefixed(self, item: str) -> str:
        return re.sub(rf"<(/?)(?!/|{re.escape(self._prefix)})", rf"<\1{self._prefix}", item) if self._prefix else item

    def _bare(self, item: str) -> str:
        return item.replace(f"<{self._prefix}", "<").replace(f"</{self._prefix}", "</") if self._prefix else item


class _Inside:
    """Whether an element is a child of a certain list below the root."""

    def __init__(self, parent: str) -> None:
        self._parent, self._inside = parent, False

    def __call__(self, tag: str, _: Mapping[str, str], depth: int) -> bool:
        if depth == 1:
            self._inside = tag == self._parent
        return depth == 2 and self._inside


def _items(xml: bytes, name: str) -> list[str]:
    """The elements of a list below the root, as they are written."""
    return [xml[element.start : element.end].decode() for element in find(xml, _Inside(name))]


def _number_of(fill: str) -> int | None:
    """The number in a colour of ours; None for another fill."""
    found = re.search(r"fgColor\s+rgb\s*=\s*[\"'](?:[0-9A-Fa-f]{2})?([0-9A-Fa-f]{2})([0-9A-Fa-f]{2})([0-9A-Fa-f]{2})[\"']", fill)
    if found is None:
        return None
    red, green, blue = (int(part, 16) for part in found.groups())
    for colour in COLOURS.values():
        if (red, green) == colour[:2] and 0 <= colour[2] - blue < _NUMBERS:
            return colour[2] - blue
    return None
