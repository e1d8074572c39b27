"""Versions of a report: `diff`, `withdraw`, `corrections`."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from tonghop import database
from tonghop.cli.options import CatalogOption, JsonOption, PeriodArgument
from tonghop.cli.printing import SHOWN, console, figure, moment, new_table, print_json, say, say_how_many_more
from tonghop.cli.units import our_code

if TYPE_CHECKING:
    from tonghop.publication.slot_difference import ChangedCell, ComparedVersion, SlotDifference

app = typer.Typer()

UnitArgument = Annotated[str, typer.Argument(metavar="UNIT", help="Code of the reporting unit, ours or the official one of that time.")]
FormArgument = Annotated[str, typer.Argument(metavar="FORM", help="Code of the form.")]


@app.command()
def diff(
    unit: UnitArgument,
    form: FormArgument,
    period: PeriodArgument,
    from_version: Annotated[int | None, typer.Option("--from", metavar="V", help="Default: the version received before.")] = None,
    to_version: Annotated[int | None, typer.Option("--to", metavar="V", help="Default: the version received last.")] = None,
    catalog: CatalogOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what changed from one version of a report to the next: figures, findings, verdicts."""
    from tonghop.publication import diff_versions

    database.ensure_server()
    difference = diff_versions(our_code(unit, period), form, period, from_version=from_version, to_version=to_version)
    if as_json:
        print_json(difference)
    else:
        _print_difference(difference)


@app.command()
def withdraw(
    unit: UnitArgument,
    form: FormArgument,
    period: PeriodArgument,
    reason: Annotated[str, typer.Option("--reason", help="Why, in the unit's words; it stands in the records for good.")],
    version: Annotated[int | None, typer.Option("--version", metavar="V", help="Default: the version in force.")] = None,
    by: Annotated[str | None, typer.Option("--by", help="In whose name; default: the user of this computer.")] = None,
    catalog: CatalogOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a report back in its unit's name; the version before it counts again, or none. Sending the file again undoes it."""
    from tonghop import publication

    database.ensure_server()
    done = publication.withdraw(our_code(unit, period), form, period, reason=reason, by=by or getpass.getuser(), version=version)
    if as_json:
        print_json(done)
        return
    left = f"version {done.now_in_force} is in force" if done.now_in_force else "nothing is in force: the report is missing"
    if done.not_judged:
        left += f" (not judged yet: version {', '.join(map(str, done.not_judged))})"
    say(f"Version {done.version} of {unit} {form} {period} is withdrawn; {left}. `tonghop refresh` publishes that.")


@app.command()
def corrections(catalog: CatalogOption = None, as_json: JsonOption = False) -> None:
    """List the hand corrections of the catalog loaded last, and what stands in their figures now."""
    from tonghop.publication import list_corrections

    database.ensure_server()
    found = list_corrections()
    if as_json:
        print_json(found)
        return
    if not found:
        say("The catalog has no hand corrections.")
        return
    table = new_table("correction", "figure", "expects", "uses", "stands there", "standing", "published", "expires", "reason", "author")
    for each in found:
        slot = f"{each.unit_code} {each.form_code} {each.period_code}"
        place = f"{slot} {each.indicator_code} {each.measure} {each.breakdown_code}"
        published = "yes" if each.is_published else "no"
        row = (each.correction_code, place, each.found, each.use, each.found_now or "–", each.standing, published)
        table.add_row(*map(escape, (*row, each.expires_on.isoformat(), each.reason, each.author)))
    console.print(table)


def _print_difference(found: SlotDifference) -> None:
    say(
        f"{found.unit_code} {found.unit_name} · {found.form_code} · {found.period_code}: "
        f"version {found.before.version} → version {found.after.version}"
    )
    for version in (found.before, found.after):
        _print_version(version)
    if not found.cells:
        say(f"\nBoth say the same in all {found.same:,} figures.")
        return
    table = new_table("change", "label", "indicator", "measure", "breakdown", "old", "new", "old cell", "new cell")
    for each in found.cells[:SHOWN]:
        name = f"{each.indicator_code} {each.name_vi or ''} / {each.name_en or ''}"
        row = (each.change, each.label_vi or "", name, each.measure, each.breakdown_code, *_sides(each))
        table.add_row(*map(escape, row))
    console.print(table)
    say_how_many_more(len(found.cells), "changed figures")
    say(f"{len(found.cells):,} figures differ, {found.same:,} are the same.")


def _sides(cell: ChangedCell) -> tuple[str, str, str, str]:
    """Old and new value, old and new address."""
    old = cell.old_state or "–" if cell.old_value is None else figure(cell.old_value)
    new = cell.new_state or "–" if cell.new_value is None else figure(cell.new_value)
    addresses = [f"{sheet}!{at}" if at else "–" for sheet, at in ((cell.old_sheet, cell.old_cell), (cell.new_sheet, cell.new_cell))]
    return old, new, addresses[0], addresses[1]


def _print_version(version: ComparedVersion) -> None:
    verdict = version.verdict or "not judged yet"
    reason = f" ({version.verdict_reason})" if version.verdict_reason else ""
    say(f"\nversion {version.version}, received {moment(version.received_at)}: {verdict}{reason}\n  {version.source_uri}")
    for finding in version.findings[:SHOWN]:
        say(f"  finding {finding['severity']} {finding['code']}: {finding['text_vi']}\n    {finding['text_en']}")
    say_how_many_more(len(version.findings), "findings")
    for failure in version.failures[:SHOWN]:
        at = f" {failure['sheet']}!{failure['cell']}" if failure["cell"] else ""
        found = f": found {failure['found'] or '–'}, expected {failure['expected'] or '–'}"
        waived = f"; waived, number {failure['waiver']}" if failure["waiver"] else ""
        say(f"  rule {failure['severity']} {failure['rule']}{at}{found}{waived}")
    say_how_many_more(len(version.failures), "failures of rules")
