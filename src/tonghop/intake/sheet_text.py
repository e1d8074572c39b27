"""The quick reader of sheets and shared strings: one pass of a pattern over the XML as spreadsheet programs write it.

It guesses nothing. A part is read here only when the matches of the pattern cover every character of it, so that each was
understood, and when what stands around them is well-formed; anything else is `NotPlain` and belongs to the exact reader,
`sheet_xml`. What both of them read, they read alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple
from xml.etree.ElementTree import Element, ParseError, fromstring

from tonghop.intake.cells import NO_VALUE, Kind, RawCell, Sheet, column_number, text_cell, text_cells
from tonghop.intake.formats import NUMBER_CHARACTERS, number_cell
from tonghop.intake.limits import Limits
from tonghop.intake.package import CHUNK
from tonghop.intake.sheet_xml import MERGES, ROWS, SPACES, Book, is_hidden, merged_range, too_many_cells


class NotPlain(Exception):
    """The part holds something that the pattern does not cover."""


_LARGEST = 1 << 21
"""Characters; longer parts are read element by element, so that memory does not grow with them."""

_TEXT = r"[^<&]*+(?:&(?:amp|lt|gt|quot|apos|#[0-9]{1,7});[^<&]*+)*+"
_ATTRIBUTE = r'="[^"<>&]*+"'
_ATTRIBUTES = rf"(?: [A-Za-z][A-Za-z0-9:]*+{_ATTRIBUTE})*+"
_OF_FORMULA = rf"(?: (?:t|ref|si|ca|aca|dt2D|dtr|r1|r2|del1|del2|bx){_ATTRIBUTE})*+"
_SPACE = r'(?: xml:space="preserve")?+'
_TOKEN = re.compile(
    r'(<c r="([A-Z]{1,3})([0-9]{1,7})"(?: s="([0-9]{1,6})")?+(?: t="(n|s|str|b|e|inlineStr)")?+'
    rf"(?: ?/>|>(?:(<f){_OF_FORMULA}(?: ?/>|>{_TEXT}</f>))?+(?:<(v)(?: ?/>|>({_TEXT})</v>)|<(is)><t{_SPACE}>({_TEXT})</t></is>)?+</c>)"
    rf'|<row r="([0-9]{{1,7}})"({_ATTRIBUTES})(?:>|( ?/)>)'
    r"|</row>)"
)
_STRING = re.compile(rf"(<si><t{_SPACE}>({_TEXT})</t></si>)")
_STRINGS_HEAD = re.compile(rf'(?:<\?xml [^<>?]*+\?>\s*+)?+<sst xmlns="([^"<>&]*+)"{_ATTRIBUTES}>')
_STRINGS_END = "</sst>"

_FORBIDDEN = bytes(set(range(32)) - {9, 10})
"""Control characters: XML has none of them, and makes a line feed of a carriage return."""


def is_plain(xml: bytes) -> bool:
    """Whether a part may be read here at all: not too long, in UTF-8, without control characters, comments, sections or instructions."""
    return (
        len(xml) <= _LARGEST
        and xml[:1] == b"<"
        and (xml.count(b"?") <= 2 or xml.count(b"<?") <= 1)  # each has two; and one character is found ten times as fast as two
        and not (b"!" in xml and b"<!" in xml)
        and not (b"]" in xml and b"]]>" in xml)
        and not (b"\xef" in xml and (b"\xef\xbf\xbe" in xml or b"\xef\xbf\xbf" in xml))  # U+FFFE and U+FFFF are no characters
        and len(xml.translate(None, _FORBIDDEN)) == len(xml)
    )


def read_strings(text: str, limits: Limits) -> list[RawCell]:
    """The shared strings, as the cells that they stand in. Raises NotPlain for rich text and whatever else is unusual."""
    head = _STRINGS_HEAD.match(text)
    if head is None or f"{{{head[1]}}}" not in SPACES or not text.endswith(_STRINGS_END):
        raise NotPlain
    _check_head(head[0])
    _refuse_impossible_characters(text)
    start, end = head.end(), len(text) - len(_STRINGS_END)
    plain = _plain_strings(text[start:end])
    if plain is not None and len(plain) <= limits.max_cells:
        return text_cells(plain, limits)
    found = _STRING.findall(text, start, end)
    if sum(len(whole) for whole, _ in found) != end - start:
        raise NotPlain
    if len(found) > limits.max_cells:
        raise too_many_cells(limits)
    if "&" in text:
        return [text_cell(_unescaped(string), limits) for _, string in found]
    return [text_cell(string, limits) for _, string in found]


@lru_cache(maxsize=64)  # programs write it with the number of strings alone different
def _check_head(head: str) -> None:
    """Raise NotPlain when the start of the shared strings is not well-formed."""
    _parsed(head + _STRINGS_END)


_FIRST, _NEXT, _LAST = "<si><t>", "</t></si><si><t>", "</t></si>"


def _plain_strings(text: str) -> list[str] | None:
    """The strings when each of them stands in the same two elements and nothing has to be unescaped: the usual case, made short."""
    if "&" in text or not (text.startswith(_FIRST) and text.endswith(_LAST)):
        return None
    strings = text[len(_FIRST) : -len(_LAST)].split(_NEXT)
    return strings if text.count("<") == _NEXT.count("<") * len(strings) else None


def read_cells(text: str, sheet: Sheet, book: Book, budget: int) -> int:
    """Fill `sheet` from its XML; returns what is left of the budget of cells. Raises NotPlain, and then leaves `sheet` as it was;
    Unopenable when the budget is used up."""
    start, end = text.find(_DATA), text.rfind(_DATA_END)
    if start < 0 or end < start or (_DYNAMIC in text and _DYNAMIC_NAMED not in text[:start]):
        raise NotPlain
    _refuse_impossible_characters(text)
    merges = _around(text[:start] + "<sheetData/>" + text[end + len(_DATA_END) :])
    rows, hidden_rows, budget = _cells(text, start + len(_DATA), end, book, budget)
    sheet.rows = rows
    sheet.hidden_rows |= hidden_rows
    sheet.merges.extend(merges)
    return budget


class Token(NamedTuple):
    """A cell as it stands in the XML; `has_value`: between `<v>` and `</v>`."""

    row: int
    column: int
    kind: str
    style: str
    has_value: bool
    value: str


def tokens(text: str) -> Iterator[Token]:
    """The cells of a sheet that `read_cells` has read, in their order."""
    start, end = text.find(_DATA) + len(_DATA), text.rfind(_DATA_END)
    for whole, letters, digits, style, kind, _, stored, figure, *_ in _TOKEN.findall(text, start, end):
        if letters:
            yield Token(int(digits), column_number(letters), kind, style, bool(stored) and "<v>" in whole, figure)


_DATA, _DATA_END = "<sheetData>", "</sheetData>"
_DYNAMIC, _DYNAMIC_NAMED = "x14ac:", 'xmlns:x14ac="'
"""The one prefix that rows have in practice."""


def _cells(text: str, start: int, end: int, book: Book, budget: int) -> tuple[dict[int, dict[int, RawCell]], set[int], int]:
    """The rows between two places of a text. Every cell passes here: kept flat on purpose."""
    strings, first_day, limits = book.strings, book.first_day, book.limits
    formats = {**book.formats, "": book.formats.get("0")}  # a cell without a style has the first one
    rows: dict[int, dict[int, RawCell]] = {}
    hidden_rows: set[int] = set()
    row: dict[int, RawCell] = {}
    open_row = ""
    covered = 0
    for whole, letters, digits, style, kind, formula, stored, figure, inline, words, number, attributes, closed in _TOKEN.findall(
        text, start, end
    ):
        covered += len(whole)
        if letters:
            if digits != open_row:
                raise NotPlain
            column = column_number(letters)
            if kind == "s":
                if figure:
                    index = int(figure)
                    if index < 0:
                        raise ValueError("a negative string number")
                    row[column] = strings[index]
            elif not kind or kind == "n":
                if figure:
                    cell = number_cell(figure, formats.get(style), first_day) if len(figure) <= NUMBER_CHARACTERS else None
                    row[column] = cell or text_cell(_unescaped(figure), limits)
                elif formula:
                    row[column] = NO_VALUE
            elif kind == "inlineStr":
                if inline:
                    row[column] = text_cell(_unescaped(words), limits)
            elif not stored:
                if formula:
                    row[column] = NO_VALUE
            elif kind == "e":
                row[column] = RawCell(Kind.ERROR, _unescaped(figure))
            elif kind == "b":
                row[column] = RawCell(Kind.BOOLEAN, "TRUE" if figure.strip() in ("1", "true") else "FALSE")
            else:
                row[column] = text_cell(_unescaped(figure), limits)
        elif number:
            if open_row or int(number) in rows:
                raise NotPlain
            if _hides(attributes):
                hidden_rows.add(int(number))
            if not closed:
                open_row, row = number, {}
        else:
            if not open_row:
                raise NotPlain
            if row:
                rows[int(open_row)] = row
                budget -= len(row)
                if budget < 0:
                    raise too_many_cells(limits)
            open_row = ""
    if covered != end - start or open_row:
        raise NotPlain
    return rows, hidden_rows, budget


def _unescaped(text: str) -> str:
    return _REFERENCE.sub(_character, text) if "&" in text else text


_REFERENCE = re.compile(r"&(?:#([0-9]+)|([a-z]+));")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}


def _character(reference: re.Match[str]) -> str:
    return _NAMED[reference[2]] if reference[2] else chr(int(reference[1]))


def _refuse_impossible_characters(text: str) -> None:
    """Raise NotPlain when a reference stands for a character that XML does not have."""
    if "&" not in text:
        return
    for number in map(int, _NUMBERED.findall(text)):
        if not (number in (9, 10, 13) or 0x20 <= number <= 0xD7FF or 0xE000 <= number <= 0xFFFD or 0x10000 <= number <= 0x10FFFF):
            raise NotPlain


_NUMBERED = re.compile(r"&#([0-9]+);")


@lru_cache(maxsize=1_024)  # rows of a table are alike
def _hides(attributes: str) -> bool:
    """Whether a row with these attributes is hidden."""
    row = _parsed(f'<row xmlns:x14ac="-" r="1"{attributes}/>')
    if row.tag != "row":
        raise NotPlain
    return is_hidden(row)


@lru_cache(maxsize=64)  # workbooks made from one template have the same surroundings
def _around(rest: str) -> tuple[tuple[int, int, int, int], ...]:
    """The merged cells of a sheet whose rows were taken out."""
    sheet = _parsed(rest)
    if sum(sheet.find(space + "sheetData") is not None for space in SPACES) != 1 or any(element.tag in ROWS for element in sheet.iter()):
        raise NotPlain
    return tuple(merged_range(element) for element in sheet.iter() if element.tag in MERGES)


def _parsed(text: str) -> Element:
    """The element that a text without a document type is; NotPlain when it is not well-formed, or too long to be held as a tree."""
    if len(text) > CHUNK:
        raise NotPlain
    try:
        return fromstring(text)  # noqa: S314 - is_plain has refused document types
    except ParseError:
        raise NotPlain from None
