"""Reports: `report quality`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tonghop import database
from tonghop.cli.options import CatalogOption, PeriodArgument
from tonghop.cli.printing import say

app = typer.Typer(help="Reports.", no_args_is_help=True)


@app.callback()
def reports() -> None:
    """Reports."""


@app.command()
def quality(
    period: PeriodArgument,
    directory: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Folder to write into.")],
    publication: Annotated[
        int | None, typer.Option("--publication", metavar="N", help="The report of this publication; default: the latest with the period.")
    ] = None,
    year: Annotated[bool, typer.Option("--year", help="Measure the running year, too; years that are over always are.")] = False,
    catalog: CatalogOption = None,
) -> None:
    """Write the quality report of the latest publication that brought anything of a period."""
    from tonghop.publication import PublicationProblem, list_publications
    from tonghop.reports import quality_report

    database.ensure_server()
    if publication is None:
        shown = [each for each in list_publications() if each.status == "published" and each.expired_at is None]
        numbers = [each.number for each in shown if period in each.periods]
        if not numbers:
            raise PublicationProblem(f"No publication that is kept brought anything of {period}: see `tonghop publications`.")
        publication = max(numbers)
    say(f"Quality report of publication {publication}: {quality_report(publication, directory, with_years=year)}")
