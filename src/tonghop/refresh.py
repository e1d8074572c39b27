"""From staged submissions to a new publication, in steps that the command line and the DAG `refresh` share.

Each step looks at what the database says first, so that it may be run again after a kill at any point, and each holds a lock
while it runs: two refreshes at once take turns step by step and come to the same result. The lock belongs to a database session, so it
ends with its process.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import LiteralString

from tonghop import answers, gate, publication, warehouse
from tonghop.catalog import load_pack, read_pack
from tonghop.database import connect
from tonghop.errors import NeedsCorrection
from tonghop.gate import GateOutcome
from tonghop.settings import settings

log = logging.getLogger(__name__)

_LOCK: LiteralString = "hashtext('tonghop.refresh')"


class GateRefused(NeedsCorrection):
    """Gate 2 refused a candidate: it was discarded, and the live publication is as it was."""


@dataclass(frozen=True)
class RefreshOutcome:
    """What a refresh did. `publications` are the numbers that it published, usually one; none when nothing differed from what is
    published. `gate_1` is None when there was nothing to judge."""

    gate_1: GateOutcome | None
    publications: list[int] = field(default_factory=list)
    gate_2: list[GateOutcome] = field(default_factory=list)
    reports: list[Path] = field(default_factory=list)
    sent_back: answers.Sent | None = None
    """what was sent back to units after gate 1; None when that failed, which stops nothing"""
    withheld: list[publication.Withheld] = field(default_factory=list)
    """what was accepted and stays out by the policies of the pack: a signature is missing, or too many reports are"""


def refresh(periods: Sequence[str] | None = None) -> RefreshOutcome:
    """Judge what is staged, and publish what differs from the live publication; `periods` (codes) restricts both.

    A candidate that an interrupted refresh left is published first, then what has come since. Raises GateRefused when gate 2
    refuses, and any TonghopError of a step; the live publication is then as it was.
    """
    outcome = RefreshOutcome(decide(judge(periods)), sent_back=answers.quietly(answers.answer_gate_1))
    left_over = publication.open_number()
    while (number := open_candidate(periods)) is not None:
        build_candidate(number)
        checked = check_candidate(number)
        publish(number)
        outcome.publications.append(number)
        outcome.gate_2.extend([checked] if checked else [])
        outcome.reports.append(quality_report(number))
        if number != left_over:
            break
    outcome.withheld.extend(publication.withheld(periods))
    return outcome


def judge(periods: Sequence[str] | None = None) -> int | None:
    """Run the rules over every submission without a verdict, and return the run of gate 1; None when there is none.

    Loads the catalog and deploys the warehouse first, when they changed.
    """
    with _alone():
        pack = read_pack(settings().catalog)
        with connect("loader") as connection:
            load_pack(pack, connection)
        if warehouse.deploy():
            log.info("The warehouse is deployed.")
        log.info("Gate 1: the rules look at what is staged.")
        return gate.judge(periods)


def decide(gate_run_id: int | None) -> GateOutcome | None:
    """Give each judged submission its verdict. None when there was nothing to judge.

    Raises GateRefused when a check failed that no single submission can be blamed for: nobody gets a verdict then.
    """
    if gate_run_id is None:
        return None
    with _alone():
        outcome = gate.decide(gate_run_id)
    if not outcome.passed:
        raise GateRefused(_refusal(outcome.explain()))
    _keep_page(outcome)
    return outcome


def open_candidate(periods: Sequence[str] | None = None) -> int | None:
    """Freeze what the next publication takes in, and return its number; None when nothing may be published that differs."""
    with _alone():
        number = publication.open_candidate(periods)
        if out := publication.withheld(periods):
            log.warning("%s periods or reports stay out of the publication: `tonghop approval list` says which and why.", len(out))
        return number


def build_candidate(number: int) -> None:
    """Build the warehouse rows of the candidate; nothing when it is published already. Raises when it was discarded."""
    with _alone():
        if _is_candidate(number):
            log.info("Publication %s is being built.", number)
            warehouse.build_candidate(number)


def check_candidate(number: int) -> GateOutcome | None:
    """Gate 2. A refused candidate is discarded, with its evidence kept, and GateRefused says why. None when it is published already."""
    with _alone():
        if not _is_candidate(number):
            return None
        log.info("Publication %s goes through gate 2.", number)
        outcome = gate.check_candidate(number)
        if outcome.passed:
            _keep_page(outcome)
            return outcome
        publication.discard(number, outcome.explain())
        raise GateRefused(_refusal(outcome.explain()))


def publish(number: int) -> None:
    """Make the candidate what BI sees, and tidy up behind a large one; nothing when it is live already."""
    with _alone():
        if _is_candidate(number):
            publication.publish(number)
            warehouse.vacuum_what_changed()


def quality_report(number: int) -> Path:
    """Write the quality report of a publication, and return its first page."""
    from tonghop import reports

    return reports.quality_report(number, settings().reports_path)


def _keep_page(outcome: GateOutcome) -> None:
    from tonghop import reports

    reports.keep_page_of_run(outcome.gate_run_id)


def is_at_work() -> bool:
    """Whether a step of a refresh runs right now, here or anywhere else."""
    with connect("publisher", autocommit=True) as connection:
        row = connection.execute(f"select pg_try_advisory_lock({_LOCK})").fetchone()
        return row is None or not row[0]


def _is_candidate(number: int) -> bool:
    """Whether the candidate is still open; False when it is published. Raises GateRefused when it was discarded."""
    found = publication.get_publication(number)
    if found.status == "discarded":
        raise GateRefused(_refusal(f"Publication {number} was discarded: {publication.discard_reason(number)}"))
    return found.status == "candidate"


def _refusal(reason: str) -> str:
    return f"{reason}\nNothing changed for BI: the live publication is as it was. Correct the cause and refresh again."


@contextmanager
def _alone() -> Iterator[None]:
    """Hold the lock of a refresh's steps; wait for another one's step to end."""
    with connect("publisher", autocommit=True) as connection:
        row = connection.execute(f"select pg_try_advisory_lock({_LOCK})").fetchone()
        if row is None or not row[0]:
            log.warning("Another refresh is at work; waiting for its step to end.")
            connection.execute(f"select pg_advisory_lock({_LOCK})")
        yield
