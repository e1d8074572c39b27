"""Opening, publishing, discarding and going back. Each act is harmless when repeated, and resumes after a kill at any point.

What holds at every moment:

- numbers only grow and are never reused; at most one candidate is open;
- the live publication is the highest published one, unless a rollback is under way: then the candidate is a restatement, and
  whatever comes next completes it first;
- while rows of a publication are forgotten or restated, its record is locked, so that no model can write beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import psycopg

from tonghop.database import connect
from tonghop.publication import manifest
from tonghop.publication.catalog_difference import find_reach, freeze_reach
from tonghop.publication.policies import Withheld, freeze_withheld, has_policies, read_withheld, withhold
from tonghop.publication.records import (
    Publication,
    PublicationProblem,
    discard_reason,
    one_act_at_a_time,
    read_candidate,
    read_live,
    read_publication,
    record_event,
    require_shown,
    wait_for_writers,
)
from tonghop.publication.slots import find_changes, freeze_changes
from tonghop.publication.versions import forget, restate, table_exists
from tonghop.publication.way_back import find_way_back, hold_and_release


def open_candidate(periods: Sequence[str] | None = None) -> int | None:
    """Open a candidate over every slot that differs from what is published, and return its number; None when nothing does.

    Returns the open candidate when there is one, with the slots it was opened with. `periods` (codes) restricts the change to
    these periods. A rollback that was interrupted is completed first, and a candidate that was opened under another
    catalog or other code is discarded. Raises PublicationProblem when the warehouse is not deployed.
    """
    _settle()
    with connect("publisher") as connection:
        one_act_at_a_time(connection)
        if candidate := read_candidate(connection):
            return candidate.number
        pack_hash, code_version = _catalog_and_code(connection)
        scope_all, is_newer = _compare_with_published(connection, pack_hash, code_version)
        find_changes(connection, pack_hash, scope_all, periods)
        changes = withhold(connection, pack_hash, scope_all)
        if not changes.opens and not is_newer:
            return None
        number = _new_candidate(connection, "refresh", read_live(connection), scope_all, pack_hash, code_version, None)
        freeze_reach(connection, number)
        freeze_withheld(connection, number)
        record_event(connection, "opened", number, slots=changes.slots, scope_all=scope_all)
        return number


def pending(periods: Sequence[str] | None = None) -> bool:
    """Whether `open_candidate` would return a number: a candidate is open, or something differs from what is published."""
    with connect("publisher") as connection:
        if read_candidate(connection):
            return True
        deployed = _deployed_code(connection)
        pack_hash = _loaded_pack(connection)
        if pack_hash is None:
            return False
        scope_all, is_newer = _compare_with_published(connection, pack_hash, deployed)
        find_changes(connection, pack_hash, scope_all, periods)
        found = withhold(connection, pack_hash, scope_all).opens or is_newer
        connection.rollback()
        return found


def withheld(periods: Sequence[str] | None = None) -> list[Withheld]:
    """What was accepted, differs from what is published, and stays out by the policies of the pack; of `periods`, when given."""
    with connect("publisher") as connection:
        pack_hash = _loaded_pack(connection)
        if pack_hash is None or not has_policies(connection, pack_hash):
            return []
        scope_all, _ = _compare_with_published(connection, pack_hash, _deployed_code(connection))
        find_changes(connection, pack_hash, scope_all, periods)
        withhold(connection, pack_hash, scope_all)
        found = read_withheld(connection)
        connection.rollback()
        return found


def publish(number: int) -> None:
    """Make the candidate `number` what BI sees: one transaction, after waiting for models that still write.

    Writes its manifest first. Nothing happens when it is live already. Raises PublicationProblem when it is not a candidate
    that was built and has passed gate 2.
    """
    with connect("publisher") as connection:
        one_act_at_a_time(connection)
        publication = wait_for_writers(connection, number)
        if publication.status == "published" and publication.is_live:
            return
        if publication.status == "published":
            raise PublicationProblem(
                f"Publication {number} was published before and is not live any more. `tonghop rollback {number}` goes back to it."
            )
        if publication.status == "discarded":
            raise PublicationProblem(f"Publication {number} was discarded: {discard_reason(number)}\n`tonghop refresh` opens a new one.")
        if publication.kind == "restatement":
            raise PublicationProblem(f"Publication {number} is a rollback under way: `tonghop rollback {publication.base}` completes it.")
        _require_gate_2(connection, number)
        _require_built(connection, number)
        _make_live(connection, publication, "published")


def discard(number: int, reason: str) -> None:
    """Give the candidate `number` up: what it wrote is forgotten, the live publication never noticed, the number stays used.

    The record of its gates stays as evidence. Harmless when repeated. Raises PublicationProblem when it is published.
    """
    with connect("publisher") as connection:
        one_act_at_a_time(connection)
        publication = wait_for_writers(connection, number)
        if publication.status == "discarded":
            return
        if publication.status == "published":
            raise PublicationProblem(f"Publication {number} is published and cannot be discarded. `tonghop rollback` goes back.")
        if publication.kind == "restatement":
            raise PublicationProblem(f"Publication {number} is a rollback under way: `tonghop rollback {publication.base}` completes it.")
        with connect("transformer") as writer:
            forget(writer, number)
        manifest.set_aside(number)
        connection.execute(
            "update audit.publication set status = 'discarded', discarded_at = clock_timestamp() where number = %s", (number,)
        )
        record_event(connection, "discarded", number, reason=reason)


def rollback(number: int, reason: str) -> int:
    """Go back to publication `number`: BI sees it at once, then a new publication restates it. Returns the new number.

    Submissions that this takes back are held, so that the next refresh does not bring them in again. Interrupted, it is
    completed by calling it again (or by the next refresh). Nothing happens when the live publication restates `number`
    already. Raises PublicationProblem when a candidate is open, or `number` is not published or is live.
    """
    _complete_rollback()
    with connect("publisher") as connection:
        one_act_at_a_time(connection)
        target = read_publication(connection, number)
        head = read_live(connection)
        if head is not None:
            live = read_publication(connection, head)
            if live.kind == "restatement" and live.base == number:
                return live.number
        _require_way_back(connection, target)
        assert head is not None
        restatement = _begin_rollback(connection, target, head, reason)
    _complete_rollback()
    return restatement


def _begin_rollback(connection: psycopg.Connection, target: Publication, head: int, reason: str) -> int:
    """Flip to the old publication at once, and record what has to be restated: from here on the way back will be completed."""
    find_way_back(connection, head, target.number)
    number = _new_candidate(connection, "restatement", target.number, False, target.pack_hash, target.code_version, reason)
    held, released = hold_and_release(connection, target.number, number, reason)
    connection.execute("update audit.live set number = %s", (target.number,))
    record_event(
        connection, "rolled_back", number, head=head, to=target.number, reason=reason, submissions_held=held, submissions_released=released
    )
    return number


def _complete_rollback() -> None:
    """Write and publish the restatement of a rollback that has begun; nothing when none has."""
    with connect("publisher") as connection:
        one_act_at_a_time(connection)
        candidate = read_candidate(connection)
        if candidate is None or candidate.kind != "restatement":
            return
        assert candidate.base is not None
        wait_for_writers(connection, candidate.number)
        with connect("transformer") as writer:
            forget(writer, candidate.number)
            restate(writer, candidate.number, candidate.base)
        _make_live(connection, candidate, "restated")


def _settle() -> None:
    """Finish what an interrupted act left: complete a rollback, discard a candidate of another catalog or other code."""
    _complete_rollback()
    with connect("publisher") as connection:
        candidate = read_candidate(connection)
        stale = candidate is not None and (candidate.pack_hash, candidate.code_version) != _catalog_and_code(connection)
    if candidate is not None and stale:
        discard(candidate.number, "the catalog or the code changed while it was being built")


def _make_live(connection: psycopg.Connection, publication: Publication, act: str) -> None:
    """Write the manifest, mark the publication as published, and flip the one row that BI's views look at."""
    row = connection.execute("select clock_timestamp()").fetchone()
    assert row is not None
    published_at: datetime = row[0]
    path, sha256 = manifest.write(manifest.describe(connection, publication, published_at))
    connection.execute(
        "update audit.publication set status = 'published', published_at = %s, manifest_path = %s, manifest_sha256 = %s where number = %s",
        (published_at, path, sha256, publication.number),
    )
    connection.execute(
        "insert into audit.live (number) values (%s) on conflict (singleton) do update set number = excluded.number",
        (publication.number,),
    )
    record_event(connection, act, publication.number, manifest_sha256=sha256)


def _new_candidate(
    connection: psycopg.Connection,
    kind: str,
    base: int | None,
    scope_all: bool,
    pack_hash: str,
    code_version: str,
    reason: str | None,
) -> int:
    """Take the next number and freeze `slot_change` as its slots."""
    row = connection.execute(
        """
        insert into audit.publication (number, status, kind, base, scope_all, pack_hash, code_version, periods, reason)
        select
            coalesce((select max(number) from audit.publication), 0) + 1, 'candidate', %s, %s, %s, %s, %s,
            coalesce((select array_agg(distinct period_code order by period_code) from slot_change), '{}'), %s
        returning number
        """,
        (kind, base, scope_all, pack_hash, code_version, reason),
    ).fetchone()
    assert row is not None
    number = int(row[0])
    freeze_changes(connection, number)
    return number


def _loaded_pack(connection: psycopg.Connection) -> str | None:
    row = connection.execute("select pack_hash from catalog.pack order by load_number desc limit 1").fetchone()
    return None if row is None else str(row[0])


def _deployed_code(connection: psycopg.Connection) -> str | None:
    row = connection.execute("select code_version from audit.deployment order by deployment_id desc limit 1").fetchone()
    return None if row is None else str(row[0])


def _catalog_and_code(connection: psycopg.Connection) -> tuple[str, str]:
    pack_hash, code_version = _loaded_pack(connection), _deployed_code(connection)
    if pack_hash is None or code_version is None:
        missing = "no catalog pack is loaded" if pack_hash is None else "the warehouse is not deployed"
        raise PublicationProblem(f"Nothing can be published yet: {missing}. `tonghop refresh` does it.")
    return pack_hash, code_version


def _compare_with_published(connection: psycopg.Connection, pack_hash: str, code_version: str | None) -> tuple[bool, bool]:
    """Whether everything is to be rebuilt and compared, because the code differs from that of the live publication or its catalog does
    throughout (what a smaller change of the catalog reaches is found by `find_reach`); and whether catalog or code are newer than those
    of the last refresh: only that is a reason to publish when no slot changed. After a rollback over a change of the catalog the
    first may hold, and the second does not. Hand corrections count for their slots only."""
    found = connection.execute(
        """
        with version as (
            select p.number, p.status, p.kind, p.pack_hash, coalesce(k.hash_without_corrections, k.pack_hash) as content, p.code_version
            from audit.publication as p
            inner join catalog.pack as k on p.pack_hash = k.pack_hash
        )

        select
            (select array[v.pack_hash, v.code_version] from version as v inner join audit.live as l on v.number = l.number),
            (
                select array[content, code_version] from version
                where status = 'published' and kind = 'refresh' order by number desc limit 1
            ),
            (select array[coalesce(hash_without_corrections, pack_hash), %s::text] from catalog.pack where pack_hash = %s)
        """,
        (code_version, pack_hash),
    ).fetchone()
    assert found is not None
    live, last_refresh, now = found
    reaches_all = find_reach(connection, live[0] if live else None, pack_hash)
    return live is not None and (reaches_all or live[1] != code_version), last_refresh is not None and last_refresh != now


def _require_way_back(connection: psycopg.Connection, target: Publication) -> None:
    candidate = read_candidate(connection)
    if candidate is not None:
        raise PublicationProblem(
            f"Publication {candidate.number} is being built. Let `tonghop refresh` complete it, or give it up with "
            f"`tonghop discard {candidate.number}`; then roll back."
        )
    require_shown(target)
    if target.is_live:
        raise PublicationProblem(f"Publication {target.number} is live: there is nothing to go back from.")


def _require_gate_2(connection: psycopg.Connection, number: int) -> None:
    row = connection.execute(
        "select status from audit.gate_run where gate = 2 and publication = %s order by gate_run_id desc limit 1", (number,)
    ).fetchone()
    if row is None or row[0] != "passed":
        state = "has not been through gate 2" if row is None else f"has not passed gate 2 (last run: {row[0]})"
        raise PublicationProblem(f"Publication {number} {state} and is not published. `tonghop refresh` takes it through.")


def _require_built(connection: psycopg.Connection, number: int) -> None:
    """Refuse a candidate whose warehouse rows do not show the submissions that its frozen slots name."""
    differing = -1
    if table_exists(connection, "fct_submission"):
        row = connection.execute(
            """
            select count(*)
            from audit.candidate_slot as c
            left join (
                staging.submission as s
                inner join warehouse.fct_submission as f
                    on s.submission_id = f.submission_id and f.to_publication = 2147483647 and f.status = 'in_force'
            )
                on c.unit_code = s.unit_code and c.form_code = s.form_code and c.period_code = s.period_code
            where c.publication = %s and (c.submission_id, c.gate_run_id) is distinct from (f.submission_id, f.gate_run_id)
            """,
            (number,),
        ).fetchone()
        assert row is not None
        differing = int(row[0])
    if differing:
        raise PublicationProblem(
            f"Publication {number} is not built"
            + (f": {differing} slots of the warehouse show another submission than it takes in. " if differing > 0 else " yet. ")
            + "`tonghop refresh` builds it."
        )
