"""What an answer says, read from the database: a file, what it was recognised as, and what is wrong in it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from importlib.resources import files
from pathlib import PurePosixPath
from typing import Any, Literal

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import set_json_loads

from tonghop.model import Period, Severity, Verdict

Kind = Literal["receipt", "returned"]


@dataclass(frozen=True)
class Name:
    """A name in both languages."""

    vi: str
    en: str


@dataclass(frozen=True)
class Part:
    """What a file says for one slot: a submission, with how many cells of each state were read."""

    submission_id: int
    is_new: bool
    unit_code: str
    unit: Name
    path: tuple[str, ...]
    """the codes of the units from the root to this one"""
    form_code: str
    form: Name
    form_version: int
    period: Period
    version: int
    cells: int
    figures: int
    blank: int
    unreadable: int
    due_at: datetime | None
    as_of_date: date | None
    verdict: Verdict | None


@dataclass(frozen=True)
class Problem:
    """Something to correct or to look at. `sheet` without `cell` is a whole sheet, neither is the whole file; `involved` are
    the other cells of the same file that it is about."""

    submission_id: int | None
    severity: Severity
    code: str
    text: Name
    sheet: str | None
    cell: str | None
    indicator: Name | None
    measure: str | None
    found: str | None
    expected: str | None
    is_finding: bool
    involved: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Answer:
    """Everything that an answer to a file says. `gate_run_id` is None for a receipt."""

    kind: Kind
    receipt_id: int
    gate_run_id: int | None
    sha256: str
    source_uri: str
    sender: str | None
    received_at: datetime
    outcome: str
    parts: tuple[Part, ...]
    problems: tuple[Problem, ...]
    organisation: Name
    contact: str | None
    time_zone: str

    @property
    def file_name(self) -> str:
        """The name that the unit gave its file."""
        return PurePosixPath(self.source_uri).name

    def count(self, severity: Severity) -> int:
        """How many problems are that grave."""
        return sum(problem.severity is severity for problem in self.problems)


@dataclass
class Names:
    """The names in a catalog pack, and whom to ask."""

    organisation: Name
    time_zone: str
    contact: str | None
    indicators: Mapping[str, Name]
    forms: Mapping[tuple[str, int], Name]
    units: Mapping[str, list[tuple[date, date, Name, tuple[str, ...]]]]
    """by code: valid from, valid to, name, path"""
    spellings: Mapping[str, str] = field(init=False)
    """unit codes by their lower-case form"""

    def __post_init__(self) -> None:
        self.spellings = {code.lower(): code for code in self.units}

    def unit(self, unit_code: str, at: date) -> tuple[Name, tuple[str, ...]]:
        """Name and path of a unit on a day; of its last known day before, or its code, when it was none then."""
        known = self.units.get(unit_code, [])
        fitting = [(name, path) for valid_from, _, name, path in known if valid_from <= at]
        return fitting[-1] if fitting else (Name(unit_code, unit_code), (unit_code,))


@cache
def query(name: str) -> bytes:
    """A query of the folder `queries/`."""
    return (files("tonghop.answers") / "queries" / f"{name}.sql").read_bytes()


def read_names(connection: psycopg.Connection) -> Names:
    """The names of the pack in force; none at all when no pack was loaded yet, since nothing can have arrived then."""
    head = connection.execute(
        "select pack_hash, name_vi, name_en, time_zone, contact from catalog.pack order by load_number desc limit 1"
    ).fetchone()
    if head is None:
        return Names(Name("", ""), "UTC", None, {}, {}, {})
    pack_hash = [head[0]]
    units: defaultdict[str, list[tuple[date, date, Name, tuple[str, ...]]]] = defaultdict(list)
    for code, valid_from, valid_to, name_vi, name_en, path in connection.execute(
        "select unit_code, valid_from, valid_to, name_vi, name_en, path from catalog.unit where pack_hash = %s order by valid_from",
        pack_hash,
    ):
        units[code].append((valid_from, valid_to, Name(name_vi, name_en), tuple(path.split("/"))))
    indicators = connection.execute("select indicator_code, name_vi, name_en from catalog.indicator where pack_hash = %s", pack_hash)
    forms = connection.execute("select form_code, version, name_vi, name_en from catalog.form where pack_hash = %s", pack_hash)
    return Names(
        organisation=Name(head[1], head[2]),
        time_zone=head[3],
        contact=head[4],
        indicators={code: Name(vi, en) for code, vi, en in indicators},
        forms={(code, version): Name(vi, en) for code, version, vi, en in forms},
        units=units,
    )


def read_answers(connection: psycopg.Connection, names: Names, receipts: Sequence[int], gate_run_id: int | None = None) -> Iterator[Answer]:
    """The answers to files, by the numbers of their receipts: the receipts, or what a run of gate 1 says about them."""
    set_json_loads(_exact, connection)
    values = {"receipts": list(receipts), "gate_run_id": gate_run_id}
    problems: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in _rows(connection, "findings" if gate_run_id is None else "problems", values):
        problems[row["receipt_id"]].append(row)
    for row in _rows(connection, "files", values):
        parts = tuple(_part(part, names) for part in row["submissions"])
        own = {part.submission_id for part in parts}
        yield Answer(
            kind="receipt" if gate_run_id is None else "returned",
            receipt_id=row["receipt_id"],
            gate_run_id=gate_run_id,
            sha256=row["sha256"],
            source_uri=row["source_uri"],
            sender=row["sender"],
            received_at=row["received_at"],
            outcome=row["outcome"],
            parts=parts,
            problems=tuple(_problem(problem, own, names) for problem in problems[row["receipt_id"]]),
            organisation=names.organisation,
            contact=names.contact,
            time_zone=names.time_zone,
        )


def _rows(connection: psycopg.Connection, name: str, values: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query(name), values).fetchall()


def _exact(text: str | bytes) -> Any:
    return json.loads(text, parse_float=Decimal)


def _part(part: Mapping[str, Any], names: Names) -> Part:
    period = Period.parse(part["period_code"])
    unit, path = names.unit(part["unit_code"], period.end_date)
    form = names.forms.get((part["form_code"], part["form_version"]), Name(part["form_code"], part["form_code"]))
    return Part(
        submission_id=part["submission_id"],
        is_new=part["is_new"],
        unit_code=part["unit_code"],
        unit=unit,
        path=path,
        form_code=part["form_code"],
        form=form,
        form_version=part["form_version"],
        period=period,
        version=part["version"],
        cells=part["cells"],
        figures=part["figures"],
        blank=part["blank"],
        unreadable=part["unreadable"],
        due_at=part["due_at"] and datetime.fromisoformat(part["due_at"]),
        as_of_date=part["as_of_date"] and date.fromisoformat(part["as_of_date"]),
        verdict=part["verdict"] and Verdict(part["verdict"]),
    )


def _problem(row: Mapping[str, Any], own: set[int], names: Names) -> Problem:
    place = (row["sheet"], row["cell"])
    involved = dict.fromkeys(
        (cell["sheet"], cell["cell"])
        for cell in row["cells"]
        if cell.get("submission_id") in own and cell.get("sheet") and cell.get("cell") and (cell["sheet"], cell["cell"]) != place
    )
    return Problem(
        submission_id=row["submission_id"],
        severity=Severity(row["severity"]),
        code=row["code"],
        text=Name(row["text_vi"], row["text_en"]),
        sheet=row["sheet"] or None,
        cell=row["cell"] or None,
        indicator=names.indicators.get(row["indicator_code"]),
        measure=row["measure"],
        found=row["found"],
        expected=row["expected"],
        is_finding=row["is_finding"],
        involved=tuple(involved),
    )
