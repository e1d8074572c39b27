"""How a report speaks: its own words in Vietnamese and English, and numbers, periods and times as each language writes them."""

from __future__ import annotations

import calendar
import re
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal
from zoneinfo import ZoneInfo

from tonghop.model import Period, PeriodType
from tonghop.reports.vocabulary import WORDS

Language = Literal["vi", "en"]
LANGUAGES: tuple[Language, ...] = ("vi", "en")

_MEASURES: dict[str, tuple[str, str]] = {
    "value": ("trong kỳ", "of the period"),
    "ytd": ("cộng dồn", "cumulative"),
    "plan": ("kế hoạch năm", "yearly plan"),
    "pct_of_plan": ("đạt % kế hoạch", "% of plan"),
    "same_period": ("cùng kỳ năm trước", "same period last year"),
    "change": ("tăng/giảm", "change"),
    "change_pct": ("tăng/giảm %", "change in %"),
    "change_points": ("tăng/giảm điểm %", "change in points"),
    "rate": ("tỷ lệ", "rate"),
}

_PERIODS: dict[PeriodType, tuple[str, str]] = {
    PeriodType.WEEK: ("Tuần {number}/{year}", "Week {number}, {year}"),
    PeriodType.MONTH: ("Tháng {number}/{year}", "{month} {year}"),
    PeriodType.QUARTER: ("Quý {number}/{year}", "Quarter {number}, {year}"),
    PeriodType.HALF: ("6 tháng đầu năm {year}", "First half of {year}"),
    PeriodType.NINE_MONTHS: ("9 tháng đầu năm {year}", "First nine months of {year}"),
    PeriodType.YEAR: ("Năm {year}", "{year}"),
}

_FIGURES = re.compile(r"[\d.\s<=>≤≥≠…&–/+-]+")
"""Numbers and signs alone: `<= 1234.5`, `4 … 9`."""
_NUMBER = re.compile(r"(?<![\w.-])-?\d+(?:\.\d+)?(?![\w.-])")
_DECIMAL = re.compile(r"(?<![\w.-])-?\d+\.\d+(?![\w.-])")
_IN_BOTH_LANGUAGES = re.compile(r"[^\W\d_][^\d/()&,]* / [^\W\d_][^\d/()&,]*")
_SIGN = re.compile(r"^(<=|>=|=)\s*")
_SIGNS = {"<=": "≤ ", ">=": "≥ ", "=": ""}


def word(key: str, language: Language, *values: object) -> str:
    """The report's own word for `key`, with `values` in their places. KeyError for a word that nobody wrote."""
    return WORDS[key][LANGUAGES.index(language)].format(*values)


def measure(code: str | None, language: Language) -> str:
    """What a measure is called; empty for none."""
    return _MEASURES[code][LANGUAGES.index(language)] if code else ""


def period(code: str, language: Language) -> str:
    """A period code as people write it: `2022-08` is *Tháng 8/2022*, *August 2022*."""
    at = Period.parse(code)
    text = _PERIODS[at.type][LANGUAGES.index(language)]
    return text.format(number=at.number, year=at.year, month=calendar.month_name[at.start_date.month])


def short_period(code: str) -> str:
    """A period code as it fits under a column: `2022-08` is 8/22, `2022-Q3` is Q3/22."""
    at = Period.parse(code)
    sign = {PeriodType.MONTH: "", PeriodType.QUARTER: "Q", PeriodType.WEEK: "W"}.get(at.type)
    return code if sign is None else f"{sign}{at.number}/{at.year % 100:02d}"


def number(value: Decimal | int | None, language: Language) -> str:
    """A number with the thousands and decimal marks of the language, at most six decimals; empty for none."""
    if value is None:
        return ""
    text = f"{Decimal(value):,.6f}".rstrip("0").rstrip(".")
    if text in ("-0", ""):
        return "0"
    return text.translate(str.maketrans(",.", ".,")) if language == "vi" else text


def expectation(text: str | None, language: Language) -> str:
    """What a rule found or expected, such as `= 1234.5 (1000 + 234.5)` or `both in Vietnamese / and English`, as the language has it.

    In a remark behind it, and wherever there are words, whole numbers stay as they are: they may be years, or parts of a code.
    """
    own_words = _IN_BOTH_LANGUAGES.sub(lambda both: half(both[0], language), (text or "").strip())
    figure, bracket, remark = own_words.partition(" (")
    if _FIGURES.fullmatch(figure):
        figure = _SIGN.sub(lambda sign: _SIGNS[sign[1]], _written(_NUMBER, figure, language))
    else:
        figure = _written(_DECIMAL, figure, language)
    return figure + bracket + _written(_DECIMAL, remark, language)


def _written(pattern: re.Pattern[str], text: str, language: Language) -> str:
    """A text with its numbers as the language writes them."""
    return pattern.sub(lambda found: number(Decimal(found[0]), language), text)


def moment(at: datetime | None, zone: str, language: Language) -> str:
    """A moment in the pack's time zone; empty for none."""
    if at is None:
        return ""
    local = at.astimezone(ZoneInfo(zone))
    return local.strftime("%H:%M ngày %d/%m/%Y" if language == "vi" else "%Y-%m-%d %H:%M")


def days_late(days: int | None, language: Language) -> str:
    """Working days after the day due in words; negative ones are early. Empty for none."""
    if days is None:
        return ""
    return word("day_0", language) if days == 0 else word("day_late" if days > 0 else "day_early", language, abs(days))


def percent(part: Decimal | int, whole: Decimal | int, language: Language) -> str:
    """A part of a whole in percent, one decimal, half up; empty where there is no whole."""
    if not whole:
        return ""
    return number((100 * Decimal(part) / Decimal(whole)).quantize(Decimal("0.1"), ROUND_HALF_UP), language)


def day(on: date, language: Language) -> str:
    """A date as the language writes it."""
    return on.strftime("%d/%m/%Y" if language == "vi" else "%Y-%m-%d")


def half(text: str, language: Language) -> str:
    """The half of a text that gives both languages as `Vietnamese / English`; all of a text that does not."""
    vietnamese, slash, english = text.partition(" / ")
    return english if slash and language == "en" else vietnamese
