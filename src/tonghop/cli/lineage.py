"""A published figure back to its cells: `trace`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from tonghop import database
from tonghop.cli.options import CatalogOption, JsonOption, PeriodArgument
from tonghop.cli.printing import SHOWN, console, figure, moment, new_table, print_json, say, say_how_many_more
from tonghop.cli.units import our_code
from tonghop.settings import settings

if TYPE_CHECKING:
    from tonghop.publication import Trace
    from tonghop.publication.lineage import Contribution, Part

app = typer.Typer()


@app.command()
def trace(
    unit: Annotated[str, typer.Argument(metavar="UNIT", help="Code of a unit at any level, ours or the official one of that time.")],
    indicator: Annotated[str, typer.Argument(metavar="INDICATOR", help="Code of an indicator.")],
    period: PeriodArgument,
    publication: Annotated[int | None, typer.Option("--publication", metavar="N", help="As published then; default: live.")] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE.html", help="Write it as a page, in Vietnamese and English, instead.")
    ] = None,
    catalog: CatalogOption = None,
    as_json: JsonOption = False,
) -> None:
    """Lead a published figure back to the cells of the files that it was made of."""
    from tonghop.publication import trace as find_trace

    database.ensure_server()
    found = find_trace(our_code(unit, period), indicator, period, publication=publication)
    if output is not None:
        from tonghop.catalog import read_pack
        from tonghop.reports import write_figure

        pages = write_figure(found, output, read_pack(settings().catalog).head.time_zone)
        say(f"Wrote {' and '.join(map(str, pages))}")
    elif as_json:
        parts = [asdict(part) | {"contributed": part.contributed, "agrees": part.agrees} for part in found.parts]
        print_json(asdict(found) | {"parts": parts})
    else:
        _print_trace(found)


def _print_trace(found: Trace) -> None:
    say(f"{found.unit_code} {found.unit_name} · {found.indicator_code} {found.indicator_name} · {found.period_code}")
    say(
        f"publication {found.publication}: value {figure(found.value)}, cumulative {figure(found.ytd_value)}, "
        f"target {figure(found.target)}; {found.reporting_units} of {found.expected_units} units reported"
    )
    for part in found.parts:
        _print_part(part)
    if found.missing:
        say(f"\nowed and not in force ({len(found.missing)}): {', '.join(found.missing[:SHOWN])}")
        say_how_many_more(len(found.missing), "missing reports")


def _print_part(part: Part) -> None:
    agreement = "they add up to it" if part.agrees else "THEY DO NOT ADD UP TO IT"
    head = "" if part.part == "value" else f"{part.part} {part.indicator_code}: "
    say(f"\n{head}published {figure(part.published)}, {len(part.contributions)} cells with {figure(part.contributed)}: {agreement}")
    table = new_table("period", "unit", "value", "as written", "sheet", "cell", "verdict", "received", "file", "sha256")
    for each in part.contributions:
        unit = f"{each.unit_code} {each.unit_name}"
        value = figure(each.value) if each.value is not None else each.state
        row = (each.period_code, unit, value, each.raw, each.sheet, each.cell, each.verdict, moment(each.received_at))
        table.add_row(*map(escape, (*row, each.source_uri, each.file_sha256)))
    if part.contributions:
        console.print(table)
    for each in part.contributions:
        if each.correction:
            told = " corrected by hand ({correction}): {found} → {use}, {reason} ({author})".format(**each.correction)
            say(f"  {each.unit_code} {each.period_code} {each.sheet}!{each.cell}:{told}")
        _print_failures(each)


def _print_failures(contribution: Contribution) -> None:
    for failure in contribution.failures:
        say(
            f"  {contribution.unit_code} {contribution.period_code} {failure['severity']} {failure['rule']} "
            f"{failure['sheet']}!{failure['cell']}: found {failure['found']}, expected {failure['expected']}"
            + (f"; waived, number {failure['waiver']}" if failure["waiver"] else "")
        )
