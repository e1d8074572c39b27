"""How to connect, and who may see what: `dsn`, `role`."""

from __future__ import annotations

from typing import Annotated

import typer

from tonghop import database
from tonghop.cli.options import CatalogOption, JsonOption
from tonghop.cli.printing import console, moment, new_table, print_json, say
from tonghop.database.connections import ROLES

app = typer.Typer()
roles = typer.Typer(help="Logins that may see some branches of the tree only, or no small counts.", no_args_is_help=True)
app.add_typer(roles, name="role")

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="Login of the reader.")]


@app.command()
def dsn(
    role: Annotated[str, typer.Argument(metavar="ROLE", help=f"Login role: {', '.join(ROLES)}, or one made by `tonghop role add`.")],
    publication: Annotated[int | None, typer.Option("--publication", metavar="N", help="Show the marts as published then.")] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="WHEN", help="Show the marts as they were on a day (2022-09-20) or at a moment.")
    ] = None,
    catalog: CatalogOption = None,
) -> None:
    """Print a libpq URL for a role and nothing else; starts the embedded server when it does not run."""
    database.ensure_server()
    if role in ROLES:
        print(database.dsn(role, publication, as_of=as_of))
        return
    from tonghop.database.readers import require_reader

    require_reader(role)
    print(database.reader_dsn(role, publication, as_of=as_of))


@roles.command()
def add(
    name: NameArgument,
    branch: Annotated[
        list[str] | None, typer.Option("--branch", metavar="UNIT", help="Code of a unit: it and all below it. May be given several times.")
    ] = None,
    suppress: Annotated[bool, typer.Option("--suppress", help="Hide small counts, and what they could be computed from.")] = False,
    catalog: CatalogOption = None,
) -> None:
    """Make a login with limits, or change its limits. `tonghop dsn NAME` prints how it connects."""
    from tonghop.database.readers import add_reader

    database.ensure_server()
    is_new = add_reader(name, branch or (), suppress)
    say(f"{'Made' if is_new else 'Changed'} {name}: sees {_seen(branch or ())}{', no small counts' if suppress else ''}.")
    say(f"`tonghop dsn {name}` prints how it connects.")


@roles.command("list")
def list_roles(json: JsonOption = False, catalog: CatalogOption = None) -> None:
    """List the logins with limits: what they see, who said so, when."""
    from tonghop.database.readers import list_readers

    database.ensure_server()
    readers = list_readers()
    if json:
        print_json(readers)
        return
    table = new_table("login", "sees", "small counts", "set by", "at")
    for reader in readers:
        table.add_row(
            reader.name, _seen(reader.branches), "hidden" if reader.hides_small_counts else "shown", reader.set_by, moment(reader.set_at)
        )
    console.print(table)


@roles.command()
def remove(name: NameArgument, catalog: CatalogOption = None) -> None:
    """Remove a login with limits and end its connections."""
    from tonghop.database.readers import remove_reader

    database.ensure_server()
    remove_reader(name)
    say(f"Removed {name}.")


def _seen(branches: list[str] | tuple[str, ...]) -> str:
    return ", ".join(branches) or "every unit"
