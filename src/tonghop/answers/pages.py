"""An answer as a page that reads well on a phone, and as plain text for an e-mail: Vietnamese first, English below."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context, select_autoescape
from jinja2.runtime import Context

from tonghop.answers.evidence import Answer, Part, Problem
from tonghop.answers.words import word
from tonghop.model import Severity, Verdict
from tonghop.reports import words as report_words
from tonghop.reports.words import Language

INVOLVED_SHOWN = 12
"""Other cells of a problem that are listed."""


def answer_page(answer: Answer, *, marked: bool = False) -> str:
    """The answer as an HTML page that needs nothing beside it. `marked`: the cells are coloured in a workbook that comes with it."""
    return _rendered("answer.html.j2", answer, marked)


def answer_text(answer: Answer, *, marked: bool = False) -> str:
    """The same as plain text."""
    return _rendered("answer.txt.j2", answer, marked)


def standing(answer: Answer) -> str:
    """In one word how the file stands: the outcome of its intake, or the gravest verdict of gate 1."""
    verdicts = [part.verdict for part in answer.parts]
    if answer.kind == "receipt":
        return answer.outcome
    order = (Verdict.QUARANTINED, Verdict.HELD, Verdict.ACCEPTED_WITH_WARNINGS)
    grave = next((verdict for verdict in order if verdict in verdicts), None)
    looks = answer.count(Severity.CRITICAL) + answer.count(Severity.WARNING) > 0
    return str(grave or (Verdict.ACCEPTED_WITH_WARNINGS if looks else Verdict.ACCEPTED))


def about(answer: Answer, language: Language) -> str:
    """What the file is about in a few words: unit, form and period, or its name when nobody knows."""
    units = list(dict.fromkeys(getattr(part.unit, language) for part in answer.parts))
    forms = list(dict.fromkeys(part.form_code for part in answer.parts))
    periods = list(dict.fromkeys(report_words.period(part.period.code, language) for part in answer.parts))
    said = [f"{each[0]} … {each[-1]}" if len(each) > 1 else each[0] for each in (forms, periods, units) if each]
    return ", ".join(said) or answer.file_name


def place(problem: Problem, language: Language) -> str:
    """Where a problem is: sheet and cell, the sheet, or the whole file."""
    if problem.sheet is None:
        return word("whole_file", language)
    return f"{problem.sheet}!{problem.cell}" if problem.cell else problem.sheet


def found_of(problem: Problem, language: Language) -> str:
    """What was found: a number as the language writes it, or what the unit typed in quotation marks."""
    return _value(problem.found, problem, language)


def expected_of(problem: Problem, language: Language) -> str:
    """What was expected instead."""
    return (problem.expected or "") if problem.is_finding else report_words.expectation(problem.expected, language)


def counts(answer: Answer, language: Language) -> str:
    """How many problems of each severity."""
    return word("counts", language, *(answer.count(severity) for severity in Severity))


def render(template: str, **values: Any) -> str:
    """A template of this package with its words; for pages that are no answers."""
    return _environment().get_template(template).render(style=_style(), **values)


@cache
def look() -> bytes:
    """A hash of templates and words: a page is out of date when it was made with others."""
    package = files("tonghop.answers")
    sources = [*sorted((package / "templates").iterdir(), key=lambda file: file.name), package / "words.py"]
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).digest()


def _rendered(template: str, answer: Answer, marked: bool) -> str:
    note = None if answer.kind == "receipt" else "coloured" if marked else "not_coloured"
    return render(
        template, answer=answer, standing=standing(answer), note=note, heading=f"{word(answer.kind, 'vi')}: {about(answer, 'vi')}"
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("tonghop.answers"),
        autoescape=select_autoescape(enabled_extensions=("html.j2",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "w": lambda key, language, *values: word(str(key), language, *values),
        "per": report_words.period,
        "measure": report_words.measure,
        "day": report_words.day,
        "place": place,
        "found_of": found_of,
        "expected_of": expected_of,
        "involved_of": _involved_of,
        "read_of": _read_of,
        "at": _at,
        "counts": _counts,
    }
    return environment


@pass_context
def _at(context: Context, moment: Any, language: Language) -> str:
    zone = context["answer"].time_zone if "answer" in context else context["time_zone"]
    return report_words.moment(moment, zone, language)


@pass_context
def _counts(context: Context, language: Language) -> str:
    return counts(context["answer"], language)


@cache
def _style() -> str:
    loader = PackageLoader("tonghop.answers")
    return loader.get_source(Environment(loader=loader, autoescape=True), "style.css")[0].strip()


def _involved_of(problem: Problem) -> str:
    listed = ", ".join(f"{sheet}!{cell}" for sheet, cell in problem.involved[:INVOLVED_SHOWN])
    return listed + (" …" if len(problem.involved) > INVOLVED_SHOWN else "")


def _read_of(part: Part, language: Language) -> str:
    key = "figures_unreadable" if part.unreadable else "figures"
    numbers = (report_words.number(count, language) for count in (part.figures, part.blank, part.unreadable))
    return f"{word('read', language)}: {word(key, language, *numbers)}"


def _value(found: str | None, problem: Problem, language: Language) -> str:
    if not found:
        return ""
    return f"“{found}”" if problem.is_finding else report_words.expectation(found, language)
