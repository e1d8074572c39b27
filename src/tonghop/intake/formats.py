"""What a number format shows: a percentage, a date, or the bare number."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from enum import Enum
from functools import lru_cache

from tonghop.intake.cells import Kind, RawCell
from tonghop.intake.package import elements, local
from tonghop.remembered import Remembered


class Format(Enum):
    """The kinds of number format that change what a stored number means."""

    PLAIN = 0
    PERCENT = 1
    DATE = 2


_BUILT_IN: Mapping[int, Format] = {
    9: Format.PERCENT,
    10: Format.PERCENT,
    **dict.fromkeys((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)), Format.DATE),
}
_NOT_SHOWN = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')


def _format_of(code: str) -> Format:
    """What a number format shows: its literals, colours and conditions do not count, only its first section does."""
    shown = _NOT_SHOWN.sub("", code).split(";")[0].lower()
    if "%" in shown:
        return Format.PERCENT
    if "general" not in shown and re.search(r"[dmyhs]", shown):
        return Format.DATE
    return Format.PLAIN


@lru_cache(maxsize=64)  # workbooks made from one template share their styles
def read_formats(xml: bytes) -> Mapping[str, Format]:
    """The kind of number format of each cell style that has one other than plain, by the style's number as written."""
    own: dict[int, Format] = {}
    styles: dict[str, Format] = {}
    for element in elements(xml):
        tag = local(element.tag)
        if tag == "numFmt":
            own[int(element.attrib["numFmtId"])] = _format_of(element.get("formatCode", ""))
        elif tag == "cellXfs":
            for index, style in enumerate(element):
                number = int(style.get("numFmtId", "0"))
                shown = own.get(number) or _BUILT_IN.get(number, Format.PLAIN)
                if shown is not Format.PLAIN:
                    styles[str(index)] = shown
    return styles


NUMBER_CHARACTERS = 40
"""A stored number is no longer."""
_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?")


@lru_cache(maxsize=65_536)
def number_cell(text: str, shown: Format | None, first_day: date) -> RawCell | None:
    """The cell of a stored number by its format; None when the text is no number."""
    bare = bare_number(text)
    if bare is None or shown is None:
        return bare
    if shown is Format.PERCENT:
        return RawCell(Kind.NUMBER, text, True)
    return RawCell(Kind.DATE, _day_of(text, first_day))


def bare_number(text: str) -> RawCell | None:
    """The cell of a stored number without a format; None when the text is no number."""
    return BARE_NUMBERS[text]


class _BareNumbers(Remembered[str, RawCell | None]):
    """Numbers come again and again, so their cells are remembered; what is longer than any number is none."""

    def __missing__(self, text: str) -> RawCell | None:
        if len(text) > NUMBER_CHARACTERS:
            return RawCell(Kind.NUMBER, text) if _NUMBER.fullmatch(text) else None
        cell = self[text] = RawCell(Kind.NUMBER, text) if _NUMBER.fullmatch(text) else None
        return cell


BARE_NUMBERS = _BareNumbers(65_536)
"""`bare_number` of texts."""


def _day_of(serial: str, first_day: date) -> str:
    """The ISO date of an Excel serial number; the number itself when it is no date that Python knows (times of day too)."""
    days = int(float(serial))
    try:
        return (first_day + timedelta(days=days)).isoformat() if days >= 1 else serial
    except OverflowError:
        return serial
