"""What differs between two publications: `diff-publications`, as text, JSON or CSV, however much it is."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import astuple, fields
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from tonghop import database
from tonghop.cli.options import CatalogOption, JsonOption
from tonghop.cli.printing import SHOWN, console, figure, moment, new_table, print_json_in_parts, say, say_how_many_more
from tonghop.publication import ChangedFigure, ChangedSubmission, Difference, diff
from tonghop.spreadsheets import escape_formula

app = typer.Typer()


@app.command("diff-publications")
def diff_publications(
    a: Annotated[int, typer.Argument(metavar="A")],
    b: Annotated[int, typer.Argument(metavar="B")],
    directory: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="DIR", help="Write figures.csv, submissions.csv, steps.csv into it."),
    ] = None,
    catalog: CatalogOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say which figures differ between two publications, by how much, and because of which submissions, catalogs or rollbacks."""
    database.ensure_server()
    with diff(a, b) as difference:
        if as_json:
            head = {"a": a, "b": b, "steps": difference.steps}
            print_json_in_parts(head, {"submissions": difference.submissions(), "figures": difference.figures()})
        elif directory is not None:
            _write(directory, difference)
        else:
            _print(difference)


def _write(directory: Path, difference: Difference) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    rows = {"figures": difference.figures(), "submissions": difference.submissions(), "steps": difference.steps}
    for name, found in rows.items():
        path = directory / f"{name}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            count = _write_rows(file, found)
        say(f"{path}: {count:,} rows")


def _write_rows(file: Any, found: Iterable[Any]) -> int:
    """One row a record, its names above the first one; how many."""
    writer, count = csv.writer(file), 0
    for count, record in enumerate(found, start=1):
        if count == 1:
            writer.writerow([field.name for field in fields(record)])
        writer.writerow([_cell(value) for value in astuple(record)])
    return count


def _cell(value: object) -> object:
    if isinstance(value, list):
        value = " ".join(map(str, value))
    return escape_formula(value) if isinstance(value, str) else value


def _print(difference: Difference) -> None:
    a, b = difference.a, difference.b
    figures = new_table("period", "unit", "indicator", f"value {a}", f"value {b}", "change", f"cumulative {a}", f"cumulative {b}")
    all_figures = difference.figures()
    for each in islice(all_figures, SHOWN):
        figures.add_row(each.period_code, each.unit_code, each.indicator_code, *_values(each))
    more_figures = _count(all_figures)
    submissions = new_table("period", "unit", "form", "cause", f"in force at {a}", f"in force at {b}")
    all_submissions = difference.submissions()
    for slot in islice(all_submissions, SHOWN):
        cause = " ".join([slot.cause, *sorted({*slot.corrections_a} ^ {*slot.corrections_b})])
        submissions.add_row(slot.period_code, slot.unit_code, slot.form_code, escape(cause), *_sources(slot))
    more_submissions = _count(all_submissions)
    if not figures.row_count and not submissions.row_count:
        say(f"Publications {a} and {b} show the same figures from the same submissions.")
        return
    console.print(figures)
    say_how_many_more(figures.row_count + more_figures, "figures")
    console.print(submissions)
    say_how_many_more(submissions.row_count + more_submissions, "submissions")
    for step in difference.steps:
        changed = [what for what, has in (("the catalog", step.catalog_changed), ("the code", step.code_changed)) if has]
        what = f"restates {step.base}" if step.kind == "restatement" else step.kind
        why = f": {step.reason}" if step.reason else ""
        also = f"; changed {' and '.join(changed)}" if changed else ""
        say(f"Publication {step.number}, {moment(step.published_at)}, {what}{why}{also}.")


def _values(each: ChangedFigure) -> tuple[str, ...]:
    change = "" if each.value_a is None or each.value_b is None else figure(each.value_b - each.value_a)
    return figure(each.value_a), figure(each.value_b), change, figure(each.ytd_value_a), figure(each.ytd_value_b)


def _sources(slot: ChangedSubmission) -> tuple[str, str]:
    return _source(slot.source_a, slot.sha256_a), _source(slot.source_b, slot.sha256_b)


def _source(uri: str | None, sha256: str | None) -> str:
    return "–" if uri is None else escape(f"{uri} ({(sha256 or '')[:12]})")


def _count(rest: Iterator[object]) -> int:
    return sum(1 for _ in rest)
