"""Judging the cases of a pack's rules in one run, by the very models that judge reports, and holding what they find against the cases."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time

from tonghop.catalog import Pack, load_pack
from tonghop.database import connect
from tonghop.errors import NeedsCorrection
from tonghop.gate import judge
from tonghop.model import Reading
from tonghop.readers.prepared import prepare
from tonghop.rules.scratch import scratch_database
from tonghop.rules.world import MadeUpCase, MadeUpReport, make_up, pack_of
from tonghop.staging.landing import LandedFile
from tonghop.staging.registry import Arrival, register


class NoSuchRule(NeedsCorrection):
    """The rule asked for is not in the pack."""


@dataclass(frozen=True)
class Outcome:
    """What became of a case: whether its rule had to fail and how severely (None: nothing is said of that), how often it did, what the
    first failure says, and the severities of all."""

    rule_code: str
    case: str
    must_fail: bool
    must_be: str | None
    failures: int
    found: str | None
    expected: str | None
    severity: str | None

    @property
    def as_it_should(self) -> bool:
        """Whether the rule did what the case says."""
        return self.must_fail == (self.failures > 0) and (self.failures == 0 or self.must_be in (None, self.severity))


def try_rules(pack: Pack, rule_code: str | None = None) -> list[Outcome]:
    """Judge the cases of all rules of a pack, or of one, and say what each rule did, in the order of the pack's cases.

    Works in a database apart. Raises NoSuchRule, and DbtFailed when a rule model fails.
    """
    if rule_code is not None and rule_code not in {rule.rule_code for rule in pack.rules}:
        raise NoSuchRule(f"There is no rule {rule_code} in the pack {pack.code}. Its codes stand in rules.yml.")
    cases = make_up(pack, rule_code)
    if not cases:
        return []
    with scratch_database():
        _stage(pack_of(pack, cases), cases)
        return _outcomes(judge(), cases)


def _stage(pack: Pack, cases: Sequence[MadeUpCase]) -> None:
    reports = [report for case in cases for report in case.reports]
    with connect("loader") as connection:
        load_pack(pack, connection)
        written = register(connection, [_arrival(report, pack.pack_hash) for report in reports])
    judged_before = [
        version.submission_id
        for report, registered in zip(reports, written, strict=True)
        if report.accepted
        for version in registered.versions
    ]
    with connect("publisher") as connection:
        connection.execute(
            "insert into audit.verdict (submission_id, verdict) select *, 'accepted' from unnest(%s::bigint[])",
            (judged_before,),
        )


def _arrival(report: MadeUpReport, pack_hash: str) -> Arrival:
    """A report as if it had come in a file of its own, on the last day of its period."""
    slot = report.reading.slot
    uri = f"case:{slot}"
    sha256 = hashlib.sha256(uri.encode()).hexdigest()
    received_at = datetime.combine(slot.period.end_date, time(), UTC)
    prepared = prepare(Reading(uri, sha256, 0, (report.reading,)))
    return Arrival(LandedFile(uri, received_at, 0, None), sha256, pack_hash, prepared.submissions, prepared.findings)


def _outcomes(gate_run_id: int | None, cases: Sequence[MadeUpCase]) -> list[Outcome]:
    with connect("auditor") as connection:
        rows = connection.execute(
            """
            select unit_code, rule_code, count(*), min(coalesce(indicator_code || ': ', '') || found_text), min(expected_text),
                string_agg(distinct severity, ', ' order by severity)
            from warehouse.rule_failure
            where gate_run_id = %s
            group by unit_code, rule_code
            """,
            (gate_run_id,),
        ).fetchall()
    failures = {(unit_code, rule_code): told for unit_code, rule_code, *told in rows}
    return [
        Outcome(
            case.rule.rule_code,
            case.name,
            case.must_fail,
            None if case.then is None else case.then.severity,
            *failures.get((case.unit_code, case.rule.rule_code), (0, None, None, None)),
        )
        for case in cases
    ]
