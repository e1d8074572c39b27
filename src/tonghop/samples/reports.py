"""From the figures of all units to the workbooks that they send."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from functools import cached_property, lru_cache
from zoneinfo import ZoneInfo

from tonghop.catalog import Pack, due_at
from tonghop.catalog.rows import Form, FormColumn, FormRow, Unit
from tonghop.model import Measure, Period
from tonghop.samples.data import Data, Edit, SamplesError, Trouble
from tonghop.samples.figures import round_half_up
from tonghop.samples.series import Series, forms_of
from tonghop.samples.split import SCALE, noise
from tonghop.samples.workbook import Figure, Line, Sheet, Typing, Workbook
from tonghop.templates.words import period_label, period_number

UNOWED_WORKING_DAYS = 15
"""When a report counts as punctual that no duty asks for."""

_due_at = lru_cache(maxsize=None)(due_at)


@dataclass(frozen=True)
class Report:
    """A workbook, the moment it is sent, and the folder and file that it is put in."""

    wave: str
    file_name: str
    sent_at: datetime
    unit: Unit
    form: Form
    period: Period
    workbook: Workbook


class Reports:
    """The reports of all units and periods of the samples."""

    def __init__(self, pack: Pack, data: Data, series: Mapping[str, Series]) -> None:
        self.pack, self.data, self.series = pack, data, series
        self.calendar = data.calendar
        self.troubles: defaultdict[tuple[str, Period], list[Trouble]] = defaultdict(list)
        for trouble in data.story.troubles:
            if pack.unit(trouble.unit, trouble.period.end_date) is None or trouble.period not in self.calendar.place:
                raise SamplesError(f"samples.yml: a trouble is planned for {trouble.unit} in {trouble.period}, which has no report")
            self.troubles[trouble.unit, trouble.period].append(trouble)

    @cached_property
    def waves(self) -> tuple[str, str, str]:
        """The folders, in the order in which they are meant to arrive."""
        return f"1_to_{self.calendar.periods[-2]}", f"2_{self.calendar.printed}", "3_corrections"

    def all(self) -> Iterator[Report]:
        """Every report, period by period; a corrected one follows in the last wave."""
        for period in self.calendar.periods:
            for form in forms_of(self.pack, period):
                compiled = form.form_code == self.data.story.compiled_form
                if compiled and period != self.calendar.printed:
                    continue
                for unit in self.pack.units_at(period.end_date):
                    if unit.unit_type in form.unit_types:
                        yield from self._reports(form, unit, period, compiled)

    def _reports(self, form: Form, unit: Unit, period: Period, compiled: bool) -> Iterator[Report]:
        troubles = self.troubles.get((unit.unit_code, period), [])
        wave = self.waves[1] if period == self.calendar.printed else self.waves[0]
        edits = [edit for trouble in troubles for edit in trouble.cells]
        sent_at = self._sent_at(form, unit, period, max((trouble.days_late for trouble in troubles), default=0))
        templates = self.data.story.file_names
        template = templates[noise("file name", unit.unit_code) * len(templates) // SCALE]
        yield Report(
            wave,
            self._file_name(template, form, unit, period),
            sent_at,
            unit,
            form,
            period,
            self._workbook(form, unit, period, edits, compiled),
        )
        days = [trouble.corrected_on for trouble in troubles if trouble.corrected_on]
        if days:
            kept = [edit for trouble in troubles if not trouble.corrected_on for edit in trouble.cells]
            moment = datetime.combine(max(days), time(9, 30), self._zone)
            if moment <= sent_at:
                raise SamplesError(
                    f"samples.yml: {unit.unit_code} {period} is corrected on {max(days)}, but the workbook that it corrects is sent "
                    f"on {sent_at:%Y-%m-%d}. Choose a later day."
                )
            name = self._file_name(self.data.story.corrected_file_name, form, unit, period)
            yield Report(self.waves[2], name, moment, unit, form, period, self._workbook(form, unit, period, kept, compiled))

    @cached_property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.pack.head.time_zone)

    def _file_name(self, template: str, form: Form, unit: Unit, period: Period) -> str:
        words = {
            "form": form.form_code,
            "unit": unit.unit_code,
            "name": unit.name_vi,
            "number": period_number(period),
            "year": f"{period.year:04d}",
        }
        try:
            return template.format(**words)
        except (KeyError, IndexError, ValueError):
            known = ", ".join(f"{{{word}}}" for word in words)
            raise SamplesError(f"samples.yml: the file name {template} cannot be filled in; it may hold {known}") from None

    def _sent_at(self, form: Form, unit: Unit, period: Period, days_late: int) -> datetime:
        """Some minute between the morning after the period and the deadline; so many days after the deadline for a late one."""
        duties = (
            duty.deadline_working_days
            for duty in self.pack.duties
            if duty.form_code == form.form_code
            and (duty.unit_code == unit.unit_code or duty.unit_type == unit.unit_type)
            and duty.valid_at(period.end_date)
        )
        due = _due_at(period, next(duties, UNOWED_WORKING_DAYS), self.pack.head.holidays, self.pack.head.time_zone)
        if days_late:
            return datetime.combine(due.date() + timedelta(days=days_late), time(9, 30), self._zone)
        start = datetime.combine(period.end_date + timedelta(days=1), time(7, 30), self._zone)
        minutes = int((due - start).total_seconds()) // 60
        return start + timedelta(minutes=minutes * noise("sent", unit.unit_code, period) // SCALE)

    # -- what a workbook says

    def _workbook(self, form: Form, unit: Unit, period: Period, edits: list[Edit], compiled: bool) -> Workbook:
        story = self.data.story
        changed = {(edit.indicator, edit.measure): edit for edit in edits}
        if changed and (unknown := changed.keys() - self._cells(form)):
            raise SamplesError(f"samples.yml: {form.form_code} of {unit.unit_code} has no cell for {sorted(unknown)[0][0]}")
        sheets = []
        for sheet in self.pack.sheets(form):
            measures = [_measure(column) for column in sheet.columns]
            lines = []
            for row, cells in zip(sheet.rows, sheet.grid, strict=True):
                code = _indicator_code(row)
                figures: list[Figure]
                if compiled:
                    figures = [self.data.printed.get((code, cell.measure, cell.breakdown_code), "") for cell in cells]
                else:
                    figures = [_edited(self._figure(code, unit, period, measure), changed.get((code, measure))) for measure in measures]
                lines.append(Line(row.row_code, row.label_vi, self._unit_of_measure(code), tuple(figures)))
            sheets.append(Sheet(sheet.name, tuple(column.header_vi for column in sheet.columns), tuple(lines)))
        return Workbook(
            department=self.pack.head.name_vi.upper(),
            title=form.name_vi.upper(),
            form=f"{form.form_code} v{form.version}",
            unit=unit.name_vi,
            unit_code=unit.unit_code,
            period=period_label(period),
            as_of=story.compiled_as_of if compiled else period.end_date,
            compiler=story.compilers[noise("compiler", unit.unit_code) * len(story.compilers) // SCALE],
            remark=story.remarks[noise("remark", unit.unit_code, period) * len(story.remarks) // SCALE],
            sheets=tuple(sheets),
            typing=Typing.TEXTS if noise("typing", unit.unit_code) * 4 < SCALE else Typing.NUMBERS,
        )

    def _cells(self, form: Form) -> set[tuple[str, Measure]]:
        sheets = self.pack.sheets(form)
        return {(_indicator_code(row), _measure(column)) for sheet in sheets for row in sheet.rows for column in sheet.columns}

    def _unit_of_measure(self, code: str) -> str:
        indicator = self.pack.indicator(code)
        return indicator.unit_of_measure if indicator else ""

    def _figure(self, code: str, unit: Unit, period: Period, measure: Measure) -> Figure:
        place = self.calendar.place[period]
        match measure:
            case Measure.VALUE:
                return self.series[code].by_unit[unit.unit_code][place]
            case Measure.YTD:
                return self.ytd(code, unit.unit_code, place)
            case Measure.SAME_PERIOD:
                earlier = self.calendar.year_earlier(place)
                return None if earlier is None else self.ytd(code, unit.unit_code, earlier)
            case Measure.PLAN:
                return self._plan(code, unit, period)
            case Measure.PCT_OF_PLAN:
                plan = self._plan(code, unit, period)
                return round_half_up(self.ytd(code, unit.unit_code, place) * Decimal(100) / plan, 2) if plan else None
            case _:
                raise SamplesError(f"form_columns.csv: the samples know no figures for the measure {measure} of {code}")

    def ytd(self, code: str, unit_code: str, place: int) -> int:
        """The cumulative figure of a unit: the sum since January for a flow, else the value."""
        series = self.series[code].by_unit[unit_code]
        indicator = self.pack.indicator(code)
        if indicator is None or indicator.kind != "flow":
            return series[place]
        return sum(series[each] for each in self.calendar.since_january(place))

    def _plan(self, code: str, unit: Unit, period: Period) -> Decimal | None:
        target = self.pack.target(code, unit.unit_code, period.end_date)
        return None if target is None else target.target


def _indicator_code(row: FormRow) -> str:
    if row.indicator_code is None:
        raise SamplesError(
            f"form_rows.csv:{row.line}: the samples fill in tables whose rows say the indicator; row {row.row_code} says none"
        )
    return row.indicator_code


def _measure(column: FormColumn) -> Measure:
    if column.measure is None:
        raise SamplesError(
            f"form_columns.csv:{column.line}: the samples fill in tables whose columns say the measure; {column.header_vi} says none"
        )
    return column.measure


def _edited(figure: Figure, edit: Edit | None) -> Figure:
    if edit is None:
        return figure
    if edit.text is not None:
        return edit.text
    return figure + edit.add if isinstance(figure, int | Decimal) else figure
