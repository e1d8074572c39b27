"""What a report shows of a warehouse in which everything that can happen to a report has happened.

Publication 2 is looked at; 1 came before it and 3 after it. The rows are put in by hand, so that each is known.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.deployed import empty_warehouse
from tests.gate import staged
from tests.packs import write_pack

from tonghop.database import admin_connect
from tonghop.model import Finding, Period, Reading, Severity, Slot, SubmissionReading
from tonghop.reports import NoSuchReport, quality_report
from tonghop.reports.evidence import read_evidence
from tonghop.reports.rows import Evidence, UnitPage
from tonghop.settings import settings
from tonghop.staging import load_paths

pytestmark = pytest.mark.database

AUGUST = Period.month(2022, 8)
UNREADABLE = Finding(
    "unreadable", Severity.WARNING, "Ô D9: không đọc được", "Cell D9: cannot be read", "Khám bệnh", "D9", "tw0", "a number", "PATIENTS"
)
UNKNOWN_ROW = Finding("unknown_row", Severity.INFO, "Dòng 15 lạ", "Row 15 is not known", "Khám bệnh", "A15")
OLD_FILE = Finding("limited_reader", Severity.INFO, "Tệp cũ", "An old kind of file")
NOT_A_WORKBOOK = Finding("not_a_workbook", Severity.CRITICAL, "Không phải bảng tính", "Not a workbook")

FILES: dict[str, tuple[tuple[int, int], Reading]] = {}
"""By path: day and hour of September 2022 at which it was received, and what it says."""


def _report(
    path: str, received: tuple[int, int], unit: str, form: str, findings: tuple[Finding, ...] = (), of_file: tuple[Finding, ...] = ()
) -> None:
    submission = SubmissionReading(Slot(unit, form, AUGUST), 2 if form == "ST" else 1, date(2022, 8, 31), (), findings)
    FILES[path] = received, Reading(path, "", 0, (submission,), of_file)


_report("C11/a first.xlsx", (5, 8), "C11", "ST")
_report("C11/b second.xlsx", (15, 8), "C11", "ST", (UNREADABLE, UNKNOWN_ROW), (OLD_FILE,))
_report("C11/c third.xlsx", (28, 8), "C11", "ST")
_report("C12/late.xlsx", (18, 8), "C12", "ST")
_report("H1/good.xlsx", (7, 8), "H1", "HO")
_report("H2/taken back.xlsx", (8, 8), "H2", "HO")
for _name, _received in (("C21/before.pdf", (5, 9)), ("C21/report.pdf", (15, 9)), ("C21/read after all.xlsx", (15, 10))):
    FILES[_name] = _received, Reading(_name, "", 0, (), (NOT_A_WORKBOOK,))


def _at(day: int, hour: int) -> datetime:
    return datetime(2022, 9, day, hour, tzinfo=UTC)


@pytest.fixture
def world(server: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    empty_warehouse()
    pack = write_pack(tmp_path / "pack")
    monkeypatch.setenv("TONGHOP_CATALOG", str(pack))
    monkeypatch.setenv("TONGHOP_ARCHIVE", str(tmp_path / "archive"))
    settings.cache_clear()
    staged.load(pack)
    for name in FILES:
        path = tmp_path / "landing" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    load_paths([tmp_path / "landing"], read=lambda data, *_: FILES[data.decode()][1])
    with admin_connect() as connection:
        for name, (received, _) in FILES.items():
            for table in ("receipt", "submission"):
                connection.execute(
                    f"update staging.{table} set received_at = %(at)s, first_seen_at = %(at)s where source_uri like %(uri)s",
                    {"at": _at(*received), "uri": f"%/{name}"},
                )
        connection.execute(_PUBLISHED)
    yield tmp_path
    empty_warehouse()
    settings.cache_clear()


_PUBLISHED = """
insert into audit.publication (number, status, kind, base, scope_all, pack_hash, code_version, periods, opened_at, published_at)
select n, 'published', 'refresh', nullif(n - 1, 0), false, pack_hash, 'code', '{2022-08}', opened_at, opened_at + interval '5 minutes'
from catalog.pack, (values (1, timestamptz '2022-09-10'), (2, '2022-09-20'), (3, '2022-10-20')) as p (n, opened_at);
insert into audit.live (number) values (3);
insert into audit.publication (number, status, kind, base, scope_all, pack_hash, code_version, periods, opened_at, discarded_at)
select 4, 'discarded', 'refresh', 3, false, pack_hash, 'code', '{2022-08}', '2022-10-21', '2022-10-21' from catalog.pack;

insert into warehouse.dim_unit
select unit_key, unit_code, official_code, name_vi, name_en, sort_order, level, unit_type, parent_code, path, valid_from, valid_to,
    successor_code, valid_to = '9999-12-31', 1, 2147483647
from catalog.unit;
insert into warehouse.dim_form select distinct form_key, form_code, name_vi, name_en, period_type, 1, 2147483647 from catalog.form;
insert into warehouse.dim_period values (2022108, '2022-08', 'month', '2022-08-01', '2022-08-31', 2022, '2021-08', 1, 2147483647);
insert into warehouse.dim_indicator
select i.indicator_key, i.indicator_code, i.name_vi, i.name_en, i.sort_order, i.programme_code, p.name_vi, p.name_en, i.unit_of_measure,
    i.kind, i.stock_at, i.decimals, i.numerator_code, i.denominator_code, i.factor, i.better, null, false, 1, 2147483647
from catalog.indicator as i inner join catalog.programme as p using (programme_code);
insert into warehouse.fct_reporting_duty (period_key, form_key, unit_key, due_at, from_publication, to_publication)
select 2022108, f.form_key, u.unit_key, d.due_at, 1, 2147483647
from catalog.duty as d
inner join catalog.form_key as f using (form_code)
inner join catalog.unit as u on d.unit_code = u.unit_code and u.valid_from <= '2022-08-31' and u.valid_to > '2022-08-31'
where d.period_code = '2022-08';

insert into warehouse.fct_submission
select s.submission_id, u.unit_key, f.form_key, 2022108, s.version, w.status, w.verdict, s.received_at, s.first_seen_at, s.as_of_date,
    d.due_at, s.received_at <= d.due_at, s.source_uri, s.sender, s.sha256, s.reading_sha256, 5, 0, 0, 0, 0, 0, 0, 0, null, w.from_p, w.to_p
from (values
    ('a first', 'in_force', 'accepted', 1, 3),
    ('a first', 'superseded', 'accepted', 3, 2147483647),
    ('b second', 'quarantined', 'quarantined', 2, 2147483647),
    ('c third', 'in_force', 'accepted', 3, 2147483647),
    ('late', 'in_force', 'accepted_with_warnings', 2, 2147483647),
    ('good', 'in_force', 'accepted', 1, 2147483647),
    ('taken back', 'held', 'held', 2, 2147483647)
) as w (name, status, verdict, from_p, to_p)
inner join staging.submission as s on s.source_uri like '%/' || w.name || '.xlsx'
inner join catalog.form_key as f using (form_code)
inner join catalog.unit as u on s.unit_code = u.unit_code and u.valid_from <= '2022-08-31' and u.valid_to > '2022-08-31'
left join catalog.duty as d on (d.unit_code, d.form_code, d.period_code) = (s.unit_code, s.form_code, s.period_code);

insert into audit.gate_run (gate, publication, status, pack_hash, code_version, started_at, ended_at)
select gate, publication, status, pack_hash, 'code', started_at, started_at
from catalog.pack, (values
    (1, null::integer, 'passed', timestamptz '2022-09-09'), (1, null, 'failed', '2022-09-19'), (1, null, 'passed', '2022-09-19 01:00'),
    (2, 2, 'passed', '2022-09-20 00:01'), (1, null, 'passed', '2022-10-19')
) as r (gate, publication, status, started_at);
insert into audit.quality_result (gate_run_id, suite, expectation, severity, success, description)
values
    (3, 'gate_1', 'finding:critical', 'critical', false, 'Đọc được / Readable'),
    (3, 'gate_1', 'a structural check', 'critical', true, 'Đủ ô / All cells'),
    (3, 'gate_1', 'comparison:warning', 'warning', false, 'Khớp / Agrees'),
    (4, 'gate_2', 'sees_the_candidate', 'critical', true, 'Nhìn đúng / Sees it');
insert into audit.verdict (submission_id, verdict, gate_run_id, given_at)
select s.submission_id, v.verdict, v.run, v.at
from (values
    ('a first', 'accepted', 1, timestamptz '2022-09-09'), ('b second', 'quarantined', 3, '2022-09-19 02:00'),
    ('late', 'accepted_with_warnings', 3, '2022-09-19 02:00'), ('good', 'accepted', 1, '2022-09-09'),
    ('taken back', 'accepted', 1, '2022-09-09'), ('taken back', 'held', null, '2022-09-15'), ('c third', 'accepted', 5, '2022-10-19'),
    ('b second', 'accepted', 5, '2022-10-19') -- judged anew after publication 2: not to be seen there
) as v (name, verdict, run, at)
inner join staging.submission as s on s.source_uri like '%/' || v.name || '.xlsx';

insert into warehouse.rule_failure_comparison
select w.run, 'VISITS_IS_SUM', 'comparison', w.severity, s.submission_id, s.unit_code, s.form_code, s.period_code, 'VISITS', 'value',
    'Khám bệnh', 'D10', 10, 12.5, 0, '10', '= 12.5',
    '[{"sheet": "Khám bệnh", "cell": "D10", "indicator_code": "VISITS", "measure": "value", "value": 10},
      {"sheet": "Khám bệnh", "cell": "D11", "indicator_code": "VISITS_CHILD", "measure": "value", "value": 12.5}]'::jsonb
    || (
        select jsonb_build_object('sheet', 'S', 'cell', 'D9', 'indicator_code', 'VISITS', 'value', 7, 'submission_id', submission_id)
        from staging.submission where source_uri like '%/good.xlsx'
    )
from (values
    ('b second', 3, 'critical'), ('late', 3, 'warning'), ('late', 2, 'critical'), ('b second', 5, 'info')
) as w (name, run, severity)
inner join staging.submission as s on s.source_uri like '%/' || w.name || '.xlsx';
insert into warehouse.rule_failure_finding
select 3, 'UNREADABLE', 'finding', 'critical', s.submission_id, s.unit_code, s.form_code, s.period_code, 'PATIENTS', null,
    'Khám bệnh', 'D9', null, null, null, 'tw0', 'a number', '[]'
from staging.submission as s where s.source_uri like '%/b second.xlsx';
insert into staging.cell (submission_id, indicator_code, measure, breakdown_code, role, state, value, raw, sheet, cell)
select submission_id, 'VISITS', 'value', 'TOTAL', 'additive', 'number', 10, '1O', 'Khám bệnh', 'D10'
from staging.submission where source_uri like '%/b second.xlsx';
insert into staging.receipt (sha256, source_uri, sender, received_at, first_seen_at, outcome)
select sha256, source_uri, sender, received_at, '2022-09-16', 'unchanged' from staging.receipt where source_uri like '%read after all%';
"""


def _evidence(number: int) -> tuple[Evidence, dict[str, UnitPage]]:
    with read_evidence(number) as found:
        return replace(found, matrix=list(found.matrix)), {page.unit_code: page for page in found.units}


def _standing(found: Evidence) -> dict[str, Any]:
    return {row.unit_code: slot["standing"] for row in found.matrix for slot in row.slots.values()}


def _problems(version: dict[str, Any]) -> list[tuple[str, str]]:
    return [(problem["severity"], problem["rule_code"]) for problem in version["problems"]]


def test_the_report_of_a_publication_is_what_was_so_then(world: Path) -> None:
    found, pages = _evidence(2)

    assert _standing(found) == {
        "P": "not_due",
        "C11": "quarantined",
        "C12": "accepted_with_warnings",
        "C21": "missing",
        "H1": "accepted",
        "H2": "held",
    }
    assert [row.unit_code for row in found.matrix] == ["P", "H1", "H2", "C11", "C12", "C21"]  # those under one parent together
    assert {row.unit_code: row.slots for row in found.matrix}["C12"]["ST"]["is_late"]
    (counts,) = found.periods
    assert (counts.owed, counts.received, counts.late, counts.missing, counts.not_due) == (6, 4, 1, 1, 1)
    assert (counts.critical, counts.warning, counts.info) == (2, 1, 2)

    assert list(pages) == ["C11", "C12", "C21", "H2"]  # nobody else has to look at anything
    (slot,) = pages["C11"].slots
    second, first = slot["versions"]
    assert (slot["in_force_version"], second["version"], second["status"], first["status"]) == (1, 2, "quarantined", "in_force")
    # the finding carries its own words and the rule's severity; what no rule judges keeps its own
    assert _problems(second) == [
        ("critical", "UNREADABLE"),
        ("critical", "VISITS_IS_SUM"),
        ("info", "limited_reader"),
        ("info", "unknown_row"),
    ]
    assert _problems(first) == []
    unreadable, broken = second["problems"][:2]
    assert (unreadable["text_en"], unreadable["found"], unreadable["cell"]) == ("Cell D9: cannot be read", "tw0", "D9")
    assert (broken["text_vi"], broken["typed"]) == ("Tổng phải bằng cộng các thành phần", "1O")
    assert [cell["value"] for cell in broken["cells"]] == [10, Decimal("12.5"), 7]
    assert broken["others"] == {str(broken["cells"][2]["submission_id"]): {"unit_code": "H1", "period_code": "2022-08"}}
    assert _problems(pages["C12"].slots[0]["versions"][0]) == [("warning", "VISITS_IS_SUM")]  # not what a failed run had said
    assert pages["C21"].slots[0]["versions"] == []
    assert (pages["C11"].name_vi, pages["C11"].parent_en) == ("Trạm Y tế xã Một", "An Binh district")

    assert {
        rule.rule_code: (rule.critical, rule.warning, rule.info, [unit["unit_code"] for unit in rule.units]) for rule in found.rules
    } == {
        "VISITS_IS_SUM": (1, 1, 0, ["C11", "C12"]),
        "UNREADABLE": (1, 0, 0, ["C11"]),
        "limited_reader": (0, 0, 1, ["C11"]),
        "unknown_row": (0, 0, 1, ["C11"]),
    }
    assert [Path(file.source_uri).name for file in found.rejected] == ["report.pdf"]
    assert found.rejected[0].findings[0]["code"] == "not_a_workbook"
    assert found.head.files == {"staged": 2, "rejected": 2, "unchanged": 1}
    assert [(run.gate_run_id, run.status, len(run.results)) for run in found.gates] == [
        (2, "failed", 0),
        (3, "passed", 3),
        (4, "passed", 1),
    ]
    assert [result["success"] for result in found.gates[1].results] == [False, False, True]


def test_scorecards_and_timeliness_count_working_days(world: Path) -> None:
    """Due on Friday 16 and on Friday 23 September 2022; 1 and 2 September are holidays."""
    with read_evidence(2, with_years=True) as found:
        assert found.years == {}  # the pack has no profile
        scores = {(score.scope, score.unit_code or score.parent_code): score.trend for score in found.scores}
        timeliness = {(row.form_code, row.unit_type): row for row in found.timeliness}
    (whole,) = scores["whole", None]
    assert (whole["owed"], whole["received"], whole["in_force"], whole["held_back"]) == (5, 4, 3, 1)  # P is not due yet
    assert [unit for scope, unit in scores if scope == "unit"] == ["H1", "H2", "C11", "C12", "C21"]
    (first, second), (late,) = ([scores["unit", "C11"][0][days] for days in ("first_days", "last_days")], scores["unit", "C12"])
    assert (first, second) == (-9, -1)  # on Monday 5 and Thursday 15
    assert (late["first_days"], late["first_on_time"]) == (1, 0)  # on a Sunday: a day late, though no working day has passed
    (missing,) = scores["unit", "C21"]
    assert (missing["owed"], missing["received"], missing["first_days"], missing["completeness"], missing["score"]) == (1, 0, None, 0, 0)
    assert scores["parent", "D1"][0]["last_days"] == 1  # the latest of its units

    stations = timeliness["ST", "station"]
    assert (stations.owed, stations.received, stations.first_on_time, stations.last_on_time, stations.corrected) == (3, 2, 1, 1, 1)
    assert (stations.first_median, stations.first_latest, stations.last_latest) == (-9, 1, 1)
    assert stations.first_counts == [1, 0, 0, 0, 1, 0, 0, 0]
    assert stations.last_counts == [0, 0, 1, 0, 1, 0, 0, 0]
    assert (timeliness["HO", "hospital"].first_latest, timeliness["HO", "hospital"].received) == (-11, 2)


_WAIVED = """
insert into audit.gate_submission select 3, submission_id from staging.submission where source_uri like '%/late.xlsx';
insert into audit.request
    (kind, unit_code, form_code, period_code, rule_code, indicator_code, measure, given_for, reason, expires_on, asked_by, asked_via)
select 'waiver', f.unit_code, f.form_code, f.period_code, f.rule_code, f.indicator_code, f.measure,
    audit.given_for(f.cells, f.found_text, f.submission_id), 'counted by hand', '2999-01-01', 'lan', 'command line'
from warehouse.rule_failure as f where f.gate_run_id = 3 and f.unit_code = 'C12';
insert into audit.judged_waiver select 3, submission_id, 1 from audit.gate_submission;
insert into audit.request (kind, unit_code, form_code, period_code, given_for, reason, asked_by, asked_via)
values ('correction', 'H1', 'HO', '2022-08', 'nothing → version 1', 'came late', 'lan', 'command line');
insert into audit.candidate_slot (publication, unit_code, form_code, period_code, submission_id, change, restates, request_id)
select 2, unit_code, form_code, period_code, submission_id, 'new', true, 2 from staging.submission where source_uri like '%/good.xlsx';
insert into audit.candidate_withheld values (2, '2022-07', null, null, 'incomplete', '1/6 < 90 %');
"""


_APPROVED = """
set session_replication_role = replica; -- who signs, and when, is said here
insert into audit.decision (request_id, decision, reason, decided_by, decided_via, decided_at)
values (1, 'approve', 'seen', 'minh', 'command line', '2022-10-01');
"""


def test_what_was_waived_kept_out_and_restated_is_listed(world: Path) -> None:
    with admin_connect() as connection:
        connection.execute(_WAIVED)
    found, pages = _evidence(2)
    (slot,) = pages["C12"].slots
    (problem,) = slot["versions"][0]["problems"]
    assert (problem["severity"], problem["rule_code"]) == ("waived", "VISITS_IS_SUM"), "listed, and not counted as a warning"
    assert (problem["waiver"]["number"], problem["waiver"]["reason"]) == (1, "counted by hand")
    (counts,) = found.periods
    assert (counts.critical, counts.warning, counts.waived) == (2, 0, 1)
    assert {rule.rule_code: rule.waived for rule in found.rules}["VISITS_IS_SUM"] == 1
    assert [(each.period_code, each.unit_code, each.why) for each in found.withheld] == [("2022-07", None, "incomplete")]
    (change,) = found.changes
    assert (change.unit_code, change.change, change.restates, change.before_version, change.after_version) == ("H1", "new", True, None, 1)
    assert found.waivers == []  # nobody has approved it
    with admin_connect() as connection:
        connection.execute(_APPROVED)
    for number, shown in ((2, []), (3, [(1, "counted by hand", "minh")])):
        with read_evidence(number) as found:
            assert [(each.number, each.reason, each.approved_by) for each in found.waivers] == shown, number
    (restated,) = _evidence(2)[0].restatements
    assert (restated.unit_code, restated.before_version, restated.after_version, restated.reason) == ("H1", None, 1, "came late")


def test_the_next_publication_shows_the_correction(world: Path) -> None:
    found, pages = _evidence(3)
    assert _standing(found)["C11"] == "accepted"
    assert "C11" not in pages
    assert _standing(found)["P"] == "missing"  # due by then


def test_a_number_that_was_not_published_has_no_report(world: Path) -> None:
    for number in (4, 99):
        with pytest.raises(NoSuchReport, match="was not published"):
            quality_report(number, world / "reports")
    assert not (world / "reports").exists()


def test_the_pages_are_written_and_listed(world: Path) -> None:
    page = quality_report(2, world / "reports")
    assert page == world / "reports" / "000002" / "index.html"
    assert "Cell D9: cannot be read" in (page.parent / "units" / "C11.en.html").read_text(encoding="utf-8")
    assert json.loads((page.parent / "summary.json").read_text(encoding="utf-8"))["rules"]["VISITS_IS_SUM"] == 2
    assert "000002/index.html" in (world / "reports" / "index.html").read_text(encoding="utf-8")
