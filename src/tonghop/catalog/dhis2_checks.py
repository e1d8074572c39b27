"""Checks of what a pack says of DHIS2: what is mapped must exist, and one thing there is one thing here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tonghop.catalog.files import Table
from tonghop.catalog.problems import Problem
from tonghop.catalog.tables import Files


def check_dhis2(files: Files) -> Iterator[Problem]:
    """Units, forms, indicators and breakdowns that `dhis2.csv` names are in the pack."""
    known: Mapping[str, tuple[Table[Any], str]] = {
        "unit": (files.units, "unit_code"),
        "form": (files.forms, "form_code"),
        "indicator": (files.indicators, "indicator_code"),
    }
    for row in files.dhis2.rows:
        table, column = known[row.part]
        if not table.mentions(column, row.code):
            yield Problem(files.dhis2.file, row.line, f"code: {row.code} is no {column} of {table.file}; correct it or remove the row")
        if not files.breakdowns.mentions("breakdown_code", row.breakdown_code):
            told = f"breakdown_code: {row.breakdown_code} is not in {files.breakdowns.file}; correct it or add it there"
            yield Problem(files.dhis2.file, row.line, told)
