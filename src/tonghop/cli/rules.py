"""Rules of a catalog pack: `rules test`."""

from __future__ import annotations

from typing import Annotated

import typer

from tonghop.cli.options import CatalogOption, JsonOption
from tonghop.cli.printing import console, new_table, print_json, say
from tonghop.settings import settings

app = typer.Typer(help="Rules of a catalog pack.", no_args_is_help=True)


@app.callback()
def rules() -> None:
    """Rules of a catalog pack."""


@app.command()
def test(
    rule: Annotated[str | None, typer.Option("--rule", metavar="CODE", help="Only the cases of this rule.")] = None,
    catalog: CatalogOption = None,
    as_json: JsonOption = False,
) -> None:
    """Judge each rule's own cases (rule_cases.yml) by the rule models, in a database apart. Exit 1 when a rule does otherwise."""
    from tonghop.catalog import read_pack
    from tonghop.rules import try_rules

    outcomes = try_rules(read_pack(settings().catalog), rule)
    wrong = [outcome for outcome in outcomes if not outcome.as_it_should]
    if as_json:
        print_json(outcomes)
    else:
        table = new_table("rule", "case", "expected", "found", "")
        for outcome in outcomes:
            expected = f"a failure{f', {outcome.must_be}' if outcome.must_be else ''}" if outcome.must_fail else "none"
            found = " · ".join(text for text in (outcome.found, outcome.expected) if text) if outcome.failures else "none"
            more = f" (1 of {outcome.failures} failures)" if outcome.failures > 1 else ""
            more += f" ({outcome.severity})" if outcome.severity not in (None, outcome.must_be) else ""
            table.add_row(outcome.rule_code, outcome.case, expected, (found or "a failure") + more, "" if outcome.as_it_should else "WRONG")
        console.print(table)
        say(f"{len(outcomes):,} cases of {len({outcome.rule_code for outcome in outcomes}):,} rules, {len(wrong):,} wrong.")
    if wrong:
        raise typer.Exit(1)
