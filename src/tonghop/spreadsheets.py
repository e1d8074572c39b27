"""Lists that people work on in a spreadsheet program, as CSV files: no text of others in them may run as a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from tonghop.errors import TonghopError

_STARTS_A_FORMULA = ("=", "+", "@", "\t", "\r", "-")
_QUOTE = "'"
ESCAPED = f"^{_QUOTE}*[{''.join(_STARTS_A_FORMULA)}]"
"""The texts that `escape_formula` changes, as a regular expression of PostgreSQL; a minus means itself where it stands last."""


def escape_formula(text: str) -> str:
    """`text` as it may stand in a cell: what a spreadsheet program would calculate gets an apostrophe before it."""
    return _QUOTE + text if text.startswith(_STARTS_A_FORMULA) or _is_escaped(text) else text


def unescape_formula(text: str) -> str:
    """What `escape_formula` was given."""
    return text[1:] if _is_escaped(text) else text


def starts_a_formula(text: str) -> bool:
    """Whether a spreadsheet program may calculate the text."""
    return text.startswith(_STARTS_A_FORMULA)


def _is_escaped(text: str) -> bool:
    return text.startswith(_QUOTE) and text.lstrip(_QUOTE).startswith(_STARTS_A_FORMULA)


class UnreadableList(TonghopError):
    """A CSV file that cannot be read, or is not the one that was exported."""


def write_list(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a CSV file: UTF-8 with a byte order mark, so that Excel shows Vietnamese."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow(map(escape_formula, row))
    path.write_bytes(text.getvalue().encode("utf-8-sig"))


def read_list(path: Path, needed: Sequence[str]) -> list[tuple[int, dict[str, str]]]:
    """The lines of a CSV file with their numbers, as a spreadsheet program saves it (commas, semicolons or tabs).

    Raises UnreadableList with the reason: also when one of the columns `needed` is missing.
    """
    try:
        text = _decoded(path.read_bytes(), path)
    except OSError as error:
        raise UnreadableList(f"{path} cannot be read: {error.strerror}.") from error
    header = text.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        missing = [name for name in needed if name not in (reader.fieldnames or ())]
        if missing:
            raise UnreadableList(f"{path}: the columns {', '.join(missing)} are missing; keep the header that the export wrote.")
        names = reader.fieldnames or ()
        return [(reader.line_num, {name: unescape_formula((row.get(name) or "").strip()) for name in names}) for row in reader]
    except csv.Error as error:
        raise UnreadableList(f"{path} is no proper CSV: {error}; save it as CSV UTF-8.") from error


def _decoded(data: bytes, path: Path) -> str:
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        raise UnreadableList(f"{path} is not UTF-8; save it as CSV UTF-8.") from None
