"""The words of a report's frame, as people write them: labels of the head, headers, periods, tokens in number cells.

This is the language of the reader, not of one organisation: units, indicators and forms are data of the pack. All words
stand here *folded* (`fold`): lower case, no diacritics, no punctuation at the ends.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from functools import lru_cache

from tonghop.model import Period, PeriodType

FORM_LABELS = frozenset({"bieu mau", "bieu", "mau bieu", "form"})
UNIT_CODE_LABELS = frozenset({"ma don vi", "unit code"})
UNIT_LABELS = frozenset({"don vi", "don vi bao cao", "ten don vi", "unit"})
PERIOD_LABELS = frozenset({"ky bao cao", "ky", "thang bao cao", "period"})
AS_OF_LABELS = frozenset({"so lieu tinh den ngay", "so lieu tinh den", "tinh den ngay", "data as of"})
NARRATIVE_LABELS = frozenset(
    {
        "nhan xet",
        "danh gia",
        "danh gia chung",
        "ghi chu",
        "kien nghi",
        "de xuat kien nghi",
        "kho khan",
        "kho khan vuong mac",
        "thuan loi",
        "nhiem vu trong tam",
        "comments",
    }
)

HEAD_LABELS = FORM_LABELS | UNIT_CODE_LABELS | UNIT_LABELS | PERIOD_LABELS | AS_OF_LABELS

CODE_HEADERS = frozenset({"ma", "ma so", "stt", "tt", "code"})
LABEL_HEADERS = frozenset({"chi tieu", "ten chi tieu", "noi dung", "indicator"})
UNIT_OF_MEASURE_HEADERS = frozenset({"don vi tinh", "dvt", "unit of measure"})

ZERO_WORDS = frozenset({"khong", "khong co", "ko", "ko co", "k co", "khong phat sinh", "none"})
NOT_APPLICABLE_WORDS = frozenset({"x", "n/a", "na", "khong ap dung", "kad", "not applicable"})
SAME_WORDS = frozenset({"tuong duong", "tuong duong cung ky"})
"""In a column of changes: about the same. It is not a printed 0."""
RISE_WORDS = ("tang",)
FALL_WORDS = ("giam",)

ASIDE_MARK = "Trang này do phần mềm Tổng Hợp thêm vào, không phải là báo cáo"
"""What the first filled cell of a sheet begins with that is part of no report: intake passes over such a sheet, whatever stands in it."""

PERIOD_EXAMPLE = "Tháng 08/2022, Quý 3/2022, 6 tháng đầu năm 2022, Năm 2022"
DATE_EXAMPLE = "14/08/2022"

LABEL_CHARACTERS = 40
VALUE_CHARACTERS = 200
"""What matters of a label and of a value is no longer."""

_SPACES = re.compile(r"[\s\u200b\u200c\u200d\u2060\ufeff]+")


@lru_cache(maxsize=65_536)
def fold(text: str) -> str:
    """`text` in lower case without diacritics, spaces collapsed, a colon or full stop at the end dropped."""
    decomposed = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    bare = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return _SPACES.sub(" ", bare).strip(" :.;*")


def squeeze(text: str) -> str:
    """`text` composed (NFC), with every run of white space, also no-break and zero-width, as one space."""
    return _SPACES.sub(" ", unicodedata.normalize("NFC", text)).strip()


_YEAR = r"((?:19|20)[0-9]{2})(?![0-9])"
_OF = r"[\s_]*(?:[/._-]|nam|of)?\s*(?:nam[\s_]*)?"
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4}
_FIRST_MONTHS = {3: "{year}-Q1", 6: "{year}-H1", 9: "{year}-9M", 12: "{year}"}

# Longer forms first: what one has read, the next does not see.
_PERIODS: tuple[tuple[PeriodType | None, re.Pattern[str]], ...] = (
    (None, re.compile(rf"(?<![0-9])(0?3|0?6|0?9|12)\s*thang(?:\s*dau)?{_OF}{_YEAR}")),
    (PeriodType.WEEK, re.compile(rf"(?<![a-z0-9])tuan\s*(?:thu\s*)?[\s_]*([0-9]{{1,2}}){_OF}{_YEAR}")),
    (PeriodType.MONTH, re.compile(rf"(?<![a-z0-9])(?:thang|month)[\s_]*([0-9]{{1,2}}){_OF}{_YEAR}")),
    (PeriodType.QUARTER, re.compile(rf"(?<![a-z0-9])(?:quy|quarter)[\s_]*([1-4]|iv|i{{1,3}}){_OF}{_YEAR}")),
    (PeriodType.YEAR, re.compile(rf"(?<![a-z0-9])(?:nam|year)[\s_]*(){_YEAR}")),
)
_SHORT_PERIODS: tuple[tuple[PeriodType, re.Pattern[str]], ...] = (
    (PeriodType.MONTH, re.compile(rf"(?<![a-z0-9])t\s*([0-9]{{1,2}})\s*[/._-]\s*{_YEAR}")),
    (PeriodType.QUARTER, re.compile(rf"(?<![a-z0-9])q\s*([1-4])\s*[/._-]?\s*{_YEAR}")),
    (PeriodType.MONTH, re.compile(rf"(?<![0-9./-])(0?[1-9]|1[0-2])\s*[/._-]\s*{_YEAR}")),
)
_CODES = re.compile(r"(?<![0-9-])([0-9]{4}-(?:[0-9]{2}|q[1-4]|h1|9m|w[0-9]{2}))(?![0-9a-z]|-[0-9])")
_BARE_YEAR = re.compile(_YEAR)
_FULL_DATE = re.compile(r"(?<![0-9])(?:[0-9]{1,2}([./_-])[0-9]{1,2}\1[0-9]{4}|[0-9]{4}([._-])[0-9]{1,2}\2[0-9]{1,2})(?![0-9])")


def _period(period_type: PeriodType | None, number: str, year: str) -> Period | None:
    number_read = _ROMAN.get(number) or int(number or 1)
    code = {
        None: _FIRST_MONTHS.get(number_read, "").format(year=year),
        PeriodType.WEEK: f"{year}-W{number_read:02d}",
        PeriodType.MONTH: f"{year}-{number_read:02d}",
        PeriodType.QUARTER: f"{year}-Q{number_read}",
        PeriodType.YEAR: year,
    }[period_type]
    try:
        return Period.parse(code)
    except ValueError:
        return None


@lru_cache(maxsize=4_096)
def periods_in(text: str, *, short: bool = True) -> tuple[Period, ...]:
    """Every period that a text names, in any of the usual spellings; whole dates are no periods.

    `short` also takes `8/2022`, `T8.2022` and `Q3-2022`, which in running text may be something else.
    """
    return tuple(_periods_in(fold(text), short))


def _periods_in(folded: str, short: bool) -> Iterator[Period]:
    rest = _FULL_DATE.sub(" ", folded)
    for match in _CODES.finditer(rest):
        try:
            yield Period.parse(match[1].upper())
        except ValueError:
            continue
    rest = _CODES.sub(" | ", rest)
    for period_type, pattern in _PERIODS + (_SHORT_PERIODS if short else ()):
        for match in pattern.finditer(rest):
            if period := _period(period_type, match[1], match[2]):
                yield period
        rest = pattern.sub(" | ", rest)


def read_period(text: str) -> Period | None:
    """The one period that a cell names; None when it names none or several."""
    found = set(periods_in(text))
    if not found and _BARE_YEAR.fullmatch(fold(text)):
        return Period.parse(fold(text))
    return found.pop() if len(found) == 1 else None


_MONTH_TAB = re.compile(r"(?:thang|th|t|month)?[\s._-]*(0?[1-9]|1[0-2])(?:[\s./_-]*(?:nam)?\s*((?:19|20)[0-9]{2}))?")


def month_of_tab(name: str) -> tuple[int, int | None] | None:
    """Month and year that the name of a tab stands for (`Tháng 8`, `T8`, `08.2022`); None when it is no month."""
    match = _MONTH_TAB.fullmatch(fold(name))
    return (int(match[1]), int(match[2]) if match[2] else None) if match else None


_DATES = (
    (re.compile(r"(?:ngay )?([0-9]{1,2})\s*[./-]\s*([0-9]{1,2})\s*[./-]\s*([0-9]{4})"), (3, 2, 1)),
    (re.compile(r"(?:ngay )?([0-9]{1,2}) thang ([0-9]{1,2}) nam ([0-9]{4})"), (3, 2, 1)),
    (re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})"), (1, 2, 3)),
)


def read_date(text: str) -> date | None:
    """A day, written day first (14/08/2022, ngày 14 tháng 8 năm 2022) or as ISO 8601; None when it is no date."""
    folded = fold(text)
    for pattern, (year, month, day) in _DATES:
        if match := pattern.fullmatch(folded):
            try:
                return date(int(match[year]), int(match[month]), int(match[day]))
            except ValueError:
                return None
    return None
