"""What became of files that were loaded: a table to read at a glance, then what is wrong with each."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from rich.markup import escape

from tonghop.cli.printing import SHOWN, console, new_table, say, say_how_many_more
from tonghop.model import Finding, Severity

if TYPE_CHECKING:
    from tonghop.staging import Outcome

_SEVERITIES = list(Severity)
"""Worst first."""
_GROUPS = ("failed", "rejected", "skipped", "staged", "unchanged", "known")
"""What needs somebody comes first."""
TOLD = 5
"""Findings of a file that are told in full."""


def print_outcomes(outcomes: Sequence[Outcome]) -> None:
    """A table of the files (of those with something to say, when they are many), their findings, and the counts."""
    told = list(outcomes) if len(outcomes) <= SHOWN else [each for each in outcomes if _needs_attention(each)]
    told = sorted(told, key=_rank)
    folder = _folder_of(outcomes)
    if told:
        if folder:
            say(f"In {folder}:")
        table = new_table("outcome", "file", "what it is", "unit", "form", "period", "version", "cells", "findings", "worst")
        for _, group in groupby(told[:SHOWN], key=lambda each: _rank(each)[0]):
            for each in group:
                table.add_row(*map(escape, _row(each, folder)))
            table.add_section()
        console.print(table)
        say_how_many_more(len(told), "files with findings")
    for each in told[:SHOWN]:
        _print_findings(each, folder)
    counts: Counter[str] = Counter(each.outcome for each in outcomes)
    say(
        f"{len(outcomes):,} files: "
        + (", ".join(f"{counts[name]:,} {name}" for name in _GROUPS if counts[name]) or "none found")
        + f"; {sum(len(each.versions) for each in outcomes):,} submissions, {sum(each.cells for each in outcomes):,} cells."
    )


def what_it_is(outcome: Outcome) -> str:
    """What a file turned out to be, in a few words."""
    worst = _worst(outcome.findings)
    match outcome.outcome:
        case "staged":
            reports = len(outcome.versions)
            corrections = sum(not version.endswith(" v1") for version in outcome.versions)
            if reports == 1:
                return "a correction" if corrections else "a report"
            return f"{reports} reports" + (f", {corrections} of them corrections" if corrections else "")
        case "unchanged":
            return "a report, as it is in force"
        case "known":
            return "taken in before"
        case "rejected":
            return worst.code.replace("_", " ") if worst else "no report"
        case _:
            return "not read"


def _rank(outcome: Outcome) -> tuple[int, int, str]:
    worst = _worst(outcome.findings)
    return _GROUPS.index(outcome.outcome), _SEVERITIES.index(worst.severity) if worst else len(_SEVERITIES), outcome.source_uri


def _row(outcome: Outcome, folder: str) -> tuple[str, ...]:
    severities = Counter(finding.severity for finding in outcome.findings)
    findings = ", ".join(f"{severities[severity]} {severity}" for severity in _SEVERITIES if severities[severity])
    worst = _worst(outcome.findings)
    return (
        outcome.outcome,
        _short(outcome.source_uri, folder),
        what_it_is(outcome),
        _few((slot.unit_code for slot in outcome.slots), "units"),
        _few((slot.form_code for slot in outcome.slots), "forms"),
        _few((slot.period.code for slot in outcome.slots), "periods"),
        _few((version.rpartition(" ")[2] for version in outcome.versions), "versions"),
        f"{outcome.cells:,}" if outcome.cells else "",
        findings,
        outcome.message or (f"{worst.code} ({worst.severity})" if worst else ""),
    )


def _few(values: Iterable[str], noun: str) -> str:
    """Up to three of the units, forms, periods or versions of a file, or how many there are."""
    different = sorted(set(values))
    return " ".join(different) if len(different) <= 3 else f"{len(different)} {noun}"


def _worst(findings: Sequence[Finding]) -> Finding | None:
    return min(findings, key=lambda finding: _SEVERITIES.index(finding.severity), default=None)


def _folder_of(outcomes: Sequence[Outcome]) -> str:
    """The folder that all files lie in; nothing when they share none worth naming."""
    folders = {posixpath.dirname(each.source_uri) for each in outcomes}
    absolute = folders and all(folder.startswith("/") for folder in folders)
    return posixpath.commonpath(folders).rstrip("/") if absolute else ""


def _short(uri: str, folder: str) -> str:
    return uri.removeprefix(f"{folder}/") if folder else uri


def _needs_attention(outcome: Outcome) -> bool:
    return outcome.outcome in ("rejected", "failed") or any(finding.severity != Severity.INFO for finding in outcome.findings)


def _print_findings(outcome: Outcome, folder: str) -> None:
    """Findings with their address, in Vietnamese and English: the person who loads may not be the one who corrects."""
    findings = sorted(
        (finding for finding in outcome.findings if finding.severity != Severity.INFO),
        key=lambda finding: _SEVERITIES.index(finding.severity),
    )
    if findings:
        say(_short(outcome.source_uri, folder))
    for finding in findings[:TOLD]:
        say(f"  {finding.severity} {finding.code}: {finding.text_vi}\n    {finding.text_en}")
    if len(findings) > TOLD:
        say(f"  … and {len(findings) - TOLD:,} more findings of this file; --json has them all")
