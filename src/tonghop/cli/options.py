"""The arguments and options that several commands share."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from tonghop.model import Period
from tonghop.settings import settings


def _use_catalog(directory: Path | None) -> Path | None:
    if directory is not None:
        os.environ["TONGHOP_CATALOG"] = str(directory.absolute())
        settings.cache_clear()
    return directory


def _period_codes(codes: list[str] | None) -> list[str] | None:
    for code in codes or []:
        try:
            Period.parse(code)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from error
    return codes or None


def _period_code(code: str) -> str:
    _period_codes([code])
    return code


CatalogOption = Annotated[
    Path | None,
    typer.Option("--catalog", metavar="DIR", callback=_use_catalog, help="The catalog pack to use instead of the one in the settings."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
NumberArgument = Annotated[int, typer.Argument(metavar="N", help="Number of a publication.")]
PeriodArgument = Annotated[
    str, typer.Argument(metavar="PERIOD", callback=_period_code, help="2022-08, 2022-Q3, 2022-H1, 2022-9M, 2022 or 2022-W33.")
]
RequiredPeriods = Annotated[list[str], typer.Argument(metavar="PERIOD…", callback=_period_codes, help="One or several periods.")]
PeriodsArgument = Annotated[list[str] | None, typer.Argument(metavar="[PERIOD…]", callback=_period_codes, help="Only these periods.")]
