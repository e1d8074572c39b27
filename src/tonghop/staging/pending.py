"""Whether a refresh has anything to do."""

from __future__ import annotations

from tonghop.database import connect

_WORK = """
select
    exists (select from audit.submission_to_judge)
    or exists (select from audit.gate_run where gate = 1 and status = 'judging')
    or exists (select from audit.publication where status = 'candidate') as on_the_way,
    exists (
        select from audit.publication as last
        where last.number = (select max(number) from audit.publication)
            and last.status = 'discarded'
            and not exists (select from audit.verdict where given_at > last.opened_at)
            and not exists (select from catalog.pack where loaded_at > last.opened_at)
            and not exists (select from audit.deployment where deployed_at > last.opened_at)
    ) as refused_before
"""


def pending_work() -> bool:
    """Whether there is something to judge, to finish or to publish.

    A candidate that was discarded is not tried again until there is a new verdict, catalog or code: the same
    content would only be refused again. Raises DatabaseDown.
    """
    from tonghop.publication import pending  # publication builds on staging, so it cannot be imported with it

    with connect("auditor", autocommit=True) as connection:
        row = connection.execute(_WORK).fetchone()
    assert row is not None, "a select without from returns one row"
    on_the_way, refused_before = row
    return bool(on_the_way) or (not refused_before and pending())
