"""The cases of the rule models: for each, the reports that make it, and the failures that its rule must find.

Every case has a unit of its own, so all of them are judged in one run, as in life.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal as D

from tests.gate.staged import Figure, Report, Typed

PERIOD = "2022-08"
Failure = tuple[str | None, str | None, D | int | None, D | int | None]
"""indicator, measure, found, expected"""


@dataclass(frozen=True)
class Case:
    """`reports` of the case's own unit by period, or whole reports; `failures` that `rule` must find for the unit, in any order."""

    name: str
    rule: str
    reports: Sequence[Report]
    failures: Sequence[Failure] = ()


MONTHS = [f"{year}-{month:02d}" for year in (2020, 2021, 2022) for month in range(1, 13)]


def now(**cells: Figure) -> list[Report]:
    """One report under judgement."""
    return [report(PERIOD, cells)]


def report(period: str, cells: Mapping[str, Figure], verdict: str | None = None, **more: object) -> Report:
    """A report of the case's unit (filled in later). Cells are written `A_value`, or `A_value_F` for a breakdown."""
    return Report("", "F", period, {name.replace("__", "."): figure for name, figure in cells.items()}, verdict, **more)  # type: ignore[arg-type]


def past(period: str, verdict: str = "accepted", **cells: Figure) -> Report:
    """A report that was judged before."""
    return report(period, cells, verdict)


def history(values: Sequence[Figure], **cells: Figure) -> list[Report]:
    """Accepted values of A in the months before, the last one in 2022-07, and a report under judgement."""
    months = MONTHS[: MONTHS.index(PERIOD)][-len(values) :]
    return [*(past(month, A__value=value) for month, value in zip(months, values, strict=True)), report(PERIOD, cells)]


COMPARISON = [
    Case("a total that is not the sum of its parts", "SUM", now(A__value=10, B__value=4, C__value=5), [("A", "value", 10, 9)]),
    Case("a total that is", "SUM", now(A__value=9, B__value=4, C__value=5)),
    Case(
        "each measure is compared on its own",
        "SUM",
        now(A__value=9, B__value=4, C__value=5, A__ytd=20, B__ytd=9, C__ytd=10),
        [("A", "ytd", 20, 19)],
    ),
    Case(
        "each breakdown is compared on its own",
        "SUM",
        now(A__value=9, B__value=4, C__value=5, A__value__F=5, B__value__F=2, C__value__F=2),
        [("A", "value", 5, 4)],
    ),
    Case("a blank part: nothing is said", "SUM", now(A__value=10, B__value=4, C__value="blank")),
    Case("zero is a number", "SUM", now(A__value=5, B__value=4, C__value=0), [("A", "value", 5, 4)]),
    Case("some parts are enough where the rule says so", "SUM_OF_SOME", now(A__value=10, B__value=4), [("A", "value", 10, 4)]),
    Case("no part at all is not enough", "SUM_OF_SOME", now()),
    Case("nor where nothing at all would be wrong", "SOMETHING_ELSE", now()),
    Case("some are: what is missing counts as zero", "SOMETHING_ELSE", now(A__value=0), [("A", "value", 0, 0)]),
    Case("missing counts as zero where the rule says so", "AT_LEAST_ONE", now(), [("A", "value", 0, 1)]),
    Case("at least one is one", "AT_LEAST_ONE", now(A__value=1)),
    Case("an unreadable cell is the finding's business", "AT_LEAST_ONE", now(A__value="unreadable")),
    Case("a suppressed cell too", "SUM_OF_SOME", now(A__value=10, B__value=4, C__value="suppressed")),
    Case("at the edge of the tolerance", "WITHIN_TWO", now(A__value=12, B__value=10)),
    Case("over the edge", "WITHIN_TWO", now(A__value=13, B__value=10), [("A", "value", 13, 10)]),
    Case("at the edge of the percentage", "WITHIN_TEN_PERCENT", now(A__value=110, B__value=100)),
    Case("under the edge", "WITHIN_TEN_PERCENT", now(A__value=89, B__value=100), [("A", "value", 89, 100)]),
    Case("the larger tolerance counts", "WITHIN_TEN_PERCENT", now(A__value=5, B__value=2)),
    Case("at most: equal is right", "AT_MOST", now(A__value=7, B__value=7)),
    Case("at most: more is wrong", "AT_MOST", now(A__value=8, B__value=7), [("A", "value", 8, 7)]),
    Case("at most, nearly: at the edge", "AT_MOST_NEARLY", now(A__value=9, B__value=7)),
    Case("at most, nearly: over it", "AT_MOST_NEARLY", now(A__value=10, B__value=7), [("A", "value", 10, 7)]),
    Case("at least, nearly: at the edge", "AT_LEAST_NEARLY", now(A__value=5, B__value=7)),
    Case("at least, nearly: under it", "AT_LEAST_NEARLY", now(A__value=4, B__value=7), [("A", "value", 4, 7)]),
    Case("less, nearly: at the edge", "LESS_NEARLY", now(A__value=9, B__value=7)),
    Case("less, nearly: over it", "LESS_NEARLY", now(A__value=10, B__value=7), [("A", "value", 10, 7)]),
    Case("more, nearly: at the edge", "MORE_NEARLY", now(A__value=5, B__value=7)),
    Case("more, nearly: under it", "MORE_NEARLY", now(A__value=4, B__value=7), [("A", "value", 4, 7)]),
    Case("less: equal is wrong", "LESS", now(A__value=7, B__value=7), [("A", "value", 7, 7)]),
    Case("less: less is right", "LESS", now(A__value=6, B__value=7)),
    Case("less: dust is not less", "LESS", now(A__value=D("6.9999999"), B__value=7), [("A", "value", 7, 7)]),
    Case("less: a little less is", "LESS", now(A__value=D("6.999999"), B__value=7)),
    Case("more: dust is not more", "MORE", now(A__value=D("7.0000001"), B__value=7), [("A", "value", 7, 7)]),
    Case("more: a little more is", "MORE", now(A__value=D("7.000001"), B__value=7)),
    Case("more: equal is wrong", "MORE", now(A__value=7, B__value=7), [("A", "value", 7, 7)]),
    Case("more: more is right", "MORE", now(A__value=8, B__value=7)),
    Case("terms have weights", "BALANCE", now(A__value=10, B__value=4, C__value=3), [("A", "value", 10, 5)]),
    Case("terms may have measures of their own", "MEASURES", now(A__value=10, A__ytd=9), [("A", "value", 10, 9)]),
    Case("dust of floating point is no difference", "SUM", now(A__value=D("0.30000000000000004"), B__value=D("0.1"), C__value=D("0.2"))),
    Case("not equal: equal is wrong", "NOT_EQUAL", now(A__value=7, B__value=7), [("A", "value", 7, 7)]),
    Case("not equal: anything else is right", "NOT_EQUAL", now(A__value=8, B__value=7)),
    Case("not equal: within the tolerance is equal", "NOT_NEARLY", now(A__value=9, B__value=7), [("A", "value", 9, 7)]),
    Case("not equal: beyond it is right", "NOT_NEARLY", now(A__value=10, B__value=7)),
    Case("an operator under the name that others give it", "NOT_MORE", now(A__value=8, B__value=7), [("A", "value", 8, 7)]),
    Case("both or none: one alone is wrong", "BOTH", now(A__value=0), [("A", "value", 0, None)]),
    Case("both or none: the other alone too", "BOTH", now(B__value=7), [("A", "value", None, None)]),
    Case("both or none: both", "BOTH", now(A__value=8, B__value=7)),
    Case("both or none: none", "BOTH", now(C__value=7)),
    Case("both or none: what does not apply is answered", "BOTH", now(A__value=8, B__value="not_applicable")),
    Case("both or none: what cannot be read is the finding's business", "BOTH", now(A__value=8, B__value="unreadable")),
    Case(
        "both or none: the form asks for a part of them",
        "ALL_OR_NONE",
        [report(PERIOD, {"A__value": 8, "C__value": "blank"}, complete=False)],
    ),
    Case("both or none: the form asks for all of them", "ALL_OR_NONE", now(A__value=8), [("A", "value", 8, None)]),
    Case("one of two: both are wrong", "ONE_OF_TWO", now(A__value=8, B__value=0), [("A", "value", 8, None)]),
    Case("one of two: one is right", "ONE_OF_TWO", now(A__value=8)),
    Case("one of two: a side is given when one of its figures is", "ONE_OF_TWO", now(A__value=8, C__value=1), [("A", "value", 8, None)]),
    Case("one of two: none is right", "ONE_OF_TWO", now()),
    Case("between: under the smallest", "BETWEEN", now(A__value=3, B__value=7, C__value=4), [("A", "value", 3, 4)]),
    Case("between: over the largest", "BETWEEN", now(A__value=8, B__value=7, C__value=4), [("A", "value", 8, 7)]),
    Case("between: the edges are right", "BETWEEN", now(A__value=7, B__value=7, C__value=4)),
    Case("between, nearly: at the edges", "BETWEEN_NEARLY", now(A__value=8, B__value=7, C__value=4)),
    Case("between, nearly: over them", "BETWEEN_NEARLY", now(A__value=9, B__value=7, C__value=4), [("A", "value", 9, 7)]),
    Case("between: one of them is missing", "BETWEEN", now(A__value=9, B__value=7)),
    Case(
        "certain breakdowns: a term that names none is the total, and the rule is made once",
        "OF_WOMEN",
        now(A__value=9, A__value__F=5, B__value__F=6, B__value=1, B__value__M=1),
        [("A", "value", 5, 7)],
    ),
    Case("certain breakdowns: one is missing", "OF_WOMEN", now(A__value=9, A__value__F=5, B__value=1)),
    Case("certain breakdowns: right", "OF_WOMEN", now(A__value__F=7, B__value__F=6, B__value=1)),
    Case("a rule that is not valid yet", "LATER", now(A__value=8, B__value=7)),
    Case("a rule that begins on the last day", "FROM_THE_LAST_DAY", now(A__value=8, B__value=7), [("A", "value", 8, 7)]),
    Case("a rule that is over on the last day", "UNTIL_THE_LAST_DAY", now(A__value=8, B__value=7)),
    Case("a rule of another form", "OTHER_FORM", now(A__value=8, B__value=7)),
]

SCOPE = [
    Case("a rule of the units of a branch", "OF_D", now(A__value=8, B__value=7), [("A", "value", 8, 7)]),
    Case("a rule of another branch", "OF_K1", now(A__value=8, B__value=7)),
    Case("a rule of the type of the unit", "OF_STATIONS", now(A__value=8, B__value=7), [("A", "value", 8, 7)]),
    Case("a rule of another type", "OF_DISTRICTS", now(A__value=8, B__value=7)),
    Case("a rule of the month", "OF_AUGUST", now(A__value=8, B__value=7), [("A", "value", 8, 7)]),
    Case("a rule of other months", "OF_SEPTEMBER", now(A__value=8, B__value=7)),
    Case(
        "a quarter counts by the month in which it ends",
        "OF_SEPTEMBER",
        [report("2022-Q3", {"A__value": 8, "B__value": 7})],
        [("A", "value", 8, 7)],
    ),
    Case("a rule of the type of the period", "OF_QUARTERS", [report("2022-Q3", {"A__value": 8, "B__value": 7})], [("A", "value", 8, 7)]),
    Case("a rule of another type of period", "OF_QUARTERS", now(A__value=8, B__value=7)),
]

PARTS = [
    Case("women and men are all", "PARTS", now(A__value=9, A__value__F=4, A__value__M=5)),
    Case("women and men are not all", "PARTS", now(A__value=10, A__value__F=4, A__value__M=5), [("A", "value", 9, 10)]),
    Case(
        "each partition is judged on its own",
        "PARTS",
        now(A__value=9, A__value__F=4, A__value__M=5, A__value__Y=1, A__value__O=9),
        [("A", "value", 10, 9)],
    ),
    Case("a part that is not known may be the rest", "PARTS", now(A__value=10, A__value__F=4, A__value__M="blank")),
    Case("but what is known is no more than all", "PARTS", now(A__value=3, A__value__F=4), [("A", "value", 4, 3)]),
    Case("unless one of them is negative", "PARTS", now(A__value=-6, A__value__F=-4)),
    Case(
        "the measures that the rule names",
        "PARTS_OF_BOTH",
        now(A__value=9, A__value__F=4, A__value__M=4, A__ytd=10, A__ytd__F=4, A__ytd__M=5),
        [("A", "value", 8, 9), ("A", "ytd", 9, 10)],
    ),
    Case("a part that does not apply has nothing in it", "PARTS", now(A__value=4, A__value__F=4, A__value__M="not_applicable")),
    Case("all of them then", "PARTS", now(A__value=5, A__value__F=4, A__value__M="not_applicable"), [("A", "value", 4, 5)]),
    Case("no total was sent, and the parts agree", "PARTS", now(A__value__F=4, A__value__M=5, A__value__Y=3, A__value__O=6)),
    Case(
        "no total was sent, and the parts do not agree",
        "PARTS",
        now(A__value="blank", A__value__F=4, A__value__M=5, A__value__Y=3, A__value__O=5),
        [("A", "value", 8, 9)],
    ),
    Case("no total was sent, and of one partition not all", "PARTS", now(A__value__F=4, A__value__M=5, A__value__Y=3)),
    Case(
        "no total was sent, and one part is more than all of another partition",
        "PARTS",
        now(A__value__F=14, A__value__Y=3, A__value__O=6),
        [("A", "value", 14, 9)],
    ),
    Case("a total that cannot be read is the finding's business", "PARTS", now(A__value="unreadable", A__value__F=4, A__value__M=5)),
    Case("within the tolerance", "PARTS_NEARLY", now(A__value=10, A__value__F=4, A__value__M=5)),
    Case("a ratio has no parts", "PARTS", now(R__value=50, R__value__F=40, R__value__M=60)),
]

RATIO = [
    Case("a printed rate that rounds", "RATE", now(R__rate=D("66.67"), B__value=2, C__value=3)),
    Case("cut instead of rounded", "RATE", now(R__rate=D("66.66"), B__value=2, C__value=3)),
    Case("fewer digits allow more", "RATE", now(R__rate=D("66.6"), B__value=2, C__value=3)),
    Case(
        "one unit of the last digit is the limit",
        "RATE",
        now(R__rate=D("66.65"), B__value=2, C__value=3),
        [("R", "rate", D("66.65"), D("66.666667"))],
    ),
    Case("a denominator of zero", "RATE", now(R__rate=5, B__value=2, C__value=0)),
    Case("a numerator is missing", "RATE", now(R__rate=5, C__value=3)),
    Case("a rule may allow more than the print", "RATE_NEARLY", now(R__rate=D("65.70"), B__value=2, C__value=3)),
    Case(
        "but no more than it says",
        "RATE_NEARLY",
        now(R__rate=D("65.60"), B__value=2, C__value=3),
        [("R", "rate", D("65.60"), D("66.666667"))],
    ),
    Case("a numerator of several terms with weights", "RATE_OF_REST", now(R__rate=D("50.00"), A__value=1, B__value=3, C__value=4)),
    Case("one of them is missing", "RATE_OF_REST", now(R__rate=D("50.00"), B__value=3, C__value=4)),
]

IMPLIED = [
    Case("two rates on one base", "BASE", now(A__value=50, A__rate=D("10.00"), B__value=100, B__rate=D("20.00"))),
    Case(
        "two rates on two bases",
        "BASE",
        now(A__value=50, A__rate=D("10.00"), B__value=100, B__rate=D("25.00")),
        [("A", "rate", 500, 400)],
    ),
    Case("printed with so few digits that both may be right", "BASE", now(A__value=50, A__rate=10, B__value=100, B__rate=21)),
    Case("bases have weights", "TWICE_THE_BASE", now(A__value=50, A__rate=D("10.00"), B__value=50, B__rate=D("20.00"))),
    Case("a rate of zero", "BASE", now(A__value=50, A__rate=0, B__value=100, B__rate=25)),
    Case(
        "bases add up: the plan of a total is that of its parts",
        "PLAN_IS_SUM",
        now(A__ytd=90, A__pct_of_plan=D("45.00"), B__ytd=50, B__pct_of_plan=D("50.00"), C__ytd=40, C__pct_of_plan=D("50.00")),
        [("A", "pct_of_plan", 200, 180)],
    ),
    Case(
        "bases that add up",
        "PLAN_IS_SUM",
        now(A__ytd=90, A__pct_of_plan=D("50.00"), B__ytd=50, B__pct_of_plan=D("50.00"), C__ytd=40, C__pct_of_plan=D("50.00")),
    ),
    Case("the base of a part is missing", "PLAN_IS_SUM", now(A__ytd=90, A__pct_of_plan=D("45.00"), B__ytd=50, B__pct_of_plan=D("50.00"))),
    Case(
        "the digits of all parts leave it open",
        "PLAN_IS_SUM",
        now(A__ytd=90, A__pct_of_plan=49, B__ytd=50, B__pct_of_plan=50, C__ytd=40, C__pct_of_plan=50),
    ),
    Case(
        "the base of a change is the year before",
        "YEAR_BEFORE",
        now(A__ytd=90, A__change_pct=D("-10.00"), B__ytd=120, B__change_pct=D("50.00")),
        [("A", "change_pct", 100, 80)],
    ),
    Case("the same base", "YEAR_BEFORE", now(A__ytd=90, A__change_pct=D("-10.00"), B__ytd=120, B__change_pct=D("20.00"))),
    Case("a fall to nothing has no base", "YEAR_BEFORE", now(A__ytd=90, A__change_pct=-100, B__ytd=120, B__change_pct=D("20.00"))),
]

PERCENT = [
    Case("a percentage of the plan", "PERCENT", now(A__ytd=50, A__plan=80, A__pct_of_plan=D("62.5"))),
    Case("rounded to whole percents", "PERCENT", now(A__ytd=50, A__plan=80, A__pct_of_plan=62)),
    Case("one unit of the last digit off", "PERCENT", now(A__ytd=50, A__plan=80, A__pct_of_plan=D("62.4"))),
    Case(
        "more than one unit of the last digit",
        "PERCENT",
        now(A__ytd=50, A__plan=80, A__pct_of_plan=D("62.3")),
        [("A", "pct_of_plan", D("62.3"), D("62.5"))],
    ),
    Case("a plan of zero", "PERCENT", now(A__ytd=50, A__plan=0, A__pct_of_plan=10)),
    Case(
        "no whole plan gives the percentage",
        "PERCENT",
        now(A__ytd=25, A__pct_of_plan=D("56.0")),
        [("A", "pct_of_plan", D("56.0"), D("55.555556"))],
    ),
    Case(
        "a zero that was typed is a digit",
        "PERCENT",
        now(A__ytd=25, A__pct_of_plan=Typed(56, "56,0 %")),
        [("A", "pct_of_plan", 56, D("55.555556"))],
    ),
    Case("with fewer digits a whole plan does", "PERCENT", now(A__ytd=25, A__pct_of_plan=56)),
    Case("a whole plan that is not printed", "PERCENT", now(A__ytd=50, A__pct_of_plan=D("62.50"))),
    Case("a plan that is a share of another quantity need not be whole", "PERCENT", now(B__ytd=25, B__pct_of_plan=D("56.0"))),
    Case("the value of a stock", "PERCENT", now(S__value=40, S__ytd=999, S__plan=80, S__pct_of_plan=50)),
    Case("that of a running total", "PERCENT", now(T__value=40, T__ytd=999, T__plan=80, T__pct_of_plan=50)),
    Case("a rule may allow more than the print of it", "PERCENT_NEARLY", now(A__ytd=50, A__plan=80, A__pct_of_plan=D("61.5"))),
    Case(
        "but no more than it says of it",
        "PERCENT_NEARLY",
        now(A__ytd=50, A__plan=80, A__pct_of_plan=D("61.4")),
        [("A", "pct_of_plan", D("61.4"), D("62.5"))],
    ),
    Case(
        "the wrong one of a stock",
        "PERCENT",
        now(S__value=40, S__plan=80, S__pct_of_plan=D("60.0")),
        [("S", "pct_of_plan", 60, 50)],
    ),
]

CUMULATIVE = [
    Case("continues the month before", "CUMULATIVE", [past("2022-07", A__ytd=70), *now(A__value=5, A__ytd=75)]),
    Case("does not", "CUMULATIVE", [past("2022-07", A__ytd=70), *now(A__value=5, A__ytd=76)], [("A", "ytd", 76, 75)]),
    Case("no month before", "CUMULATIVE", now(A__value=5, A__ytd=76)),
    Case("the month before was held back", "CUMULATIVE", [past("2022-07", "quarantined", A__ytd=70), *now(A__value=5, A__ytd=76)]),
    Case("the month before gives no figure", "CUMULATIVE", [past("2022-07", B__ytd=70), *now(A__value=5, A__ytd=76)]),
    Case(
        "the month before is judged with it",
        "CUMULATIVE",
        [report("2022-07", {"A__ytd": 70}), *now(A__value=5, A__ytd=76)],
        [("A", "ytd", 76, 75)],
    ),
    Case(
        "the latest version of the month before counts",
        "CUMULATIVE",
        [
            report("2022-07", {"A__ytd": 71}, "accepted", received_at=datetime(2022, 8, 20, tzinfo=UTC)),
            report("2022-07", {"A__ytd": 70}, "accepted", received_at=datetime(2022, 8, 9, tzinfo=UTC)),
            *now(A__value=5, A__ytd=75),
        ],
        [("A", "ytd", 75, 76)],
    ),
    Case(
        "of two versions that are judged with it, too",
        "CUMULATIVE",
        [
            report("2022-07", {"A__ytd": 71}, received_at=datetime(2022, 8, 20, tzinfo=UTC)),
            report("2022-07", {"A__ytd": 70}, received_at=datetime(2022, 8, 9, tzinfo=UTC)),
            *now(A__value=5, A__ytd=76),
        ],
    ),
    Case("within what the rule allows", "CUMULATIVE_NEARLY", [past("2022-07", A__ytd=70), *now(A__value=5, A__ytd=76)]),
    Case("beyond it", "CUMULATIVE_NEARLY", [past("2022-07", A__ytd=70), *now(A__value=5, A__ytd=77)], [("A", "ytd", 77, 75)]),
    Case("January is the month itself", "CUMULATIVE", [past("2021-12", A__ytd=70), report("2022-01", {"A__value": 5, "A__ytd": 5})]),
    Case(
        "January does not carry on",
        "CUMULATIVE",
        [past("2021-12", A__ytd=70), report("2022-01", {"A__value": 5, "A__ytd": 75})],
        [("A", "ytd", 75, 5)],
    ),
    Case("a stock does not add up", "CUMULATIVE", [past("2022-07", S__ytd=70), *now(S__value=5, S__ytd=5)]),
]

SAME_PERIOD = [
    Case("what was reported last year", "SAME_PERIOD", [past("2021-08", A__ytd=33, A__value=3), *now(A__same_period=33)]),
    Case(
        "not what was reported",
        "SAME_PERIOD",
        [past("2021-08", A__ytd=33, A__value=3), *now(A__same_period=34)],
        [("A", "same_period", 34, 33)],
    ),
    Case("of a stock the value", "SAME_PERIOD", [past("2021-08", S__ytd=33, S__value=3), *now(S__same_period=3)]),
    Case("nothing was reported", "SAME_PERIOD", now(A__same_period=34)),
    Case("what was held back was not reported", "SAME_PERIOD", [past("2021-08", "quarantined", A__ytd=33), *now(A__same_period=34)]),
    Case(
        "the latest version of last year counts",
        "SAME_PERIOD",
        [
            report("2021-08", {"A__ytd": 33}, received_at=datetime(2022, 8, 20, tzinfo=UTC)),
            report("2021-08", {"A__ytd": 30}, received_at=datetime(2022, 8, 9, tzinfo=UTC)),
            *now(A__same_period=33),
        ],
    ),
    Case("within what the rule allows", "SAME_PERIOD_NEARLY", [past("2021-08", A__ytd=33), *now(A__same_period=34)]),
    Case(
        "beyond it",
        "SAME_PERIOD_NEARLY",
        [past("2021-08", A__ytd=33), *now(A__same_period=35)],
        [("A", "same_period", 35, 33)],
    ),
    Case(
        "a figure with decimals was rounded",
        "SAME_PERIOD",
        [past("2021-08", A__ytd=D("33.66")), *now(A__same_period=D("33.7"))],
    ),
]


def control(district: str, figures: Mapping[str, Figure], *below: Report) -> list[Report]:
    """A control report of a district, and reports of the stations below it."""
    return [Report(district, "K", PERIOD, {name.replace("__", "."): figure for name, figure in figures.items()}), *below]


def below(unit: str, verdict: str | None = "accepted", **cells: Figure) -> Report:
    """A report of a station below a control; under judgement without a verdict."""
    return Report(unit, "F", PERIOD, {name.replace("__", "."): figure for name, figure in cells.items()}, verdict)


CONTROL = [
    Case(
        "K1",
        "CONTROL",
        control(
            "K1",
            {"A__value": 30, "A__ytd": 90},
            below("K1-1", None, A__value=10, B__value=9, A__ytd=40),
            below("K1-2", A__value=20, A__ytd=50),
        ),
    ),
    Case(
        "K2",
        "CONTROL",
        control(
            "K2",
            {"A__value": 31, "A__ytd": 91},
            below("K2-1", A__value=10, A__ytd=40),
            below("K2-2", A__value=20, A__ytd=50),
            Report("K2-2", "F", "2022-07", {"A.value": 5}, "accepted"),  # of another month
        ),
        [("A", "value", 31, 30), ("A", "ytd", 91, 90)],
    ),
    Case("K2", "CONTROL_NEARLY", ()),
    Case("K5", "CONTROL_NEARLY", (), [("R", "value", 60, D("66.666667"))]),
    Case("K3", "CONTROL", control("K3", {"A__value": 31})),
    Case(
        "K4",
        "CONTROL",
        control("K4", {"A__value": 10}, below("K4-1", A__value=10), below("K4-2", "quarantined", A__value=20)),
    ),
    Case(
        "K5",
        "CONTROL",
        control(
            "K5",
            {"R__value": D("60.0"), "S__ytd": 7},
            below("K5-1", B__value=1, C__value=2, S__value=3),
            below("K5-2", B__value=3, C__value=4, S__value=4),
        ),
        [("R", "value", 60, D("66.666667"))],
    ),
    Case(
        "K6",
        "CONTROL",
        control("K6", {"R__value": D("66.7"), "S__ytd": 8}, below("K6-1", B__value=4, C__value=6, S__value=7)),
        [("S", "ytd", 8, 7)],
    ),
    Case(
        "K7",
        "CONTROL",
        control(
            "K7",
            {"A__value": 30, "A__value__F": 11},
            below("K7-1", A__value__F=4, A__value__M=6, A__value__Y=99),
            below("K7-2", A__value=21, A__value__F=6, A__value__M=6),
            Report("K7-1", "K", PERIOD, {"A.value.F": 100, "A.value.M": 100}, "accepted"),  # a control of its own
        ),
        [("A", "value", 30, 31), ("A", "value", 11, 10)],
    ),
]
"""Named after the district whose control is reconciled; without reports, one is judged by another rule."""

IDENTICAL = [
    Case(
        "the month before again",
        "COPIED",
        [past("2022-07", A__value=7, B__value=3, C__value=4, S__value=0), *now(A__value=7, B__value=3, C__value=4)],
        [(None, None, 3, None)],
    ),
    Case("one figure differs", "COPIED", [past("2022-07", A__value=7, B__value=3, C__value=5), *now(A__value=7, B__value=3, C__value=6)]),
    Case("too few figures", "COPIED", [past("2022-07", A__value=8, B__value=3), *now(A__value=8, B__value=3)]),
    Case(
        "last year's again",
        "COPIED",
        [past("2021-08", A__value=17, B__value=13, C__value=14), *now(A__value=17, B__value=13, C__value=14)],
        [(None, None, 3, None)],
    ),
    Case(
        "those of half a year ago and of the year before: one failure",
        "COPIED",
        [
            past("2021-07", A__value=27, B__value=13, C__value=14),
            past("2022-02", A__value=27, B__value=13, C__value=14, S__value=0),
            *now(A__value=27, B__value=13, C__value=14),
        ],
        [(None, None, 3, None)],
    ),
    Case(
        "longer ago it may be chance",
        "COPIED",
        [past("2021-06", A__value=9, B__value=3, C__value=4), *now(A__value=9, B__value=3, C__value=4)],
    ),
    Case(
        "what was held back is no report",
        "COPIED",
        [past("2022-07", "quarantined", A__value=19, B__value=3, C__value=4), *now(A__value=19, B__value=3, C__value=4)],
    ),
    Case(
        "what was replaced meanwhile is no report",
        "COPIED",
        [
            report("2022-07", {"A__value": 20, "B__value": 3, "C__value": 4}, received_at=datetime(2022, 8, 20, tzinfo=UTC)),
            report("2022-07", {"A__value": 29, "B__value": 3, "C__value": 4}, received_at=datetime(2022, 8, 9, tzinfo=UTC)),
            *now(A__value=29, B__value=3, C__value=4),
        ],
    ),
    Case(
        "another form of the month before is another report",
        "COPIED",
        [Report("", "K", "2022-07", {"A.value": 39, "B.value": 3, "C.value": 4}, "accepted"), *now(A__value=39, B__value=3, C__value=4)],
    ),
    Case("another unit's figures", "COPIED", now(A__value=711, B__value=311, C__value=411), [(None, None, 3, None)]),
    Case("the other unit", "COPIED", now(A__value=711, B__value=311, C__value=411), [(None, None, 3, None)]),
    Case(
        "those figures in another form are no copy",
        "COPIED",
        [Report("", "K", PERIOD, {"A.value": 711, "B.value": 311, "C.value": 411}, "accepted")],
    ),
    Case("those figures in another month are no copy", "COPIED", [report("2022-03", {"A__value": 711, "B__value": 311, "C__value": 411})]),
]

SPREAD = [8, 9, 10, 11, 12, 8, 9, 10, 11, 12, 9, 11]  # median 10, median deviation 1
OUTLIER = [
    Case("far from its history", "OUTLIER", history(SPREAD, A__value=16), [("A", "value", 16, 10)]),  # z = 4.05
    Case("within it", "OUTLIER", history(SPREAD, A__value=15)),  # z = 3.37
    Case("far below", "OUTLIER", history([value * 10 for value in SPREAD], A__value=0), [("A", "value", 0, 100)]),
    Case("too short a history", "OUTLIER", history(SPREAD[:11], A__value=99)),
    Case("median deviation zero: the mean deviation", "OUTLIER", history([10] * 11 + [13], A__value=12), [("A", "value", 12, 10)]),
    Case("and within it", "OUTLIER", history([10] * 8 + [40, 50, 60, 70], A__value=20)),
    Case("nothing, nothing, and then many", "OUTLIER", history([0] * 12, A__value=50), [("A", "value", 50, 0)]),
    Case("nothing, nothing, and then few", "OUTLIER", history([0] * 12, A__value=9)),
    Case("a small step of a constant", "OUTLIER", history([100] * 12, A__value=105)),
    Case("a small number", "OUTLIER", history([0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1], A__value=9)),
    Case(
        "a running total is not measured",
        "OUTLIER",
        [
            *(past(month, T__value=value) for month, value in zip(MONTHS[MONTHS.index(PERIOD) - 12 :], SPREAD, strict=False)),
            *now(T__value=99),
        ],
    ),
    Case(
        "a month that has two versions is one",
        "OUTLIER",
        [*history(SPREAD[:10], A__value=99), *(report("2021-03", {"A__value": 9}) for _ in range(2))],
    ),
    Case("months of more than three years ago do not count", "OUTLIER", [past("2019-07", A__value=5), *history(SPREAD[:11], A__value=99)]),
]

FINDING = [
    Case("a finding that the rule names", "BAD_CELL", [report(PERIOD, {}, findings=["bad_cell"])], [(None, None, None, None)]),
    Case("a finding about the file", "BAD_CELL", [report(PERIOD, {}, file_findings=["bad_file"])], [(None, None, None, None)]),
    Case("another finding", "BAD_CELL", [report(PERIOD, {}, findings=["something_else"])]),
    Case(
        "a finding concerns its report, and no other in the file",
        "BAD_CELL",
        [report("2022-07", {}, findings=["bad_cell"]), report(PERIOD, {}, same_file=True)],
        [(None, None, None, None)],
    ),
]

DUE = [
    Report("K3", "K", "2022-07", {}, "withdrawn"),
    Report("K4", "K", "2022-07", {}, "quarantined"),
]
"""Reports that are due: one was taken back, one was held back."""

QUARTERS = [
    Case(
        "a quarter continues the one before", "CUMULATIVE", [past("2022-Q2", A__ytd=70), report("2022-Q3", {"A__value": 5, "A__ytd": 75})]
    ),
    Case(
        "a quarter that does not",
        "CUMULATIVE",
        [past("2022-Q2", A__ytd=70), report("2022-Q3", {"A__value": 5, "A__ytd": 76})],
        [("A", "ytd", 76, 75)],
    ),
    Case(
        "the first quarter does not carry on",
        "CUMULATIVE",
        [past("2021-Q4", A__ytd=70), report("2022-Q1", {"A__value": 5, "A__ytd": 75})],
        [("A", "ytd", 75, 5)],
    ),
    Case(
        "a quarter does not continue a month", "CUMULATIVE", [past("2022-06", A__ytd=70), report("2022-Q3", {"A__value": 5, "A__ytd": 76})]
    ),
    Case(
        "not what was reported for last year's quarter",
        "SAME_PERIOD",
        [past("2021-Q3", A__ytd=33), report("2022-Q3", {"A__same_period": 34})],
        [("A", "same_period", 34, 33)],
    ),
    Case(
        "the quarter before again",
        "COPIED",
        [past("2022-Q2", A__value=7, B__value=3, C__value=6), report("2022-Q3", {"A__value": 7, "B__value": 3, "C__value": 6})],
        [(None, None, 3, None)],
    ),
    Case(
        "far from the quarters of three years",
        "OUTLIER",
        [
            *(
                past(f"{2019 + place // 4}-Q{place % 4 + 1}", A__value=value)
                for place, value in enumerate(SPREAD, start=2)  # from 2019-Q3
            ),
            report("2022-Q3", {"A__value": 16}),
        ],
        [("A", "value", 16, 10)],
    ),
]

OWN_UNIT = [*COMPARISON, *SCOPE, *PARTS, *RATIO, *IMPLIED, *PERCENT, *CUMULATIVE, *SAME_PERIOD, *IDENTICAL, *OUTLIER, *FINDING, *QUARTERS]

UNITS = [
    "unit_code,official_code,name_vi,name_en,sort_order,level,unit_type,parent_code,valid_from,valid_to,successor_code",
    "P,,Tỉnh,Province,1,1,province,,,,",
    "D,,Huyện,District,1,2,district,P,,,",
    *(f"U{number},,Trạm {number},Station {number},{number},3,station,D,,," for number in range(len(OWN_UNIT))),
    *(f"K{district},,Huyện {district},District {district},{district},2,district,P,,," for district in range(1, 8)),
    *(f"K{district}-{station},,Trạm {district}.{station},Station {district}.{station},{station},3,station,K{district},,,"
      for district in range(1, 8) for station in (1, 2)),
]  # fmt: skip

INDICATORS = """\
indicator_code,name_vi,name_en,sort_order,programme_code,unit_of_measure,kind,stock_at,decimals,numerator_code,denominator_code,factor,better
A,A,A,1,CARE,ca,flow,,2,,,,none
B,B,B,2,CARE,ca,flow,,0,,,,none
C,C,C,3,CARE,ca,flow,,0,,,,none
S,S,S,4,CARE,ca,stock,end,0,,,,none
R,R,R,5,CARE,%,ratio,,2,B,C,100,none
T,T,T,6,CARE,ca,since,,0,,,,none
"""

MEASURES = ("value", "ytd", "plan", "pct_of_plan", "same_period", "rate", "change_pct")


def _columns(form: str) -> list[str]:
    return [
        *(f"{form},1,S,{measure},{measure},TOTAL" for measure in MEASURES),
        *(f"{form},1,S,value {part},value,{part}" for part in "FMYO"),
    ]


COLUMNS = "\n".join(["form_code,version,sheet,header_vi,measure,breakdown_code", *_columns("F"), *_columns("K"), "Q,1,S,value,value,TOTAL"])
ROWS = "\n".join(
    [
        "form_code,version,sheet,sort_order,row_code,label_vi,indicator_code,role,zero_words",
        "Q,1,S,1,A,A,A,control,",
        *(
            f"{form},1,S,{order},{code},{code},{code},{role},"
            for form, role in (("F", "additive"), ("K", "control"))
            for order, code in enumerate("ABCSRT", start=1)
        ),
    ]
)
FORMS = """\
form_code,version,name_vi,name_en,unit_types,period_type,valid_from,valid_to
F,1,F,F,station,month,2019-01-01,
K,1,K,K,district,month,2019-01-01,
Q,1,Q,Q,station,quarter,2019-01-01,
"""
BREAKDOWNS = """\
breakdown_code,sex,age_group,name_vi,name_en
TOTAL,,,Tổng số,Total
F,F,,Nữ,Female
M,M,,Nam,Male
Y,,<15,Trẻ em,Young
O,,15+,Người lớn,Old
"""
BREAKDOWN_PARTS = """\
partition_code,whole_code,part_code
SEX,TOTAL,F
SEX,TOTAL,M
AGE,TOTAL,Y
AGE,TOTAL,O
"""
DUTIES = """\
form_code,unit_type,unit_code,period_type,valid_from,valid_to,deadline_working_days
K,,D,month,2022-07-01,2022-08-01,5
K,,D,month,2022-08-01,,5
K,,K1,month,2022-07-01,2022-08-01,5
K,,K2,month,2022-08-01,,5
K,,K3,month,2022-07-01,2022-08-01,5
K,,K4,month,2022-07-01,2022-08-01,5
"""


def _rule(code: str, kind: str, parameters: str, severity: str = "critical") -> str:
    texts = "text_vi: vi, text_en: en, reason_vi: vì sao, reason_en: why, owner: us"
    return f"- {{rule: {code}, kind: {kind}, severity: {severity}, {parameters}{', ' if parameters else ''}{texts}}}"


RULES = "\n".join(
    [
        _rule(
            "SUM", "comparison", "left: [{indicator: A}], operator: '=', right: [{indicator: B}, {indicator: C}], measures: [value, ytd]"
        ),
        _rule(
            "SUM_OF_SOME",
            "comparison",
            "left: [{indicator: A}], operator: '=', right: [{indicator: B}, {indicator: C}], missing: skip_if_all",
        ),
        _rule(
            "SOMETHING_ELSE",
            "comparison",
            "left: [{indicator: A}], operator: '!=', right: [{indicator: B}], missing: skip_if_all",
        ),
        _rule("AT_LEAST_ONE", "comparison", "forms: [F], left: [{indicator: A}], operator: '>=', constant: 1, missing: never"),
        _rule("WITHIN_TWO", "comparison", "left: [{indicator: A}], operator: '=', right: [{indicator: B}], tolerance: 2"),
        _rule(
            "WITHIN_TEN_PERCENT",
            "comparison",
            "left: [{indicator: A}], operator: '=', right: [{indicator: B}], tolerance: 3, tolerance_pct: 10",
        ),
        _rule("AT_MOST", "comparison", "left: [{indicator: A}], operator: '<=', right: [{indicator: B}]"),
        _rule("LESS", "comparison", "left: [{indicator: A}], operator: '<', right: [{indicator: B}]"),
        _rule("MORE", "comparison", "left: [{indicator: A}], operator: '>', right: [{indicator: B}]"),
        _rule(
            "BALANCE", "comparison", "left: [{indicator: A}], operator: '=', right: [{indicator: B, weight: 2}, {indicator: C, weight: -1}]"
        ),
        _rule("MEASURES", "comparison", "left: [{indicator: A}], operator: '<=', right: [{indicator: A, measure: ytd}]"),
        *(
            _rule(
                f"{code}_NEARLY", "comparison", f"left: [{{indicator: A}}], operator: '{operator}', right: [{{indicator: B}}], tolerance: 2"
            )
            for code, operator in (("AT_MOST", "<="), ("AT_LEAST", ">="), ("LESS", "<"), ("MORE", ">"))
        ),
        *(
            _rule(code, "comparison", f"{validity}, left: [{{indicator: A}}], operator: '<=', right: [{{indicator: B}}]")
            for code, validity in (("FROM_THE_LAST_DAY", "valid_from: 2022-08-31"), ("UNTIL_THE_LAST_DAY", "valid_to: 2022-08-31"))
        ),
        _rule("LATER", "comparison", "valid_from: 2022-09-01, left: [{indicator: A}], operator: '<=', right: [{indicator: B}]"),
        _rule("OTHER_FORM", "comparison", "forms: [K], left: [{indicator: A}], operator: '<=', right: [{indicator: B}]"),
        _rule("NOT_EQUAL", "comparison", "left: [{indicator: A}], operator: '!=', right: [{indicator: B}]"),
        _rule("NOT_NEARLY", "comparison", "left: [{indicator: A}], operator: not_equal_to, right: [{indicator: B}], tolerance: 2"),
        _rule("NOT_MORE", "comparison", "left: [{indicator: A}], operator: less_than_or_equal_to, right: [{indicator: B}]"),
        _rule("BOTH", "comparison", "left: [{indicator: A}], operator: compulsory_pair, right: [{indicator: B}]"),
        _rule("ALL_OR_NONE", "comparison", "left: [{indicator: A}, {indicator: C}], operator: compulsory_pair, right: [{indicator: B}]"),
        _rule("ONE_OF_TWO", "comparison", "left: [{indicator: A}], operator: exclusive_pair, right: [{indicator: B}, {indicator: C}]"),
        *(
            _rule(code, "comparison", f"{scope}, left: [{{indicator: A}}], operator: '<=', right: [{{indicator: B}}]")
            for code, scope in (
                ("OF_D", "units: [D]"),
                ("OF_K1", "units: [K1]"),
                ("OF_STATIONS", "unit_types: [station]"),
                ("OF_DISTRICTS", "unit_types: [district]"),
                ("OF_AUGUST", "months: [7, 8]"),
                ("OF_SEPTEMBER", "months: [9]"),
                ("OF_QUARTERS", "period_types: [quarter]"),
            )
        ),
        _rule("PARTS", "parts", ""),
        _rule("PARTS_NEARLY", "parts", "tolerance: 1"),
        _rule("PARTS_OF_BOTH", "parts", "measures: [value, ytd]"),
        _rule("RATE", "ratio", "left: [{indicator: R}], numerator: [{indicator: B}], denominator: [{indicator: C}], factor: 100"),
        _rule(
            "RATE_NEARLY",
            "ratio",
            "left: [{indicator: R}], numerator: [{indicator: B}], denominator: [{indicator: C}], factor: 100, tolerance: 1",
        ),
        _rule(
            "RATE_OF_REST",
            "ratio",
            "left: [{indicator: R}], numerator: [{indicator: B}, {indicator: A, weight: -1}], denominator: [{indicator: C}], factor: 100",
        ),
        _rule(
            "BETWEEN_NEARLY",
            "comparison",
            "left: [{indicator: A}], operator: between, right: [{indicator: B}, {indicator: C}], tolerance: 1",
        ),
        _rule("BETWEEN", "comparison", "left: [{indicator: A}], operator: between, right: [{indicator: B}, {indicator: C}]"),
        _rule(
            "OF_WOMEN",
            "comparison",
            "left: [{indicator: A, breakdown: F}], operator: '=', right: [{indicator: B, breakdown: F}, {indicator: B}]",
        ),
        _rule(
            "PLAN_IS_SUM",
            "implied_denominator",
            "left: [{indicator: A, measure: ytd}], right: [{indicator: B, measure: ytd}, {indicator: C, measure: ytd}], "
            "percentage: pct_of_plan, tolerance_pct: 0.1",
        ),
        _rule(
            "YEAR_BEFORE",
            "implied_denominator",
            "left: [{indicator: A, measure: ytd}], right: [{indicator: B, measure: ytd}], percentage: change_pct, tolerance_pct: 0.1",
        ),
        _rule("BASE", "implied_denominator", "left: [{indicator: A}], right: [{indicator: B}], tolerance_pct: 1"),
        _rule("TWICE_THE_BASE", "implied_denominator", "left: [{indicator: A}], right: [{indicator: B, weight: 2}], tolerance_pct: 1"),
        _rule("PERCENT", "percent_of_plan", "", "warning"),
        *(
            _rule(f"{code}_NEARLY", kind, "tolerance: 1", "info")
            for code, kind in (
                ("PERCENT", "percent_of_plan"),
                ("CUMULATIVE", "cumulative"),
                ("SAME_PERIOD", "same_period"),
                ("CONTROL", "control"),
            )
        ),
        _rule("CUMULATIVE", "cumulative", "severity_by_form: {F: info}", "warning"),
        _rule("SAME_PERIOD", "same_period", "", "warning"),
        _rule("CONTROL", "control", "", "warning"),
        _rule("COPIED", "identical", "minimum_values: 3", "warning"),
        _rule("OUTLIER", "outlier", "threshold: 3.5, minimum_points: 12, minimum_value: 10", "info"),
        _rule("BAD_CELL", "finding", "codes: [bad_cell, bad_file]"),
        _rule("MISSING", "missing_report", ""),
        _rule("MISSING_OF_K1", "missing_report", "units: [K1], severity_by_form: {K: info}"),
    ]
)

PACK = {
    "units": "\n".join(UNITS),
    "unit_aliases": "unit_code,alias,valid_from,valid_to\n",
    "indicators": INDICATORS,
    "breakdowns": BREAKDOWNS,
    "breakdown_parts": BREAKDOWN_PARTS,
    "forms": FORMS,
    "form_columns": COLUMNS,
    "form_rows": ROWS,
    "duties": DUTIES,
    "targets": "indicator_code,unit_code,year,comparison,target,rate,of_indicator_code\nB,D,2022,>=,,50,C\n",
    "rules": RULES,
}
"""The files of the pack that the cases are judged by, beside those of the small pack of all tests."""
