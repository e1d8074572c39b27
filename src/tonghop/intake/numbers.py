"""Reads one cell as the figure that its indicator expects.

What a text means follows from what is expected: `1.448` is 1448 where whole numbers are counted. Where two readings
remain, the cell is unreadable and says so; nothing is guessed. How a separator is read:

- *Whole number expected*: `.`, `,`, space and `'` group thousands. One missing boundary is forgiven when no other
  reading is left (`2066.356` is 2066356, with a finding); a fraction of zeros is dropped (`12,0`); any other fraction
  (`55.21`) is not an integer.
- *Decimals or percent expected*: a single separator before exactly three digits (`1.448`) could be either, so it is
  ambiguous; otherwise a single separator is the decimal one. With two kinds of separator the last is the decimal one.
- *A form may say its style*, `vi` (1.448,5) or `en` (1,448.5): then a separator has that meaning and no other, and a text that
  does not fit the style is unreadable.
- A stored Excel number is what it is: `1.448` stored as a number is no 1448.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Context, Decimal
from functools import cached_property, lru_cache
from typing import NamedTuple

from tonghop.intake import findings
from tonghop.intake.findings import Issue
from tonghop.intake.vocabulary import (
    FALL_WORDS,
    NOT_APPLICABLE_WORDS,
    RISE_WORDS,
    SAME_WORDS,
    ZERO_WORDS,
    fold,
    squeeze,
)
from tonghop.intake.workbook import Kind, RawCell
from tonghop.model import State, Value
from tonghop.remembered import Remembered

NONE_POSITIVE = "none_positive"
"""Flag: `(-)` stood beside the number, none of the tested were positive."""
ZERO_IN_WORDS = "zero_in_words"
"""Flag: the zero was written as *không có*."""
ABOUT_THE_SAME = "about_the_same"
"""Flag: the change was written as *tương đương*."""

MAX_INTEGER_DIGITS = 15
"""No figure has more; nor does Excel keep more significant digits."""
_EXCEL = Context(prec=15)
_SMALLEST = Decimal("1E-12")
_PERCENT_DECIMALS = 2
_LARGEST_SHARE = 2
"""A share, meant as a percentage, is at most twice the whole."""


def _no_words(_word: str) -> str | None:
    return None


@dataclass(frozen=True, eq=False)
class Expects:
    """What a figure of an indicator in a column looks like. Compared by identity: one object per kind of figure."""

    decimals: int = 0
    """0 means a whole number"""
    percent: bool = False
    """the figure is in percent; a percent sign may stand behind it"""
    signed: bool = False
    """a change: minus, arrows and the words for rise and fall are allowed"""
    unit_of_measure: str = ""
    unit_of_word: Callable[[str], str | None] = _no_words
    """the unit of measure that a word behind a number stands for; None for any other word"""
    zero_words: bool = False
    """*không có* means 0"""
    plan: bool = False
    """`done/plan` may stand in one cell"""
    style: str | None = None
    """how numbers are typed as text: `vi`, `en`, or either"""

    @cached_property
    def figures(self) -> Figures:
        """What cells say where this is expected."""
        return Figures(self)

    @cached_property
    def plain_values(self) -> PlainValues:
        """The same of those about which there is nothing more to say."""
        return PlainValues(self)

    @property
    def whole(self) -> bool:
        """Whether only whole numbers fit."""
        return self.decimals == 0 and not self.percent

    @property
    def example(self) -> str:
        """A figure that would fit, for people."""
        return "vd. / e.g. " + ("66,46 %" if self.percent else "1448" if self.whole else "66,46")

    @property
    def style_example(self) -> str:
        """A number in the style of the form, for people."""
        return _EXAMPLES.get(self.style or "", "")


class Parsed(NamedTuple):
    """What a cell says; `plan` is the second figure of `done/plan`."""

    value: Value
    issues: tuple[Issue, ...] = ()
    plan: Decimal | None = None


_BLANK = Parsed(Value(State.BLANK))


class Figures(Remembered[RawCell | None, Parsed]):
    """What cells say where a certain kind of figure is expected. Small figures come again and again, so they are remembered; long
    texts would only fill the memory."""

    def __init__(self, expects: Expects) -> None:
        super().__init__(_MOST)
        self.expects = expects

    def __missing__(self, raw: RawCell | None) -> Parsed:
        if raw is None:
            return _BLANK
        parsed = _parse(raw, self.expects)
        if len(raw.text) <= _REMEMBERED_CHARACTERS:
            self[raw] = parsed
        return parsed


class PlainValues(Remembered[RawCell | str | None, Value | None]):
    """The values of cells; None for a cell about which there is more to say: an issue, or a plan beside its value. A stored number
    without a format may be asked for by its text."""

    def __init__(self, expects: Expects) -> None:
        super().__init__(_MOST)
        self.expects = expects

    def __missing__(self, stored: RawCell | str | None) -> Value | None:
        if isinstance(stored, str) and _COUNT.fullmatch(stored):  # the usual case, made short
            self[stored] = count = _count(stored)
            return count
        raw = RawCell(Kind.NUMBER, stored) if isinstance(stored, str) else stored
        parsed = _BLANK if raw is None else _parse(raw, self.expects)
        value = None if parsed.issues or parsed.plan is not None else parsed.value
        if raw is None or len(raw.text) <= _REMEMBERED_CHARACTERS:
            self[stored] = value
        return value


_MOST = 65_536
_REMEMBERED_CHARACTERS = 40


def parse_value(raw: RawCell | None, expects: Expects) -> Parsed:
    """The figure in a cell (None: an empty cell), with what is wrong about it. Never raises."""
    return expects.figures[raw]


def _parse(raw: RawCell, expects: Expects) -> Parsed:
    match raw.kind:
        case Kind.NUMBER:
            return _stored_number(raw, expects)
        case Kind.TEXT:
            return _typed_text(raw.text, expects)
        case Kind.DATE:
            return _unreadable(raw.text, findings.DATE_IN_NUMBER_CELL.issue(raw.text, expects.example))
        case Kind.ERROR:
            return _unreadable(raw.text, findings.ERROR_CELL.issue(raw.text, expects.example))
        case Kind.NO_VALUE:
            return _unreadable("=", findings.FORMULA_WITHOUT_VALUE.issue("=", expects.example))
        case Kind.BOOLEAN:
            return _unreadable(raw.text, findings.NOT_A_NUMBER.issue(raw.text, expects.example))


def _unreadable(raw: str, issue: Issue) -> Parsed:
    return Parsed(Value(State.UNREADABLE, raw=raw), (issue,))


_COUNT = re.compile(rf"[1-9][0-9]{{0,{MAX_INTEGER_DIGITS - 1}}}")
"""What fits wherever a figure is expected."""


@lru_cache(_MOST)
def _count(text: str) -> Value:
    """One object for each number, whatever figures it stands for: so it is also written down once (`readers.lines`)."""
    return Value(State.NUMBER, Decimal(text), text)


def _stored_number(raw: RawCell, expects: Expects) -> Parsed:
    if not raw.percent and _COUNT.fullmatch(raw.text):
        return Parsed(_count(raw.text))
    number = Decimal(raw.text)
    if number.adjusted() >= MAX_INTEGER_DIGITS:
        return _unreadable(raw.text, findings.OUT_OF_RANGE.issue(raw.text))
    number = _EXCEL.plus(number)
    if number.as_tuple().exponent < _SMALLEST.adjusted():  # type: ignore[operator]  # a finite number has an int here
        number = number.quantize(_SMALLEST)
    if raw.percent:
        number *= 100
        shown = f"{plain(number)}%"
        if not expects.percent:
            return _unreadable(shown, findings.UNIT_OF_MEASURE_MISMATCH.issue(shown, expects.unit_of_measure))
        return _judged(number, expects, shown)
    if expects.percent and _may_be_share(number):
        return _ambiguous(raw.text, (number, number * 100))
    return _judged(number, expects, raw.text)


def _may_be_share(number: Decimal) -> bool:
    """Whether a bare figure in a column of percentages may be a share: 0.6646 for 66.46 %. Percentages are typed with two decimals."""
    return 0 < abs(number) < _LARGEST_SHARE and round(number, _PERCENT_DECIMALS) != number


def _ambiguous(raw: str, readings: tuple[Decimal, ...]) -> Parsed:
    return _unreadable(raw, findings.AMBIGUOUS_NUMBER.issue(raw, " | ".join(plain(reading) for reading in readings)))


def plain(number: Decimal) -> str:
    """A number without exponent, group separators or superfluous zeros."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _judged(number: Decimal, expects: Expects, raw: str, flags: tuple[str, ...] = (), issues: tuple[Issue, ...] = ()) -> Parsed:
    """A number that was read, held against what is expected."""
    if number.adjusted() >= MAX_INTEGER_DIGITS:
        return _unreadable(raw, findings.OUT_OF_RANGE.issue(raw))
    if expects.whole and number != number.to_integral_value():
        return _unreadable(raw, findings.NOT_AN_INTEGER.issue(raw, expects.example))
    if number < 0 and not expects.signed:
        return _unreadable(raw, findings.NEGATIVE.issue(raw, expects.example))
    if number == 0:
        return Parsed(Value(State.ZERO, Decimal(0), raw, flags), issues)
    return Parsed(Value(State.NUMBER, Decimal(plain(number)), raw, flags), issues)


_NOTHING = re.compile(r"[-–—−_.…\s]*")
_NONE_POSITIVE = re.compile(r"\(\s*[-–—−]\s*\)$")
_SUPPRESSED = re.compile(r"[<≤]\s*[0-9]+(?:[.,][0-9]+)?\s*%?")
_ARROWS = {"↑": 1, "▲": 1, "⬆": 1, "🡅": 1, "↓": -1, "▼": -1, "⬇": -1, "🡇": -1}
_MINUS = "-−–"
_FIGURE = re.compile(r"([-+−–]?)\s*([0-9][0-9.,]*(?:[ '’][0-9][0-9.,]*)*)\s*(\D.*)?")


def _typed_text(raw: str, expects: Expects) -> Parsed:
    text = squeeze(raw)
    flags: tuple[str, ...] = ()
    if match := _NONE_POSITIVE.search(text):
        text, flags = text[: match.start()].rstrip(), (NONE_POSITIVE,)
    if _NOTHING.fullmatch(text):
        return Parsed(Value(State.BLANK, raw=raw, flags=flags))
    if _SUPPRESSED.fullmatch(text):
        return Parsed(Value(State.SUPPRESSED, raw=raw, flags=flags))
    if text[0].isalpha() and (meaning := _known_words(raw, text, expects)):
        return meaning
    if "/" in text:
        return _done_and_plan(raw, text, expects, flags)
    sign, rest = _direction(text)
    if sign and not expects.signed:
        return _unreadable(raw, findings.CHANGE_IN_VALUE_CELL.issue(raw, expects.example))
    figure = _FIGURE.fullmatch(rest)
    if figure is None or (sign and figure[1]):
        return _unreadable(raw, _no_figure(raw, rest, expects))
    unit_of_measure = _unit_behind(figure[3], expects)
    if unit_of_measure is None:
        return _unreadable(raw, _no_figure(raw, figure[3], expects))
    if unit_of_measure and unit_of_measure != ("%" if expects.percent else expects.unit_of_measure):
        return _unreadable(raw, findings.UNIT_OF_MEASURE_MISMATCH.issue(raw, "%" if expects.percent else expects.unit_of_measure))
    readings, irregular = readings_of(figure[2], whole=expects.whole, style=expects.style)
    if not readings:
        if expects.style and readings_of(figure[2], whole=expects.whole)[0]:
            return _unreadable(raw, findings.NUMBER_STYLE.issue(raw, expects.style_example))
        return _unreadable(raw, findings.NOT_A_NUMBER.issue(raw, expects.example))
    if len(readings) == 1 and expects.percent and not unit_of_measure and _may_be_share(readings[0]):
        readings = (readings[0], readings[0] * 100)
    if len(readings) > 1:
        return _ambiguous(raw, readings)
    number = readings[0] * (sign or (-1 if figure[1] and figure[1] in _MINUS else 1))
    issues = (findings.IRREGULAR_GROUPING.issue(raw, plain(number)),) if irregular else ()
    return _judged(number, expects, raw, flags, issues)


def _known_words(raw: str, text: str, expects: Expects) -> Parsed | None:
    """A cell whose words alone say what it means; None when they do not."""
    folded = fold(text)
    if folded in NOT_APPLICABLE_WORDS:
        return Parsed(Value(State.NOT_APPLICABLE, raw=raw))
    if folded in SAME_WORDS and expects.signed:
        return Parsed(Value(State.NOT_APPLICABLE, raw=raw, flags=(ABOUT_THE_SAME,)))
    words = text.split()
    for length in range(1, len(words) + 1):
        rest = " ".join(words[length:])
        if fold(" ".join(words[:length])) in ZERO_WORDS and (not rest or expects.unit_of_word(rest)):
            if expects.zero_words:
                return Parsed(Value(State.ZERO, Decimal(0), raw, (ZERO_IN_WORDS,)))
            return _unreadable(raw, findings.ZERO_WORD.issue(raw, expects.example))
    return None


def _done_and_plan(raw: str, text: str, expects: Expects, flags: tuple[str, ...]) -> Parsed:
    done, _, plan = text.partition("/")
    wrong = findings.NOT_A_NUMBER.issue(raw, expects.example)
    if not expects.plan or not done.strip() or not plan.strip() or "/" in plan:
        return _unreadable(raw, wrong)
    read_done, read_plan = (_typed_text(part, expects) for part in (done, plan))
    if read_done.value.number is None or read_plan.value.number is None:
        issues = tuple(Issue(issue.kind, raw, issue.expected) for issue in read_done.issues + read_plan.issues)
        return Parsed(Value(State.UNREADABLE, raw=raw), issues or (wrong,))
    value = Value(read_done.value.state, read_done.value.number, raw, flags + read_done.value.flags)
    return Parsed(value, read_done.issues + read_plan.issues, read_plan.value.number)


def _direction(text: str) -> tuple[int, str]:
    """The sign that an arrow or a word for rise or fall gives (0: none of them), and the rest."""
    if text[0] in _ARROWS:
        return _ARROWS[text[0]], text[1:].lstrip()
    word, _, rest = text.partition(" ")
    folded = fold(word)
    if folded in RISE_WORDS:
        return 1, rest
    return (-1, rest) if folded in FALL_WORDS else (0, text)


def _no_figure(raw: str, text: str, expects: Expects) -> Issue:
    has_letters = any(letter.isalpha() for letter in text)
    kind = findings.WORDS_IN_NUMBER_CELL if has_letters else findings.NOT_A_NUMBER
    return kind.issue(raw, expects.example)


def _unit_behind(tail: str | None, expects: Expects) -> str | None:
    """The unit of measure that stands behind the digits, empty when nothing does; None for other words."""
    if not tail:
        return ""
    return tail if tail == "%" else expects.unit_of_word(tail)


_STYLES = {"vi": (".", ","), "en": (",", ".")}
"""Style -> the separators of thousands and of decimals."""
_EXAMPLES = {"vi": "1.448,5", "en": "1,448.5"}
_SPACED = re.compile(r"[0-9]{1,3}(?:[ '’][0-9]{3})+(?:[.,][0-9]+)?")
_SPACES = re.compile(r"[ '’]")


def readings_of(digits: str, *, whole: bool, style: str | None = None) -> tuple[tuple[Decimal, ...], bool]:
    """Every number that digits with separators can stand for, and whether a group boundary had to be forgiven.

    With `whole`, readings that are whole numbers go before others: `1.448` has one reading then, and two otherwise. With a
    `style` there is one reading at most.
    """
    spaced = _SPACES.search(digits) is not None
    if spaced:
        if not _SPACED.fullmatch(digits):
            return (), False
        digits = _SPACES.sub("", digits)
    if style is not None:
        return _reading_in(style, digits)
    separators = [character for character in digits if character in ".,"]
    if not separators:
        return (Decimal(digits),), False
    last = separators[-1]
    head, _, fraction = digits.rpartition(last)
    if not fraction or not head:
        return (), False
    if spaced:
        return (Decimal(f"{head}.{fraction}"),), False
    if len(set(separators)) == 2:
        other = separators[0]
        groups = head.split(other)
        if last in head or not _is_grouped(groups):
            return (), False
        return (Decimal(f"{''.join(groups)}.{fraction}"),), False
    groups = digits.split(last)
    grouped = (Decimal("".join(groups)),) if _is_grouped(groups) else ()
    decimal = (Decimal(f"{head}.{fraction}"),) if len(groups) == 2 else ()
    if not whole:
        return grouped + decimal, False
    if grouped:
        return grouped, False
    if _lacks_a_boundary(groups):
        joined = Decimal("".join(groups))
        zeros = tuple(reading for reading in decimal if reading == reading.to_integral_value())
        return (joined, *zeros), True
    return decimal, False


def _reading_in(style: str, digits: str) -> tuple[tuple[Decimal, ...], bool]:
    thousands, decimal = _STYLES[style]
    whole_part, point, fraction = digits.partition(decimal)
    groups = whole_part.split(thousands)
    if not all(groups) or (point and not fraction.isdecimal()):
        return (), False
    irregular = len(groups) > 1 and not _is_grouped(groups)
    if irregular and not _lacks_a_boundary(groups):
        return (), False
    return (Decimal("".join(groups) + (f".{fraction}" if point else "")),), irregular


def _lacks_a_boundary(groups: list[str]) -> bool:
    """Whether digits are cut into thousands but for the first boundary: `2066.356`."""
    return len(groups[0]) > 3 and groups[0][0] != "0" and all(len(group) == 3 for group in groups[1:])


def _is_grouped(groups: list[str]) -> bool:
    """Whether digits are cut into thousands as people do: one to three, then three each."""
    return 1 <= len(groups[0]) <= 3 and groups[0][0] != "0" and all(len(group) == 3 for group in groups[1:])
