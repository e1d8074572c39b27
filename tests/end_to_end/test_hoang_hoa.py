"""A second organisation that was added as data alone: a district and its stations that report by quarter. Its marts say what its printed
report says, and longer periods follow from quarters."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from tests.deployed import empty_warehouse
from tests.end_to_end.conftest import rows
from tests.end_to_end.contradictions import contradictions, found_by_the_gate, verdicts_of

from tonghop.catalog import Pack, check, read_pack
from tonghop.database import connect
from tonghop.publication import trace
from tonghop.refresh import refresh
from tonghop.samples import build_samples
from tonghop.samples.data import read_data
from tonghop.samples.series import Series, unit_series
from tonghop.settings import PROJECT, settings
from tonghop.staging import Outcome, load_paths

pytestmark = [pytest.mark.end_to_end, pytest.mark.database, pytest.mark.timeout(900)]

PACK = PROJECT / "catalog" / "hoang_hoa"
GOLDEN = Path(__file__).parents[1] / "golden" / "hoang_hoa_2024_q1.csv"
QUARTER = "2024-Q1"
OF_SAME_PERIOD = re.compile(r"printed: ([\d.]+)%? of same period")


@pytest.fixture(scope="module")
def pack() -> Pack:
    return read_pack(PACK)


@pytest.fixture(scope="module")
def series(pack: Pack) -> dict[str, Series]:
    """What every unit reported, quarter by quarter since 2023-Q1."""
    return unit_series(pack, read_data(PACK / "samples", pack))


@pytest.fixture(scope="module")
def outcomes(server: None, pack: Pack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Outcome]]:
    """What loading said of each workbook of the sample, which is published in an empty warehouse."""
    directory = tmp_path_factory.mktemp("hoang_hoa")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TONGHOP_CATALOG", str(PACK))
        patch.setenv("TONGHOP_ARCHIVE", str(directory / "archive"))
        settings.cache_clear()
        empty_warehouse()
        build_samples(pack, directory / "samples")
        staged = load_paths([directory / "samples"])
        assert refresh().publications == [1]
        yield staged
        empty_warehouse()
    settings.cache_clear()


@pytest.fixture(scope="module")
def published(outcomes: list[Outcome]) -> None:
    """The sample is published."""


@dataclass(frozen=True)
class Figure:
    """A printed figure and the column of `indicator_summary` that must show it."""

    indicator_code: str
    column: str
    printed: Decimal

    def is_reproduced_by(self, value: Decimal | None) -> bool:
        """Whether `value` would be printed as this figure: less than one unit of its last digit away."""
        exponent = self.printed.as_tuple().exponent
        assert isinstance(exponent, int)
        return value is not None and abs(value - self.printed) < Decimal(1).scaleb(exponent)


def printed_figures() -> list[Figure]:
    """Every figure of the printed report, also the percentages of the year before, which stand in its notes."""
    with GOLDEN.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    columns = {"value_q1": "value", "value_same_period": "same_period_value", "pct_of_plan_printed": "pct_of_target"}
    figures = [
        Figure(line["indicator_code"], column, Decimal(line[printed]))
        for line in lines
        for printed, column in columns.items()
        if line[printed]
    ]
    notes = [(line["indicator_code"], OF_SAME_PERIOD.search(line["note"])) for line in lines]
    return figures + [Figure(code, "pct_of_same_period", Decimal(match[1])) for code, match in notes if match]


def not_reproduced() -> dict[tuple[str, str], tuple[Decimal, Decimal | None]]:
    """Printed figures that the marts do not reproduce: what is printed, and what they say."""
    names = ("value", "same_period_value", "pct_of_target", "pct_of_same_period")
    marts = {
        code: dict(zip(names, values, strict=True))
        for code, *values in rows(
            "select indicator_code, value, same_period_value, pct_of_target, 100 * value / nullif(same_period_value, 0) "
            "from marts.indicator_summary where unit_code = 'HH' and period_code = %s and map = 'as_reported'",
            (QUARTER,),
        )
    }
    found = [(figure, marts.get(figure.indicator_code, {}).get(figure.column)) for figure in printed_figures()]
    return {
        (figure.indicator_code, figure.column): (figure.printed, value) for figure, value in found if not figure.is_reproduced_by(value)
    }


def test_the_pack_has_no_problem() -> None:
    assert check(PACK) == []


def test_all_printed_figures_are_compared() -> None:
    columns = [figure.column for figure in printed_figures()]
    assert {column: columns.count(column) for column in columns} == {
        "value": 80,
        "same_period_value": 19,
        "pct_of_target": 6,
        "pct_of_same_period": 6,
    }


def test_every_workbook_is_read(outcomes: list[Outcome]) -> None:
    assert {outcome.outcome for outcome in outcomes} == {"staged"}
    assert len(outcomes) == 5 * 38 + 1 + 2, "five quarters of 38 units, the printed report, two corrections"


def test_the_marts_equal_the_printed_report_without_exception(published: None) -> None:
    assert not_reproduced() == {}


def test_longer_periods_follow_from_quarters(published: None, pack: Pack, series: dict[str, Series]) -> None:
    """A flow is the sum of its quarters, a stock and a running total the last one, a ratio is recomputed; of 2024 one quarter is
    there: flows so far, no stock, nothing complete. Worked out from what the units reported, without the warehouse."""
    unread = ("HH-24", "DIS_DIARRHOEA_CASES", 1)  # words in a number cell: not reported, not zero
    spans = {"2023-H1": range(2), "2023-9M": range(3), "2023": range(4), "2024-H1": range(4, 5), "2024": range(4, 5)}

    def reported(code: str, place: int) -> Decimal:
        values = series[code].by_unit
        return Decimal(sum(figures[place] for unit, figures in values.items() if (unit, code, place) != unread))

    def expected(code: str, period: str) -> Decimal | None:
        indicator = next(each for each in pack.indicators if each.indicator_code == code)
        if indicator.kind == "ratio":
            assert indicator.numerator_code and indicator.denominator_code and indicator.factor
            parts = (expected(indicator.numerator_code, period), expected(indicator.denominator_code, period))
            return None if parts[0] is None or parts[1] is None else parts[0] / parts[1] * indicator.factor
        if indicator.kind == "flow":
            return sum((reported(code, place) for place in spans[period]), Decimal(0))
        return reported(code, spans[period][-1]) if period.startswith("2023") else None

    marts = rows(
        "select indicator_code, period_code, value, is_complete from marts.indicator_summary "
        "where map = 'as_reported' and unit_code = 'HH' and period_code = any(%s)",
        (list(spans),),
    )
    assert len(marts) == len(pack.indicators) * len(spans)
    for code, period, value, is_complete in marts:
        wanted = expected(code, period)
        assert (value is None) == (wanted is None), (code, period, value, wanted)
        assert value is None or wanted is None or abs(value - wanted) < Decimal("1e-9"), (code, period, value, wanted)
        assert is_complete == (period.startswith("2023") and code != "DIS_DIARRHOEA_CASES"), (code, period)


def test_a_year_leads_back_to_the_cells_of_its_quarters(published: None) -> None:
    found = trace("HH", "BIRTHS_LIVE", "2023")
    (part,) = found.parts
    assert (found.value, part.agrees, len(part.contributions)) == (part.contributed, True, 4 * 37)
    assert {each.period_code for each in part.contributions} == {"2023-Q1", "2023-Q2", "2023-Q3", "2023-Q4"}


def test_deadlines_count_from_the_end_of_the_quarter(published: None) -> None:
    owed = rows(
        "select form_code, count(*), min(due_at), max(due_at) from marts.data_quality where period_code = %s group by 1 order by 1",
        (QUARTER,),
    )
    # 5, 8 and 12 working days after Sunday 31 March 2024
    units = {"BC-HUYEN": (1, 16), "TRAM": (37, 5), "TTYT": (1, 10)}
    ends = {form: datetime(2024, 4, day, 23, 59, 59, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh")) for form, (_, day) in units.items()}
    assert owed == [(form, count, ends[form], ends[form]) for form, (count, _) in units.items()]
    assert rows("select unit_code, period_code from marts.data_quality where not is_first_on_time") == [("HH-11", "2023-Q3")]


def test_the_gate_finds_what_is_listed_and_no_more(published: None) -> None:
    assert found_by_the_gate("BC-HUYEN") == sorted(each.failure for each in contradictions("BC-HUYEN"))
    assert verdicts_of("BC-HUYEN") == {"accepted_with_warnings"}


def test_what_was_held_back_is_accepted_when_it_is_put_right(published: None) -> None:
    with connect("auditor") as connection:
        verdicts = connection.execute(
            "select s.version, v.verdict from staging.submission s inner join audit.verdict v using (submission_id) "
            "where s.unit_code = 'HH-34' and s.period_code = %s order by s.version",
            (QUARTER,),
        ).fetchall()
    assert [verdict for _, verdict in verdicts] == ["quarantined", "accepted"]
