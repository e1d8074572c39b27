"""Evidence to pages: a folder of static HTML that works from disk, each page once in Vietnamese and once in English.

000012/index.html              overview                                   index.en.html
000012/period-2022-08.html     units and forms of a period; of many units  …
  period-2022-08-<unit>.html     those under one parent on a page of their own
000012/scores-month.html       scorecards over the last months: the whole, programmes, parents
  scores-month-<unit>.html       units under one parent
000012/timeliness.html         by how many working days reports came early or late
000012/year-2022.html          the metrics of a year
000012/rules.html              problems by rule
000012/units/<code>.html       what a unit should look at
000012/gates/<run>.html        what Great Expectations shows of a run of a gate
000012/report.xlsx             the tables, as a workbook
000012/summary.json            the counts, for machines and for the list of all reports
"""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path

from tonghop.reports import data_docs, groups
from tonghop.reports.pages import Pages, style
from tonghop.reports.rows import Evidence
from tonghop.reports.workbook import ReportWorkbook

DOCUMENTATION = "docs"
"""The folder beside the reports in which the data dictionary lies, where there is one."""
CELLS_SHOWN = 12
"""Cells of one problem that are listed; further ones are only counted."""
LINES_SHOWN = 100
"""Lines of a list on the overview; the workbook has them all."""
UNITS_SHOWN = 200
"""Units that are listed under a rule; of more, those with most problems."""
REPORTS_DRAWN = 24
"""The latest reports that the chart above the list of all reports shows."""

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
        with ReportWorkbook(aside / "report.xlsx", found) as book:
            _write_pages(found, Pages.of(found, aside), book)
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
    Pages(directory).write(
        "index", "index.html.j2",
        reports=reports, drawn=[report for report in reports if report["counts"]["owed"]][:REPORTS_DRAWN][::-1],
        columns=_COLUMNS, has_units=there["units"], has_documentation=there[DOCUMENTATION],
    )  # fmt: skip
    return directory / "index.html"


def _write_pages(found: Evidence, pages: Pages, book: ReportWorkbook) -> None:
    (pages.folder / "units").mkdir()
    (pages.folder / "style.css").write_text(style(), encoding="utf-8")
    groups.write_periods(found, pages, book)
    scorecards = groups.write_scores(found, pages, book)
    for unit in found.units:
        own = scorecards.pages.get(unit.unit_code, {})
        pages.write(f"units/{unit.unit_code}", "unit.html.j2", unit=unit, scorecards=own, cells_shown=CELLS_SHOWN)
        book.add_problems(unit)
    for year, metrics in found.years.items():
        pages.write(f"year-{year}", "year.html.j2", year=year, metrics=metrics)
    pages.write("timeliness", "timeliness.html.j2", rows=found.timeliness)
    pages.write("rules", "rules.html.j2", rules=found.rules, units_shown=UNITS_SHOWN)
    pages.write(
        "index", "overview.html.j2",
        found=found, periods=found.periods, rules=found.rules, rejected=found.rejected, gates=found.gates, columns=_COLUMNS,
        withheld=found.withheld, restatements=found.restatements, whole=scorecards.whole, lines_shown=LINES_SHOWN,
        documented=data_docs.write_pages(found.gates, pages.folder),
    )  # fmt: skip
    _write_summary(found, pages.folder / "summary.json")


def _write_summary(found: Evidence, path: Path) -> None:
    head = found.head
    summary = {
        "number": head.number, "kind": head.kind, "published_at": head.published_at.isoformat(), "time_zone": head.time_zone,
        "periods": head.periods, "name_vi": head.name_vi, "name_en": head.name_en, "pack_hash": head.pack_hash,
        "code_version": head.code_version, "files": head.files,
        "counts": {count: sum(getattr(period, count) for period in found.periods) for count in _COUNTS},
        "rules": {rule.rule_code: rule.count for rule in found.rules},
        "by_period": [asdict(period) for period in found.periods],
    }  # fmt: skip
    path.write_text(json.dumps(summary, ensure_ascii=False, indent=1), encoding="utf-8")
