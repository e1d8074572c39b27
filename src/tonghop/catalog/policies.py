"""When a period counts as closed, and what may happen to it then: the policies of `pack.yml`, resolved for every period."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from tonghop.catalog.duties import periods_of
from tonghop.catalog.pack import Pack
from tonghop.catalog.rows import PeriodPolicy
from tonghop.catalog.working_days import due_at
from tonghop.model import Period


class ResolvedPolicy(NamedTuple):
    """The policy of one period. `needs_approval`: before its first publication. `corrections`: what one is once the period is closed."""

    period_code: str
    needs_approval: bool
    corrections: str
    closes_at: datetime


def period_policies(pack: Pack) -> Iterator[ResolvedPolicy]:
    """The policy of every period that a report is owed for. Of several deadlines of one period, it closes after the last."""
    for period_type in dict.fromkeys(duty.period_type for duty in pack.duties):
        policy = pack.head.publication.get(period_type, PeriodPolicy())
        for period in periods_of(period_type, pack.head.first_year, pack.head.last_year):
            closes_at = due_at(period, _working_days(pack, period, policy), pack.head.holidays, pack.head.time_zone)
            yield ResolvedPolicy(period.code, policy.approval, policy.corrections, closes_at)


def _working_days(pack: Pack, period: Period, policy: PeriodPolicy) -> int:
    """After how many working days the period closes; never before the first one."""
    deadline = max(
        (duty.deadline_working_days for duty in pack.duties if duty.period_type is period.type and duty.valid_at(period.end_date)),
        default=0,
    )
    return max((deadline if policy.closes_after == "deadline" else 0) + policy.closes_working_days, 1)
