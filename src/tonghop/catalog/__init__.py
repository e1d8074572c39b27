"""Catalog packs: read, check and load the units, indicators, forms, duties, targets and rules of an organisation."""

from typing import TYPE_CHECKING

from tonghop.catalog.duties import DueReport, due_reports, periods_of
from tonghop.catalog.figures import Figure
from tonghop.catalog.names import abbreviate, normalise
from tonghop.catalog.pack import FormSheet, Pack
from tonghop.catalog.problems import CatalogError, Problem
from tonghop.catalog.reading import check, read_pack
from tonghop.catalog.unit_codes import UnitNotFound, find_unit
from tonghop.catalog.working_days import due_at, is_working_day, working_day_from

if TYPE_CHECKING:
    from tonghop.catalog.load import PackNotLoaded, load_pack

__all__ = [
    "CatalogError",
    "DueReport",
    "Figure",
    "FormSheet",
    "Pack",
    "PackNotLoaded",
    "Problem",
    "UnitNotFound",
    "abbreviate",
    "check",
    "due_at",
    "due_reports",
    "find_unit",
    "is_working_day",
    "load_pack",
    "normalise",
    "periods_of",
    "read_pack",
    "working_day_from",
]


def __getattr__(name: str) -> object:
    """What writes to the database comes when it is asked for: processes that only read files start without a driver."""
    if name not in ("PackNotLoaded", "load_pack"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from tonghop.catalog import load

    return getattr(load, name)
