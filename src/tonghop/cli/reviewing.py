"""What no pack knew, and what people decide about it: `review`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from tonghop import database
from tonghop.cli.options import CatalogOption, JsonOption
from tonghop.cli.outcomes import print_outcomes
from tonghop.cli.printing import SHOWN, console, new_table, print_json, say, say_how_many_more
from tonghop.settings import settings

if TYPE_CHECKING:
    from tonghop.review import Decided

app = typer.Typer()


@app.command()
def review(
    export: Annotated[Path | None, typer.Option("--export", metavar="FILE.csv", help="Write the list into a CSV file.")] = None,
    decisions: Annotated[
        Path | None, typer.Option("--import", metavar="FILE.csv", help="Take decisions over into the pack, and read the files again.")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Read again, from the archive, what held something unknown.")] = False,
    catalog: CatalogOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the names and labels that the pack does not know, with what they may mean; export them, and take decisions back in."""
    from tonghop.review import decide, read_decisions, waiting_items, write_items

    database.ensure_server()
    if decisions is not None:
        made = read_decisions(decisions)
        with database.connect("loader") as connection:
            decided = decide(connection, made, settings().catalog)
        _read_again(decided, as_json)
        return
    if again:
        _read_again(None, as_json)
        return
    with database.connect("auditor") as connection:
        items = waiting_items(connection)
    if export is not None:
        write_items(items, export)
        say(f"{export}: {len(items):,} texts. Decide with accept or reject in `decision` (another code in `code`), reviewer and reason.")
    elif as_json:
        print_json(items)
    elif not items:
        say("Nothing waits for a decision.")
    else:
        table = new_table("kind", "seen", "where", "files", "times", "may be")
        for item in items[:SHOWN]:
            nearest = ", ".join(f"{each.code} {each.name} ({each.score} %)" for each in item.candidates)
            seen = f"{item.scope}: {item.seen}" if item.scope else item.seen
            table.add_row(*map(escape, (item.kind, seen, item.place, f"{item.files:,}", f"{item.times:,}", nearest or "–")))
        console.print(table)
        say_how_many_more(len(items), "texts")


def _read_again(decided: Decided | None, as_json: bool) -> None:
    """Read what held something unknown with the pack as it is now, and answer the units."""
    from tonghop import answers, staging

    outcomes = staging.read_again()
    answers.quietly(answers.answer_intake)
    if as_json:
        print_json({"decided": decided and decided._asdict(), "read_again": [each.as_dict() for each in outcomes]})
        return
    if decided:
        changed = ", ".join(map(str, decided.changed)) or "nothing"
        say(f"{decided.accepted:,} accepted, {decided.rejected:,} rejected; changed: {changed}")
    say("Read again with what is known now:" if outcomes else "There is nothing to read again: all of it was read with this pack.")
    if outcomes:
        print_outcomes(outcomes)
