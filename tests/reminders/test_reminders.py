"""Reminders: which steps are reached, who is told, once, by file and by mail, also after a kill."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.deployed import empty_warehouse
from tests.gate import staged
from tests.gate.staged import Report
from tests.mail import Postbox, open_postbox, run
from tests.packs import write_pack
from typer.testing import CliRunner

from tonghop import reminders
from tonghop.cli import app
from tonghop.database import admin_connect, connect
from tonghop.reminders import Reminder, writing
from tonghop.reminders.steps import Step, reached_steps
from tonghop.settings import settings

STEPS = """\
step_code,form_code,goes_to,working_days,valid_from,valid_to
SOON,,unit,-1,,
LATE,,unit,1,,
ESCALATE,,parent,3,,
HOSPITAL,HO,unit,2,,
"""


def step(days: int) -> Step:
    return Step("S", None, "unit", days, date.min, date.max)


@pytest.mark.parametrize(
    ("days", "due", "reached"),
    [
        (1, date(2022, 9, 7), date(2022, 9, 8)),
        (3, date(2022, 9, 7), date(2022, 9, 12)),  # over a weekend
        (-1, date(2022, 9, 7), date(2022, 9, 6)),
        (-3, date(2022, 9, 7), date(2022, 8, 31)),  # over the weekend and the National Day, 1 and 2 September
        (0, date(2022, 9, 7), date(2022, 9, 7)),
    ],
)
def test_a_step_is_reached_by_working_days(days: int, due: date, reached: date) -> None:
    def found(day: date, since_days: int = 0) -> set[date]:
        return {each.due_day for each in reached_steps([step(days)], day, since_days, "VN")}

    assert due in found(reached)
    assert due not in found(date.fromordinal(reached.toordinal() - 1), since_days=5)
    assert due in found(date.fromordinal(reached.toordinal() + 5), since_days=5)
    assert due not in found(date.fromordinal(reached.toordinal() + 6), since_days=5)


def test_a_step_holds_for_days_due_in_its_time() -> None:
    until = step(1)._replace(valid_to=date(2022, 9, 7))
    assert {each.due_day for each in reached_steps([until], date(2022, 9, 8), 2, "VN")} == {date(2022, 9, 5), date(2022, 9, 6)}


@pytest.fixture
def postbox() -> Iterator[tuple[Postbox, int]]:
    """A mail server and its port."""
    with open_postbox() as opened:
        yield opened


@pytest.fixture
def world(server: None, tmp_path: Path) -> Iterator[Path]:
    """Stations owe August by 16 September 2022, hospitals by the 23rd. C12 has sent; C21 has withdrawn; C11 has not sent anything."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TONGHOP_OUTBOX", str(tmp_path / "outbox"))
        settings.cache_clear()
        empty_warehouse()
        contacts = (
            "unit_code,name,email,valid_from,valid_to\nC11,Lan,lan@example.org,,\nC21,Tư,gone@example.org,,\nD1,Mai,mai@example.org,,\n"
        )
        staged.load(write_pack(tmp_path / "pack", reminders=STEPS, contacts=contacts))
        _, withdrawn = staged.stage(
            [Report("C12", "ST", "2022-08", {"VISITS.value": 5}), Report("C21", "ST", "2022-08", {"VISITS.value": 5})]
        )
        with admin_connect() as connection:
            connection.execute(
                "insert into audit.verdict (submission_id, verdict, reason) values (%s, 'withdrawn', 'wrong month')", (withdrawn,)
            )
        yield tmp_path
        empty_warehouse()
    settings.cache_clear()


def told(found: list[Reminder]) -> list[tuple[str, list[tuple[str, str, str, str, bool]]]]:
    """Who is told of what."""
    return [
        (
            each.unit_code,
            [(report.unit_code, report.form_code, report.period.code, report.step_code, report.is_late) for report in each.reports],
        )
        for each in found
    ]


def query(text: str) -> list[tuple[Any, ...]]:
    with connect("auditor") as connection:
        return connection.execute(text.encode()).fetchall()


@pytest.mark.database
def test_a_unit_is_reminded_once_a_step_and_then_the_unit_above(world: Path) -> None:
    def of_august(step_code: str, late: bool, *units: str) -> list[tuple[str, str, str, str, bool]]:
        return [(unit, "ST", "2022-08", step_code, late) for unit in units]

    soon = reminders.write_reminders(date(2022, 9, 15))
    assert told(soon) == [("C11", of_august("SOON", False, "C11")), ("C21", of_august("SOON", False, "C21"))]
    assert reminders.write_reminders(date(2022, 9, 16)) == []
    assert told(reminders.write_reminders(date(2022, 9, 19))) == [
        ("C11", of_august("LATE", True, "C11")),
        ("C21", of_august("LATE", True, "C21")),
    ]
    staged.stage([Report("C21", "ST", "2022-08", {"VISITS.value": 6})])
    assert told(reminders.write_reminders(date(2022, 9, 21))) == [("D1", of_august("ESCALATE", True, "C11"))]
    assert reminders.write_reminders(date(2022, 9, 22)) == []
    pages = {path.relative_to(world / "outbox").as_posix(): path.read_text() for path in (world / "outbox").rglob("*.html")}
    (late,) = [text for path, text in pages.items() if path.startswith("C11/C11_2022-09-19_nhac-nop-bao-cao")]
    assert "quá hạn từ" in late and "overdue since" in late and "Tháng 8/2022" in late
    (listed,) = [text for path, text in pages.items() if path.startswith("D1/D1_2022-09-21_don-vi-chua-nop")]
    assert "Trạm Y tế xã Một" in listed and "Commune One" in listed
    assert len(pages) == 5 and query("select count(*) from audit.reminder") == [(5,)]


@pytest.mark.database
def test_forms_with_steps_of_their_own_have_no_others_and_a_dry_run_leaves_no_trace(world: Path) -> None:
    due = query("select due_at::date from catalog.duty where form_code = 'HO' and unit_code = 'H1' and period_code = '2022-08'")
    assert due == [(date(2022, 9, 23),)]
    for day, step_codes in ((date(2022, 9, 22), []), (date(2022, 9, 26), []), (date(2022, 9, 27), ["HOSPITAL", "HOSPITAL"])):
        found = [report for each in reminders.find_reminders(day) for report in each.reports if report.form_code == "HO"]
        assert [report.step_code for report in found] == step_codes
    assert query("select count(*) from audit.reminder") == [(0,)]
    assert not (world / "outbox").exists()


@pytest.mark.database
def test_after_a_standstill_only_the_last_step_is_taken_and_what_is_old_is_left_alone(world: Path) -> None:
    assert reminders.find_reminders(date(2022, 9, 18)) == [], "nobody works on a Sunday"
    taken = told(reminders.write_reminders(date(2022, 9, 19)))
    assert {report[3] for _, reports in taken for report in reports} == {"LATE"}
    assert reminders.write_reminders(date(2022, 9, 20)) == [], "SOON is not made up for"
    last = date(2022, 9, 21) + timedelta(days=settings().remind_days)
    assert [each.unit_code for each in reminders.find_reminders(last) if each.goes_to == "parent"] == ["D1", "D2"]
    assert [each for each in reminders.find_reminders(last + timedelta(days=1)) if each.goes_to == "parent"] == []


@pytest.mark.database
def test_a_run_that_was_killed_before_it_recorded_writes_the_same_again(world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(writing, "_record", killed)
        with pytest.raises(KeyboardInterrupt):
            reminders.write_reminders(date(2022, 9, 19))
    (left,) = (world / "outbox").rglob("*.html")
    before = left.read_bytes()
    again = reminders.write_reminders(date(2022, 9, 19))
    assert [each.unit_code for each in again] == ["C11", "C21"]
    assert left.read_bytes() == before and len(list((world / "outbox").rglob("*.html"))) == 2


@pytest.mark.database
def test_the_command_says_who_would_be_told_and_then_tells_them(world: Path) -> None:
    def asked(*options: str) -> str:
        done = CliRunner().invoke(app, ["remind", "--at", "2022-09-19", *options])
        assert done.exit_code == 0, done.output
        return done.output

    planned = json.loads(asked("--dry-run", "--json"))
    assert [(each["unit_code"], each["reports"][0]["step_code"]) for each in planned] == [("C11", "LATE"), ("C21", "LATE")]
    assert "2 reminders of 2 reports would be written" in asked("--dry-run")
    assert "2 reminders of 2 reports in" in asked()
    assert "0 reminders of 0 reports in" in asked()


@pytest.mark.database
def test_what_is_recorded_is_append_only(world: Path) -> None:
    reminders.write_reminders(date(2022, 9, 19))
    with connect("publisher") as connection, pytest.raises(Exception, match="permission denied"):
        connection.execute("delete from audit.reminder_report")


@pytest.mark.database
def test_reminders_are_mailed_once(world: Path, postbox: tuple[Postbox, int]) -> None:
    box, port = postbox
    reminders.write_reminders(date(2022, 9, 19))
    reminders.write_reminders(date(2022, 9, 21))
    with admin_connect() as connection:  # a mail whose connection broke: it may have arrived
        connection.execute(
            "insert into audit.mailing (reminder_id, outcome, recipients) "
            "select reminder_id, 'begun', '{}' from audit.reminder where unit_code = 'D1'"
        )
    printed = run(["units", "units"], port, world, "reminders")
    assert printed.splitlines()[0].startswith("NOT MAILED 1 of 2 reminders could not be mailed")
    assert "550" in printed
    (mail,) = box.mails
    assert (mail["To"], mail["Subject"]) == ("lan@example.org", "Nhắc nộp báo cáo: 1 báo cáo, 1 quá hạn")
    plain, page = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None and page is not None
    assert "Tháng 8/2022" in plain.get_content() and "August 2022" in page.get_content()
    outcomes = query("select outcome, count(*) from audit.mailing where reminder_id is not null group by outcome order by outcome")
    assert outcomes == [("begun", 4), ("failed", 2), ("sent", 1)]


@pytest.mark.database
def test_a_pack_without_steps_reminds_nobody(warehouse: None, tmp_path: Path) -> None:
    staged.load(write_pack(tmp_path / "pack"))
    assert reminders.write_reminders(date(2022, 9, 19)) == []
