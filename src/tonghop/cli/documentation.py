"""The data dictionary: `docs`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tonghop import database
from tonghop.catalog import read_pack
from tonghop.cli.options import CatalogOption
from tonghop.cli.printing import say
from tonghop.settings import settings

app = typer.Typer()


@app.command()
def docs(
    directory: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="DIR", help="Folder to write; it is replaced. Default: beside the reports.")
    ] = None,
    catalog: CatalogOption = None,
) -> None:
    """Write the data dictionary, the lineage graph, the star schema and dbt's documentation as pages that need no server."""
    from tonghop.dictionary import write_dictionary
    from tonghop.reports import render_index
    from tonghop.reports.site import DOCUMENTATION

    pack = read_pack(settings().catalog)
    database.ensure_server()
    reports = settings().reports_path
    page = write_dictionary(pack, directory or reports / DOCUMENTATION)
    if directory is None:
        render_index(reports)
    say(f"Data dictionary: {page}")
