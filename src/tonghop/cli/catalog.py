"""Catalog packs: `catalog check`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tonghop.cli.options import CatalogOption, JsonOption
from tonghop.cli.printing import print_json, say
from tonghop.settings import settings

app = typer.Typer(help="Catalog packs.", no_args_is_help=True)


@app.callback()
def packs() -> None:
    """Catalog packs."""


@app.command()
def check(
    directory: Annotated[Path | None, typer.Argument(metavar="DIR", help="Folder of the pack; default: the one in the settings.")] = None,
    catalog: CatalogOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check a catalog pack and name file and line of everything that is wrong. Exit 1 when something is."""
    from tonghop.catalog import check as check_pack
    from tonghop.catalog import read_pack

    folder = directory or settings().catalog
    if as_json:
        problems = check_pack(folder)
        print_json(problems)
        if problems:
            raise typer.Exit(1)
        return
    pack = read_pack(folder)
    counts = f"{len(pack.units):,} units, {len(pack.indicators):,} indicators, {len(pack.forms):,} forms, {len(pack.rules):,} rules"
    say(f"{folder}: no problem found ({counts}; hash {pack.pack_hash[:12]}).")
