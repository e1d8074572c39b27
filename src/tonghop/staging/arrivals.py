"""Files in the landing areas against the receipts in the database: which are new, and which should not lie there any more."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence

import psycopg

from tonghop.staging import landing
from tonghop.staging.landing import Area, Arrived, Gone, LandedFile, LandingMissing, NotReadable

log = logging.getLogger(__name__)


def without_receipt(connection: psycopg.Connection, files: Sequence[LandedFile], pack_hash: str) -> list[LandedFile]:
    """The files that were not taken in as they are now: by URI, time of change and size. What a pack did not know counts for it only."""
    new = connection.execute(
        """
        select landed.position
        from unnest(%s::text[], %s::timestamptz[], %s::bigint[]) with ordinality as landed (source_uri, received_at, size, position)
        where not exists (
            select from staging.receipt
            inner join staging.file on receipt.sha256 = file.sha256
            where receipt.source_uri = landed.source_uri and receipt.received_at = landed.received_at and file.size = landed.size
                and (
                    receipt.pack_hash is not distinct from %s
                    or not exists (select from staging.unresolved_receipt as unresolved where unresolved.receipt_id = receipt.receipt_id)
                )
        )
        order by landed.position
        """,
        (*_columns(files), pack_hash),
    )
    return [files[position - 1] for (position,) in new]


def put_away_arrived(connection: psycopg.Connection, areas: Sequence[Area], files: Iterable[LandedFile]) -> list[str]:
    """Move files that have a receipt to where their areas want them: read ones to `done`, rejected ones to `failed`.

    Returns a message for each that should have moved and did not; it stays where it is, and the next poll tries again.
    """
    messages: list[str] = []
    moving = [area for area in areas if area.done or area.failed]
    here = {file: area for file in files if (area := _home(file.uri, areas)) in moving and area is not None}
    for arrived in _receipts_of(connection, list(here)):
        try:
            landing.put_away(here[arrived.file], arrived)
        except (NotReadable, LandingMissing) as error:
            if not isinstance(error, Gone):
                log.warning("%s", error)
                messages.append(str(error))
    return messages


def put_away_taken_in(connection: psycopg.Connection, areas: Sequence[Area], uris: Iterable[str]) -> list[str]:
    """The same for files that were read just now. What is another file by now has no receipt and stays."""
    moving = [area for area in areas if area.done or area.failed]
    files: list[LandedFile] = []
    for uri in uris:
        area = _home(uri, areas)
        if area is None or area not in moving:
            continue
        try:
            files.append(landing.look_at(area, uri))
        except (NotReadable, LandingMissing) as error:
            log.debug("%s", error)  # gone, or away: the next poll sees to what is left
    return put_away_arrived(connection, areas, files)


def was_put_away(connection: psycopg.Connection, area: Area, uri: str) -> bool:
    """Whether a file that is gone was taken in and moved: by an attempt of the same batch that was killed after it."""
    if not (area.done or area.failed):
        return False
    found = connection.execute("select exists (select from staging.receipt where source_uri = %s)", (uri,)).fetchone()
    return bool(found and found[0])


def _home(uri: str, areas: Sequence[Area]) -> Area | None:
    try:
        return landing.area_of(uri, areas)
    except NotReadable:
        return None


def _receipts_of(connection: psycopg.Connection, files: Sequence[LandedFile]) -> list[Arrived]:
    if not files:
        return []
    receipts = connection.execute(
        """
        select distinct on (landed.position) landed.position, receipt.sha256, receipt.outcome = 'rejected'
        from unnest(%s::text[], %s::timestamptz[], %s::bigint[]) with ordinality as landed (source_uri, received_at, size, position)
        inner join staging.receipt on receipt.source_uri = landed.source_uri and receipt.received_at = landed.received_at
        inner join staging.file on receipt.sha256 = file.sha256 and file.size = landed.size
        order by landed.position, receipt.receipt_id desc
        """,
        _columns(files),
    )
    return [Arrived(files[position - 1], sha256, rejected) for position, sha256, rejected in receipts]


def _columns(files: Sequence[LandedFile]) -> tuple[list[str], list[object], list[int]]:
    return [file.uri for file in files], [file.received_at for file in files], [file.size for file in files]
