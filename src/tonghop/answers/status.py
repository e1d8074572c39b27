"""The status of each unit as a page: what it sent, what is missing, what is due next, with links to its answers.

All units come out of one query. A page carries a hash of what it was made from, and is made again only when that has changed.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import attrgetter
from pathlib import Path, PurePosixPath
from typing import Any

import psycopg
from psycopg.rows import dict_row

from tonghop.answers import pages
from tonghop.answers.evidence import Name, Names, query, read_names
from tonghop.answers.outbox import write_whole
from tonghop.database import connect
from tonghop.model import Period
from tonghop.settings import settings

LOOKS_AHEAD = timedelta(days=40)
"""How long before it is due a report is shown."""
_OLD_SECONDS = 12 * 3600
"""After that long the pages are written although nothing has come: reports become overdue by themselves."""
_IN_A_ROW = 200
_HEAD_BYTES = 1_000


@dataclass(frozen=True)
class Version:
    """A version of a report as it was sent, with the paths of its answers below the outbox."""

    version: int
    received_at: datetime
    verdict: str
    is_in_use: bool
    file_name: str
    answers: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class SlotStatus:
    """How one report of a unit stands: `missing`, `upcoming`, `waiting` for the checks, or the verdict on its latest version."""

    form: Name
    form_code: str
    period: Period
    due_at: datetime | None
    is_late: bool
    standing: str
    versions: tuple[Version, ...]


@dataclass(frozen=True)
class UnitStatus:
    """Everything that a unit's page shows. `unread` are files that could not be read: when, name, path of the answer."""

    unit_code: str
    name: Name
    parent: str | None
    slots: tuple[SlotStatus, ...]
    unread: tuple[tuple[datetime, str, str], ...]
    state: str
    """a hash of all that the page says"""

    def standing(self, *standings: str) -> list[SlotStatus]:
        """The reports that stand like that, the latest period first."""
        return [slot for slot in self.slots if slot.standing in standings]

    @property
    def sent_by_year(self) -> list[tuple[int, list[SlotStatus]]]:
        """What was sent, by the year of its period, the latest first."""
        sent = [slot for slot in self.slots if slot.versions]
        return [(year, list(slots)) for year, slots in groupby(sent, key=lambda slot: slot.period.end_date.year)]


def write_status_pages(now: datetime | None = None) -> int:
    """Bring the page of every unit up to date, in its folder of the outbox and in the folder of the reports, with a list of all
    units there; return how many pages changed. Raises DatabaseDown."""
    now = now or datetime.now(UTC)
    folder = settings().reports_path / "units"
    changed = 0
    listed: list[UnitStatus] = []
    with connect("publisher", autocommit=True) as connection:
        names = read_names(connection)
        values = {"time_zone": names.time_zone, "organisation": names.organisation, "contact": names.contact}
        for unit in _read(connection, now, names):
            for page, linked in (
                (settings().outbox_path / unit.unit_code / "index.html", True),
                (folder / f"{unit.unit_code}.html", False),
            ):
                if not _says(page, unit.state):
                    changed += write_whole(
                        page, pages.render("status.html.j2", unit=unit, state=unit.state, linked=linked, **values).encode()
                    )
            listed.append(unit)
    groups = [(parent, list(units)) for parent, units in groupby(listed, key=attrgetter("parent"))]
    index = _index()
    changed += write_whole(index, pages.render("units.html.j2", groups=groups, **values).encode())
    index.touch()
    return changed


def status_is_old() -> bool:
    """Whether the pages were written so long ago that reports may have become overdue since."""
    try:
        return time.time() - _index().stat().st_mtime > _OLD_SECONDS
    except FileNotFoundError:
        return True


def _hash(row: Mapping[str, Any], names: Names) -> str:
    shared = [names.organisation, names.time_zone, names.contact, sorted(names.forms.items())]
    said = json.dumps(row, ensure_ascii=False) + repr(shared)
    return hashlib.sha256(pages.look() + said.encode()).hexdigest()


def _says(page: Path, state: str) -> bool:
    """Whether the page that is there was made from that state."""
    try:
        with page.open("rb") as file:
            return state.encode() in file.read(_HEAD_BYTES)
    except FileNotFoundError:
        return False


def _index() -> Path:
    return settings().reports_path / "units" / "index.html"


def _read(connection: psycopg.Connection, now: datetime, names: Names) -> Iterator[UnitStatus]:
    latest_names = {code: name for (code, _), name in sorted(names.forms.items())}
    with connection.transaction(), connection.cursor("unit_status", row_factory=dict_row) as cursor:
        cursor.itersize = _IN_A_ROW
        for row in cursor.execute(query("status"), {"now": now, "until": now + LOOKS_AHEAD}):
            yield UnitStatus(
                unit_code=row["unit_code"],
                name=Name(row["name_vi"], row["name_en"]),
                parent=row["parent_vi"],
                slots=_slots(row["slots"], latest_names),
                state=_hash(row, names),
                unread=tuple(
                    (datetime.fromisoformat(file["received_at"]), _name(file["source_uri"]), file["path"]) for file in row["unread"]
                ),
            )


def _slots(slots: Iterable[Mapping[str, Any]], forms: Mapping[str, Name]) -> tuple[SlotStatus, ...]:
    """The slots, those of the latest period first."""
    read = [
        SlotStatus(
            form=forms.get(slot["form_code"], Name(slot["form_code"], slot["form_code"])),
            form_code=slot["form_code"],
            period=Period.parse(slot["period_code"]),
            due_at=slot["due_at"] and datetime.fromisoformat(slot["due_at"]),
            is_late=slot["is_late"],
            standing=slot["standing"],
            versions=tuple(_version(version) for version in slot["versions"]),
        )
        for slot in slots
    ]
    return tuple(sorted(read, key=lambda slot: (slot.period.end_date, slot.period.start_date, slot.form_code), reverse=True))


def _version(version: Mapping[str, Any]) -> Version:
    return Version(
        version=version["version"],
        received_at=datetime.fromisoformat(version["received_at"]),
        verdict=version["verdict"],
        is_in_use=bool(version["is_in_use"]),
        file_name=_name(version["source_uri"]),
        answers=tuple((answer["kind"], answer["path"]) for answer in version["answers"]),
    )


def _name(uri: str) -> str:
    return PurePosixPath(uri).name
