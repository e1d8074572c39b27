"""The command line: the functions of the other modules from a shell.

What a person can act on is one message on stderr and exit code 1, never a traceback. Modules that load slowly (dbt, Great
Expectations) are imported by the commands that need them.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, is_dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import psycopg
import typer
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tonghop import database
from tonghop.errors import TonghopError
from tonghop.model import Period, Severity
from tonghop.service.cli import app as service_app
from tonghop.settings import settings

if TYPE_CHECKING:
    from tonghop.publication import Trace
    from tonghop.publication.lineage import Contribution, Part
    from tonghop.staging import Outcome

app = typer.Typer(
    help="Workbooks of reporting units to a published, auditable warehouse.", no_args_is_help=True, pretty_exceptions_enable=False
)
audit_app = typer.Typer(help="What an auditor verifies.", no_args_is_help=True)
catalog_app = typer.Typer(help="Catalog packs.", no_args_is_help=True)
report_app = typer.Typer(help="Reports.", no_args_is_help=True)
app.add_typer(audit_app, name="audit")
app.add_typer(catalog_app, name="catalog")
app.add_typer(report_app, name="report")
app.add_typer(service_app, name="service")

_UNBOUNDED = 10_000
"""Columns of an output that is no terminal: nothing is cut or wrapped there."""
_SHOWN = 50
"""Rows of a long list that are printed; `--json` has them all."""

_console = Console(highlight=False, emoji=False, soft_wrap=True, width=None if sys.stdout.isatty() else _UNBOUNDED)


def _use_catalog(directory: Path | None) -> Path | None:
    if directory is not None:
        os.environ["TONGHOP_CATALOG"] = str(directory.absolute())
        settings.cache_clear()
    return directory


def _period_codes(codes: list[str] | None) -> list[str] | None:
    for code in codes or []:
        try:
            Period.parse(code)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from error
    return codes or None


def _period_code(code: str) -> str:
    _period_codes([code])
    return code


CatalogOption = Annotated[
    Path | None,
    typer.Option("--catalog", metavar="DIR", callback=_use_catalog, help="The catalog pack to use instead of the one in the settings."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
NumberArgument = Annotated[int, typer.Argument(metavar="N", help="Number of a publication.")]
PeriodArgument = Annotated[
    str, typer.Argument(metavar="PERIOD", callback=_period_code, help="2022-08, 2022-Q3, 2022-H1, 2022-9M, 2022 or 2022-W33.")
]


def main() -> None:
    """Run the command line; expected failures are a message on stderr and exit code 1."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    logging.getLogger("tonghop").setLevel(logging.INFO)
    try:
        app()
    except TonghopError as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    except psycopg.OperationalError as error:
        print(f"PostgreSQL went away: {str(error).strip()}\nNothing was lost; run the same command again.", file=sys.stderr)
        sys.exit(1)
    except SystemExit as stopped:
        if stopped.code == 130:  # Ctrl-C
            print("\nInterrupted. Nothing is lost: the same command goes on where this one stopped.", file=sys.stderr)
        raise


@app.command()
def load(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH…", help="Files or folders.")],
    catalog: CatalogOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read files and folders and stage what they say. Exit 1 when a file cannot be opened at all, or nothing could be taken in."""
    from tonghop import staging

    database.ensure_server()
    outcomes = staging.load_paths(paths)
    if as_json:
        _print_json([outcome.as_dict() for outcome in outcomes])
    else:
        _print_outcomes(outcomes)
    counts = Counter(outcome.outcome for outcome in outcomes)
    if counts["failed"] or not counts["staged"] + counts["unchanged"] + counts["known"]:
        raise typer.Exit(1)


@app.command()
def refresh(
    periods: Annotated[list[str] | None, typer.Argument(metavar="[PERIOD…]", callback=_period_codes, help="Only these periods.")] = None,
    catalog: CatalogOption = None,
    as_json: JsonOption = False,
) -> None:
    """Judge what is staged, build a candidate, check and publish it. Exit 1 when a gate refused, with what and why."""
    from tonghop.refresh import refresh as run_refresh

    database.ensure_server()
    outcome = run_refresh(periods)
    if as_json:
        _print_json(outcome)
        return
    gates = [outcome.gate_1] if outcome.gate_1 else []
    for gate in [*gates, *outcome.gate_2]:
        _line(gate.explain())
    for number, page in zip(outcome.publications, outcome.reports, strict=True):
        _line(f"Publication {number} is live. Its quality report: {page}")
    if not outcome.publications:
        _line("Nothing to publish: every slot is as the live publication has it.")


@app.command()
def publications(catalog: CatalogOption = None, as_json: JsonOption = False) -> None:
    """List every publication ever numbered: when, which periods, catalog and code version."""
    from tonghop.publication import list_publications

    database.ensure_server()
    found = list_publications()
    if as_json:
        _print_json(found)
        return
    table = _table("number", "status", "kind", "published", "periods", "slots changed", "catalog", "code", "manifest")
    for each in found:
        kind = f"restates {each.base}" if each.kind == "restatement" else each.kind
        table.add_row(
            str(each.number),
            "live" if each.is_live else each.status,
            kind + (f": {escape(each.reason)}" if each.reason else ""),
            _time(each.published_at),
            _span(each.periods),
            f"{each.slots_changed:,}" + (" (everything rebuilt)" if each.scope_all else ""),
            each.pack_hash[:12],
            each.code_version[:12],
            (each.manifest_sha256 or "")[:12],
        )
    _console.print(table)


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
    _line(f"Publication {restatement} is live and restates publication {number}. Submissions that came after it are held.")


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
    _line(f"Publication {number} is discarded; its number is not used again.")


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
        _print_json(difference)
        return
    if not difference.figures and not difference.submissions:
        _line(f"Publications {a} and {b} show the same figures from the same submissions.")
        return
    figures = _table("period", "unit", "indicator", f"value {a}", f"value {b}", "change", f"cumulative {a}", f"cumulative {b}")
    for each in difference.figures[:_SHOWN]:
        change = "" if each.value_a is None or each.value_b is None else _number(each.value_b - each.value_a)
        numbers = (_number(each.value_a), _number(each.value_b), change, _number(each.ytd_value_a), _number(each.ytd_value_b))
        figures.add_row(each.period_code, each.unit_code, each.indicator_code, *numbers)
    _console.print(figures)
    _and_more(len(difference.figures), "figures")
    submissions = _table("period", "unit", "form", f"in force at {a}", f"in force at {b}")
    for slot in difference.submissions[:_SHOWN]:
        sources = (_source(slot.source_a, slot.sha256_a), _source(slot.source_b, slot.sha256_b))
        submissions.add_row(slot.period_code, slot.unit_code, slot.form_code, *sources)
    _console.print(submissions)
    _and_more(len(difference.submissions), "submissions")


@app.command()
def trace(
    unit: Annotated[str, typer.Argument(metavar="UNIT", help="Code of a unit at any level.")],
    indicator: Annotated[str, typer.Argument(metavar="INDICATOR", help="Code of an indicator.")],
    period: PeriodArgument,
    publication: Annotated[int | None, typer.Option("--publication", metavar="N", help="As published then; default: live.")] = None,
    catalog: CatalogOption = None,
    as_json: JsonOption = False,
) -> None:
    """Lead a published figure back to the cells of the files that it was made of."""
    from tonghop.publication import trace as find_trace

    database.ensure_server()
    found = find_trace(unit, indicator, period, publication=publication)
    if as_json:
        parts = [asdict(part) | {"contributed": part.contributed, "agrees": part.agrees} for part in found.parts]
        _print_json(asdict(found) | {"parts": parts})
    else:
        _print_trace(found)


@app.command()
def dsn(
    role: Annotated[
        Literal["loader", "transformer", "publisher", "auditor", "bi_reader"], typer.Argument(metavar="ROLE", help="Login role.")
    ],
    publication: Annotated[int | None, typer.Option("--publication", metavar="N", help="Show the marts as published then.")] = None,
    catalog: CatalogOption = None,
) -> None:
    """Print a libpq URL for a role and nothing else; starts the embedded server when it does not run."""
    database.ensure_server()
    print(database.dsn(role, publication))


@app.command()
def samples(directory: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to write into.")], catalog: CatalogOption = None) -> None:
    """Write the sample workbooks of the catalog pack, a folder for each wave of arrivals."""
    from tonghop.catalog import read_pack
    from tonghop.samples import build_samples

    summary = build_samples(read_pack(settings().catalog), directory)
    for wave, workbooks in sorted(summary.workbooks.items()):
        _line(f"{directory / wave}: {workbooks:,} workbooks")
    _line(f"{summary.units:,} units, {_span(sorted(summary.periods))}")
    for trouble in summary.troubles:
        _line(f"planted: {trouble}")


@app.command()
def status(catalog: CatalogOption = None, as_json: JsonOption = False) -> None:
    """Count what was received, read, judged and published, and say how to look at it."""
    from tonghop.service.cli import print_summary
    from tonghop.service.summary import summarise

    database.ensure_server()
    summary = summarise()
    if as_json:
        _print_json(summary)
    else:
        print_summary(summary)


@audit_app.command()
def verify(
    archive: Annotated[
        Path | None,
        typer.Option(
            "--archive", metavar="DIR", exists=True, file_okay=False, help="Verify this copy of the archive, without the database."
        ),
    ] = None,
    catalog: CatalogOption = None,
    as_json: JsonOption = False,
) -> None:
    """Recompute the chain of manifests and the hashes of files and readings. Exit 1 when anything disagrees."""
    from tonghop.publication import verify_chain

    if archive is None:
        database.ensure_server()
    verification = verify_chain(archive, with_database=archive is None)
    if as_json:
        _print_json(verification)
    else:
        compared = f"{verification.readings:,} readings recomputed from the database" if verification.database_checked else "archive alone"
        _line(f"{verification.manifests:,} manifests, {verification.files:,} files, {compared}.")
        for problem in verification.problems:
            _line(f"- {problem}")
        _line("Everything agrees." if verification.passed else f"{len(verification.problems):,} disagreements.")
    if not verification.passed:
        raise typer.Exit(1)


@catalog_app.command()
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
        _print_json(problems)
        if problems:
            raise typer.Exit(1)
        return
    pack = read_pack(folder)
    counts = f"{len(pack.units):,} units, {len(pack.indicators):,} indicators, {len(pack.forms):,} forms, {len(pack.rules):,} rules"
    _line(f"{folder}: no problem found ({counts}; hash {pack.pack_hash[:12]}).")


@report_app.command()
def quality(
    period: PeriodArgument,
    directory: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Folder to write into.")],
    publication: Annotated[
        int | None, typer.Option("--publication", metavar="N", help="The report of this publication; default: the latest with the period.")
    ] = None,
    catalog: CatalogOption = None,
) -> None:
    """Write the quality report of the latest publication that brought anything of a period."""
    from tonghop.publication import PublicationProblem, list_publications
    from tonghop.reports import quality_report

    database.ensure_server()
    if publication is None:
        numbers = [each.number for each in list_publications() if each.status == "published" and period in each.periods]
        if not numbers:
            raise PublicationProblem(f"No publication brought anything of {period}. `tonghop publications` lists their periods.")
        publication = max(numbers)
    _line(f"Quality report of publication {publication}: {quality_report(publication, directory)}")


def _print_outcomes(outcomes: Sequence[Outcome]) -> None:
    """A table of the files (of those with something to say, when they are many), their findings, and the counts."""
    told = list(outcomes) if len(outcomes) <= _SHOWN else [each for each in outcomes if _needs_attention(each)]
    if told:
        table = _table("file", "outcome", "submissions", "cells", "findings", "message")
        for each in told[:_SHOWN]:
            severities = Counter(finding.severity for finding in each.findings)
            findings = ", ".join(f"{severities[severity]} {severity}" for severity in Severity if severities[severity])
            row = (each.source_uri, each.outcome, ", ".join(each.versions), f"{each.cells:,}", findings, each.message or "")
            table.add_row(*map(escape, row))
        _console.print(table)
        _and_more(len(told), "files with findings")
    for each in told[:_SHOWN]:
        _print_findings(each)
    counts = Counter(each.outcome for each in outcomes)
    _line(
        f"{len(outcomes):,} files: "
        + (", ".join(f"{count:,} {outcome}" for outcome, count in counts.items()) or "none found")
        + f"; {sum(len(each.versions) for each in outcomes):,} submissions, {sum(each.cells for each in outcomes):,} cells."
    )


def _needs_attention(outcome: Outcome) -> bool:
    return outcome.outcome in ("rejected", "failed") or any(finding.severity != Severity.INFO for finding in outcome.findings)


def _print_findings(outcome: Outcome) -> None:
    """Findings with their address, in Vietnamese and English: the person who loads may not be the one who corrects."""
    findings = [finding for finding in outcome.findings if finding.severity != Severity.INFO]
    if findings:
        _line(f"{outcome.source_uri}")
    for finding in findings[:_SHOWN]:
        _line(f"  {finding.severity} {finding.code}: {finding.text_vi}\n    {finding.text_en}")
    _and_more(len(findings), "findings of this file")


def _print_trace(found: Trace) -> None:
    _line(f"{found.unit_code} {found.unit_name} · {found.indicator_code} {found.indicator_name} · {found.period_code}")
    _line(
        f"publication {found.publication}: value {_number(found.value)}, cumulative {_number(found.ytd_value)}, "
        f"target {_number(found.target)}; {found.reporting_units} of {found.expected_units} units reported"
    )
    for part in found.parts:
        _print_part(part)
    if found.missing:
        _line(f"\nowed and not in force ({len(found.missing)}): {', '.join(found.missing[:_SHOWN])}")
        _and_more(len(found.missing), "missing reports")


def _print_part(part: Part) -> None:
    agreement = "they add up to it" if part.agrees else "THEY DO NOT ADD UP TO IT"
    head = "" if part.part == "value" else f"{part.part} {part.indicator_code}: "
    _line(f"\n{head}published {_number(part.published)}, {len(part.contributions)} cells with {_number(part.contributed)}: {agreement}")
    table = _table("period", "unit", "value", "as written", "sheet", "cell", "verdict", "received", "file", "sha256")
    for each in part.contributions:
        unit = f"{each.unit_code} {each.unit_name}"
        value = _number(each.value) if each.value is not None else each.state
        row = (each.period_code, unit, value, each.raw, each.sheet, each.cell, each.verdict, _time(each.received_at))
        table.add_row(*map(escape, (*row, each.source_uri, each.file_sha256)))
    if part.contributions:
        _console.print(table)
    for each in part.contributions:
        _print_failures(each)


def _print_failures(contribution: Contribution) -> None:
    for failure in contribution.failures:
        _line(
            f"  {contribution.unit_code} {contribution.period_code} {failure['severity']} {failure['rule']} "
            f"{failure['sheet']}!{failure['cell']}: found {failure['found']}, expected {failure['expected']}"
        )


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _line(text: str) -> None:
    _console.print(text, markup=False)


def _and_more(count: int, what: str) -> None:
    if count > _SHOWN:
        _line(f"… and {count - _SHOWN:,} more {what}; --json has them all")


def _number(value: Decimal | None) -> str:
    """A number as it is, without exponent or trailing zeros; a dash for none."""
    if value is None:
        return "–"
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _time(value: datetime | None) -> str:
    return "" if value is None else value.isoformat(sep=" ", timespec="seconds")


def _span(periods: Sequence[str]) -> str:
    return " ".join(periods) if len(periods) <= 3 else f"{periods[0]} … {periods[-1]} ({len(periods)})"


def _source(uri: str | None, sha256: str | None) -> str:
    return "–" if uri is None else escape(f"{uri} ({(sha256 or '')[:12]})")


def _print_json(value: Any) -> None:
    print(json.dumps(value, default=_plain, ensure_ascii=False, indent=1))


def _plain(value: object) -> object:
    """What JSON has no word for."""
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Iterable):
        return list(value)
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


if __name__ == "__main__":
    main()
