"""How to connect: `dsn`."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from tonghop import database
from tonghop.cli.options import CatalogOption

app = typer.Typer()


@app.command()
def dsn(
    role: Annotated[
        Literal["loader", "transformer", "publisher", "auditor", "bi_reader"], typer.Argument(metavar="ROLE", help="Login role.")
    ],
    publication: Annotated[int | None, typer.Option("--publication", metavar="N", help="Show the marts as published then.")] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="WHEN", help="Show the marts as they were on a day (2022-09-20) or at a moment.")
    ] = None,
    catalog: CatalogOption = None,
) -> None:
    """Print a libpq URL for a role and nothing else; starts the embedded server when it does not run."""
    database.ensure_server()
    print(database.dsn(role, publication, as_of=as_of))
