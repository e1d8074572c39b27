"""A small organisation whose reports are put straight into staging, and what the marts must say about it, worked out slowly.

`Reference` follows the words of the design one figure at a time; it shares no formulation with the SQL.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path

import psycopg
from tests.deployed import empty_warehouse
from tests.packs import FILES, write_pack

from tonghop.catalog import Pack, due_reports, load_pack, read_pack
from tonghop.catalog.rows import Indicator, Unit
from tonghop.database import admin_connect, connect
from tonghop.model import Period, PeriodType
from tonghop.publication.catalog_difference import find_reach, freeze_reach
from tonghop.warehouse import build_candidate, code_version

Figure = Decimal | int | str
"""A number, or the state of a cell that has none."""

Slot = tuple[str, str, str]
"""Unit, form, period."""

EXTRA: dict[str, str] = {
    "pack": FILES["pack.yml"].replace("first_year: 2021", "first_year: 2020"),  # a year of 53 weeks
    "units": "\n".join(
        # C22 moves to the other district before it ends
        "C22,31327,Trạm Y tế xã Bốn,Commune Four,2,3,station,D2,2004-01-01,2022-03-01,\n"
        "C22,31327,Trạm Y tế xã Bốn,Commune Four,2,3,station,D1,2022-03-01,2022-07-01,C21"
        if line.startswith("C22")
        else line
        for line in FILES["units.csv"].splitlines()
    )
    + "\n",
    "indicators": FILES["indicators.csv"]
    + "BEDS,Giường đầu kỳ,Beds at the start,9,CARE,giường,stock,start,0,,,,none\n"
    + "SCORE,Điểm chất lượng,Quality score,10,CARE,%,ratio,,2,,,,up\n"
    + "AUDITS,Lượt kiểm tra,Audits,11,CARE,lượt,flow,,0,,,,none\n"
    + "ALERTS,Cảnh báo,Alerts,12,CONTROL,lượt,flow,,0,,,,none\n"
    + "CHILD_SHARE,Tỷ lệ trẻ em,Share of children,13,CARE,%,ratio,,2,VISITS_CHILD,VISITS,100,none\n",
    "forms": FILES["forms.csv"]
    + "QT,1,Báo cáo quý,Report of a quarter,hospital,quarter,2020-01-01,\n"
    + "WK,1,Báo cáo tuần,Report of a week,hospital,week,2020-01-01,\n",
    "form_columns": FILES["form_columns.csv"] + "QT,1,Quý,Thực hiện,value,TOTAL\n" + "WK,1,Tuần,Thực hiện,value,TOTAL\n",
    "form_rows": FILES["form_rows.csv"]
    + "HO,1,Giường bệnh,4,B.7,Giường đầu kỳ,BEDS,additive,\n"
    + "HO,1,Giường bệnh,5,B.8,Điểm chất lượng,SCORE,additive,\n"
    # stations report these two by month, hospitals by quarter
    + "ST,1,Khám bệnh,6,A.6,Lượt kiểm tra,AUDITS,additive,\n"
    + "ST,2,Khám bệnh,6,A.6,Lượt kiểm tra,AUDITS,additive,\n"
    + "QT,1,Quý,1,1,Lượt kiểm tra,AUDITS,additive,\n"
    + "QT,1,Quý,2,2,Bệnh nhân đang quản lý,PATIENTS,additive,\n"
    + "WK,1,Tuần,1,1,Cảnh báo,ALERTS,additive,\n",
    "duties": FILES["duties.csv"] + "QT,hospital,,quarter,,,15\nWK,hospital,,week,,,2\n",
    "targets": FILES["targets.csv"] + "VISITS,D1,2021,>=,1000,,\nVISITS,D2,2021,>=,0,,\nBEDS,P,2022,=,,50,PATIENTS\n",
}


@dataclass(frozen=True)
class Fact:
    """A figure in force as the reference sees it."""

    unit: str
    period: Period
    indicator: str
    value: Decimal | None
    answered: bool


@dataclass
class World:
    """Writes reports, verdicts and publications by SQL, and remembers what they say."""

    pack: Pack
    connection: psycopg.Connection
    publications: int = 0
    cells: dict[int, Mapping[str, Figure]] = field(default_factory=dict)
    versions: dict[Slot, list[int]] = field(default_factory=dict)
    published: dict[Slot, int | None] = field(default_factory=dict)
    chosen: dict[Slot, int | None] = field(default_factory=dict)

    @classmethod
    def load(cls, directory: Path, **overrides: str) -> World:
        """An empty warehouse with the pack of the tests, a little richer."""
        empty_warehouse()
        connection = admin_connect()
        world = cls(read_pack(write_pack(directory, **(EXTRA | overrides))), connection)
        world.load_pack(world.pack)
        connection.execute("insert into staging.file (sha256, size, archive_path) values (%s, 1, 'x')", ("a" * 64,))
        connection.execute(
            "insert into staging.receipt (sha256, source_uri, received_at, outcome) values (%s, 'test', now(), 'staged')", ("a" * 64,)
        )
        return world

    def load_pack(self, pack: Pack) -> None:
        """Put a (changed) pack into force."""
        with connect("loader") as connection:
            load_pack(pack, connection)
        self.pack = pack

    def submit(self, slot: Slot, cells: Mapping[str, Figure], verdict: str = "accepted", received_at: datetime | None = None) -> int:
        """A new version of a slot, judged already; cells by indicator."""
        unit, form_code, period = slot
        at = Period.parse(period).end_date
        (form,) = (form for form in self.pack.forms if form.form_code == form_code and form.valid_at(at))
        rows = {row.indicator_code: row for row in self.pack.form_rows if (row.form_code, row.version) == (form_code, form.version)}
        version = len(self.versions.get(slot, [])) + 1
        received_at = received_at or datetime(2022, 1, 1, tzinfo=UTC) + timedelta(days=version)
        digest = hashlib.sha256(repr(sorted(cells.items())).encode()).hexdigest()
        row = self.connection.execute(
            """
            insert into staging.submission (
                receipt_id, sha256, reading_sha256, unit_code, form_code, form_version, period_code, version,
                received_at, source_uri, pack_hash
            ) values (1, %s, %s, %s, %s, %s, %s, %s, %s, 'test', %s) returning submission_id
            """,
            ("a" * 64, digest, unit, form_code, form.version, period, version, received_at, self.pack.pack_hash),
        ).fetchone()
        assert row
        number: int = row[0]
        self.connection.cursor().executemany(
            "insert into staging.cell (submission_id, indicator_code, measure, breakdown_code, role, state, value, raw, sheet, cell)"
            " values (%s, %s, 'value', 'TOTAL', %s, %s, %s, '', %s, %s)",
            [
                (number, code, str(rows[code].role), *_state(figure), rows[code].sheet, f"C{rows[code].sort_order + 5}")
                for code, figure in cells.items()
            ],
        )
        self.connection.execute("insert into audit.verdict (submission_id, verdict) values (%s, %s)", (number, verdict))
        self.cells[number] = cells
        self.versions.setdefault(slot, []).append(number)
        if verdict.startswith("accepted"):
            self.chosen[slot] = number
        return number

    def open(self, slots: Iterable[Slot], *, scope_all: bool = False) -> int:
        """Open a candidate that takes in these slots as they are now; its number."""
        self.publications += 1
        self.connection.execute(
            "insert into audit.publication (number, status, kind, scope_all, pack_hash, code_version, periods)"
            " values (%s, 'candidate', 'refresh', %s, %s, %s, '{}')",
            (self.publications, scope_all, self.pack.pack_hash, code_version()),
        )
        with self.connection.transaction():
            live = self.connection.execute(
                "select p.pack_hash from audit.publication as p inner join audit.live as l on p.number = l.number"
            ).fetchone()
            find_reach(self.connection, live[0] if live else None, self.pack.pack_hash)
            freeze_reach(self.connection, self.publications)
        for slot in slots:
            self.published[slot] = self.chosen.get(slot)
            self.connection.execute(
                "insert into audit.candidate_slot values (%s, %s, %s, %s, %s, %s)",
                (self.publications, *slot, self.chosen.get(slot), "corrected" if self.chosen.get(slot) else "missing"),
            )
        return self.publications

    def build(self) -> None:
        """Fill the candidate by dbt."""
        build_candidate(self.publications)

    def publish(self) -> int:
        """Publish the candidate; its number."""
        self.connection.execute(
            "update audit.publication set status = 'published', published_at = clock_timestamp() where number = %s", (self.publications,)
        )
        self.connection.execute(
            "insert into audit.live (number) values (%s) on conflict (singleton) do update set number = excluded.number",
            (self.publications,),
        )
        return self.publications

    def discard(self) -> None:
        """Give the candidate up; what it wrote must be forgotten already."""
        self.connection.execute(
            "update audit.publication set status = 'discarded', discarded_at = clock_timestamp() where number = %s", (self.publications,)
        )

    def withdraw(self, slot: Slot) -> None:
        """Take the report in force of a slot back."""
        self.connection.execute("insert into audit.verdict (submission_id, verdict) values (%s, 'held')", (self.chosen.pop(slot),))

    def reference(self) -> Reference:
        """What the marts must say about the slots published by now."""
        return Reference(self.pack, dict(self.published), tuple(self._facts()))

    def _facts(self) -> Iterator[Fact]:
        for (unit, form, period), submission in self.published.items():
            additive = {row.indicator_code for row in self.pack.form_rows if row.form_code == form and row.role == "additive"}
            for code, figure in self.cells.get(submission or 0, {}).items():
                if code in additive:
                    state, value = _state(figure)
                    answered = state in ("number", "zero", "not_applicable")
                    yield Fact(unit, Period.parse(period), code, None if value is None else Decimal(value), answered)


def _state(figure: Figure) -> tuple[str, Decimal | int | None]:
    if isinstance(figure, str):
        return figure, None
    return ("zero" if figure == 0 else "number"), figure


_MADE_OF = {
    PeriodType.WEEK: (PeriodType.WEEK,),
    PeriodType.MONTH: (PeriodType.MONTH,),
    PeriodType.QUARTER: (PeriodType.MONTH, PeriodType.QUARTER),
    PeriodType.HALF: (PeriodType.MONTH, PeriodType.QUARTER, PeriodType.HALF),
    PeriodType.NINE_MONTHS: (PeriodType.MONTH, PeriodType.QUARTER, PeriodType.NINE_MONTHS),
    PeriodType.YEAR: (PeriodType.MONTH, PeriodType.QUARTER, PeriodType.YEAR),
}


@dataclass(frozen=True)
class Figures:
    """What the summary says of one unit, indicator and period."""

    value: Decimal | None
    ytd_value: Decimal | None
    reporting_units: int
    expected_units: int
    is_complete: bool


@dataclass(frozen=True)
class Reference:
    """The meaning of the marts, one figure at a time."""

    pack: Pack
    slots: Mapping[Slot, int | None]
    facts: tuple[Fact, ...]

    @cached_property
    def summary(self) -> dict[tuple[str, str, str], Figures]:
        """By unit, indicator and period: the figures of every unit at every level."""
        return self._figures(own=False)

    @cached_property
    def leaf(self) -> dict[tuple[str, str, str], tuple[Decimal | None, Decimal | None]]:
        """By submitting unit, indicator and period: value and value since January of its own reports."""
        return {key: (figures.value, figures.ytd_value) for key, figures in self._figures(own=True).items()}

    def _figures(self, *, own: bool) -> dict[tuple[str, str, str], Figures]:
        found = {}
        for period in self.periods:
            for unit in sorted({unit.unit_code for unit in self.pack.units}):
                if self._version(unit, period):
                    for indicator in self.pack.indicators:
                        figures = self._ratio(unit, indicator, period, own) if indicator.factor else self._sum(unit, indicator, period, own)
                        if figures:
                            found[unit, indicator.indicator_code, period.code] = figures
        return found

    @cached_property
    def periods(self) -> tuple[Period, ...]:
        """Every period with a slot in it; no other can have a figure."""
        reported = {Period.parse(code) for _, _, code in self.slots}
        periods: list[Period] = []
        for year in range(self.pack.head.first_year, self.pack.head.last_year + 1):
            periods += [Period.month(year, month) for month in range(1, 13)]
            periods += [Period.parse(f"{year}{rest}") for rest in ("-Q1", "-Q2", "-Q3", "-Q4", "-H1", "-9M", "")]
            periods += [Period.parse(f"{year}-W{week:02d}") for week in range(1, date(year, 12, 28).isocalendar().week + 1)]
        return tuple(
            period for period in periods if any(period.start_date <= at.start_date and at.end_date <= period.end_date for at in reported)
        )

    def _ratio(self, unit: str, indicator: Indicator, period: Period, own: bool) -> Figures | None:
        parts = [
            self._sum(unit, self._indicators[code or ""], period, own) for code in (indicator.numerator_code, indicator.denominator_code)
        ]
        above, below = parts
        if above is None or below is None or indicator.factor is None:
            return None
        less = min((above, below), key=lambda part: Decimal(part.reporting_units) / part.expected_units if part.expected_units else 0)
        return Figures(
            indicator.factor * above.value / below.value if above.value is not None and below.value else None,
            indicator.factor * above.ytd_value / below.ytd_value if above.ytd_value is not None and below.ytd_value else None,
            less.reporting_units,
            less.expected_units,
            above.is_complete and below.is_complete,
        )

    def _sum(self, unit: str, indicator: Indicator, period: Period, own: bool) -> Figures | None:
        code = indicator.indicator_code

        def belongs(reporter: str, at: Period) -> bool:
            version = self._version(reporter, at)
            return bool(version) and (reporter == unit if own else unit in version.path.split("/"))

        def inside(at: Period) -> bool:
            return at.type in _MADE_OF[period.type] and period.start_date <= at.start_date and at.end_date <= period.end_date

        def deciding(at: Period) -> bool:
            if indicator.kind == "flow":
                return inside(at)
            if indicator.kind == "ratio":
                return at == period
            if indicator.stock_at == "start":
                return inside(at) and at.start_date == period.start_date
            return inside(at) and at.end_date == period.end_date

        facts = [fact for fact in self._facts_by_indicator.get(code, ()) if belongs(fact.unit, fact.period)]
        duties = [(reporter, at, key) for reporter, at, key in self._duties.get(code, ()) if belongs(reporter, at)]
        if not any(inside(fact.period) for fact in facts) and not any(inside(at) and key in self.slots for _, at, key in duties):
            return None

        in_year = [
            fact
            for fact in facts
            if fact.period.type in _MADE_OF[period.type] and fact.period.year == period.year and fact.period.end_date <= period.end_date
        ]
        value = _total(fact.value for fact in facts if deciding(fact.period) and (indicator.kind != "ratio" or fact.unit == unit))
        since_january = {"flow": _total(fact.value for fact in in_year), "ratio": None}.get(indicator.kind, value)

        owed = {(reporter, at) for reporter, at, _ in duties if deciding(at)}
        by_now = {(reporter, at) for reporter, at, key in duties if deciding(at) and key in self.slots}
        answered = by_now & {(fact.unit, fact.period) for fact in facts if fact.answered}
        expected = {reporter for reporter, _ in owed}
        reporting = {
            reporter
            for reporter in expected
            if {at for who, at in by_now if who == reporter} and {at for who, at in by_now - answered if who == reporter} == set()
        }
        return Figures(value, since_january, len(reporting), len(expected), bool(owed) and owed == answered)

    def _version(self, unit_code: str, period: Period) -> Unit | None:
        """The version that stands for a unit in a period: that of the last day, or the last one of the period."""
        versions = [unit for unit in self.pack.units if unit.unit_code == unit_code and unit.valid_from <= period.end_date]
        last = max(versions, key=lambda unit: unit.valid_from, default=None)
        return last if last and last.valid_to > period.start_date else None

    @cached_property
    def _indicators(self) -> dict[str, Indicator]:
        return {indicator.indicator_code: indicator for indicator in self.pack.indicators}

    @cached_property
    def _facts_by_indicator(self) -> dict[str, list[Fact]]:
        grouped: dict[str, list[Fact]] = {}
        for fact in self.facts:
            grouped.setdefault(fact.indicator, []).append(fact)
        return grouped

    @cached_property
    def _duties(self) -> dict[str, list[tuple[str, Period, Slot]]]:
        """By indicator: who owes it as additive, for which period, in which slot."""
        grouped: dict[str, list[tuple[str, Period, Slot]]] = {}
        for due in due_reports(self.pack):
            for form in self.pack.forms:
                if form.form_code == due.form_code and form.valid_at(due.period.end_date):
                    for row in self.pack.form_rows:
                        if (row.form_code, row.version, row.role) == (form.form_code, form.version, "additive"):
                            slot = (due.unit_code, due.form_code, due.period.code)
                            grouped.setdefault(row.indicator_code, []).append((due.unit_code, due.period, slot))
        return grouped


def _total(values: Iterable[Decimal | None]) -> Decimal | None:
    numbers = [value for value in values if value is not None]
    return sum(numbers, Decimal(0)) if numbers else None
