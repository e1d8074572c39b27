"""The workbook that goes back to the unit: its own file with the cells marked, or a page that lists them where it cannot be marked."""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from typing import NamedTuple

from tonghop.answers import pages
from tonghop.answers.evidence import Answer, Problem
from tonghop.answers.marking import Level, Line, Mark, NotMarkable, Summary, mark_workbook
from tonghop.answers.marking.comments import HEADING
from tonghop.answers.marking.summary import NAME
from tonghop.answers.words import word
from tonghop.model import Severity
from tonghop.reports.words import Language, measure, period
from tonghop.spreadsheets import escape_formula

log = logging.getLogger(__name__)

SAID_IN_A_CELL = 6
"""Problems that the comment on one cell tells about."""
_LANGUAGE: Language = "vi"
_NUMBER = re.compile(r"[-+]?[0-9][0-9.,]*")
_REFERENCE = re.compile(r"[A-Z]{1,3}[1-9][0-9]{0,6}")
_ORDER = (Severity.CRITICAL, Severity.WARNING, Severity.INFO)

Place = tuple[str, str]


class Returned(NamedTuple):
    """What is sent back: the bytes, the ending of the file's name, and whether it is the marked workbook."""

    data: bytes
    extension: str
    is_marked: bool


def returned_file(answer: Answer, original: bytes) -> Returned:
    """The unit's own file with marks; a page that says the same when its kind of file cannot be marked safely."""
    try:
        marked = mark_workbook(original, marks_of(answer), summary_of(answer))
    except NotMarkable as reason:
        log.info("%s cannot be marked (%s): a page goes back instead.", answer.source_uri, reason)
    except Exception:  # a workbook is made by anybody's program: whatever it holds, the unit gets its answer, and the log the rest
        log.exception("Marking %s (archived as %s) failed: a page goes back instead.", answer.source_uri, answer.sha256)
    else:
        return Returned(marked.data, marked.extension, True)
    return Returned(pages.answer_page(answer).encode(), ".html", False)


def marks_of(answer: Answer) -> dict[Place, Mark]:
    """One mark a cell: coloured by the gravest of its problems, with all of them in its comment."""
    at: defaultdict[Place, list[Problem]] = defaultdict(list)
    beside: defaultdict[Place, list[Problem]] = defaultdict(list)
    for problem in answer.problems:
        if problem.sheet and problem.cell and _REFERENCE.fullmatch(problem.cell):
            at[problem.sheet, problem.cell].append(problem)
        for cell in problem.involved:
            if _REFERENCE.fullmatch(cell[1]):
                beside[cell].append(problem)
    marks = {
        cell: Mark(Level(min((problem.severity for problem in problems), key=_ORDER.index)), _comment(problems))
        for cell, problems in at.items()
    }
    for cell, problems in beside.items():
        if cell not in marks:
            places = ", ".join(dict.fromkeys(pages.place(problem, _LANGUAGE) for problem in problems[:SAID_IN_A_CELL]))
            marks[cell] = Mark(Level.RELATED, f"{HEADING}\n{word('see_cell', _LANGUAGE, places)}")
    return marks


def summary_of(answer: Answer) -> Summary:
    """The sheet in front: what the file is, how it stands, and a line for each problem."""
    standing = pages.standing(answer)
    parts = [
        f"{part.unit.vi} ({part.unit_code}) · {part.form.vi} · {period(part.period.code, _LANGUAGE)} · "
        f"{word('version', _LANGUAGE, part.version)}: {word(str(part.verdict), _LANGUAGE)}"
        for part in answer.parts
    ]
    contact = [f"{word('contact', _LANGUAGE)}: {answer.contact}"] if answer.contact else []
    said = f"{word(standing, _LANGUAGE)} ({pages.counts(answer, _LANGUAGE)}). {word(f'{standing}_text', _LANGUAGE)}"
    english = f"{word(standing, 'en')} ({pages.counts(answer, 'en')}). {word('coloured', 'en')}"
    return Summary(
        title=word("returned", _LANGUAGE),
        paragraphs=tuple(
            harmless(text) for text in (*parts, said, word("coloured", _LANGUAGE), word("colours", _LANGUAGE), *contact, english)
        ),
        columns=tuple(word(key, _LANGUAGE) for key in ("severity", "where", "indicator", "problem", "found", "expected")),
        lines=tuple(_line(problem) for problem in answer.problems),
    )


def harmless(text: str) -> str:
    """A text that no spreadsheet program takes for a formula, also when it is copied or exported; a plain number stays as it is."""
    return text if _NUMBER.fullmatch(text) else escape_formula(text)


def _line(problem: Problem) -> Line:
    name = problem.indicator.vi if problem.indicator else ""
    if name and problem.measure:
        name = f"{name} ({measure(problem.measure, _LANGUAGE)})"
    texts = (
        name,
        f"{problem.text.vi} [{problem.code}]",
        pages.found_of(problem, _LANGUAGE),
        pages.expected_of(problem, _LANGUAGE),
    )
    return Line(
        level=Level(problem.severity),
        severity=word(problem.severity, _LANGUAGE),
        sheet=problem.sheet,
        cell=problem.cell,
        texts=tuple(harmless(text) for text in texts),
    )


def _comment(problems: list[Problem]) -> str:
    """What is wrong in a cell: each problem with what was found, what is needed and how to put it right."""
    lines = [HEADING]
    for problem in problems[:SAID_IN_A_CELL]:
        lines += ["", f"{word(problem.severity, _LANGUAGE).upper()}: {problem.text.vi}"]
        found, expected = pages.found_of(problem, _LANGUAGE), pages.expected_of(problem, _LANGUAGE)
        lines += [f"{word('found', _LANGUAGE)}: {found}"] if found else []
        lines += [f"{word('expected', _LANGUAGE)}: {expected}"] if expected else []
        lines.append(f"{word('rule', _LANGUAGE)}: {problem.code}")
    if len(problems) > SAID_IN_A_CELL:
        lines += ["", word("more", _LANGUAGE, len(problems) - SAID_IN_A_CELL, NAME)]
    return "\n".join(lines)
