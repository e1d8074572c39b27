"""Requests and decisions in a CSV file for a spreadsheet program: what waits goes out, what people write into `act` comes back in."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

import psycopg

from tonghop import publication
from tonghop.database import connect
from tonghop.signing.actors import Actor
from tonghop.signing.approvals import matters
from tonghop.signing.failures import Failure, open_failures
from tonghop.signing.requests import DECISIONS, DecisionRefused, Matter, Request, add_decision, ask
from tonghop.spreadsheets import read_list, write_list

ASK = "ask"
ACTS = (ASK, *DECISIONS)
COLUMNS = (
    *("request", "standing", "kind", "period", "form", "unit", "rule", "indicator", "measure", "breakdown", "given_for"),
    *("found", "expected", "place", "what", "asked_by", "asked_for", "asked_reason", "expires", "act", "reason"),
)


class Act(NamedTuple):
    """What somebody wrote into a line: to ask for something, or to decide. `request` is a number, or the key of what can be asked for."""

    line: int
    request: str
    act: str
    expires: str
    reason: str


def write_matters(failures: Iterable[Failure], waiting: Iterable[Matter], requests: Iterable[Request], path: Path) -> None:
    """Write what was asked for, and what can be asked for, into a CSV file.

    `act` is empty, for people to fill in: `ask` in a line whose `request` begins with `ask-`; `approve`, `reject` or `revoke` in one with
    a number; each with a reason. A waiver that is asked for needs the day on which it expires, too.
    """
    requests = list(requests)
    known = {each.matter for each in requests if each.standing in ("pending", "in_force")}
    lines = [_request(each) for each in requests]
    lines += [_failure(each) for each in failures if each.matter not in known]
    lines += [(_key(each), "", *_columns(each), *("",) * 10) for each in waiting if each not in known]
    write_list(path, COLUMNS, lines)


def read_acts(path: Path) -> list[Act]:
    """The lines of a file in which an act is written. Raises UnreadableList with the reason.

    What is meant follows from `request` alone: spreadsheet programs make dates of codes such as 2022-08.
    """
    needed = ("request", "act", "expires", "reason")
    return [
        Act(line, row["request"], row["act"].lower(), row["expires"], row["reason"]) for line, row in read_list(path, needed) if row["act"]
    ]


def take_over(acts: Sequence[Act], actor: Actor) -> Counter[str]:
    """Do what stands in the lines, all of it or nothing, and count it by act. Raises DecisionRefused with everything that is wrong."""
    possible = _possible() if any(act.act == ASK for act in acts) else {}
    faults: list[str] = []
    with connect("publisher") as connection, connection.transaction():
        for act in acts:
            try:
                with connection.transaction():
                    _do(connection, act, actor, possible)
            except DecisionRefused as error:
                faults.append(f"line {act.line}: {error}")
        if faults:
            raise DecisionRefused("Nothing was done:\n" + "\n".join(faults))
    return Counter(act.act for act in acts)


def _possible() -> dict[str, Matter]:
    """What can be asked for now, by its key."""
    found = (*(each.matter for each in open_failures()), *matters(publication.withheld()))
    return {_key(matter): matter for matter in found}


def _do(connection: psycopg.Connection, act: Act, actor: Actor, possible: Mapping[str, Matter]) -> None:
    if act.act not in ACTS:
        raise DecisionRefused(f"act: found {act.act!r}; {', '.join(ACTS)} or nothing is expected")
    if act.act == ASK:
        if act.request not in possible:
            raise DecisionRefused(
                f"request: found {act.request!r}, which cannot be asked for: it was asked for already, or the figures have changed. "
                "Export the list again"
            )
        matter = possible[act.request]
        ask(connection, matter, act.reason, actor, _day(act, matter))
    elif not act.request.isdigit():
        raise DecisionRefused(f"{act.act} is for a line with a number in `request`; here only {ASK} is possible")
    else:
        add_decision(connection, int(act.request), act.act, act.reason, actor)


def _day(act: Act, matter: Matter) -> date | None:
    if not act.expires:
        if matter.kind == "waiver":
            raise DecisionRefused("expires is empty; write the first day on which the waiver no longer holds, such as 2023-01-31")
        return None
    try:
        return date.fromisoformat(act.expires)
    except ValueError:
        raise DecisionRefused(f"expires: found {act.expires!r}; a day such as 2023-01-31 is expected") from None


def _key(matter: Matter) -> str:
    return f"{ASK}-" + hashlib.sha256("\0".join(_columns(matter)).encode()).hexdigest()[:12]


def _columns(matter: Matter) -> tuple[str, ...]:
    values = (
        matter.kind, matter.period_code, matter.form_code, matter.unit_code, matter.rule_code, matter.indicator_code, matter.measure,
        matter.breakdown_code, matter.given_for,
    )  # fmt: skip
    return tuple(value or "" for value in values)


def _failure(failure: Failure) -> tuple[str, ...]:
    place = f"{failure.sheet}!{failure.cell}" if failure.sheet and failure.cell else failure.sheet or ""
    what = f"{failure.text_vi} / {failure.text_en}"
    matter = failure.matter
    return (_key(matter), "", *_columns(matter), failure.found or "", failure.expected or "", place, what, *("",) * 6)


def _request(request: Request) -> tuple[str, ...]:
    expires = request.expires_on.isoformat() if request.expires_on else ""
    asked = (request.asked_by, request.asked_for or "", request.reason)
    return (str(request.request_id), request.standing, *_columns(request.matter), *("",) * 4, *asked, expires, "", "")
