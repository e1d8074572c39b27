"""Evidence to pages: a folder of static HTML that works from disk, each page once in Vietnamese and once in English.

000012/index.html            overview                     index.en.html
000012/period-2022-08.html   units and forms of a period  …
000012/rules.html            problems by rule
000012/units/<code>.html     what a unit should look at
000012/summary.json          the counts, for machines and for the list of all reports
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, datetime
from functools import cache, partial
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from tonghop.reports import words
from tonghop.reports.evidence import Evidence, Names
from tonghop.reports.words import LANGUAGES, Language

DOCUMENTATION = "docs"
"""The folder beside the reports in which the data dictionary lies, where there is one."""
CELLS_SHOWN = 12
"""Cells of one problem that are listed; further ones are only counted."""

_COLUMNS = ("owed", "received", "accepted", "accepted_with_warnings", "quarantined", "missing", "late")
_COUNTS = (*_COLUMNS, "held", "not_due", "critical", "warning", "info", "waived")


def write_site(found: Evidence, directory: Path) -> Path:
    """Write the pages of a report into `directory/<number>` and return its first page.

    Written aside and renamed, so that a reader never meets half a report; an older one of the same number is replaced.
    """
    directory.mkdir(parents=True, exist_ok=True)
    target = directory / f"{found.head.number:06d}"
    aside = Path(tempfile.mkdtemp(dir=directory, prefix=f".{target.name}-"))
    try:
        _write_pages(found, aside)
        aside.chmod(0o755)
        shutil.rmtree(target, ignore_errors=True)
        aside.rename(target)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return target / "index.html"


def render_index(directory: Path) -> Path:
    """Write the list of all reports that lie in `directory`, newest first, and return it. Needs no database."""
    found = sorted(directory.glob("[0-9]*/summary.json"), reverse=True)
    reports = [json.loads(file.read_text(encoding="utf-8")) | {"folder": file.parent.name} for file in found]
    (directory / "style.css").write_text(style(), encoding="utf-8")
    there = {folder: (directory / folder / "index.html").exists() for folder in ("units", DOCUMENTATION)}
    for language in LANGUAGES:
        _write(
            directory, "index", language, "index.html.j2",
            reports=reports, columns=_COLUMNS, has_units=there["units"], has_documentation=there[DOCUMENTATION],
        )  # fmt: skip
    return directory / "index.html"


def _write_pages(found: Evidence, folder: Path) -> None:
    head = found.head
    in_zone = {"head": head, "zone": head.time_zone}
    names = {"forms": found.forms, "indicators": found.indicators}
    (folder / "units").mkdir()
    (folder / "style.css").write_text(style(), encoding="utf-8")
    for language in LANGUAGES:
        _write(
            folder, "index", language, "overview.html.j2",
            **in_zone, periods=found.periods, rules=found.rules, rejected=found.rejected, gates=found.gates, columns=_COLUMNS,
            withheld=found.withheld, restatements=found.restatements, **names,
        )  # fmt: skip
        _write(folder, "rules", language, "rules.html.j2", **in_zone, rules=found.rules)
    counts = {period.period_code: period for period in found.periods}
    for period_code, group in groupby(found.matrix, key=attrgetter("period_code")):
        rows = list(group)
        used = {code for row in rows for code in row.slots}
        form_codes = [code for code in found.forms if code in used]
        for language in LANGUAGES:
            _write(
                folder, f"period-{period_code}", language, "period.html.j2",
                **in_zone, **names, period=counts[period_code], rows=rows, form_codes=form_codes,
            )  # fmt: skip
    for unit in found.units:
        for language in LANGUAGES:
            _write(folder, f"units/{unit.unit_code}", language, "unit.html.j2", **in_zone, **names, unit=unit, cells_shown=CELLS_SHOWN)
    summary = {
        "number": head.number, "kind": head.kind, "published_at": head.published_at.isoformat(), "time_zone": head.time_zone,
        "periods": head.periods, "name_vi": head.name_vi, "name_en": head.name_en, "pack_hash": head.pack_hash,
        "code_version": head.code_version, "files": head.files,
        "counts": {count: sum(getattr(period, count) for period in found.periods) for count in _COUNTS},
        "rules": {rule.rule_code: rule.count for rule in found.rules},
        "by_period": [asdict(period) for period in found.periods],
    }  # fmt: skip
    (folder / "summary.json").write_text(json.dumps(summary, ensure_ascii=False, indent=1), encoding="utf-8")


def _write(folder: Path, page: str, language: Language, template: str, **values: Any) -> None:
    other: Language = "en" if language == "vi" else "vi"
    depth = page.count("/")
    zone = values.get("zone", "UTC")
    text = (
        page_environment(language)
        .get_template(template)
        .render(
            language=language,
            other_language=other,
            other_page=file_name(page.rsplit("/", 1)[-1], other),
            up="../" * depth,
            at=lambda moment: words.moment(_as_moment(moment), zone, language),
            form=partial(_name_of, values.get("forms", {}), language),
            indicator=partial(_name_of, values.get("indicators", {}), language),
            **values,
        )
    )
    (folder / file_name(page, language)).write_text(text, encoding="utf-8")


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
        "half": lambda text: words.half(text, language),
        "measure": lambda code: words.measure(code, language),
        "expectation": lambda text: words.expectation(text, language),
        "moment": lambda moment, zone: words.moment(_as_moment(moment), zone, language),
        "day": lambda day: words.day(date.fromisoformat(day), language),
        "page": lambda page: file_name(page, language),
        "name": lambda item: _pick(item, "name", language),
        "text": lambda item: _pick(item, "text", language),
    }
    environment.filters["per"] = lambda code: words.period(code, language)
    environment.filters["groupby_in_order"] = _groupby_in_order
    return environment


def file_name(page: str, language: Language) -> str:
    """The file that a page has in a language; links between pages of one language are made of it."""
    return f"{page}.html" if language == "vi" else f"{page}.{language}.html"


def _pick(item: Any, what: str, language: Language) -> str:
    field = f"{what}_{language}"
    return str(item[field] if isinstance(item, dict) else getattr(item, field))


def _name_of(names: dict[str, Names], language: Language, code: str) -> str:
    """The name of a form or indicator; its code when the catalog has dropped it."""
    return names.get(code, (code, code))[LANGUAGES.index(language)]


def _as_moment(moment: datetime | str | None) -> datetime | None:
    return datetime.fromisoformat(moment) if isinstance(moment, str) else moment


def _groupby_in_order(rows: Iterable[Any], field: str) -> list[list[Any]]:
    """Neighbouring rows with the same value, without the sorting that jinja's own filter does."""
    return [list(group) for _, group in groupby(rows, key=attrgetter(field))]


@cache
def style() -> str:
    """The style sheet that all reports share."""
    loader = PackageLoader("tonghop.reports")
    return loader.get_source(Environment(loader=loader, autoescape=True), "style.css")[0]
