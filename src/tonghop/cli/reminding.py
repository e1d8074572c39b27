"""Reminders of reports that have not come: `remind`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from tonghop import database
from tonghop.cli.options import CatalogOption, JsonOption
from tonghop.cli.printing import SHOWN, console, moment, new_table, print_json, say, say_how_many_more
from tonghop.settings import settings

app = typer.Typer()


@app.command()
def remind(
    at: Annotated[
        datetime | None, typer.Option("--at", metavar="DATE", formats=["%Y-%m-%d"], help="As if it were this day; default: today.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say who would be told of what: nothing is written or recorded.")] = False,
    catalog: CatalogOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell units which of their reports are due soon or late, and the units above which have not come, by the steps of the catalog.

    Pages go to the outbox, each step once for a report. The DAG `remind` does this every weekday morning, and mails them.
    """
    from tonghop import reminders

    database.ensure_server()
    day = at.date() if at else None
    found = reminders.find_reminders(day) if dry_run else reminders.write_reminders(day)
    if as_json:
        print_json(found)
        return
    lines = [(reminder, report) for reminder in found for report in reminder.reports]
    if lines:
        table = new_table("to", "unit", "form", "period", "due", "step")
        for reminder, report in lines[:SHOWN]:
            table.add_row(
                reminder.unit_code, report.unit_code, report.form_code, report.period.code, moment(report.due_at), report.step_code
            )
        console.print(table)
        say_how_many_more(len(lines), "reports")
    where = "would be written" if dry_run else f"in {settings().outbox_path}"
    say(f"{len(found):,} reminders of {len(lines):,} reports {where}")
