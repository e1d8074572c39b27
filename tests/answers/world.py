"""What the tests of answers do to the world: put files, take them in, judge them by one made-up rule."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.intake.workbooks import STATION_FIGURES, Grid, saved, station_sheet, workbook

from tonghop import gate, warehouse
from tonghop.database import admin_connect
from tonghop.settings import settings
from tonghop.staging import Outcome, load_paths

SHEET = "Khám bệnh"


def station(visits: object = 120, **changed: object) -> Grid:
    """A station's sheet with another number of visits; the sum of its parts is 120."""
    return station_sheet(STATION_FIGURES | {"A.1": [visits, *STATION_FIGURES["A.1"][1:]]}, **changed)


def file_of(sheets: dict[str, Grid]) -> bytes:
    return saved(workbook(sheets))


@dataclass
class World:
    """A landing area, an outbox and a pack in one folder."""

    folder: Path
    day: int = 1

    @property
    def outbox(self) -> Path:
        return settings().outbox_path

    def put(self, path: str, data: bytes) -> Path:
        """A file in the landing area, changed a day after the one before."""
        self.day += 1
        target = self.folder / "landing" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        moment = datetime(2022, 9, self.day, 8, tzinfo=UTC).timestamp()
        os.utime(target, (moment, moment))
        return target

    def take_in(self) -> list[Outcome]:
        return load_paths([self.folder / "landing"])

    def judge(self) -> gate.GateOutcome | None:
        """Gate 1 with one rule: VISITS is 120."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(warehouse, "build_rules", _judge_visits)
            run = gate.judge()
        return None if run is None else gate.decide(run)

    def answers(self) -> dict[str, bytes]:
        """The files of the outbox by their paths."""
        return {path.relative_to(self.outbox).as_posix(): path.read_bytes() for path in self.outbox.rglob("*.*") if path.is_file()}

    def given(self, words: str) -> list[str]:
        """The paths of answers with these words in them, without the number of the receipt: files are read side by side."""
        return sorted(re.sub(r"_\d{6}\.", ".", path) for path in self.answers() if words in path)

    def path(self, begins: str) -> str:
        """The one answer whose path begins like this."""
        (found,) = [path for path in self.answers() if path.startswith(begins)]
        return found

    def answer(self, begins: str) -> bytes:
        """The bytes of the one answer whose path begins like this."""
        return self.answers()[self.path(begins)]


def _judge_visits(gate_run_id: int) -> None:
    """Every rule of the pack in one: the number of visits must be 120, and reports of the station are one cell off in Trẻ em."""
    with admin_connect() as connection:
        connection.execute("truncate warehouse.int_submissions_in_view")
        connection.execute(
            """
            insert into warehouse.int_submissions_in_view (gate_run_id, submission_id)
            select gate_run_id, submission_id from audit.gate_submission where gate_run_id = %s
            """,
            (gate_run_id,),
        )
        connection.execute(
            """
            insert into warehouse.rule_failure_comparison (
                gate_run_id, rule_code, kind, severity, submission_id, unit_code, form_code, period_code, indicator_code, measure,
                sheet, cell, found, expected, tolerance, found_text, expected_text, cells
            )
            select
                %s, rule.rule_code, rule.kind, rule.severity, s.submission_id, s.unit_code, s.form_code, s.period_code, c.indicator_code,
                c.measure, c.sheet, c.cell, c.value, 120, 0, c.value::text, '= 120',
                jsonb_build_array(
                    jsonb_build_object('sheet', c.sheet, 'cell', c.cell, 'submission_id', s.submission_id),
                    jsonb_build_object('sheet', c.sheet, 'cell', 'D11', 'submission_id', s.submission_id),
                    jsonb_build_object('sheet', c.sheet, 'cell', 'D99', 'submission_id', -1)
                )
            from audit.gate_submission as g
            inner join staging.submission as s on g.submission_id = s.submission_id
            inner join staging.cell as c
                on s.submission_id = c.submission_id and c.indicator_code = 'VISITS' and c.measure = 'value' and c.breakdown_code = 'TOTAL'
            inner join catalog.rule on rule.rule_code = 'VISITS_IS_SUM' and rule.pack_hash = s.pack_hash
            where g.gate_run_id = %s and c.value <> 120
            """,
            (gate_run_id, gate_run_id),
        )
