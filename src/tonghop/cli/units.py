"""Which unit a code means: `unit`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from tonghop.catalog import Pack, find_unit, read_pack
from tonghop.catalog.rows import STILL_VALID, Unit
from tonghop.cli.options import CatalogOption, JsonOption
from tonghop.cli.printing import console, new_table, print_json, say
from tonghop.model import Period
from tonghop.settings import settings

app = typer.Typer()


@app.command()
def unit(
    code: Annotated[str, typer.Argument(metavar="CODE", help="A code of ours, or an official one.")],
    at: Annotated[
        datetime | None, typer.Option("--at", metavar="DAY", formats=["%Y-%m-%d"], help="On which day; official codes are given again.")
    ] = None,
    catalog: CatalogOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say which unit a code means, what it was before, and who took over. An official code that several units bore needs a day."""
    pack = read_pack(settings().catalog)
    found = find_unit(pack, code, at.date() if at else None)
    history = pack.unit_history(found.unit_code)
    before = [f"{link.old_code}{_part(link.weight)}" for link in pack.successions if link.new_code == found.unit_code]
    after = [f"{link.new_code}{_part(link.weight)}" for link in pack.successions if link.old_code == found.unit_code]
    if as_json:
        versions = [row.model_dump(mode="json", exclude={"line"}) for row in history]
        print_json({"unit_code": found.unit_code, "versions": versions, "took_over_from": before, "taken_over_by": after})
        return
    say(f"{found.unit_code} {found.name_vi} · official code {found.official_code or 'none'} · {found.path}")
    table = new_table("from", "until", "official code", "name", "path")
    for row in history:
        table.add_row(*_cells(row))
    console.print(table)
    say(f"took over from: {', '.join(before) or 'nobody'}")
    say(f"taken over by: {', '.join(after) or 'nobody'}")


def our_code(code: str, period: str) -> str:
    """Our code of the unit that an official code means at the end of a period; any other text is given back as it is.

    Raises UnitNotFound for an official code that nobody, or not one unit alone, bears then.
    """
    pack: Pack = read_pack(settings().catalog)
    if pack.unit_history(code) or not pack.units_ever_with_official_code(code):
        return code
    return find_unit(pack, code, Period.parse(period).end_date).unit_code


def _cells(row: Unit) -> tuple[str, ...]:
    until = "" if row.valid_to == STILL_VALID else str(row.valid_to)
    return str(row.valid_from), until, row.official_code or "", row.name_vi, row.path


def _part(weight: object) -> str:
    return "" if weight is None else f" (part {weight})"
