"""What was published: `publications`, `rollback`, `discard`, `diff-publications`, `audit verify`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from tonghop import database
from tonghop.cli.options import CatalogOption, JsonOption, NumberArgument
from tonghop.cli.printing import SHOWN, console, figure, moment, new_table, print_json, say, say_how_many_more, span_of

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
    table = new_table("number", "status", "kind", "published", "periods", "slots changed", "catalog", "code", "manifest", "names")
    for each in found:
        kind = f"restates {each.base}" if each.kind == "restatement" else each.kind
        table.add_row(
            str(each.number),
            "live" if each.is_live else "expired" if each.expired_at else each.status,
            kind + (f": {escape(each.reason)}" if each.reason else ""),
            moment(each.published_at),
            span_of(each.periods),
            f"{each.slots_changed:,}" + (" (everything rebuilt)" if each.scope_all else ""),
            each.pack_hash[:12],
            each.code_version[:12],
            (each.manifest_sha256 or "")[:12],
            escape(", ".join(each.names)),
        )
    console.print(table)


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


@app.command("diff-publications")
def diff_publications(
    a: Annotated[int, typer.Argument(metavar="A")],
    b: Annotated[int, typer.Argument(metavar="B")],
    catalog: CatalogOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say which figures differ between two publications, by how much, and because of which submissions."""
    from tonghop.publication import diff

    database.ensure_server()
    difference = diff(a, b)
    if as_json:
        print_json(difference)
        return
    if not difference.figures and not difference.submissions:
        say(f"Publications {a} and {b} show the same figures from the same submissions.")
        return
    figures = new_table("period", "unit", "indicator", f"value {a}", f"value {b}", "change", f"cumulative {a}", f"cumulative {b}")
    for each in difference.figures[:SHOWN]:
        change = "" if each.value_a is None or each.value_b is None else figure(each.value_b - each.value_a)
        numbers = (figure(each.value_a), figure(each.value_b), change, figure(each.ytd_value_a), figure(each.ytd_value_b))
        figures.add_row(each.period_code, each.unit_code, each.indicator_code, *numbers)
    console.print(figures)
    say_how_many_more(len(difference.figures), "figures")
    submissions = new_table("period", "unit", "form", f"in force at {a}", f"in force at {b}")
    for slot in difference.submissions[:SHOWN]:
        sources = (_source(slot.source_a, slot.sha256_a), _source(slot.source_b, slot.sha256_b))
        submissions.add_row(slot.period_code, slot.unit_code, slot.form_code, *sources)
    console.print(submissions)
    say_how_many_more(len(difference.submissions), "submissions")


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


def _source(uri: str | None, sha256: str | None) -> str:
    return "–" if uri is None else escape(f"{uri} ({(sha256 or '')[:12]})")
