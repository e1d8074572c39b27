"""One cell, read by what its indicator expects."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tonghop.intake.numbers import Expects, Parsed, parse_value, plain
from tonghop.intake.workbook import Kind, RawCell
from tonghop.model import State

WORDS = {"ca": "ca", "trường hợp": "ca", "liều": "liều", "đ": "đồng", "đồng": "đồng", "phần trăm": "%"}

WHOLE = Expects(unit_of_measure="ca", unit_of_word=WORDS.get, plan=True)
NO_PLAN = Expects(unit_of_measure="ca", unit_of_word=WORDS.get)
MONEY = Expects(unit_of_measure="đồng", unit_of_word=WORDS.get)
DAYS = Expects(decimals=2, unit_of_measure="ngày", unit_of_word=WORDS.get)
PERCENT = Expects(decimals=2, percent=True, unit_of_measure="ca", unit_of_word=WORDS.get)
CHANGE = Expects(signed=True, unit_of_measure="ca", unit_of_word=WORDS.get)
POINTS = Expects(percent=True, signed=True, unit_of_measure="ca", unit_of_word=WORDS.get)
ZERO_WORDS = Expects(unit_of_measure="ca", unit_of_word=WORDS.get, zero_words=True)


def typed(text: str, expects: Expects = WHOLE) -> Parsed:
    return parse_value(RawCell(Kind.TEXT, text), expects)


def stored(text: str, expects: Expects = WHOLE, percent: bool = False) -> Parsed:
    return parse_value(RawCell(Kind.NUMBER, text, percent), expects)


def codes(parsed: Parsed) -> list[str]:
    return [issue.kind.code for issue in parsed.issues]


@pytest.mark.parametrize(
    ("text", "expects", "number"),
    [
        ("1.448", WHOLE, "1448"),
        ("2,831", WHOLE, "2831"),
        ("1.002", WHOLE, "1002"),
        ("      2,831", WHOLE, "2831"),
        ("2\u00a0831", WHOLE, "2831"),
        ("2\u202f831", WHOLE, "2831"),
        ("12'345", WHOLE, "12345"),
        ("1.234.567", WHOLE, "1234567"),
        ("08", WHOLE, "8"),
        ("12,0", WHOLE, "12"),
        ("1.234,00", WHOLE, "1234"),
        ("12 ca", WHOLE, "12"),
        ("12 trường hợp", WHOLE, "12"),
        ("98.510.000đ", MONEY, "98510000"),
        ("66,46", PERCENT, "66.46"),
        ("80.8", PERCENT, "80.8"),
        ("69.1%", PERCENT, "69.1"),
        ("69,1 %", PERCENT, "69.1"),
        ("69,1 phần trăm", PERCENT, "69.1"),
        ("101,69", PERCENT, "101.69"),
        ("0,5", PERCENT, "0.5"),
        ("0,6646%", PERCENT, "0.6646"),
        ("6,62", DAYS, "6.62"),
        ("1.234,5", DAYS, "1234.5"),
        ("1,234.5", DAYS, "1234.5"),
        ("1 234,5", DAYS, "1234.5"),
        ("0.448", DAYS, "0.448"),
        ("2066.356", DAYS, "2066.356"),
        ("↓398", CHANGE, "-398"),
        ("↓2.626", CHANGE, "-2626"),
        ("↑ 1.132", CHANGE, "1132"),
        ("+302", CHANGE, "302"),
        ("tăng 302 ca", CHANGE, "302"),
        ("giảm 08 ca", CHANGE, "-8"),
        ("-41", CHANGE, "-41"),
        ("−41", CHANGE, "-41"),
        ("↑71,57", POINTS, "71.57"),
        ("↓30,72", POINTS, "-30.72"),
        ("-63.3%", POINTS, "-63.3"),
        ("giảm 63,3%", POINTS, "-63.3"),
    ],
)
def test_a_number_is_read_by_what_is_expected(text: str, expects: Expects, number: str) -> None:
    parsed = typed(text, expects)
    assert (parsed.value.state, parsed.value.number, parsed.value.raw) == (State.NUMBER, Decimal(number), text)
    assert parsed.issues == ()


@pytest.mark.parametrize(
    ("text", "expects", "state"),
    [
        ("", WHOLE, State.BLANK),
        (" \u00a0", WHOLE, State.BLANK),
        ("-", WHOLE, State.BLANK),
        ("–", CHANGE, State.BLANK),
        ("…", WHOLE, State.BLANK),
        ("......", WHOLE, State.BLANK),
        ("0", WHOLE, State.ZERO),
        ("00", WHOLE, State.ZERO),
        ("0,00", WHOLE, State.ZERO),
        ("0.00%", PERCENT, State.ZERO),
        ("00 ca", WHOLE, State.ZERO),
        ("không có", ZERO_WORDS, State.ZERO),
        ("Không có ca", ZERO_WORDS, State.ZERO),
        ("<1%", PERCENT, State.SUPPRESSED),
        ("< 5", WHOLE, State.SUPPRESSED),
        ("x", WHOLE, State.NOT_APPLICABLE),
        ("N/A", WHOLE, State.NOT_APPLICABLE),
        ("Không áp dụng", WHOLE, State.NOT_APPLICABLE),
        ("tương đương", CHANGE, State.NOT_APPLICABLE),
    ],
)
def test_tokens_have_a_meaning_of_their_own(text: str, expects: Expects, state: State) -> None:
    parsed = typed(text, expects)
    assert parsed.value.state is state
    assert parsed.value.number == (0 if state is State.ZERO else None)
    assert parsed.issues == ()


@pytest.mark.parametrize(
    ("text", "expects", "code"),
    [
        ("55.21", WHOLE, "not_an_integer"),
        ("1.448", DAYS, "ambiguous_number"),
        ("2066.000", WHOLE, "ambiguous_number"),
        ("0,6646", PERCENT, "ambiguous_number"),
        ("1,0448", POINTS, "ambiguous_number"),
        ("Tiêm nhắc 60", WHOLE, "words_in_number_cell"),
        ("60 nhắc", WHOLE, "words_in_number_cell"),
        ("tăng", CHANGE, "not_a_number"),
        ("tương đương", WHOLE, "words_in_number_cell"),
        ("30//2022", WHOLE, "not_a_number"),
        ("3/10/2022", WHOLE, "not_a_number"),
        ("3/10", NO_PLAN, "not_a_number"),
        ("1.23.456", WHOLE, "not_a_number"),
        ("1,234.567,8", WHOLE, "not_a_number"),
        ("12,", WHOLE, "not_a_number"),
        ("12 34", WHOLE, "not_a_number"),
        ("(12)", WHOLE, "not_a_number"),
        ("-5", WHOLE, "negative"),
        ("↓398", WHOLE, "change_in_value_cell"),
        ("giảm 8", WHOLE, "change_in_value_cell"),
        ("↓-398", CHANGE, "not_a_number"),
        ("12 liều", WHOLE, "unit_of_measure_mismatch"),
        ("69.1%", WHOLE, "unit_of_measure_mismatch"),
        ("12 ca", PERCENT, "unit_of_measure_mismatch"),
        ("không có", WHOLE, "zero_word"),
        ("không có ca", WHOLE, "zero_word"),
        ("9999999999999999", WHOLE, "out_of_range"),
        ("55.21/60", WHOLE, "not_an_integer"),
        ("/60", WHOLE, "not_a_number"),
    ],
)
def test_what_cannot_be_read_is_unreadable_and_says_why(text: str, expects: Expects, code: str) -> None:
    parsed = typed(text, expects)
    assert (parsed.value.state, parsed.value.number, parsed.value.raw) == (State.UNREADABLE, None, text)
    assert codes(parsed) == [code]
    assert parsed.issues[0].found == text


def test_an_ambiguous_number_names_both_readings() -> None:
    assert typed("1.448", DAYS).issues[0].expected == "1448 | 1.448"
    assert typed("0,6646", PERCENT).issues[0].expected == "0.6646 | 66.46"


def test_one_missing_group_boundary_is_forgiven_with_a_finding() -> None:
    parsed = typed("2066.356")
    assert parsed.value.number == Decimal(2066356)
    assert codes(parsed) == ["irregular_grouping"]
    assert parsed.issues[0].expected == "2066356"


def test_none_positive_is_a_flag_beside_the_number() -> None:
    assert typed("571 (-)").value.number == Decimal(571)
    assert typed("571 (-)").value.flags == ("none_positive",)
    assert typed("4.040(-)").value.number == Decimal(4040)
    alone = typed("(-)").value
    assert (alone.state, alone.flags) == (State.BLANK, ("none_positive",))


def test_done_and_plan_give_two_figures() -> None:
    parsed = typed("5.689/6.653")
    assert (parsed.value.number, parsed.plan, parsed.value.raw) == (Decimal(5689), Decimal(6653), "5.689/6.653")
    assert typed("01/01").plan == 1


@pytest.mark.parametrize(
    ("text", "expects", "number"),
    [
        ("1448", WHOLE, "1448"),
        ("1448.0", WHOLE, "1448"),
        ("1.448E3", WHOLE, "1448"),
        ("33.000000000000004", WHOLE, "33"),
        ("0.30000000000000004", DAYS, "0.3"),
        ("66.46", PERCENT, "66.46"),
        ("-13.44", POINTS, "-13.44"),
        ("1e14", WHOLE, "100000000000000"),
    ],
)
def test_a_stored_number_is_what_it_is(text: str, expects: Expects, number: str) -> None:
    parsed = stored(text, expects)
    assert (parsed.value.number, parsed.issues) == (Decimal(number), ())


def test_a_percent_format_makes_a_share_a_percentage() -> None:
    assert stored("0.6646", PERCENT, percent=True).value.number == Decimal("66.46")
    assert stored("0.6646", PERCENT, percent=True).value.raw == "66.46%"
    assert codes(stored("0.6646", PERCENT)) == ["ambiguous_number"]
    assert codes(stored("0.5", WHOLE, percent=True)) == ["unit_of_measure_mismatch"]


def test_a_rest_of_arithmetic_is_zero() -> None:
    assert stored("5.5511151231257827E-17", DAYS).value.state is State.ZERO


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        (RawCell(Kind.NUMBER, "1.448"), "not_an_integer"),
        (RawCell(Kind.NUMBER, "-3"), "negative"),
        (RawCell(Kind.NUMBER, "1E+300"), "out_of_range"),
        (RawCell(Kind.DATE, "2022-10-03"), "date_in_number_cell"),
        (RawCell(Kind.ERROR, "#REF!"), "error_cell"),
        (RawCell(Kind.NO_VALUE, ""), "formula_without_value"),
        (RawCell(Kind.BOOLEAN, "TRUE"), "not_a_number"),
    ],
)
def test_a_stored_cell_that_is_no_figure_is_unreadable_never_blank(cell: RawCell, code: str) -> None:
    parsed = parse_value(cell, WHOLE)
    assert parsed.value.state is State.UNREADABLE
    assert codes(parsed) == [code]


def test_an_empty_cell_is_blank() -> None:
    assert parse_value(None, WHOLE).value.state is State.BLANK


# Properties

whole_numbers = st.integers(min_value=0, max_value=10**15 - 1)
decimals = st.decimals(min_value=0, max_value=10**9, places=2)


def grouped(digits: str, separator: str) -> str:
    """`digits` cut into thousands."""
    return f"{int(digits):,}".replace(",", separator)


@given(whole_numbers, st.sampled_from([".", ",", " ", "\u00a0", "'", ""]))
def test_a_whole_number_reads_back_in_every_style(number: int, separator: str) -> None:
    parsed = typed(grouped(str(number), separator))
    assert parsed.value.number == number
    assert parsed.issues == ()


@given(decimals, st.sampled_from([(".", ","), (",", "."), (" ", ","), ("", ","), ("", ".")]))
@example(Decimal("1234.50"), (".", ","))
def test_a_decimal_reads_back_in_every_style(number: Decimal, style: tuple[str, str]) -> None:
    before, _, after = f"{number:f}".partition(".")
    parsed = typed(grouped(before, style[0]) + style[1] + after, DAYS)
    assert parsed.value.number == number
    assert parsed.issues == ()


SEPARATORS = {"vi": (".", ","), "en": (",", ".")}
KINDS_OF_FIGURE = {"whole": WHOLE, "decimal": DAYS, "percent": PERCENT, "change": CHANGE, "points": POINTS}


@st.composite
def printed(draw: st.DrawFn) -> tuple[Decimal, str, Expects]:
    """A number as the style of a form prints it, in any of the ways that people type it, and what the form expects there."""
    style, kind = draw(st.sampled_from(sorted(SEPARATORS))), draw(st.sampled_from(sorted(KINDS_OF_FIGURE)))
    expects = replace(KINDS_OF_FIGURE[kind], style=style)
    places = 0 if expects.whole else draw(st.integers(0, 3))
    number = draw(st.decimals(min_value=0, max_value=10**9, places=places))
    group, point = SEPARATORS[style]
    before, _, after = f"{number:f}".partition(".")
    text = grouped(before, draw(st.sampled_from([group, "", " ", "\u00a0", "'"]))) + (point + after if after else "")
    if expects.signed:
        sign = draw(st.sampled_from(["+", "-", "−", "↑", "↓", "tăng ", "giảm "]))
        text, number = sign + text, -number if sign in ("-", "−", "↓", "giảm ") else number
    if expects.percent:  # without the sign a small figure may be a share
        text += draw(st.sampled_from(["%", " %", " phần trăm"]))
    return number, draw(st.sampled_from(["", " ", "\u00a0\u00a0"])) + text, expects


@given(printed())
@example((Decimal(1448), "1.448", replace(DAYS, style="vi")))
@example((Decimal("1.448"), "1.448", replace(DAYS, style="en")))
def test_every_number_printed_in_the_style_of_a_form_reads_back(written: tuple[Decimal, str, Expects]) -> None:
    number, text, expects = written
    parsed = typed(text, expects)
    assert (parsed.value.number, parsed.value.raw, parsed.issues) == (number, text, ())


@given(printed())
def test_without_a_style_a_number_reads_back_or_names_both_readings(written: tuple[Decimal, str, Expects]) -> None:
    number, text, expects = written
    parsed = typed(text, replace(expects, style=None))
    if parsed.value.number is None:
        assert codes(parsed) == ["ambiguous_number"]
        assert plain(abs(number)) in str(parsed.issues[0].expected).split(" | ")
    else:
        assert parsed.value.number == number


@pytest.mark.parametrize(
    ("style", "text", "expects", "number"),
    [
        ("vi", "2066.356", WHOLE, "2066356"),  # one boundary is missing
        ("vi", "98.510.000đ", MONEY, "98510000"),
        ("vi", "571 (-)", WHOLE, "571"),
        ("vi", "5.689/6.653", WHOLE, "5689"),
        ("vi", "0,448", DAYS, "0.448"),
        ("en", "0.448", DAYS, "0.448"),
        ("en", "1,448.50", DAYS, "1448.5"),
        ("en", "12.0", WHOLE, "12"),
    ],
)
def test_a_number_in_the_style_of_the_form(style: str, text: str, expects: Expects, number: str) -> None:
    assert typed(text, replace(expects, style=style)).value.number == Decimal(number)


@pytest.mark.parametrize(
    ("style", "text", "expects", "code"),
    [
        ("vi", "80.8", PERCENT, "number_style"),
        ("vi", "1,448.5", DAYS, "number_style"),
        ("en", "66,46", PERCENT, "number_style"),
        ("en", "1.448,5", DAYS, "number_style"),
        ("vi", "2,831", WHOLE, "not_an_integer"),
        ("en", "55.21", WHOLE, "not_an_integer"),
        ("vi", "1.23.456", WHOLE, "not_a_number"),
        ("vi", "12,", DAYS, "not_a_number"),
    ],
)
def test_a_number_against_the_style_of_the_form(style: str, text: str, expects: Expects, code: str) -> None:
    parsed = typed(text, replace(expects, style=style))
    assert (codes(parsed), parsed.value.state) == ([code], State.UNREADABLE)


@given(st.decimals(min_value=-10_000, max_value=10_000, places=2), st.booleans())
def test_a_change_reads_back_with_arrow_or_minus(number: Decimal, arrow: bool) -> None:
    size = f"{abs(number):f}".replace(".", ",")
    sign = ("↓" if number < 0 else "↑") if arrow else ("-" if number < 0 else "+")
    assert typed(f"{sign}{size}%", POINTS).value.number == number


@given(whole_numbers, whole_numbers)
def test_done_and_plan_read_back(done: int, plan: int) -> None:
    parsed = typed(f"{grouped(str(done), '.')}/{grouped(str(plan), '.')}")
    assert (parsed.value.number, parsed.plan) == (done, plan)


@given(st.text(max_size=40), st.sampled_from([WHOLE, DAYS, PERCENT, CHANGE, ZERO_WORDS]))
def test_any_text_has_a_state_and_nothing_is_lost(text: str, expects: Expects) -> None:
    parsed = typed(text, expects)
    assert parsed.value.raw == text
    assert (parsed.value.number is None) == (parsed.value.state not in (State.NUMBER, State.ZERO))
    assert bool(parsed.issues) or parsed.value.state is not State.UNREADABLE


@given(st.from_regex(r"[0-9.,'/↓%<() -]{1,12}", fullmatch=True), st.sampled_from([WHOLE, DAYS, PERCENT, CHANGE]))
def test_a_digit_never_turns_into_a_blank(text: str, expects: Expects) -> None:
    has_digit = any(character.isdigit() for character in text)
    assert (typed(text, expects).value.state is State.BLANK) <= (not has_digit)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**10), max_value=10**10))
def test_plain_loses_no_value_and_has_no_exponent(number: Decimal) -> None:
    assert Decimal(plain(number)) == number
    assert "E" not in plain(number)


@pytest.mark.parametrize("expects", [WHOLE, PERCENT, CHANGE])
def test_a_plain_value_is_one_about_which_there_is_nothing_more_to_say(expects: Expects) -> None:
    texts = [RawCell(Kind.TEXT, text) for text in ("7/10", "1.448", "2066.356", "-5", "x", "-", "x" * 60)]
    numbers = [RawCell(Kind.NUMBER, number) for number in ("0", "7", "-5", "1.448", "123456789012345", "1234567890123456")]
    for raw in [None, *texts, *numbers] * 2:
        parsed = parse_value(raw, expects)
        assert expects.plain_values[raw] == (None if parsed.issues or parsed.plan is not None else parsed.value)
    assert [expects.plain_values[raw.text] for raw in numbers * 2] == [expects.plain_values[raw] for raw in numbers * 2]
    assert expects.plain_values[RawCell(Kind.TEXT, "7/10")] is None
    assert expects.plain_values[RawCell(Kind.NUMBER, "7")] is not None
