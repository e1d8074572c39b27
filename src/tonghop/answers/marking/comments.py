"""Comments on cells: one a cell, added to the unit's own ones, and taken out again when the workbook comes back.

A comment of ours begins with `HEADING`. A comment is two things in a workbook: its text in a comments part, and the box that it
appears in, in a drawing (VML) that spreadsheet programs write without much care for XML; so that one is handled as text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from xml.etree.ElementTree import fromstring

from tonghop.answers.marking.xml import Edit, Element, appended, attribute, children, find, prefix, spliced, text

HEADING = "▶ Tổng Hợp"
"""The first line of what we say in a comment."""
_BOX_WIDTH, _LINE_HEIGHT, _LINE_CHARACTERS = 380, 17, 54
"""Of a comment's box, in pixels and characters."""

EMPTY_COMMENTS = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    b'<comments xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><authors></authors><commentList></commentList></comments>'
)
EMPTY_DRAWING = (
    b'<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    b'xmlns:x="urn:schemas-microsoft-com:office:excel"></xml>'
)
_SHAPE_TYPE = (
    '<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe">'
    '<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
)
_IDS_IN_BLOCK = 1024


def without_ours(xml: bytes) -> tuple[bytes, set[str]]:
    """A comments part without what we once said in it, and the cells whose comment is gone as a whole."""
    edits: list[Edit] = []
    gone: set[str] = set()
    space, texts = prefix(xml), _texts(xml)
    for comment in _comments(xml):
        before, mark, _ = texts[comment.attributes["ref"]].partition(HEADING)
        if not mark:
            continue
        if before.strip():
            inner = next(element for element in find(xml, _tag("text")) if comment.start < element.start < comment.end)
            kept = f'<{space}text><{space}r><{space}t xml:space="preserve">{text(before.rstrip())}</{space}t></{space}r></{space}text>'
            edits.append((inner.start, inner.end, kept))
        else:
            edits.append((comment.start, comment.end, ""))
            gone.add(comment.attributes["ref"])
    return spliced(xml, edits), gone


def with_ours(xml: bytes, said: Mapping[str, str]) -> tuple[bytes, set[str]]:
    """A comments part that also says `said` (by cell), and the cells that had no comment before.

    A comment that the unit wrote stays, and ours follows it. One that is part of a conversation (a threaded comment) is left alone:
    the spreadsheet program would show the conversation only.
    """
    space, texts, new = prefix(xml), _texts(xml), dict(said)
    edits: list[Edit] = []
    lists = children(xml, "authors", "commentList")
    authors = [element.start for element in find(xml, _tag("author"))]
    author = len(authors)
    for comment in _comments(xml):
        ours = new.pop(comment.attributes["ref"], None)
        if ours is None or texts[comment.attributes["ref"]].startswith("[Threaded comment]"):
            continue
        edits += _joined(xml, comment, "\n\n" + ours)
    if new:
        edits += appended(xml, lists["authors"], f"<{space}author>Tổng Hợp</{space}author>")
        items = "".join(
            f'<{space}comment ref={attribute(cell)} authorId="{author}"><{space}text>{_runs(ours, space)}</{space}text></{space}comment>'
            for cell, ours in new.items()
        )
        edits += appended(xml, lists["commentList"], items)
    return spliced(xml, edits), set(new)


def without_boxes(drawing: bytes, cells: set[tuple[int, int]]) -> bytes:
    """A drawing without the boxes of the comments of these cells (row and column, from 1)."""

    def kept(match: re.Match[bytes]) -> bytes:
        place = _place_of_box(match[0])
        return b"" if place in cells else match[0]

    return re.sub(rb"<v:shape\b(?!type).*?</v:shape>\s*", kept, drawing, flags=re.DOTALL)


def with_boxes(drawing: bytes, cells: Mapping[tuple[int, int], str], block: int, size: Callable[[bool, int], int]) -> bytes:
    """A drawing with a box for each of the cells, sized for its text.

    `block` numbers the drawing among those of the workbook; `size(is_row, number)` is the height of a row or the width of a
    column (from 1) in pixels.
    """
    taken = [int(number) for number in re.findall(rb'id="_x0000_s(\d+)"', drawing)]
    first = max([block * _IDS_IN_BLOCK, *taken]) + 1
    boxes = [_box(first + place, cell, said, size) for place, (cell, said) in enumerate(cells.items())]
    lead = ""
    if b"<o:shapelayout" not in drawing:
        blocks = ",".join(str(number) for number in range(block, (first + len(boxes)) // _IDS_IN_BLOCK + 1))
        lead = f'<o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="{blocks}"/></o:shapelayout>'
    if b'id="_x0000_t202"' not in drawing:
        lead += _SHAPE_TYPE
    end = drawing.rindex(b"</xml>")
    return drawing[:end] + (lead + "".join(boxes)).encode() + drawing[end:]


def blocks_in(drawing: bytes) -> list[int]:
    """The numbers of the blocks of ids that a drawing uses."""
    return [int(number) for found in re.findall(rb'<o:idmap[^>]*data="([0-9, ]+)"', drawing) for number in found.split(b",")]


def _comments(xml: bytes) -> list[Element]:
    return find(xml, lambda tag, attributes, _: tag == "comment" and "ref" in attributes)


def _tag(name: str) -> Callable[[str, Mapping[str, str], int], bool]:
    return lambda tag, _attributes, _depth: tag == name


def _texts(xml: bytes) -> dict[str, str]:
    """What each comment says, by cell, without its looks."""
    if not (found := _comments(xml)):  # refuses document types too
        return {}
    said = dict.fromkeys((comment.attributes["ref"] for comment in found), "")
    for comment in fromstring(xml).iter():  # noqa: S314 - no document type, see above
        if comment.get("ref") in said:
            said[comment.attrib["ref"]] = "".join(part.text or "" for part in comment.iter() if part.tag.rpartition("}")[2] == "t")
    return said


def _joined(xml: bytes, comment: Element, ours: str) -> list[Edit]:
    """The edits that let a comment go on with what we say. A text without runs becomes a run first."""
    space = prefix(xml)
    inner = next(element for element in find(xml, _tag("text")) if comment.start <= element.start < comment.end)
    if inner.is_empty:
        return appended(xml, inner, _runs(ours, space))
    edits: list[Edit] = []
    own = find(xml, lambda tag, _, depth: depth == inner.depth + 1 and tag == "t")
    for element in own:
        if inner.start < element.start < inner.end:
            edits += [(element.start, element.start, f"<{space}r>"), (element.end, element.end, f"</{space}r>")]
    closing = xml.rindex(b"</", inner.open_end, inner.end)
    return [*edits, (closing, closing, _runs(ours, space))]


def _runs(said: str, space: str) -> str:
    """A text whose first line is bold."""
    first, line_end, rest = said.lstrip("\n").partition("\n")
    lead = said[: len(said) - len(said.lstrip("\n"))]
    return _run(lead + first + line_end, space, "<b/>") + (_run(rest, space, "") if rest else "")


def _run(said: str, space: str, look: str) -> str:
    lead = f'<r><rPr>{look}<sz val="9"/><color indexed="81"/><rFont val="Tahoma"/><family val="2"/></rPr><t xml:space="preserve">'
    return re.sub("<(/?)", rf"<\1{space}", lead) + f"{text(said)}</{space}t></{space}r>"


def _place_of_box(shape: bytes) -> tuple[int, int] | None:
    """Row and column (from 1) of the cell whose comment a box holds; None for another kind of shape."""
    row, column = re.search(rb"<x:Row>\s*(\d+)\s*</x:Row>", shape), re.search(rb"<x:Column>\s*(\d+)\s*</x:Column>", shape)
    is_note = re.search(rb"ObjectType\s*=\s*[\"']Note[\"']", shape)
    return (int(row[1]) + 1, int(column[1]) + 1) if is_note and row and column else None


def _box(number: int, cell: tuple[int, int], said: str, size: Callable[[bool, int], int]) -> str:
    row, column = cell
    lines = sum(1 + len(line) // _LINE_CHARACTERS for line in said.split("\n"))
    left, left_offset, right, right_offset = _stretch(column + 1, 12, _BOX_WIDTH, lambda place: size(False, place))
    top, top_offset, bottom, bottom_offset = _stretch(max(row - 1, 1), 6, lines * _LINE_HEIGHT + 14, lambda place: size(True, place))
    anchor = ", ".join(map(str, (left - 1, left_offset, top - 1, top_offset, right - 1, right_offset, bottom - 1, bottom_offset)))
    return (
        f'<v:shape id="_x0000_s{number}" type="#_x0000_t202" style="position:absolute;visibility:hidden" '
        'fillcolor="#ffffe1" o:insetmode="auto">'
        '<v:fill color2="#ffffe1"/><v:shadow on="t" color="black" obscured="t"/><v:path o:connecttype="none"/>'
        '<v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div></v:textbox>'
        f'<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/><x:Anchor>{anchor}</x:Anchor>'
        f"<x:AutoFill>False</x:AutoFill><x:Row>{row - 1}</x:Row><x:Column>{column - 1}</x:Column></x:ClientData></v:shape>"
    )


def _stretch(first: int, offset: int, length: int, size: Callable[[int], int]) -> tuple[int, int, int, int]:
    """From a row or column and an offset in it over `length` pixels: first, offset, last, offset in the last."""
    rest, last = offset + length, first
    while rest > size(last) and last < first + 200:
        rest -= size(last)
        last += 1
    return first, offset, last, min(rest, size(last))
