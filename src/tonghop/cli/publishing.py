"""What was published: `publications`, `restatements`, `checks`, `rollback`, `discard`, `audit verify`."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from tonghop import database
from tonghop.cli.options import CatalogOption, JsonOption, NumberArgument
from tonghop.cli.printing import SHOWN, console, moment, new_table, print_json, say, say_how_many_more, span_of

app = typer.Typer()
audit_app = typer.Typer(help="What an auditor verifies.", no_args_is_help=True)
app.add_typer(audit_app, name="audit")


@app.command()
def publications(catalog: CatalogOption = None, as_json: JsonOption = False) -> None:
    """List every publication ever numbered: when, which periods, catalog and code version."""
    from tonghop.publication import list_publications

    database.ensure_server()
    found = list_publications()
    if as_json:
        print_json(found)
        return
    table = new_table(
        "number", "status", "kind", "published", "periods", "slots changed", "restatements", "catalog", "code", "manifest", "names"
    )
    for each in found:
        kind = f"restates {each.base}" if each.kind == "restatement" else each.kind
        table.add_row(
            str(each.number),
            "live" if each.is_live else "expired" if each.expired_at else each.status,
            kind + (f": {escape(each.reason)}" if each.reason else ""),
            moment(each.published_at),
            span_of(each.periods),
            f"{each.slots_changed:,}" + (" (everything rebuilt)" if each.scope_all else ""),
            f"{each.restatements:,}" if each.restatements else "",
            each.pack_hash[:12],
            each.code_version[:12],
            (each.manifest_sha256 or "")[:12],
            escape(", ".join(each.names)),
        )
    console.print(table)


@app.command()
def restatements(
    number: Annotated[int | None, typer.Argument(metavar="[N]", help="Number of a publication; default: all.")] = None,
    catalog: CatalogOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the reports of closed periods whose published figures changed, by publication."""
    from tonghop.publication import list_restatements

    database.ensure_server()
    found = list_restatements(number)
    if as_json:
        print_json(found)
        return
    if not found:
        say("No published figure of a closed period was changed.")
        return
    table = new_table("publication", "published", "unit", "form", "period", "closed", "change", "versions", "approval")
    for each in found[:SHOWN]:
        versions = f"{each.from_version or '–'} → {each.to_version or '–'}"
        row = (str(each.publication), moment(each.published_at), each.unit_code, each.form_code, each.period_code, moment(each.closes_at))
        table.add_row(*map(escape, (*row, each.change, versions, str(each.request_id or ""))))
    console.print(table)
    say_how_many_more(len(found), "restatements")


@app.command()
def checks(number: NumberArgument, catalog: CatalogOption = None, as_json: JsonOption = False) -> None:
    """List what gate 2 checked in publication N, one that it refused included, and the first rows of what was not met."""
    from tonghop.publication import list_checks

    database.ensure_server()
    found = list_checks(number)
    if as_json:
        print_json(found)
        return
    if not found:
        say(f"Publication {number} has not been through gate 2.")
    for run, group in groupby(found, key=lambda each: (each.gate_run_id, each.status, each.started_at)):
        results = list(group)
        say(f"Run {run[0]}, {moment(run[2])}: {run[1]}, {sum(each.success for each in results)} of {len(results)} checks met")
        for each in results:
            if not each.success:
                say(f"  [{each.severity}] {each.expectation}: {each.description} ({each.observed.get('count', '?')} rows)")
                for row in each.observed.get("rows", []):
                    say("      " + ", ".join(f"{name} {value}" for name, value in row.items()))


@app.command()
def rollback(
    number: NumberArgument,
    reason: Annotated[str, typer.Option("--reason", help="Why; it stands in the journal and in the manifest.")] = "rolled back by hand",
    catalog: CatalogOption = None,
) -> None:
    """Show publication N again, at once, as a new publication that restates it; what this takes back is held."""
    from tonghop import publication

    database.ensure_server()
    restatement = publication.rollback(number, reason)
    say(f"Publication {restatement} is live and restates publication {number}. Submissions that came after it are held.")


@app.command()
def discard(
    number: NumberArgument,
    reason: Annotated[str, typer.Option("--reason", help="Why; it stands in the journal.")] = "discarded by hand",
    catalog: CatalogOption = None,
) -> None:
    """Give up a candidate that was not published; the live publication never noticed."""
    from tonghop import publication

    database.ensure_server()
    publication.discard(number, reason)
    say(f"Publication {number} is discarded; its number is not used again.")


@audit_app.command()
def verify(
    archive: Annotated[
        Path | None,
        typer.Option(
            "--archive", metavar="DIR", exists=True, file_okay=False, help="Verify this copy of the archive, without the database."
        ),
    ] = None,
    head: Annotated[
        str | None, typer.Option("--head", metavar="SHA256", help="A manifest's hash that was noted down before: it must be in the chain.")
    ] = None,
    catalog: CatalogOption = None,
    as_json: JsonOption = False,
) -> None:
    """Recompute the chain of manifests and the hashes of files and readings. Exit 1 when anything disagrees."""
    from tonghop.publication import verify_chain

    if archive is None:
        database.ensure_server()
    verification = verify_chain(archive, with_database=archive is None, head=head)
    if as_json:
        print_json(verification)
    else:
        compared = f"{verification.readings:,} readings recomputed from the database" if verification.database_checked else "archive alone"
        say(f"{verification.manifests:,} manifests, {verification.files:,} files, {compared}.")
        if verification.last is not None:
            say(f"The chain ends with publication {verification.last}, manifest {verification.head}. Noted down, `--head` finds it again.")
        for problem in verification.problems:
            say(f"- {problem}")
        say("Everything agrees." if verification.passed else f"{len(verification.problems):,} disagreements.")
    if not verification.passed:
        raise typer.Exit(1)
