"""What the policies of a pack keep out: periods without a signature or with too few reports, and corrections of closed ones."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest
from tests.publication.test_withdrawals_and_corrections import JANUARY, changes, decide, load_corrections, withdraw
from tests.publication.world import World, admin
from typer.testing import CliRunner

from tonghop import gate, publication, signing, warehouse
from tonghop.cli import app
from tonghop.database import connect
from tonghop.publication import verify_chain
from tonghop.signing import Actor, DecisionRefused

pytestmark = pytest.mark.database

LAN, MINH = Actor("lan", "command line"), Actor("minh", "airflow")
FEBRUARY = ("A", "2022-02")


def policy(period: str, *, approval: bool = False, corrections: str = "restate_with_notice", closes: str = "2022-01-01") -> None:
    """Give a period of every pack a policy; without another word it is closed already."""
    with connect("loader") as connection:
        connection.execute(
            "insert into catalog.period_policy select pack_hash, %s, %s, %s, %s::timestamptz from catalog.pack",
            (period, approval, corrections, closes),
        )


def threshold(minimum: int) -> None:
    with connect("loader") as connection:
        connection.execute("insert into catalog.form_threshold select pack_hash, 'F', %s from catalog.pack", (minimum,))


def approve(number: int) -> None:
    signing.decide(number, "approve", "looked at it", MINH)


def told() -> list[tuple[str, str]]:
    return [(each.why, each.given_for) for each in publication.withheld()]


def restatements() -> list[tuple[int, str, str, str]]:
    with connect("auditor") as connection:
        return connection.execute(
            "select publication, unit_code, period_code, change from audit.restatement order by publication, unit_code"
        ).fetchall()


def test_a_missing_signature_keeps_its_period_out_and_no_other(world: World) -> None:
    policy("2022-02", approval=True)
    world.accept(*JANUARY, 1)
    world.accept(*FEBRUARY, 2)
    assert world.refresh() == 1
    assert world.figures(1) == {JANUARY: Decimal(1)} and set(changes(1)) == {JANUARY}
    assert told() == [("needs_approval", "1/3")]
    assert world.refresh() is None and not publication.pending()
    number = signing.ask_approval("2022-02", reason="checked against the books", actor=LAN)
    assert world.refresh() is None, "a request is no signature"
    with pytest.raises(DecisionRefused, match="cannot approve it as well"):
        signing.decide(number, "approve", "me too", LAN)
    approve(number)
    assert world.refresh() == 2
    assert world.figures(2) == {JANUARY: Decimal(1), FEBRUARY: Decimal(2)}
    world.accept("B", "2022-02", 5)
    assert world.refresh() == 3, "it covers the first publication; what comes later is a correction"
    signing.decide(number, "revoke", "too early", LAN)
    world.accept(*FEBRUARY, 3)
    assert world.refresh() == 4 and told() == [], "a published period is not taken back"
    assert publication.verify_chain().problems == ()


def test_an_approval_that_was_taken_back_or_has_expired_is_none(world: World) -> None:
    policy("2022-01", corrections="closed")
    policy("2022-02", approval=True)
    world.accept(*JANUARY, 1)
    assert world.refresh() == 1
    world.accept(*JANUARY, 2)
    world.accept(*FEBRUARY, 2)
    for how in ("revoked", "expired"):
        period = signing.ask_approval("2022-02", reason="checked", actor=LAN, expires_on=date(2999, 1, 1))
        correction = signing.ask_approval("2022-01", "A", "F", reason="a typing error", actor=LAN, expires_on=date(2999, 1, 1))
        for number in (period, correction):
            approve(number)
            if how == "revoked":
                signing.decide(number, "revoke", "checked the wrong books", LAN)
            else:
                admin(f"update audit.request set expires_on = audit.today() where request_id = {number}")
        assert world.refresh() is None
        assert told() == [("needs_approval", "1/3"), ("closed", "version 1 → version 2")]


def test_a_period_may_be_signed_before_anything_came(world: World) -> None:
    policy("2022-02", approval=True)
    approve(signing.ask_approval("2022-02", reason="publish what comes", actor=LAN))
    world.accept(*FEBRUARY, 2)
    assert world.refresh() == 1
    with pytest.raises(DecisionRefused, match="needs no approval"):
        signing.ask_approval("2022-01", reason="r", actor=LAN)


def test_a_period_is_published_once_enough_reports_are_accepted_and_stays(world: World) -> None:
    threshold(66)
    world.accept(*JANUARY, 1)
    world.judge(world.submit("B", "2022-01", 2), "quarantined")
    world.accept("A", "2022-02", 7)
    world.accept("B", "2022-02", 7)
    assert world.refresh() == 1
    assert set(world.figures(1)) == {("A", "2022-02"), ("B", "2022-02")}
    assert told() == [("incomplete", "1/3 < 66 %")]
    with pytest.raises(DecisionRefused, match="needs no approval"):
        signing.ask_approval("2022-01", reason="publish it anyway", actor=LAN)
    world.accept("C", "2022-01", 3)
    assert world.refresh() == 2 and told() == []
    withdraw(JANUARY)
    assert world.refresh() == 3, "what is published is never taken back by that"
    assert world.figures(3).keys() == {("C", "2022-01"), ("A", "2022-02"), ("B", "2022-02")}


def test_as_many_reports_as_are_asked_for_are_enough(world: World) -> None:
    threshold(100)
    for unit in ("A", "B", "C"):
        world.accept(unit, "2022-01", 1)
        if unit != "C":
            world.accept(unit, "2022-02", 1)
    assert world.refresh() == 1
    assert {period for _, period in world.figures(1)} == {"2022-01"} and told() == [("incomplete", "2/3 < 100 %")]


def test_a_unit_that_changed_is_built_anew_as_it_was_published_where_a_correction_stays_out(world: World) -> None:
    world.accept(*JANUARY, 1)
    published = world.accept(*FEBRUARY, 2)
    world.accept("B", "2022-02", 2)
    versions([("A", "2020-01-01", "9999-12-31"), *OTHERS])
    assert world.refresh() == 1
    world.accept(*FEBRUARY, 3)
    world.load_pack("pack-2")
    policy("2022-02", corrections="closed")
    versions([("A", "2020-01-01", "2022-02-01"), ("A", "2022-02-01", "9999-12-31"), *OTHERS])
    publication.open_candidate()
    assert not publication.get_publication(2).scope_all
    with connect("auditor") as connection:
        rows = connection.execute("select unit_code, period_code, change, submission_id from audit.candidate_slot where publication = 2")
        assert rows.fetchall() == [("A", "2022-02", "unchanged", published)], "since the new version began, and no other unit"
    assert [(each.unit_code, each.why) for each in publication.withheld()] == [("A", "closed")]


OTHERS = [("B", "2020-01-01", "9999-12-31"), ("C", "2020-01-01", "9999-12-31")]


def versions(units: list[tuple[str, str, str]]) -> None:
    """Give the pack that was loaded last its units."""
    with connect("loader") as connection:
        for code, valid_from, valid_to in units:
            connection.execute(
                "insert into catalog.unit_key (unit_code, valid_from) values (%s, %s) on conflict do nothing", (code, valid_from)
            )
            connection.execute(
                "insert into catalog.unit "
                "(pack_hash, unit_key, unit_code, name_vi, name_en, sort_order, level, unit_type, path, valid_from, valid_to) "
                "select p.pack_hash, k.unit_key, k.unit_code, 'x', 'x', 1, 1, 'x', k.unit_code, k.valid_from, %s "
                "from catalog.unit_key as k, catalog.pack as p where (k.unit_code, k.valid_from) = (%s, %s) "
                "order by p.load_number desc limit 1",
                (valid_to, code, valid_from),
            )


def test_restatements_are_listed_by_policy(world: World) -> None:
    policy("2022-01")
    policy("2022-02", corrections="open")
    policy("2022-03", corrections="closed", closes="2999-01-01")
    for period in world.periods:
        world.accept("A", period, 1)
    assert world.refresh() == 1 and restatements() == [], "the first publication restates nothing"
    for period in world.periods:
        world.accept("A", period, 2)
        world.accept("B", period, 2)
    world.judge(world.submit("C", "2022-01", 2), "quarantined")
    assert world.refresh() == 2
    assert restatements() == [(2, "A", "2022-01", "corrected"), (2, "B", "2022-01", "new")]
    assert world.figures(2)["A", "2022-03"] == Decimal(2), "it is not closed yet"
    withdraw(JANUARY)
    assert world.refresh() == 3
    assert restatements()[-1] == (3, "A", "2022-01", "withdrawn")
    listed = json.loads(CliRunner().invoke(app, ["publications", "--json"], catch_exceptions=False).output)
    assert [each["restatements"] for each in listed] == [1, 2, 0]
    told = CliRunner().invoke(app, ["restatements", "2"], catch_exceptions=False).output
    assert "1 → 2" in told and "– → 1" in told


def test_a_closed_period_changes_by_approval_only_report_by_report(world: World) -> None:
    policy("2022-01", corrections="closed")
    world.accept(*JANUARY, 1)
    world.refresh()
    world.accept(*JANUARY, 2)
    world.accept("B", "2022-01", 5)
    world.accept(*FEBRUARY, 9)
    assert world.refresh() == 2
    assert world.figures(2) == {JANUARY: Decimal(1), FEBRUARY: Decimal(9)}
    assert told() == [("closed", "version 1 → version 2"), ("closed", "nothing → version 1")]
    approve(signing.ask_approval("2022-01", "A", "F", reason="a typing error", actor=LAN))
    world.accept(*JANUARY, 3)
    assert world.refresh() is None, "it was approved for version 2"
    assert told()[0] == ("closed", "version 1 → version 3")
    number = signing.ask_approval("2022-01", "A", "F", reason="a typing error", actor=LAN)
    assert world.refresh() is None, "a request is no approval"
    approve(number)
    assert world.refresh() == 3
    assert world.figures(3) == {JANUARY: Decimal(3), FEBRUARY: Decimal(9)} and restatements() == [(3, "A", "2022-01", "corrected")]
    withdraw(JANUARY, 3)
    withdraw(JANUARY, 2)
    assert world.refresh() is None and told()[0] == ("closed", "version 3 → version 1"), "a withdrawal is a correction, too"
    with connect("auditor") as connection:
        assert connection.execute("select request_id from audit.candidate_slot where publication = 3").fetchall() == [(number,)]
        kept_out = connection.execute("select unit_code, why, given_for from audit.candidate_withheld where publication = 3").fetchall()
    assert kept_out == [("B", "closed", "nothing → version 1")]
    assert publication.verify_chain().problems == ()


def test_a_hand_correction_of_a_closed_period_waits_as_well(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, answer in (("deploy", False), ("build_rules", None), ("code_version", "code-1")):
        monkeypatch.setattr(warehouse, name, lambda *_, answer=answer: answer)

    def judge() -> None:
        run = gate.judge()
        assert run is not None
        decide(run)

    world.submit(*JANUARY, 1)
    judge()
    world.refresh()
    load_corrections(1, {JANUARY: (1, 101)})
    policy("2022-01", corrections="closed")
    judge()
    assert world.refresh() is None
    assert told() == [("closed", "version 1 → version 1 (A-2022-01: 101)")]
    world.deploy("code-2")
    assert world.refresh() == 2 and world.figures(2) == {JANUARY: Decimal(1)}, "what is built anew is built as it was published"
    approve(signing.ask_approval("2022-01", "A", "F", reason="phoned", actor=LAN))
    assert world.refresh() == 3 and world.figures(3) == {JANUARY: Decimal(101)}


def test_what_stays_out_is_rebuilt_as_it_was_published(world: World) -> None:
    policy("2022-01", corrections="closed")
    world.accept(*JANUARY, 1)
    world.refresh()
    world.accept(*JANUARY, 2)
    world.deploy("code-2")
    assert world.refresh() == 2
    assert world.figures(2) == {JANUARY: Decimal(1)} and set(changes(2).values()) == {"unchanged"}
    assert publication.verify_chain().problems == ()


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("update audit.request set reason = 'another'", "request 1 or what was decided on it is recorded otherwise"),
        ("update audit.decision set decided_by = 'lan'", "request 1 or what was decided on it is recorded otherwise"),
        ("update audit.request set expires_on = '2999-01-01'", "request 1 or what was decided on it is recorded otherwise"),
        ("delete from audit.candidate_withheld", "what stayed out of it are recorded otherwise"),
        ("update audit.candidate_slot set restates = true", "what it took in for A F 2022-01 is recorded otherwise"),
    ],
)
def test_the_chain_shows_what_was_changed_behind_it(world: World, statement: str, told: str) -> None:
    policy("2022-01", approval=True)
    policy("2022-02", approval=True)
    approve(signing.ask_approval("2022-01", reason="checked", actor=LAN))
    world.accept(*JANUARY, 1)
    world.accept(*FEBRUARY, 2)
    world.refresh()
    assert verify_chain().problems == ()
    signing.ask_approval("2022-02", reason="comes later", actor=LAN)
    signing.decide(1, "revoke", "comes later", LAN)
    assert verify_chain().problems == (), "what is decided later changes no manifest"
    admin(statement)
    assert any(told in problem for problem in verify_chain().problems)


def test_on_the_command_line(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def say(*words: str) -> str:
        done = CliRunner().invoke(app, ["approval", *words], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    policy("2022-01", approval=True)
    world.accept(*JANUARY, 1)
    assert "not published yet: 2022-01: needs the approval of two people" in say("list")
    monkeypatch.setattr(signing, "os_user", lambda name=None: Actor("lan", "command line", name))
    assert say("ask", "2022-01", "--reason", "checked").startswith("Number 1.")
    monkeypatch.setattr(signing, "os_user", lambda name=None: Actor("minh", "command line", name))
    assert "Number 1: approved." in say("approve", "1", "--reason", "checked, too", "--as", "Head of planning")
    (listed,) = json.loads(say("list", "--json"))["requests"]
    assert (listed["standing"], listed["asked_by"], listed["decided_by"], listed["decided_for"]) == (
        "in_force", "lan", "minh", "Head of planning",
    )  # fmt: skip
