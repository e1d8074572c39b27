"""What two people decide: `waiver` and `approval`, each with ask, approve, reject, revoke, list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from tonghop import database
from tonghop.cli.options import CatalogOption, JsonOption, PeriodArgument
from tonghop.cli.printing import SHOWN, console, moment, new_table, print_json, say, say_how_many_more
from tonghop.cli.units import our_code

if TYPE_CHECKING:
    from tonghop.signing import Request

WAIVERS: tuple[str, ...] = ("waiver",)
APPROVALS = ("period", "correction")
_DONE = {"approve": "approved", "reject": "rejected", "revoke": "revoked"}

waiver = typer.Typer(
    help="Failures of rules that do not count against a report: one person asks, another one approves.", no_args_is_help=True
)
approval = typer.Typer(
    help="Periods that are published once somebody signed, and corrections of closed periods: one person asks, another one approves.",
    no_args_is_help=True,
)

RequestArgument = Annotated[list[int], typer.Argument(metavar="NUMBER…", help="Numbers of requests.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; it stands in the records for good.")]
NameOption = Annotated[
    str | None, typer.Option("--as", metavar="NAME", help="In whose name. A claim: recorded beside the user of this computer, not instead.")
]
ExportOption = Annotated[Path | None, typer.Option("--export", metavar="FILE.csv", help="Write what waits into a CSV file.")]
ImportOption = Annotated[
    Path | None, typer.Option("--import", metavar="FILE.csv", help="Do what people wrote into the column `act` of such a file.")
]


@waiver.command("ask")
def ask_waiver(
    rule: Annotated[str, typer.Argument(metavar="RULE", help="Code of the rule.")],
    unit: Annotated[str, typer.Argument(metavar="UNIT", help="Code of the reporting unit, ours or the official one of that time.")],
    form: Annotated[str, typer.Argument(metavar="FORM", help="Code of the form.")],
    period: PeriodArgument,
    reason: ReasonOption,
    expires: Annotated[datetime, typer.Option("--expires", formats=["%Y-%m-%d"], help="The first day on which it no longer holds.")],
    indicator: Annotated[str | None, typer.Option("--indicator", metavar="CODE", help="Only failures at this indicator.")] = None,
    measure: Annotated[str | None, typer.Option("--measure", help="Only at this measure.")] = None,
    breakdown: Annotated[str | None, typer.Option("--breakdown", metavar="CODE", help="Only at this breakdown.")] = None,
    name: NameOption = None,
    catalog: CatalogOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask that what a report fails does not count, for the values that stand in it now. Nothing changes before another person approves."""
    from tonghop import signing

    database.ensure_server()
    asked = signing.ask_waiver(
        rule, our_code(unit, period), form, period, reason=reason, expires_on=expires.date(), actor=signing.os_user(name),
        indicator=indicator, measure=measure, breakdown=breakdown,
    )  # fmt: skip
    if as_json:
        print_json([{"request_id": number, "failure": failure} for number, failure in asked])
        return
    for number, failure in asked:
        say(f"Number {number}: {rule} at {failure.figure}, for {failure.given_for}")
    say("Another person approves: `tonghop waiver approve`, or in Airflow.")


@approval.command("ask")
def ask_approval(
    period: PeriodArgument,
    reason: ReasonOption,
    unit: Annotated[str | None, typer.Option("--unit", metavar="UNIT", help="With --form: the correction of this report.")] = None,
    form: Annotated[str | None, typer.Option("--form", metavar="FORM", help="With --unit: the correction of this report.")] = None,
    name: NameOption = None,
    catalog: CatalogOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask for the first publication of a period, or for the correction of a report of a closed one."""
    from tonghop import signing

    if (unit is None) != (form is None):
        raise typer.BadParameter("--unit and --form go together: they name the report whose correction is asked for")
    database.ensure_server()
    code = our_code(unit, period) if unit else None
    number = signing.ask_approval(period, code, form, reason=reason, actor=signing.os_user(name))
    if as_json:
        print_json({"request_id": number})
    else:
        say(f"Number {number}. Another person approves: `tonghop approval approve {number}`, or in Airflow.")


def _list(kinds: Sequence[str], export: Path | None, acts: Path | None, pending: bool, as_json: bool) -> None:
    from tonghop import publication, signing
    from tonghop.signing.approvals import matters

    database.ensure_server()
    if acts is not None:
        done = signing.take_over(signing.read_acts(acts), signing.os_user())
        say(", ".join(f"{count} × {act}" for act, count in sorted(done.items())) or f"{acts}: the column `act` is empty.")
        return
    found = signing.list_requests(kinds, standing="pending" if pending else None)
    withheld = publication.withheld() if kinds == APPROVALS else []
    if export is not None:
        failures = signing.open_failures() if kinds == WAIVERS else []
        signing.write_matters(failures, matters(withheld), found, export)
        say(f"{export}: write ask, approve, reject or revoke into `act`, and why into `reason`; then `--import` it.")
    elif as_json:
        print_json({"requests": found, "withheld": withheld} if kinds == APPROVALS else found)
    else:
        _print(found)
        for each in withheld[:SHOWN]:
            say(f"not published yet: {each}")
        say_how_many_more(len(withheld), "periods or reports")


def _print(found: Sequence[Request]) -> None:
    if not found:
        say("Nothing was asked for.")
        return
    table = new_table("number", "standing", "what", "for", "reason", "expires", "asked by", "decided by", "why")
    for each in found[:SHOWN]:
        asked = _who(each.asked_by, each.asked_for) + f", {moment(each.asked_at)}"
        decided = f"{_who(each.decided_by, each.decided_for)}, {moment(each.decided_at)}" if each.decided_by else ""
        why = each.revocation_reason or each.decision_reason or ""
        figure = " ".join(part for part in (each.indicator_code, each.measure, each.breakdown_code) if part)
        what = f"{each.matter} {figure}".strip()
        expires = each.expires_on.isoformat() if each.expires_on else ""
        if each.revoked_by:
            decided += f"; revoked by {each.revoked_by}, {moment(each.revoked_at)}"
        table.add_row(*map(escape, (str(each.request_id), each.standing, what, each.given_for, each.reason, expires, asked, decided, why)))
    console.print(table)
    say_how_many_more(len(found), "requests")


def _who(user: str | None, claimed: str | None) -> str:
    return f"{user} (for {claimed})" if claimed else user or ""


def _add_decisions(app: typer.Typer, kinds: tuple[str, ...]) -> None:
    """The commands that both subjects share."""

    def decide(decision: str) -> Callable[..., None]:
        def command(numbers: RequestArgument, reason: ReasonOption, name: NameOption = None, catalog: CatalogOption = None) -> None:
            from tonghop import signing

            database.ensure_server()
            for number in numbers:
                signing.decide(number, decision, reason, signing.os_user(name), kinds=kinds)
                say(f"Number {number}: {_DONE[decision]}. The next `tonghop refresh` goes by it.")

        return command

    app.command("approve", help="Approve what another person asked for.")(decide("approve"))
    app.command("reject", help="Reject what was asked for.")(decide("reject"))
    app.command("revoke", help="Take an approval back; the next refresh judges by that.")(decide("revoke"))

    @app.command("list", help="List what was asked for and decided; export what waits as CSV, and take acts back in.")
    def list_all(
        pending: Annotated[bool, typer.Option("--pending", help="Only what waits for an answer.")] = False,
        export: ExportOption = None,
        acts: ImportOption = None,
        catalog: CatalogOption = None,
        as_json: JsonOption = False,
    ) -> None:
        _list(kinds, export, acts, pending, as_json)


_add_decisions(waiver, WAIVERS)
_add_decisions(approval, APPROVALS)
