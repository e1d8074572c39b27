"""How long publications can be shown: `retention`, and `name`, which keeps one for ever."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer
from rich.markup import escape

from tonghop import database
from tonghop.cli.options import CatalogOption, JsonOption, NumberArgument
from tonghop.cli.printing import console, moment, new_table, print_json, say

app = typer.Typer()


@app.command()
def retention(
    apply: Annotated[bool, typer.Option("--apply", help="Do it; without this, only say what would become of each publication.")] = False,
    catalog: CatalogOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give up old publications that the settings do not keep: they cannot be shown any more; manifests and files stay."""
    from tonghop import publication

    database.ensure_server()
    found = publication.retain(apply=apply)
    if as_json:
        print_json(found)
        return
    table = new_table("number", "published", "names", "fate")
    for fate in found.fates:
        names = escape(", ".join(fate.names))
        table.add_row(str(fate.number), moment(fate.published_at), names, f"kept: {escape(fate.kept_as)}" if fate.kept_as else "expires")
    console.print(table)
    rows = ", ".join(f"{count:,} of {name}" for name, count in found.rows.items()) or "none"
    count = len(found.expiring)
    if found.done:
        say(f"{count:,} publications have expired. Rows that no kept publication shows were removed: {rows}.")
    else:
        say(f"{count:,} publications would expire. Rows that no kept publication shows: {rows}. Nothing was changed; --apply does it.")


@app.command()
def name(
    number: NumberArgument,
    text: Annotated[str, typer.Argument(metavar="NAME", help="What it is called, such as 'Báo cáo năm 2022'.")],
    by: Annotated[str | None, typer.Option("--by", metavar="WHO", help="Who names it; default: the user of this machine.")] = None,
    catalog: CatalogOption = None,
) -> None:
    """Give a publication a name, under which it is kept for ever."""
    from tonghop import publication

    database.ensure_server()
    publication.name_publication(number, text, by or getpass.getuser())
    say(f"Publication {number} is kept as {text.strip()!r}.")
