"""How the command line prints: tables, lines, numbers, times, JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rich import box
from rich.console import Console
from rich.table import Table

from tonghop.catalog import read_pack
from tonghop.settings import settings

UNBOUNDED = 10_000
"""Columns of an output that is no terminal: nothing is cut or wrapped there."""
SHOWN = 50
"""Rows of a long list that are printed; `--json` has them all."""

console = Console(highlight=False, emoji=False, soft_wrap=True, width=None if sys.stdout.isatty() else UNBOUNDED)


def new_table(*columns: str) -> Table:
    """A table whose long cells go on in the next line."""
    table = Table(box=box.SIMPLE_HEAD)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def say(text: str) -> None:
    """Print a text as it is: nothing in it is markup."""
    console.print(text, markup=False)


def say_how_many_more(count: int, what: str) -> None:
    """Say how many of `count` were left out, when some were."""
    if count > SHOWN:
        say(f"… and {count - SHOWN:,} more {what}; --json has them all")


def figure(value: Decimal | None) -> str:
    """A number as it is, without exponent or trailing zeros; a dash for none."""
    if value is None:
        return "–"
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def moment(value: datetime | None) -> str:
    """A time in the time zone of the pack; nothing for none."""
    return "" if value is None else value.astimezone(_time_zone(settings().catalog)).isoformat(sep=" ", timespec="seconds")


@lru_cache
def _time_zone(catalog: Path) -> ZoneInfo:
    return ZoneInfo(read_pack(catalog).head.time_zone)


def span_of(periods: Sequence[str]) -> str:
    """Some periods by their codes, many by the first and the last."""
    return " ".join(periods) if len(periods) <= 3 else f"{periods[0]} … {periods[-1]} ({len(periods)})"


def print_json(value: Any) -> None:
    """Print a value (dataclasses and decimals, too) as JSON."""
    print(json.dumps(value, default=_plain, ensure_ascii=False, indent=1))


def print_json_in_parts(head: Mapping[str, Any], lists: Mapping[str, Iterable[Any]]) -> None:
    """Print one JSON object: `head`, and lists that may be longer than memory, an item a line."""
    print("{" + ", ".join(f"{json.dumps(name)}: {json.dumps(value, default=_plain, ensure_ascii=False)}" for name, value in head.items()))
    for name, items in lists.items():
        print(f", {json.dumps(name)}: [")
        for number, item in enumerate(items):
            print(("," if number else "") + json.dumps(item, default=_plain, ensure_ascii=False))
        print("]")
    print("}")


def _plain(value: object) -> object:
    """What JSON has no word for."""
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Iterable):
        return list(value)
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")
