"""Pages from templates: each in Vietnamese and in English, with the words, numbers and times of its language."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from functools import cache, partial
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from tonghop.reports import charts, shapes, words
from tonghop.reports.rows import Evidence, Names
from tonghop.reports.words import LANGUAGES, Language


class Pages:
    """The folder of a report. What every page of it needs is given once; a page is written in both languages."""

    def __init__(self, folder: Path, **shared: Any) -> None:
        self.folder = folder
        self._shared = shared

    @classmethod
    def of(cls, found: Evidence, folder: Path) -> Pages:
        """The pages of one report."""
        return cls(folder, head=found.head, zone=found.head.time_zone, forms=found.forms, indicators=found.indicators)

    def write(self, page: str, template: str, **values: Any) -> None:
        """Write `page` (a path in the folder, without its ending) from a template."""
        for language in LANGUAGES:
            other: Language = "en" if language == "vi" else "vi"
            known = self._shared | values
            zone = known.get("zone", "UTC")
            text = (
                page_environment(language)
                .get_template(template)
                .render(
                    language=language,
                    other_language=other,
                    other_page=file_name(page.rsplit("/", 1)[-1], other),
                    up="../" * page.count("/"),
                    at=partial(_at, zone, language),
                    form=partial(_name_of, known.get("forms", {}), language),
                    indicator=partial(_name_of, known.get("indicators", {}), language),
                    **known,
                )
            )
            (self.folder / file_name(page, language)).write_text(text, encoding="utf-8")


@cache
def page_environment(language: Language) -> Environment:
    """Templates with the words, numbers and times of a language."""
    environment = Environment(
        loader=PackageLoader("tonghop.reports"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals |= {
        "w": lambda key, *values: words.word(key, language, *values),
        "num": lambda value: words.number(value, language),
        "per": lambda code: words.period(code, language),
        "short": words.short_period,
        "half": lambda text: words.half(text, language),
        "measure": lambda code: words.measure(code, language),
        "expectation": lambda text: words.expectation(text, language),
        "moment": lambda moment, zone: words.moment(_as_moment(moment), zone, language),
        "day": lambda day: words.day(date.fromisoformat(day) if isinstance(day, str) else day, language),
        "days_late": lambda days: words.days_late(days, language),
        "percent": lambda part, whole: words.percent(part, whole, language),
        "page": lambda page: file_name(page, language),
        "name": lambda item, what="name": _pick(item, what, language),
        "text": lambda item: _pick(item, "text", language),
        "charts": charts,
    }
    environment.filters["per"] = lambda code: words.period(code, language)
    environment.filters |= {
        "groupby_in_order": _groupby_in_order,
        "in_periods": shapes.in_periods,
        "values_of": shapes.values_of,
        "shares": shapes.shares,
        "failures": shapes.failures,
        "counted_rows": shapes.counted_rows,
        "shared_rows": shapes.shared_rows,
        "publication_rows": shapes.publication_rows,
        "spans": lambda rows: shapes.spans(rows, language),
        "most": shapes.most,
        "by_subject": shapes.by_subject,
        "by_indicator": shapes.by_indicator,
        "round_to": shapes.round_to,
    }
    return environment


def file_name(page: str, language: Language) -> str:
    """The file that a page has in a language; links between pages of one language are made of it."""
    return f"{page}.html" if language == "vi" else f"{page}.{language}.html"


@cache
def style() -> str:
    """The style sheet that all reports share."""
    loader = PackageLoader("tonghop.reports")
    return loader.get_source(Environment(loader=loader, autoescape=True), "style.css")[0]


def _pick(item: Any, what: str, language: Language) -> str:
    field = f"{what}_{language}"
    return str(item[field] if isinstance(item, dict) else getattr(item, field))


def _name_of(names: dict[str, Names], language: Language, code: str) -> str:
    """The name of a form or indicator; its code when the catalog has dropped it."""
    return names.get(code, (code, code))[LANGUAGES.index(language)]


def _at(zone: str, language: Language, moment: datetime | str | None) -> str:
    return words.moment(_as_moment(moment), zone, language)


def _as_moment(moment: datetime | str | None) -> datetime | None:
    return datetime.fromisoformat(moment) if isinstance(moment, str) else moment


def _groupby_in_order(rows: Iterable[Any], field: str) -> list[list[Any]]:
    """Neighbouring rows with the same value, without the sorting that jinja's own filter does."""
    return [list(group) for _, group in groupby(rows, key=attrgetter(field))]
