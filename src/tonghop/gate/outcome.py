"""What a gate says: whether it let pass, the verdicts it gave, and every expectation that was not met."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg

from tonghop.errors import NeedsCorrection
from tonghop.model import Severity, Verdict


class GateBroken(NeedsCorrection):
    """A check could not be made, or the records of a gate do not fit together. Never the same as a failed check."""


@dataclass(frozen=True)
class FailedExpectation:
    """An expectation that was not met: its readable id, its severity, why it exists (Vietnamese and English), and what was
    observed instead (of a rule kind: the rules that failed, with how many failures in how many submissions).
    """

    expectation: str
    severity: Severity
    description: str
    observed: Mapping[str, Any]

    def __str__(self) -> str:
        return f"[{self.severity}] {self.expectation}: {self.description}{_listed(self.observed)}"


@dataclass(frozen=True)
class GateOutcome:
    """What a run of a gate decided.

    `passed` of gate 1 means that the judgement stands and every submission has its verdict, quarantined ones included; of gate 2,
    that the candidate may be published. `failed` lists the expectations that were not met, the gravest first.
    """

    gate: int
    gate_run_id: int
    publication: int | None
    passed: bool
    verdicts: Mapping[Verdict, int]
    failed: tuple[FailedExpectation, ...]

    def explain(self) -> str:
        """The outcome as text for a person: one line for the whole, one for each expectation that was not met."""
        if self.gate == 1:
            counts = ", ".join(f"{count} {verdict}" for verdict, count in self.verdicts.items()) or "nothing to judge"
            head = f"Gate 1 (run {self.gate_run_id}): " + (counts if self.passed else "refused, no verdict was given")
        else:
            head = f"Gate 2 (run {self.gate_run_id}): publication {self.publication} " + ("passed" if self.passed else "refused")
        return "\n".join([head, *(f"  {failure}" for failure in self.failed)])


def read_outcome(connection: psycopg.Connection, gate_run_id: int) -> GateOutcome | None:
    """The recorded outcome of a finished run; None while it is open. Raises GateBroken for a run that does not exist or broke."""
    row = connection.execute(
        "select gate, publication, status, summary from audit.gate_run where gate_run_id = %s", (gate_run_id,)
    ).fetchone()
    if row is None:
        raise GateBroken(f"There is no run {gate_run_id} of a gate. `tonghop refresh` starts one.")
    gate, publication, status, summary = row
    if status == "judging":
        return None
    if status == "failed":
        raise GateBroken(f"Run {gate_run_id} of gate {gate} broke off: {(summary or {}).get('error', 'no reason was kept')}")
    verdicts = connection.execute(
        "select verdict, count(*) from audit.verdict where gate_run_id = %s group by verdict order by verdict", (gate_run_id,)
    ).fetchall()
    failed = connection.execute(
        """
        select expectation, severity, description, coalesce(observed, '{}') from audit.quality_result
        where gate_run_id = %s and not success
        order by array_position(array['critical', 'warning', 'info'], severity), quality_result_id
        """,
        (gate_run_id,),
    ).fetchall()
    return GateOutcome(
        gate=gate,
        gate_run_id=gate_run_id,
        publication=publication,
        passed=status == "passed",
        verdicts={Verdict(verdict): count for verdict, count in verdicts},
        failed=tuple(FailedExpectation(name, Severity(severity), text, observed) for name, severity, text, observed in failed),
    )


def _listed(observed: Mapping[str, Any]) -> str:
    """The rows that an expectation found, a line each."""
    rows = observed.get("rows", [])
    lines = [f"\n      {_line(row)}" for row in rows]
    more = observed.get("count", len(rows)) - len(rows)
    return "".join(lines) + (f"\n      and {more} more" if more > 0 else "")


def _line(row: Mapping[str, Any]) -> str:
    if {"rule_code", "failures", "submissions"} <= row.keys():
        return f"{row['rule_code']}: {row['failures']} in {row['submissions']} submissions"
    return ", ".join(f"{name} {value}" for name, value in row.items())
