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
from tonghop.catalog.rows import Form, FormRow, Unit
from tonghop.model import Measure, Period
from tonghop.samples.data import Data, Edit, SamplesError, Trouble
from tonghop.samples.figures import round_half_up
from tonghop.samples.series import Series
from tonghop.samples.split import SCALE, noise
from tonghop.samples.workbook import Figure, Line, Sheet, Typing, Workbook

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
    """The reports of all units and months of the samples."""

    def __init__(self, pack: Pack, data: Data, series: Mapping[str, Series]) -> None:
        self.pack, self.data, self.series = pack, data, series
        self.calendar = data.calendar
        self.place = {month: place for place, month in enumerate(self.calendar.months)}
        self.troubles: defaultdict[tuple[str, Period], list[Trouble]] = defaultdict(list)
        for trouble in data.story.troubles:
            if pack.unit(trouble.unit, trouble.period.end_date) is None or trouble.period not in self.place:
                raise SamplesError(f"samples.yml: a trouble is planned for {trouble.unit} in {trouble.period}, which has no report")
            self.troubles[trouble.unit, trouble.period].append(trouble)

    @cached_property
    def waves(self) -> tuple[str, str, str]:
        """The folders, in the order in which they are meant to arrive."""
        return f"1_to_{self.calendar.months[-2]}", f"2_{self.calendar.printed}", "3_corrections"

    def all(self) -> Iterator[Report]:
        """Every report, month by month; a corrected one follows in the last wave."""
        for period in self.calendar.months:
            at = period.end_date
            for form in self.pack.forms_at(at):
                compiled = form.form_code == self.data.story.compiled_form
                if compiled and period != self.calendar.printed:
                    continue
                for unit in self.pack.units_at(at):
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
        return template.format(
            form=form.form_code, unit=unit.unit_code, name=unit.name_vi, month=f"{period.number:02d}", year=f"{period.year:04d}"
        )

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
        figure = self._printed if compiled else self._figure
        if changed and (unknown := changed.keys() - self._cells(form)):
            raise SamplesError(f"samples.yml: {form.form_code} of {unit.unit_code} has no cell for {sorted(unknown)[0][0]}")
        sheets = []
        for sheet in self.pack.sheets(form):
            lines = []
            for row in sheet.rows:
                figures = [
                    _edited(figure(row, unit, period, column.measure), changed.get((row.indicator_code, column.measure)))
                    for column in sheet.columns
                ]
                lines.append(Line(row.row_code, row.label_vi, self._unit_of_measure(row), tuple(figures)))
            sheets.append(Sheet(sheet.name, tuple(column.header_vi for column in sheet.columns), tuple(lines)))
        return Workbook(
            department=self.pack.head.name_vi.upper(),
            title=form.name_vi.upper(),
            form=f"{form.form_code} v{form.version}",
            unit=unit.name_vi,
            unit_code=unit.unit_code,
            period=f"Tháng {period.number:02d}/{period.year}",
            as_of=story.compiled_as_of if compiled else period.end_date,
            compiler=story.compilers[noise("compiler", unit.unit_code) * len(story.compilers) // SCALE],
            remark=story.remarks[noise("remark", unit.unit_code, period) * len(story.remarks) // SCALE],
            sheets=tuple(sheets),
            typing=Typing.TEXTS if noise("typing", unit.unit_code) * 4 < SCALE else Typing.NUMBERS,
        )

    def _cells(self, form: Form) -> set[tuple[str, Measure]]:
        sheets = self.pack.sheets(form)
        return {(row.indicator_code, column.measure) for sheet in sheets for row in sheet.rows for column in sheet.columns}

    def _unit_of_measure(self, row: FormRow) -> str:
        indicator = self.pack.indicator(row.indicator_code)
        return indicator.unit_of_measure if indicator else ""

    def _printed(self, row: FormRow, unit: Unit, period: Period, measure: Measure) -> Figure:
        return self.data.printed.get((row.indicator_code, measure), "")

    def _figure(self, row: FormRow, unit: Unit, period: Period, measure: Measure) -> Figure:
        code, place = row.indicator_code, self.place[period]
        match measure:
            case Measure.VALUE:
                return self.series[code].by_unit[unit.unit_code][place]
            case Measure.YTD:
                return self.ytd(code, unit.unit_code, place)
            case Measure.SAME_PERIOD:
                return self.ytd(code, unit.unit_code, place - 12) if place >= 12 else None
            case Measure.PLAN:
                return self._targets.get((code, unit.unit_code, period.year))
            case Measure.PCT_OF_PLAN:
                plan = self._targets.get((code, unit.unit_code, period.year))
                return round_half_up(self.ytd(code, unit.unit_code, place) * Decimal(100) / plan, 2) if plan else None
            case _:
                raise SamplesError(f"form_columns.csv: the samples know no figures for the measure {measure} of {row.form_code}")

    def ytd(self, code: str, unit_code: str, place: int) -> int:
        """The cumulative figure of a unit: the sum since January for a flow, else the value."""
        series = self.series[code].by_unit[unit_code]
        indicator = self.pack.indicator(code)
        return sum(series[place - place % 12 : place + 1]) if indicator and indicator.kind == "flow" else series[place]

    @cached_property
    def _targets(self) -> dict[tuple[str, str, int], Decimal]:
        return {
            (target.indicator_code, target.unit_code, target.year): target.target
            for target in self.pack.targets
            if target.target is not None
        }


def _edited(figure: Figure, edit: Edit | None) -> Figure:
    if edit is None:
        return figure
    if edit.text is not None:
        return edit.text
    return figure + edit.add if isinstance(figure, int | Decimal) else figure
