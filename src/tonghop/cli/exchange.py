"""Figures for other programs: `export`, `dhis2`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from tonghop import database
from tonghop.catalog import read_pack
from tonghop.cli.options import CatalogOption, JsonOption, RequiredPeriods
from tonghop.cli.printing import SHOWN, console, new_table, print_json, say, say_how_many_more
from tonghop.model import Measure, Period
from tonghop.settings import settings

app = typer.Typer()

PublicationOption = Annotated[int | None, typer.Option("--publication", metavar="N", help="As published then; default: live.")]
MapOption = Annotated[Literal["as_reported", "today"], typer.Option("--map", help="Units as they were then, or as they are today.")]
Codes = list[str] | None


@app.command()
def export(
    view: Annotated[str, typer.Argument(metavar="VIEW", help="A view of the marts, such as indicator_summary.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="Ends in .csv, .parquet or .xlsx.")],
    period: Annotated[Codes, typer.Option("--period", metavar="PERIOD", help="Only this period; may be repeated, as all below.")] = None,
    unit: Annotated[Codes, typer.Option("--unit", metavar="UNIT", help="Only this unit.")] = None,
    branch: Annotated[Codes, typer.Option("--branch", metavar="UNIT", help="Only this unit and all below it.")] = None,
    indicator: Annotated[Codes, typer.Option("--indicator", metavar="INDICATOR", help="Only this indicator.")] = None,
    programme: Annotated[Codes, typer.Option("--programme", metavar="CODE", help="Only the indicators of this programme.")] = None,
    on_map: MapOption = "as_reported",
    publication: PublicationOption = None,
    for_excel: Annotated[bool, typer.Option("--excel", help="CSV with a byte order mark, by which Excel knows that it is UTF-8.")] = False,
    catalog: CatalogOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the rows of a view to a file, with a note that says which publication and which rows they are."""
    from tonghop.exchange import Selection
    from tonghop.exchange import export as write_file

    database.ensure_server()
    periods, units, branches, indicators, programmes = (tuple(each or ()) for each in (period, unit, branch, indicator, programme))
    selection = Selection(view, periods, units, branches, indicators, programmes, on_map)
    done = write_file(selection, output, publication=publication, for_excel=for_excel)
    if as_json:
        print_json(done)
    else:
        say(f"{done.rows:,} rows of marts.{view}, publication {done.publication}: {done.path}")


@app.command()
def dhis2(
    periods: RequiredPeriods,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Folder to write into: a file for each form.")],
    measure: Annotated[list[Measure] | None, typer.Option("--measure", help="Which figures; may be repeated. Default: value.")] = None,
    publication: PublicationOption = None,
    catalog: CatalogOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write figures as DHIS2's data values (dataValueSets), by the pack's dhis2.csv. Exit 1 when something has no code there."""
    from tonghop.exchange import export_data_values

    pack = read_pack(settings().catalog)
    database.ensure_server()
    chosen = tuple(measure or (Measure.VALUE,))
    done = export_data_values(pack, [Period.parse(code) for code in periods], output, publication=publication, measures=chosen)
    if as_json:
        print_json(done)
    else:
        say(f"{done.values:,} values of publication {done.publication}: {', '.join(map(str, done.files)) or 'no file'}")
        if done.unmapped:
            say("Left out, since dhis2.csv has no code for it (all of it in unmapped.csv):")
            table = new_table("what", "code", "measure", "breakdown", "figures")
            for each in done.unmapped[:SHOWN]:
                table.add_row(each.what, each.code, each.measure, each.breakdown_code, f"{each.figures:,}")
            console.print(table)
            say_how_many_more(len(done.unmapped), "codes")
    if done.unmapped:
        raise typer.Exit(1)
