"""What the name of a file, its folders and its sender say about unit and period, held against what its sheets say.

The content decides. What disagrees with it is a finding that lists all the evidence: where it stands, and what it says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import PurePosixPath
from typing import NamedTuple, Protocol

from tonghop.catalog.rows import Unit
from tonghop.intake import findings, vocabulary
from tonghop.intake.cells import Sheet
from tonghop.intake.form_index import PackIndex
from tonghop.intake.head import read_head
from tonghop.intake.identity import NAMED, apart
from tonghop.model import Candidate, Finding, Period, Proposal, Slot

FOLDERS = 8
"""The nearest folders above a file; what lies further up says nothing about it."""


class Origin(NamedTuple):
    """Where a file came from, as far as that may say whose it is: its name, the folders above it from the top down, who sent it."""

    name: str
    folders: tuple[str, ...] = ()
    sender: str | None = None

    @classmethod
    def of(cls, path: str, sender: str | None = None) -> Origin:
        """The origin of a file with this path below its landing area."""
        parts = [part for part in PurePosixPath(path.replace("\\", "/")).parts if part not in ("/", ".", "..")]
        return cls(parts[-1] if parts else "", tuple(parts[:-1][-FOLDERS:]), sender)

    @property
    def stem(self) -> str:
        """The name without what kind of file it is."""
        return PurePosixPath(self.name).stem


class About(Protocol):
    """What is held against the origin: a report with its unit, if that is known, its period and its sheets."""

    @property
    def unit(self) -> Unit | None:
        """Whose report it is; None: of no unit in particular."""

    @property
    def period(self) -> Period:
        """What it is for."""

    @property
    def sheets(self) -> dict[int, Sheet]:
        """Its sheets, by their position in the form."""


class Told(NamedTuple):
    """What one source says."""

    where: str
    what: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.where}: {', '.join(self.what[:NAMED])}"


def disagreements(report: About, reports: Sequence[About], origin: Origin, index: PackIndex) -> list[Finding]:
    """What name and folders say of a report's period and unit, when it fits none of the reports of the file."""
    return [*_of_period(report, reports, origin), *_of_unit(report, reports, origin, index)]


def _of_period(report: About, reports: Sequence[About], origin: Origin) -> Iterator[Finding]:
    by_name = vocabulary.periods_in(origin.stem)
    by_folder = periods_of_folders(origin.folders)
    if not by_name and not by_folder:
        return

    def fits(periods: Iterable[Period]) -> bool:
        return not all(apart(named, each.period) for named in periods for each in reports)

    wrong_name = bool(by_name) and not fits(by_name)
    if not wrong_name and all(fits(periods) for periods in by_folder.values()):
        return
    told = [Told(f"{folder}/", tuple(map(str, periods))) for folder, periods in by_folder.items()]
    if by_name:
        told.insert(0, Told(origin.name, tuple(map(str, by_name))))
    kind = findings.PERIOD_CONTRADICTION if wrong_name else findings.FOLDER_CONTRADICTION
    yield kind.at(found=_listed([Told(_place_of(report, "period"), (str(report.period),)), *told]))


def _of_unit(report: About, reports: Sequence[About], origin: Origin, index: PackIndex) -> Iterator[Finding]:
    if report.unit is None:
        return
    at = report.period.end_date
    by_name = units_in(origin.stem, at, index)
    by_folder = {folder: units for folder in origin.folders if (units := units_in(folder, at, index))}
    if not by_name and not by_folder:
        return
    fitting = {code for each in reports if each.unit for code in (each.unit.unit_code, *each.unit.ancestors)}
    wrong_name = bool(by_name) and not by_name & fitting
    if not wrong_name and all(units & fitting for units in by_folder.values()):
        return
    told = [Told(f"{folder}/", tuple(sorted(units))) for folder, units in by_folder.items()]
    if by_name:
        told.insert(0, Told(origin.name, tuple(sorted(by_name))))
    kind = findings.UNIT_CONTRADICTION if wrong_name else findings.FOLDER_CONTRADICTION
    own = Told(_place_of(report, "unit_code", "unit"), (_named(report.unit),))
    yield kind.at(found=_listed([own, *told]))


def _place_of(report: About, *lines: str) -> str:
    """Where a report says it itself: a cell of a head, else the first of its sheets."""
    for sheet in report.sheets.values():
        head = read_head(sheet)
        if found := next((value for line in lines if (value := getattr(head, line)) is not None), None):
            return str(found.at)
    return next((sheet.name for sheet in report.sheets.values()), "–")


def _named(unit: Unit) -> str:
    return f"{unit.unit_code} ({unit.name_vi})"


def _listed(told: Iterable[Told]) -> str:
    return "; ".join(map(str, told))


_MONTH_ALONE = re.compile(r"(?:thang|t)?[\s_.-]*(0?[1-9]|1[0-2])")


def periods_of_folders(folders: Sequence[str]) -> dict[str, tuple[Period, ...]]:
    """The periods that folders name, those below a year included: `2022/Tháng 8`."""
    named: dict[str, tuple[Period, ...]] = {}
    year: Period | None = None
    for folder in folders:
        periods = vocabulary.periods_in(folder)
        alone = vocabulary.read_period(folder) if not periods else None
        if alone is not None:
            year, periods = alone, (alone,)
        elif not periods and year is not None and (month := _MONTH_ALONE.fullmatch(vocabulary.fold(folder))):
            periods = (Period.month(year.year, int(month[1])),)
        if periods:
            named[folder] = periods
    return named


_PARTS = re.compile(r"[A-Za-z0-9]+")
_MOST_PARTS = 30


def units_in(text: str, at: date, index: PackIndex) -> frozenset[str]:
    """The units of a day that the name of a file or folder names, by their codes (as whole words) or by their names."""
    seen = index.units_remembered  # a folder has many files, and units name their files alike
    units = seen.get((text, at))
    if units is None:
        units = seen[text, at] = _codes_in(text, at, index) | index.unit_names.named_in(text, at)
    return units


def _codes_in(text: str, at: date, index: PackIndex) -> frozenset[str]:
    """Where one code is part of another the longer counts."""
    parts = list(_PARTS.finditer(text))[:_MOST_PARTS]
    ever = index.unit_names.codes
    codes: set[str] = set()
    position = 0
    while position < len(parts):
        for last in range(len(parts) - 1, position - 1, -1):
            code = text[parts[position].start() : parts[last].end()].upper()
            if code in ever and index.pack.unit(code, at) is not None:
                codes.add(code)
                position = last
                break
        position += 1
    return frozenset(codes)


# The sender


def of_sender(slots: Sequence[Slot], origin: Origin, index: PackIndex) -> list[Finding]:
    """What the pack knows of the sender, when that does not fit: a sender may send for his units and for all below them.

    Nothing where the pack does not say who sends for whom.
    """
    pack, sender = index.pack, origin.sender
    if not pack.senders or not sender or not slots:
        return []
    units = {unit.unit_code: unit for slot in slots if (unit := pack.unit(slot.unit_code, slot.period.end_date))}
    sends_for = {unit.unit_code: unit for slot in slots for unit in pack.units_of_sender(sender, slot.period.end_date)}
    if not sends_for:
        one = next(iter(units.values())) if len(units) == 1 else None
        proposal = Proposal("sender", "", sender, (Candidate(one.unit_code, one.name_vi, 100),) if one else ())
        expected = ", ".join([_named(unit) for unit in units.values()][:NAMED])
        return [findings.UNKNOWN_SENDER.at(found=sender, expected=expected, proposal=proposal)]
    strange = [unit for unit in units.values() if sends_for.keys().isdisjoint((unit.unit_code, *unit.ancestors))]
    if not strange:
        return []
    found = Told(sender, tuple(map(_named, sends_for.values())))
    return [findings.SENDER_CONTRADICTION.at(found=str(found), expected=", ".join(map(_named, strange[:NAMED])))]
