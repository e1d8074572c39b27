"""The files of a pack: bytes to rows, every problem with its line. Nothing here looks from one row to another."""

from __future__ import annotations

import csv
import hashlib
import io
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from tonghop.catalog.problems import Problem
from tonghop.catalog.rows import PackHead, Row

R = TypeVar("R", bound=Row)

HEAD = "pack.yml"
RULES = "rules.yml"
RULE_CASES = "rule_cases.yml"
PROFILES = "profiles.yml"
CORRECTIONS = "corrections.yml"
FILES = (
    HEAD,
    "units.csv",
    "unit_succession.csv",
    "hierarchies.csv",
    "unit_groups.csv",
    "unit_group_members.csv",
    "unit_aliases.csv",
    "programmes.csv",
    "indicators.csv",
    "breakdowns.csv",
    "breakdown_parts.csv",
    "units_of_measure.csv",
    "forms.csv",
    "form_sheets.csv",
    "form_columns.csv",
    "form_rows.csv",
    "form_cells.csv",
    "form_narratives.csv",
    "form_aliases.csv",
    "duties.csv",
    "reminders.csv",
    "contacts.csv",
    "senders.csv",
    "targets.csv",
    "dhis2.csv",
    RULES,
    RULE_CASES,
    PROFILES,
    CORRECTIONS,
)
OPTIONAL = frozenset(
    {"hierarchies.csv", "unit_groups.csv", "unit_group_members.csv"}
    | {"unit_succession.csv", "breakdown_parts.csv", "form_sheets.csv", "form_cells.csv", "form_narratives.csv", "form_aliases.csv"}
    | {"reminders.csv", "contacts.csv", "senders.csv", "dhis2.csv", RULE_CASES, PROFILES, CORRECTIONS}
)
"""The files that a pack may do without (a pack with rules has their cases, too)."""


@dataclass(frozen=True)
class Table(Generic[R]):
    """A file of a pack: the rows that could be read, and what each column holds in all rows, readable or not."""

    file: str
    rows: tuple[R, ...] = ()
    written: dict[str, frozenset[str]] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    def mentions(self, column: str, value: str) -> bool:
        """Whether `value` stands in that column of any row; true when the column could not be read, so that one
        problem is not answered by a hundred others."""
        return column not in self.written or value in self.written[column]


def pack_hash(contents: dict[str, bytes]) -> str:
    """SHA-256 over names and bytes of a pack's files, in the order of their names; line ends and a byte order mark do not count."""
    digest = hashlib.sha256()
    for name, content in sorted(contents.items()):
        normal = content.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        digest.update(f"{name}\0{len(normal)}\0".encode() + normal)
    return digest.hexdigest()


def read_contents(directory: Path) -> tuple[dict[str, bytes], list[Problem]]:
    """The bytes of the pack's files, and a problem for each that is missing, unreadable or unknown."""
    if not directory.is_dir():
        return {}, [Problem(str(directory), 0, "there is no such folder; expected the folder of a catalog pack")]
    contents, problems = {}, []
    for name in FILES:
        try:
            contents[name] = (directory / name).read_bytes()
        except FileNotFoundError:
            if name in OPTIONAL:
                continue
            advice = "; a file with nothing to say has its header line only" if name.endswith(".csv") else ""
            problems.append(Problem(name, 0, f"the file is missing{advice}"))
        except OSError as error:
            problems.append(Problem(name, 0, f"the file cannot be read: {error.strerror}"))
    problems += [
        Problem(path.name, 0, f"not a file of a pack; expected {', '.join(FILES)}. Rename or remove it")
        for path in sorted(directory.iterdir())
        if path.suffix.lower() in (".csv", ".yml", ".yaml") and path.name not in FILES
    ]
    return contents, problems


def _text(file: str, content: bytes) -> tuple[str, list[Problem]]:
    try:
        return unicodedata.normalize("NFC", content.decode("utf-8-sig")), []
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        found = f"found the byte 0x{content[error.start]:02x}"
        return "", [Problem(file, line, f"the file is not UTF-8: {found}; save it as UTF-8 (in a spreadsheet program: CSV UTF-8)")]


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    """Records with the line that they start in; blank lines are left out."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    start = 1
    for record in reader:
        if any(cell.strip() for cell in record):
            yield start, [cell.strip() for cell in record]
        start = reader.line_num + 1


def read_table(file: str, content: bytes, row_type: type[R]) -> Table[R]:
    """Read a CSV file of a pack."""
    text, problems = _text(file, content)
    if problems:
        return Table(file, problems=tuple(problems))
    try:
        records = list(_records(text))
    except csv.Error as error:
        return Table(
            file, problems=(Problem(file, 0, f"the file is no proper CSV: {error}; look for a quotation mark that is not closed"),)
        )
    columns = row_type.columns()
    header_line, header = records[0] if records else (1, [])
    if problem := _header_problem(header, columns, row_type.omissible):
        return Table(file, problems=(Problem(file, header_line, problem),))

    rows: list[R] = []
    for line, record in records[1:]:
        if len(record) != len(header):
            found = f"found {len(record)} cells; expected {len(header)}, as in the header"
            problems.append(Problem(file, line, f"{found}. A text with a comma stands in quotation marks"))
            continue
        filled = {column: cell for column, cell in zip(header, record, strict=True) if cell}
        try:
            rows.append(row_type.model_validate({**filled, "line": line}))
        except ValidationError as error:
            problems.extend(Problem(file, line, _explained(details, "column")) for details in error.errors())
    whole = [dict(zip(header, record, strict=True)) for _, record in records[1:] if len(record) == len(header)]
    written = {column: frozenset(record[column] for record in whole) for column in header}
    return Table(file, tuple(rows), written, tuple(problems))


def _header_problem(header: list[str], columns: tuple[str, ...], omissible: frozenset[str]) -> str | None:
    expected = ",".join(name for name in columns if name not in omissible)
    if may_follow := ", ".join(name for name in columns if name in omissible):
        expected += f" (which may also have {may_follow})"
    if len(header) == 1 and len(columns) > 1 and (mark := next((mark for mark in "\t;" if mark in header[0]), None)):
        name = {"\t": "tabs", ";": "semicolons"}[mark]
        return f"the columns are separated by {name}; expected commas. Save the file as CSV (comma separated, UTF-8)"
    faults = [
        *(f"column {name} is missing" for name in columns if name not in header and name not in omissible),
        *(f"unknown column {name or '(no name)'}" for name in header if name not in columns),
        *(f"column {name} stands twice" for name in dict.fromkeys(header) if header.count(name) > 1 and name in columns),
    ]
    return f"{'; '.join(faults)}; expected the header {expected}" if faults else None


def _explained(details: ErrorDetails, noun: str) -> str:
    """A pydantic error in our words: where, what was found, what is expected."""
    where = ".".join(str(part) for part in details["loc"])
    context: dict[str, Any] = details.get("ctx", {})
    found = details["input"]
    expected: str
    match details["type"]:
        case "value_error":
            expected = str(context["error"])
            if not where:
                return expected
        case "missing":
            return f"{noun} {where} is empty; it needs a value"
        case "extra_forbidden":
            return f"unknown {noun} {where}; remove it or correct its name"
        case "literal_error" | "enum":
            expected = f"one of {context['expected']} is expected"
        case "string_pattern_mismatch":
            expected = "a code is expected: ASCII letters and digits, then also _ . -, no spaces"
            if "a-z" not in context["pattern"]:
                expected = "a code is expected: ASCII capitals and digits, then also _ . -, no spaces"
        case "int_parsing" | "int_from_float" | "int_type":
            expected = "a whole number is expected"
        case "decimal_parsing" | "decimal_type" | "finite_number":
            expected = "a number such as 12.5 is expected"
        case "bool_parsing":
            expected = "yes or nothing is expected"
        case "tuple_type":
            expected = "a list is expected, such as [A, B]"
        case "dict_type" | "model_type" | "model_attributes_type":
            expected = "names and values are expected, such as {name: value}"
        case _:
            expected = details["msg"]
    return f"{noun} {where}: found {found!r}; {expected}"


_LoaderOfText: type[yaml.BaseLoader] = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
"""YAML whose scalars stay text: the types of the fields say what they mean, so that `NO` is a word and `=` a sign."""


def _yaml(file: str, content: bytes) -> tuple[yaml.Node | None, Any, list[Problem]]:
    """Root node, data and problems of a YAML file."""
    text, problems = _text(file, content)
    if problems:
        return None, None, problems
    loader = _LoaderOfText(text)
    try:
        node = loader.get_single_node()
        problems = list(_repeated_keys(file, node))
        return node, loader.construct_document(node) if node and not problems else None, problems
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 0
        context = error.context
        if context and error.context_mark and error.context_mark.line + 1 != line:
            context += f" (begun in line {error.context_mark.line + 1})"
        told = ", ".join(part for part in (context, error.problem) if part)
        return None, None, [Problem(file, line, f"the YAML cannot be read: {told}; look for indentation, a colon or a tab")]
    except yaml.YAMLError as error:
        return None, None, [Problem(file, 0, f"the YAML cannot be read: {error}")]
    finally:
        loader.dispose()


def _repeated_keys(file: str, root: yaml.Node | None) -> Iterator[Problem]:
    nodes, walked = [root], set()
    while nodes:
        node = nodes.pop()
        if node is None or id(node) in walked:  # an anchor can stand inside itself
            continue
        walked.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            nodes += node.value
        elif isinstance(node, yaml.MappingNode):
            names = [key.value for key, _ in node.value]
            for place, (key, value) in enumerate(node.value):
                if key.value in names[:place]:
                    yield Problem(file, key.start_mark.line + 1, f"{key.value} stands twice; remove one")
                nodes.append(value)


def _line(node: yaml.Node, location: tuple[int | str, ...]) -> int:
    """The line of the innermost node on the way to `location`."""
    for step in location:
        if isinstance(node, yaml.MappingNode):
            found = next((key if key.value == step == location[-1] else value for key, value in node.value if key.value == step), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            found = node.value[step]
        else:
            found = None
        if found is None:
            break
        node = found
    return int(node.start_mark.line) + 1


def _read_mapping(file: str, node: yaml.Node, data: Any, row_type: type[R]) -> tuple[R | None, list[Problem]]:
    line = _line(node, ())
    if not isinstance(data, dict):
        return None, [Problem(file, line, f"found {data!r}; names and values are expected, such as `name: value`")]
    filled = {name: value for name, value in data.items() if value not in ("", [], {})}
    try:
        return row_type.model_validate({**filled, "line": line}), []
    except ValidationError as error:
        return None, [Problem(file, _line(node, details["loc"]), _explained(details, "field")) for details in error.errors()]


def read_head(file: str, content: bytes) -> tuple[PackHead | None, list[Problem]]:
    """Read `pack.yml`."""
    node, data, problems = _yaml(file, content)
    if problems or node is None:
        return None, problems or [Problem(file, 0, f"the file is empty; expected {', '.join(PackHead.columns())}")]
    return _read_mapping(file, node, data, PackHead)


def read_list(file: str, content: bytes, row_type: type[R], begins_with: str) -> Table[R]:
    """Read a YAML file of a pack: a list of names and values. An empty list or file is a pack without them."""
    node, data, problems = _yaml(file, content)
    if problems or node is None:
        return Table(file, problems=tuple(problems))
    if not isinstance(node, yaml.SequenceNode):
        return Table(file, problems=(Problem(file, 1, f"a list of {begins_with}s is expected: each begins with `- {begins_with}: CODE`"),))
    rows: list[R] = []
    for item, item_data in zip(node.value, data, strict=True):
        row, found = _read_mapping(file, item, item_data, row_type)
        problems.extend(found)
        if row is not None:
            rows.append(row)
    return Table(file, tuple(rows), problems=tuple(problems))
