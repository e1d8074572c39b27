"""The versions of a slot: which there are, and whether there is such a slot at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg.rows import class_row

from tonghop.publication.records import PublicationProblem


class NoSuchVersion(PublicationProblem):
    """A slot, or a version of it, that does not exist or cannot be used for what was asked."""


@dataclass(frozen=True)
class SlotVersion:
    """A version of a slot with its last verdict (None: not judged yet), why it was given and by whom (None: by a gate)."""

    submission_id: int
    version: int
    received_at: datetime
    verdict: str | None
    verdict_reason: str | None
    verdict_by: str | None
    verdict_at: datetime | None

    @property
    def is_accepted(self) -> bool:
        """Whether it may be in force: the latest accepted version of a slot is."""
        return self.verdict in ("accepted", "accepted_with_warnings")


def find_versions(connection: psycopg.Connection, unit: str, form: str, period: str) -> list[SlotVersion]:
    """The versions of a slot, the latest first: the one received last, not the one staged last.

    Raises NoSuchVersion when nothing was ever received for it, and says whether the unit or the form is known.
    """
    with connection.cursor(row_factory=class_row(SlotVersion)) as cursor:
        versions = cursor.execute(
            """
            select
                s.submission_id, s.version, s.received_at,
                v.verdict, v.reason as verdict_reason, v.given_by as verdict_by, v.given_at as verdict_at
            from staging.submission as s
            left join lateral (
                select * from audit.verdict as last where last.submission_id = s.submission_id order by last.verdict_id desc limit 1
            ) as v on true
            where s.unit_code = %s and s.form_code = %s and s.period_code = %s
            order by s.received_at desc, s.version desc
            """,
            (unit, form, period),
        ).fetchall()
    if not versions:
        raise NoSuchVersion(_why_nothing(connection, unit, form, period))
    return versions


def version_of(versions: Sequence[SlotVersion], number: int, slot: str) -> SlotVersion:
    """The version of that number. Raises NoSuchVersion with those that there are."""
    for each in versions:
        if each.version == number:
            return each
    raise NoSuchVersion(f"{slot} has no version {number}. It has: {describe(versions)}.")


def describe(versions: Sequence[SlotVersion]) -> str:
    """The versions of a slot with their verdicts, in the order of their numbers."""
    return ", ".join(
        f"version {each.version} ({each.verdict or 'not judged yet'})" for each in sorted(versions, key=lambda each: each.version)
    )


def _why_nothing(connection: psycopg.Connection, unit: str, form: str, period: str) -> str:
    row = connection.execute(
        """
        with pack as (
            select pack_hash from catalog.pack order by load_number desc limit 1
        )

        select
            exists (select from catalog.unit inner join pack using (pack_hash) where unit_code = %s),
            exists (select from catalog.form inner join pack using (pack_hash) where form_code = %s),
            (select string_agg(distinct form_code, ', ' order by form_code) from catalog.form inner join pack using (pack_hash))
        """,
        (unit, form),
    ).fetchone()
    assert row is not None
    unit_is_known, form_is_known, forms = row
    if not unit_is_known:
        return f"The catalog has no unit {unit}: units.csv lists the codes."
    if not form_is_known:
        return f"The catalog has no form {form}. It has: {forms or 'none'}."
    return f"Nothing was ever received from {unit} on form {form} for {period}."
