"""What units get back: `answer`."""

from __future__ import annotations

from typing import Annotated

import typer

from tonghop import database
from tonghop.cli.options import CatalogOption, JsonOption
from tonghop.cli.printing import print_json, say
from tonghop.settings import settings

app = typer.Typer()


@app.command()
def answer(
    submissions: Annotated[
        list[int] | None, typer.Argument(metavar="[SUBMISSION…]", help="Numbers of submissions; default: every answer ever given.")
    ] = None,
    catalog: CatalogOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write answers to the outbox again: receipts, returned workbooks, status pages. What was not answered yet is answered first."""
    from tonghop import answers

    database.ensure_server()
    new = [answers.answer_intake(), answers.answer_gate_1()]
    again = answers.write_again(submissions or ())
    counts = {
        "new": sum(sent.answers for sent in new),
        "written": again.answers,
        "workbooks": again.workbooks,
        "outbox": str(settings().outbox_path),
    }
    if as_json:
        print_json(counts)
    else:
        say(f"{counts['written']:,} answers ({counts['workbooks']:,} marked workbooks, {counts['new']:,} new) in {counts['outbox']}")
