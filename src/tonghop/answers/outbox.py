"""The outbox: a folder for each unit, and in it files whose names sort and say what they are.

    <unit>/<unit>_2022-08_<form>_v02_phieu-nhan_000123.html     receipt
    <unit>/<unit>_2022-08_<form>_v02_can-sua_000123.xlsx        returned workbook
    <unit>/index.html                                           status of the unit

An answer to a file that names several units goes to the unit that sent it, else to the unit that they all belong to. Where nobody knows the
unit, there is a folder for the sender. The number at the end is that of the receipt.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from zoneinfo import ZoneInfo

from tonghop.answers.evidence import Answer, Kind, Names
from tonghop.intake.vocabulary import fold
from tonghop.settings import settings

_WORDS: dict[Kind, str] = {"receipt": "phieu-nhan", "returned": "can-sua"}
_UNREAD = "khong-doc-duoc"
_NOBODY = "_khong-ro-nguoi-gui"


class Addressee(NamedTuple):
    """Whose folder an answer goes to: `unit_code` is None when nobody knows the unit."""

    folder: str
    unit_code: str | None


def addressee_of(answer: Answer, names: Names) -> Addressee:
    """Who gets an answer: the one unit that the file is about, or the unit that sent it, or the nearest one above all that it names."""
    units = {part.unit_code for part in answer.parts}
    sender = names.spellings.get((answer.sender or "").strip().lower())
    unit: str | None
    if len(units) == 1:
        unit = units.pop()
    elif sender or not units:
        unit = sender
    else:
        unit = PurePosixPath(os.path.commonpath(["/".join(part.path) for part in answer.parts])).name or None
    if unit:
        return Addressee(unit, unit)
    return Addressee(_folder_of(answer.sender) if answer.sender else _NOBODY, None)


def file_name(answer: Answer, addressee: Addressee, extension: str) -> str:
    """The name of an answer: unit, period, form, version, what it is, number of the receipt. Intake finds no fault with it."""
    if answer.parts:
        periods = sorted({part.period for part in answer.parts}, key=lambda period: (period.start_date, period.code))
        forms = sorted({part.form_code for part in answer.parts})
        versions = {part.version for part in answer.parts}
        about = [
            periods[0].code if len(periods) == 1 else f"{periods[0].code}--{periods[-1].code}",
            forms[0] if len(forms) == 1 else f"{forms[0]}+{len(forms) - 1}",
            *([f"v{min(versions):02d}"] if len(versions) == 1 else []),
        ]
    else:
        about = [answer.received_at.astimezone(ZoneInfo(answer.time_zone)).strftime("%Y-%m-%d"), _UNREAD]
    whose = [addressee.unit_code] if addressee.unit_code else []
    return "_".join([*whose, *about, _WORDS[answer.kind], f"{answer.receipt_id:06d}"]) + extension


def put(path: str, data: bytes) -> str:
    """Write a file of the outbox, named by its path below it, and return the SHA-256 of its bytes.

    Written aside and renamed: a reader, or a program that carries the outbox on, meets a whole file or none. Nothing is written when
    the very same bytes are there.
    """
    write_whole(settings().outbox_path / path, data)
    return hashlib.sha256(data).hexdigest()


def write_whole(target: Path, data: bytes) -> bool:
    """Write a file at once; False when it is there with the same bytes already."""
    try:
        if target.read_bytes() == data:
            return False
    except FileNotFoundError:
        target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, aside = tempfile.mkstemp(dir=target.parent, prefix=".new-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            os.fchmod(file.fileno(), 0o644)
        Path(aside).replace(target)
    finally:
        Path(aside).unlink(missing_ok=True)
    return True


def _folder_of(sender: str) -> str:
    """A folder name for a sender who is no unit: letters and digits, and a few of its hash, since two senders may look alike."""
    bare = re.sub(r"[^a-z0-9]+", "-", fold(sender)).strip("-")[:40]
    return f"_{bare or 'nguoi-gui'}-{hashlib.sha256(sender.encode()).hexdigest()[:8]}"
