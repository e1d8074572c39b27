"""Files in, publications out: `load`, `refresh`, `status`, `samples`."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from tonghop import database
from tonghop.cli.options import CatalogOption, JsonOption, PeriodsArgument
from tonghop.cli.outcomes import print_outcomes
from tonghop.cli.printing import SHOWN, print_json, say, say_how_many_more, span_of
from tonghop.readers import begin_to_start
from tonghop.settings import settings

app = typer.Typer()


@app.command()
def load(
    paths: Annotated[list[str], typer.Argument(metavar="PATH…", help="Files, folders or URLs.")],
    catalog: CatalogOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read files and folders and stage what they say. Exit 1 when a file cannot be opened at all, or nothing could be taken in."""
    begin_to_start()
    from tonghop import answers, staging

    database.ensure_server()
    outcomes = staging.load_paths(paths)
    sent = answers.quietly(answers.answer_intake)
    if as_json:
        print_json([outcome.as_dict() for outcome in outcomes])
    else:
        print_outcomes(outcomes)
        if sent and sent.answers:
            say(f"{sent.answers:,} receipts in {settings().outbox_path}")
    counts = Counter(outcome.outcome for outcome in outcomes)
    if counts["failed"] or not counts["staged"] + counts["unchanged"] + counts["known"]:
        raise typer.Exit(1)


@app.command()
def refresh(
    periods: PeriodsArgument = None,
    catalog: CatalogOption = None,
    as_json: JsonOption = False,
) -> None:
    """Judge what is staged, build a candidate, check and publish it. Exit 1 when a gate refused, with what and why."""
    from tonghop.refresh import refresh as run_refresh

    database.ensure_server()
    outcome = run_refresh(periods)
    if as_json:
        print_json(outcome)
        return
    gates = [outcome.gate_1] if outcome.gate_1 else []
    for gate in [*gates, *outcome.gate_2]:
        say(gate.explain())
    if outcome.sent_back and outcome.sent_back.answers:
        back = outcome.sent_back
        say(f"{back.answers:,} files go back to their units, {back.workbooks:,} of them marked, in {settings().outbox_path}")
    for number, page in zip(outcome.publications, outcome.reports, strict=True):
        say(f"Publication {number} is live. Its quality report: {page}")
    if not outcome.publications:
        rest = " else" if outcome.withheld else ""
        say(f"Nothing{rest} to publish: every{' other' if rest else ''} slot is as the live publication has it.")
    if outcome.withheld:
        say("Not published yet:")
        for each in outcome.withheld[:SHOWN]:
            say(f"  {each}")
        say_how_many_more(len(outcome.withheld), "periods or reports")


@app.command()
def status(catalog: CatalogOption = None, as_json: JsonOption = False) -> None:
    """Count what was received, read, judged and published, and say how to look at it."""
    from tonghop.service.cli import print_summary
    from tonghop.service.summary import summarise

    database.ensure_server()
    summary = summarise()
    if as_json:
        print_json(summary)
    else:
        print_summary(summary)


@app.command()
def samples(directory: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to write into.")], catalog: CatalogOption = None) -> None:
    """Write the sample workbooks of the catalog pack, a folder for each wave of arrivals."""
    from tonghop.catalog import read_pack
    from tonghop.samples import build_samples

    summary = build_samples(read_pack(settings().catalog), directory)
    for wave, workbooks in sorted(summary.workbooks.items()):
        say(f"{directory / wave}: {workbooks:,} workbooks")
    say(f"{summary.units:,} units, {span_of(sorted(summary.periods))}")
    for trouble in summary.troubles:
        say(f"planted: {trouble}")
