"""Approvals: a signature under a period before it is published, and one under each correction of a closed period."""

from __future__ import annotations

from datetime import date

from tonghop import publication
from tonghop.database import connect
from tonghop.publication import Withheld
from tonghop.signing.actors import Actor
from tonghop.signing.requests import DecisionRefused, Matter, ask

_KINDS = {"needs_approval": "period", "closed": "correction"}


def matters(withheld: list[Withheld]) -> list[Matter]:
    """What can be approved of what the policies keep out; a lack of reports cannot."""
    return [
        Matter(_KINDS[each.why], each.period_code, each.given_for, each.unit_code, each.form_code)
        for each in withheld
        if each.why in _KINDS
    ]


def ask_approval(
    period: str,
    unit: str | None = None,
    form: str | None = None,
    *,
    reason: str,
    actor: Actor,
    expires_on: date | None = None,
) -> int:
    """Ask for the first publication of a period, or (with unit and form) for the correction of a report of a closed one.

    A period is approved once: what is accepted when it is published goes in, and what comes later is a correction. A correction is
    approved as it is now; another version needs another approval. Returns the number of the request. Raises DecisionRefused when
    nothing of that waits for an approval.
    """
    asked = (period, unit, form)
    waiting = [each for each in matters(publication.withheld([period])) if (each.period_code, each.unit_code, each.form_code) == asked]
    if not waiting and unit is None:
        waiting = _ahead(period)
    if not waiting:
        raise DecisionRefused(_why_none(period, unit, form))
    with connect("publisher") as connection:
        return ask(connection, waiting[0], reason, actor, expires_on)


def _ahead(period: str) -> list[Matter]:
    """A period that needs a signature may be signed before its first report is judged."""
    with connect("publisher") as connection:
        row = connection.execute(
            """
            select 1 from catalog.period_policy as p
            where
                p.pack_hash = (select pack_hash from catalog.pack order by load_number desc limit 1)
                and p.period_code = %s and p.needs_approval
                and not exists (
                    select from audit.candidate_slot as s
                    inner join audit.publication as n on s.publication = n.number
                    where s.period_code = p.period_code and s.submission_id is not null and n.status = 'published'
                )
            """,
            (period,),
        ).fetchone()
    return [Matter("period", period, "0")] if row else []


def _why_none(period: str, unit: str | None, form: str | None) -> str:
    if unit is None:
        return f"{period} needs no approval: pack.yml asks for none for such periods, or it is published already."
    return (
        f"No correction of {unit} {form} {period} waits for an approval: nothing changed, the period is not closed, or the new version has "
        "not been judged yet (`tonghop refresh` does)."
    )
