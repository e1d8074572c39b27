"""What an evidence package holds, and under which names."""

from __future__ import annotations

from importlib.resources import files

README = "README.txt"
SUMS = "SHA256SUMS"
ABOUT = "publication.json"
ARCHIVE = "archive"
CATALOG = "catalog"
REPORT = "report"

RECORDS = (
    "submissions",
    "verdicts",
    "failures",
    "findings",
    "corrections",
    "requests",
    "waived",
    "restatements",
    "withheld",
    "gates",
    "events",
    "cells",
    "figures",
)
"""The records of a package: each is a query in `queries/`, and a file in `records/`."""


def query_of(record: str) -> str:
    """The query of a record; its parameters are `number`, `periods` and `published_at`."""
    return (files("tonghop.evidence") / "queries" / f"{record}.sql").read_text(encoding="utf-8")


def file_of(record: str) -> str:
    """The name of a record's file in the package."""
    return f"records/{record}.csv"
