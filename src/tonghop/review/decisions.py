"""Decisions into the pack and into the record: checked as a whole before anything is written."""

from __future__ import annotations

import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import psycopg

from tonghop.catalog import Pack, check, read_pack
from tonghop.errors import TonghopError
from tonghop.review.aliases import FILES, Alias, record, unknown_code, with_records
from tonghop.review.items import Item, Key, waiting_items
from tonghop.review.sheet import ACCEPT, REJECT, Decision
from tonghop.spreadsheets import starts_a_formula


class ReviewRefused(TonghopError):
    """Decisions that cannot be taken over; the text lists all that is wrong."""


class Decided(NamedTuple):
    """What became of decisions: texts that are known now, texts that are not proposed again, files of the pack that changed."""

    accepted: int
    rejected: int
    changed: tuple[Path, ...]


def decide(connection: psycopg.Connection, decisions: Sequence[Decision], directory: Path) -> Decided:
    """Write accepted texts into the pack in `directory` and all decisions into the record; `connection` is one of the role loader.

    Nothing is written unless everything is right and the pack is still sound with it. Raises ReviewRefused or CatalogError.
    """
    pack = read_pack(directory)
    items = {item.key: item for item in waiting_items(connection)}
    faults = [fault for decision in decisions for fault in _faults(decision, items, pack)]
    faults += _said_twice(decisions)
    if faults:
        raise ReviewRefused("Nothing was decided:\n" + "\n".join(faults))
    accepted = [_alias(decision, items) for decision in decisions if decision.decision == ACCEPT]
    changed = _write(accepted, pack, directory)
    _record(connection, decisions, items)
    return Decided(len(accepted), len(decisions) - len(accepted), tuple(changed))


def _faults(decision: Decision, items: dict[Key, Item], pack: Pack) -> Iterable[str]:
    where = f"line {decision.line}, {decision.seen!r}"
    item = items.get(decision.key)
    if decision.decision not in (ACCEPT, REJECT):
        yield f"{where}: decision: found {decision.decision!r}; {ACCEPT}, {REJECT} or nothing is expected"
        return
    if item is None:
        yield f"{where}: does not wait for a decision; kind, scope and seen must stay as they were exported, and it may be decided already"
        return
    for name, value in (("reviewer", decision.reviewer), ("reason", decision.reason)):
        if not value:
            yield f"{where}: {name} is empty; say who decided, and why"
    if decision.decision == REJECT:
        return
    if starts_a_formula(item.seen):
        yield f"{where}: begins like a formula, so it cannot become an alias; have it corrected where it was written"
    if not decision.code and not item.candidates:
        yield f"{where}: nothing is near to it; write the code that is meant"
    elif told := unknown_code(_alias(decision, items), pack):
        yield f"{where}: code: {told}"


def _said_twice(decisions: Sequence[Decision]) -> Iterable[str]:
    lines: defaultdict[Key, list[Decision]] = defaultdict(list)
    for decision in decisions:
        lines[decision.key].append(decision)
    for same in lines.values():
        if len(same) > 1:
            yield f"line {same[1].line}, {same[1].seen!r}: is decided in line {same[0].line} already; keep one of the two"


def _alias(decision: Decision, items: dict[Key, Item]) -> Alias:
    item = items[decision.key]
    return Alias(item.key, item.seen, decision.code or item.candidates[0].code)


def _write(aliases: Sequence[Alias], pack: Pack, directory: Path) -> list[Path]:
    records: defaultdict[str, list[list[str]]] = defaultdict(list)
    columns = dict(FILES.values())
    for alias in aliases:
        records[FILES[alias.key.kind][0]].append(record(alias, pack))
    contents: dict[Path, bytes] = {}
    for name, new in records.items():
        path = directory / name
        old = path.read_bytes() if path.exists() else None
        content = with_records(old, columns[name], new)
        if content != old:
            contents[path] = content
    with tempfile.TemporaryDirectory() as folder:
        trial = Path(folder)
        for path in directory.iterdir():
            if path.is_file():
                shutil.copy(path, trial)
        for path, content in contents.items():
            (trial / path.name).write_bytes(content)
        if problems := check(trial):
            raise ReviewRefused("Nothing was decided: with these decisions the pack would be wrong.\n" + "\n".join(problems))
    for path, content in contents.items():
        aside = path.with_suffix(".new")
        aside.write_bytes(content)
        aside.replace(path)
    return list(contents)


def _record(connection: psycopg.Connection, decisions: Sequence[Decision], items: dict[Key, Item]) -> None:
    rows = [
        (
            *decision.key[:2],
            items[decision.key].seen,
            decision.key.text,
            decision.decision,
            _alias(decision, items).code if decision.decision == ACCEPT else None,
            decision.reviewer,
            decision.reason,
        )
        for decision in decisions
    ]
    with connection.transaction(), connection.cursor() as cursor:
        cursor.executemany(
            """
            insert into staging.review_decision (kind, scope, seen, seen_key, decision, code, reviewer, reason)
            values (%s, %s, %s, %s, %s, %s, %s, %s)
            """,
            rows,
        )
