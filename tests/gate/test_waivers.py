"""Waivers on a real PostgreSQL: two people let one failure with its values pass, for a while, and nothing else."""

from __future__ import annotations

import csv
import json
from datetime import date
from pathlib import Path

import psycopg
import pytest
from tests.gate.staged import Report, judge_quickly, stage
from typer.testing import CliRunner

from tonghop import gate, signing, warehouse
from tonghop.cli import app
from tonghop.database import admin_connect, connect
from tonghop.gate import decide, judge
from tonghop.signing import Actor, DecisionRefused
from tonghop.spreadsheets import read_list, write_list

pytestmark = pytest.mark.database

BAD_SUM = {"VISITS.value": 11, "VISITS_CHILD.value": 3, "VISITS_ADULT.value": 7}
OTHER_BAD_SUM = BAD_SUM | {"VISITS_CHILD.value": 2}
VALUES = "VISITS value = 11; VISITS_ADULT value = 7; VISITS_CHILD value = 3"
LAN, MINH = Actor("lan", "command line"), Actor("minh", "airflow")
EXPIRES = date(2999, 1, 1)


@pytest.fixture(autouse=True)
def quick_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warehouse, "build_rules", judge_quickly)


def station(unit: str, cells: dict[str, int], period: str = "2022-03", form: str = "ST") -> Report:
    return Report(unit, form, period, cells)


def judged() -> gate.GateOutcome | None:
    run = judge()
    return None if run is None else decide(run)


def verdicts() -> list[tuple[str, int, str, int, int]]:
    """Unit, version, last verdict, critical failures and waived ones."""
    with connect("auditor") as connection:
        return connection.execute(
            """
            select distinct on (s.unit_code, s.version) s.unit_code, s.version, v.verdict, v.failures_critical, v.failures_waived
            from audit.verdict as v inner join staging.submission as s using (submission_id)
            order by s.unit_code, s.version, v.verdict_id desc
            """
        ).fetchall()


def ask(unit: str = "C12", actor: Actor = LAN) -> int:
    ((number, failure),) = signing.ask_waiver(
        "VISITS_IS_SUM", unit, "ST", "2022-03", reason="counted by hand", expires_on=EXPIRES, actor=actor
    )
    assert failure.given_for == VALUES
    return number


def waive(unit: str = "C12") -> int:
    number = ask(unit)
    signing.decide(number, "approve", "seen the register", MINH)
    return number


def expire(number: int) -> None:
    with admin_connect() as connection:
        connection.execute("update audit.request set expires_on = audit.today() where request_id = %s", (number,))


def standings() -> dict[int, str]:
    return {each.request_id: each.standing for each in signing.list_requests()}


def test_a_waiver_lets_one_failure_pass_and_stays_in_sight(world: Path) -> None:
    stage([station("C11", BAD_SUM), station("C12", BAD_SUM)])
    judged()
    number = ask()
    assert judged() is None, "a request alone changes nothing"
    signing.decide(number, "approve", "seen the register", MINH)
    outcome = judged()
    assert outcome is not None and outcome.passed
    assert verdicts() == [("C11", 1, "quarantined", 1, 0), ("C12", 1, "accepted", 0, 1)]
    (listed,) = outcome.failed
    assert (listed.expectation, listed.severity) == ("nothing_is_waived", "info")
    assert listed.observed["rows"] == [{"rule_code": "VISITS_IS_SUM", "failures": 1, "submissions": 1}]
    assert judged() is None, "nothing is left to judge"
    with connect("auditor") as connection:
        evidence = connection.execute("select submission_id, request_id, severity, failures from audit.waived_failure").fetchall()
        flagged = connection.execute("select unit_code, waiver_id from warehouse.rule_failure_as_judged where gate_run_id = 2").fetchall()
        acts = connection.execute(
            "select act, actor, coalesce(details ->> 'asked_by', details ->> 'decided_by') from audit.event where act like 'waiver%'"
        ).fetchall()
    assert evidence == [(2, number, "critical", 1)] and flagged == [("C12", number)]
    assert acts == [("waiver_asked", "publisher", "lan"), ("waiver_approved", "publisher", "minh")]


def test_it_lapses_with_other_values_and_holds_for_the_same_ones_in_another_version(world: Path) -> None:
    stage([station("C12", BAD_SUM)])
    judged()
    waive()
    judged()
    stage([station("C12", OTHER_BAD_SUM)])
    judged()
    assert verdicts() == [("C12", 1, "accepted", 0, 1), ("C12", 2, "quarantined", 1, 0)]
    stage([station("C12", BAD_SUM)])
    judged()
    assert verdicts()[2] == ("C12", 3, "accepted", 0, 1)


def test_it_holds_for_no_other_period_and_no_other_form(world: Path) -> None:
    stage([station("C12", BAD_SUM)])
    judged()
    waive()
    stage([station("C12", BAD_SUM), station("C12", BAD_SUM, period="2022-04"), station("C12", BAD_SUM, form="HO")])
    outcome = judged()  # together with a new version of the report that it holds for
    assert outcome is not None and outcome.passed
    with connect("auditor") as connection:
        rows = connection.execute(
            """
            select distinct on (s.submission_id) s.form_code, s.period_code, v.verdict
            from audit.verdict as v inner join staging.submission as s using (submission_id)
            order by s.submission_id, v.verdict_id desc
            """
        ).fetchall()
    assert rows == [
        ("ST", "2022-03", "quarantined"),  # nobody asks for the older version any more
        ("ST", "2022-03", "accepted"),
        ("ST", "2022-04", "quarantined"),
        ("HO", "2022-03", "quarantined"),
    ]


def test_it_holds_for_no_other_rule_that_the_same_values_fail(world: Path) -> None:
    stage([station("C12", BAD_SUM)])
    judged()
    waive()
    run = judge()
    with admin_connect() as connection:
        connection.execute("create temporary table failure as table warehouse.rule_failure_comparison")
        connection.execute("delete from failure where gate_run_id is distinct from %s", (run,))
        connection.execute("update failure set rule_code = 'ANOTHER'")
        connection.execute("insert into warehouse.rule_failure_comparison table failure")
    assert run is not None and decide(run).passed
    assert verdicts() == [("C12", 1, "quarantined", 1, 1)]
    with connect("auditor") as connection:
        assert connection.execute("select reason from audit.verdict order by verdict_id desc limit 1").fetchone() == ("ANOTHER",)


def test_a_failure_without_figures_is_let_pass_for_that_content_only(world: Path) -> None:
    first, second = stage([station("C12", BAD_SUM), station("C12", OTHER_BAD_SUM)])
    with connect("auditor") as connection:
        given = dict(
            connection.execute(
                "select submission_id, audit.given_for('[]', '3 = C21', submission_id) from staging.submission order by submission_id"
            ).fetchall()
        )
        contents = dict(connection.execute("select submission_id, left(reading_sha256, 12) from staging.submission").fetchall())
    assert given == {number: f"3 = C21 {contents[number]}" for number in (first, second)} and given[first] != given[second]


@pytest.mark.parametrize("how", ["expired", "revoked"])
def test_when_it_ends_the_versions_that_rested_on_it_are_judged_again(world: Path, how: str) -> None:
    stage([station("C12", BAD_SUM)])
    judged()
    number = waive()
    judged()
    stage([station("C12", OTHER_BAD_SUM)])
    judged()
    if how == "expired":
        expire(number)
    else:
        signing.decide(number, "revoke", "the register was another one", LAN)
    assert standings() == {number: how}
    judged()
    assert verdicts() == [("C12", 1, "quarantined", 1, 0), ("C12", 2, "quarantined", 1, 0)]
    assert judged() is None


def test_a_rejected_request_lets_nothing_pass(world: Path) -> None:
    stage([station("C12", BAD_SUM)])
    judged()
    number = ask()
    signing.decide(number, "reject", "correct it", MINH)
    assert judged() is None and standings() == {number: "rejected"}
    with pytest.raises(DecisionRefused, match="answered by minh before: reject"):
        signing.decide(number, "approve", "after all", Actor("hoa", "airflow"))


def test_an_answer_may_be_written_twice_and_not_changed(world: Path) -> None:
    """A task that was cut off after it had written is tried again."""
    stage([station("C12", BAD_SUM)])
    judged()
    number = ask()
    for _ in range(2):
        signing.answer(number, "approve", "seen the register", MINH)
    assert standings() == {number: "in_force"}
    for decision, reason, actor in (
        ("reject", "seen the register", MINH),
        ("approve", "another register", MINH),
        ("approve", "seen the register", Actor("hoa", "airflow")),
        ("approve", "seen the register", Actor("minh", "command line")),
    ):
        with pytest.raises(DecisionRefused, match="answered by minh before: approve"):
            signing.answer(number, decision, reason, actor)
    with connect("auditor") as connection:
        assert connection.execute("select count(*) from audit.decision").fetchone() == (1,)


def test_the_gate_itself_refuses_a_waiver_that_does_not_hold(world: Path) -> None:
    """Whatever puts it into a judgement: the suite asks the records once more."""
    stage([station("C12", BAD_SUM)])
    judged()
    number = waive()
    run = judge()
    expire(number)
    assert run is not None
    outcome = decide(run)
    assert not outcome.passed and "waivers_hold" in {each.expectation for each in outcome.failed}
    assert verdicts() == [("C12", 1, "quarantined", 1, 0)]
    judged()
    assert verdicts() == [("C12", 1, "quarantined", 1, 0)]


def test_the_gate_itself_refuses_what_is_no_waiver(world: Path) -> None:
    """As if the view of the waivers that are wanted had a fault: never approved, revoked, approved by who asked, of another report."""
    units = ("C11", "C12", "C21", "C22")
    stage([station(unit, BAD_SUM) for unit in units])
    judged()
    pending, revoked, own, valid = (ask(unit) for unit in units)
    for number in (revoked, valid):
        signing.decide(number, "approve", "seen the register", MINH)
    signing.decide(revoked, "revoke", "the register was another one", LAN)
    with admin_connect() as connection:
        connection.execute("set session_replication_role = replica")  # the database refuses it otherwise
        connection.execute(
            "insert into audit.decision (request_id, decision, reason, decided_by, decided_via) "
            "values (%s, 'approve', 'x', 'Lan', 'database')",
            (own,),
        )
    submissions = stage([station(unit, BAD_SUM) for unit in units])
    run = judge()
    wrong = [*zip(submissions, (pending, revoked, own), strict=False), (submissions[0], valid)]
    with admin_connect() as connection:
        for submission, number in wrong:
            connection.execute("insert into audit.judged_waiver values (%s, %s, %s) on conflict do nothing", (run, submission, number))
    assert run is not None
    outcome = decide(run)
    assert not outcome.passed and outcome.verdicts == {}
    (found,) = [failure.observed["rows"] for failure in outcome.failed if failure.expectation == "waivers_hold"]
    assert sorted((row["submission_id"], row["waiver"]) for row in found) == sorted(wrong)


def test_nobody_approves_a_request_of_their_own(world: Path) -> None:
    stage([station("C12", BAD_SUM)])
    judged()
    number = ask(actor=Actor("lan", "command line", "Bác sĩ Hòa"))
    for same in (
        *(LAN, Actor(" LAN ", "airflow"), Actor("ops", "airflow", "Lan")),
        *(Actor("minh", "airflow", "bác sĩ hòa"), Actor("Bác sĩ Hòa ", "airflow")),
    ):
        with pytest.raises(DecisionRefused, match="cannot approve it as well"):
            signing.decide(number, "approve", "fine", same)
    plain = (
        "insert into audit.decision (request_id, decision, reason, decided_by, decided_via, session_role) "
        "values (%s, 'approve', 'x', {}, 'database', 'y')"
    )
    with connect("publisher") as connection, pytest.raises(psycopg.errors.RaiseException, match="không được tự duyệt"):
        connection.execute(plain.format("'Lan'").encode(), (number,))
    for statement in ("update audit.request set asked_by = 'x'", "delete from audit.decision", "update audit.event set actor = 'x'"):
        with connect("publisher") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement.encode())
    with admin_connect() as connection:
        connection.execute(plain.format("'somebody else'").encode(), (number,))
        signed = connection.execute("select decided_by, decided_via, session_role from audit.decision").fetchone()
        asked = connection.execute(
            "insert into audit.request (kind, period_code, given_for, reason, asked_by, asked_via) "
            "values ('period', '2022-03', '0', 'x', 'somebody else', 'airflow') returning asked_by, asked_via, session_role"
        ).fetchone()
    assert signed == asked == ("postgres", "database", "postgres"), "a login of one's own signs with its own name"
    assert standings()[number] == "in_force"


def test_what_makes_no_sense_is_refused(world: Path) -> None:
    def asked(rule: str = "VISITS_IS_SUM", unit: str = "C12", reason: str = "r", expires_on: date = EXPIRES) -> None:
        signing.ask_waiver(rule, unit, "ST", "2022-03", reason=reason, expires_on=expires_on, actor=LAN)

    stage([station("C12", BAD_SUM)])
    with pytest.raises(DecisionRefused, match="has not been judged yet"):
        asked()
    judged()
    with pytest.raises(DecisionRefused, match=r"It fails: VISITS_IS_SUM VISITS value TOTAL \(VISITS value = 11;"):
        asked(rule="CUMULATIVE")
    with connect("auditor") as connection:
        (today,) = connection.execute("select audit.today()").fetchone() or (None,)
    for too_early in (date(2022, 1, 1), today):
        with pytest.raises(DecisionRefused, match="đã hết hạn"):
            asked(expires_on=too_early)
    with pytest.raises(DecisionRefused, match="Say why"):
        asked(reason=" ")
    number = ask()
    with pytest.raises(DecisionRefused, match=f"asked for before, as number {number}; it is pending"):
        asked()
    with pytest.raises(DecisionRefused, match="not approved"):
        signing.decide(number, "revoke", "r", MINH)
    with pytest.raises(DecisionRefused, match="no request 99"):
        signing.decide(99, "approve", "r", MINH)
    with pytest.raises(DecisionRefused, match=r"another kind \(waiver\)"):
        signing.decide(number, "approve", "r", MINH, kinds=("period",))
    expire(number)
    with pytest.raises(DecisionRefused, match="has expired"):
        signing.decide(number, "approve", "r", MINH)


def test_many_at_once_by_csv(world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def command(*words: str) -> str:
        done = CliRunner().invoke(app, ["waiver", *words])
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done.output

    def fill(acts: dict[str, tuple[str, str, str]]) -> None:
        """Write acts into the exported lines, by unit; a spreadsheet program has made a date of the period meanwhile."""
        with file.open(encoding="utf-8-sig", newline="") as exported:
            reader = csv.DictReader(exported)
            rows = list(reader)
        for row in rows:
            row["expires"], row["act"], row["reason"] = acts.get(row["unit"], ("", "", ""))
            row["period"] = "Mar-22"
        write_list(file, reader.fieldnames or (), [list(row.values()) for row in rows])

    stage([station("C11", BAD_SUM), station("C12", BAD_SUM), station("C21", BAD_SUM)])
    judged()
    file = tmp_path / "waivers.csv"
    command("list", "--export", str(file))
    assert [row["unit"] for _, row in read_list(file, ())] == ["C11", "C12", "C21"]
    monkeypatch.setattr(signing, "os_user", lambda name=None: Actor("lan", "command line", name))
    fill({"C11": ("2999-01-01", "ask", "=counted by hand"), "C12": ("31/01/2999", "ask", "r"), "C21": ("", "approve", "r")})
    with pytest.raises(DecisionRefused, match=r"(?s)Nothing was done:\nline 3: expires: found '31/01/2999'.*line 4: approve is for a line"):
        command("list", "--import", str(file))
    assert standings() == {}
    fill(dict.fromkeys(("C11", "C12"), ("2999-01-01", "ask", "=counted by hand")))
    assert "2 × ask" in command("list", "--import", str(file))
    command("list", "--export", str(file), "--pending")
    fill({"C11": ("", "approve", "seen"), "C12": ("", "reject", "correct it")})
    with pytest.raises(DecisionRefused, match="cannot approve it as well"):
        command("list", "--import", str(file))
    monkeypatch.setattr(signing, "os_user", lambda name=None: Actor("minh", "command line", name))
    assert "1 × approve, 1 × reject" in command("list", "--import", str(file))
    listed = json.loads(command("list", "--json"))
    assert {each["unit_code"]: (each["standing"], each["reason"]) for each in listed} == {
        "C11": ("in_force", "=counted by hand"),
        "C12": ("rejected", "=counted by hand"),
    }
    asked = command("ask", "VISITS_IS_SUM", "C21", "ST", "2022-03", "--reason", "r", "--expires", "2999-01-01", "--as", "Hoa")
    assert VALUES in asked
    number = asked.split()[1].rstrip(":")
    monkeypatch.setattr(signing, "os_user", lambda name=None: Actor("lan", "command line", name))
    assert "approved" in command("approve", number, "--reason", "seen")
    assert "revoked" in command("revoke", number, "--reason", "a mistake")
    assert "minh (for Hoa)" in command("list")
