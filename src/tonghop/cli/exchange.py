"""Figures for other programs: `export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tonghop import database
from tonghop.cli.options import CatalogOption, JsonOption
from tonghop.cli.printing import print_json, say

app = typer.Typer()

PublicationOption = Annotated[int | None, typer.Option("--publication", metavar="N", help="As published then; default: live.")]
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
    publication: PublicationOption = None,
    for_excel: Annotated[bool, typer.Option("--excel", help="CSV with a byte order mark, by which Excel knows that it is UTF-8.")] = False,
    catalog: CatalogOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the rows of a view to a file, with a note that says which publication and which rows they are."""
    from tonghop.exchange import Selection
    from tonghop.exchange import export as write_file

    database.ensure_server()
    codes = (tuple(each or ()) for each in (period, unit, branch, indicator, programme))
    done = write_file(Selection(view, *codes), output, publication=publication, for_excel=for_excel)
    if as_json:
        print_json(done)
    else:
        say(f"{done.rows:,} rows of marts.{view}, publication {done.publication}: {done.path}")
