"""Workbooks for units to fill in: `template`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tonghop import database
from tonghop.catalog import read_pack
from tonghop.cli.options import CatalogOption, JsonOption
from tonghop.cli.printing import print_json, say
from tonghop.model import Period
from tonghop.settings import settings

if TYPE_CHECKING:
    from tonghop.templates.formulas import Earlier

app = typer.Typer()


@app.command()
def template(
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE|DIR", help="The file to write; with --all, a folder.")],
    form: Annotated[str | None, typer.Argument(metavar="FORM", help="Code of a form.")] = None,
    unit: Annotated[str | None, typer.Argument(metavar="UNIT", help="Code of the unit that fills it in.")] = None,
    period: Annotated[str | None, typer.Argument(metavar="PERIOD", help="2022-08, 2022-Q3, 2022-H1, 2022-9M, 2022 or 2022-W33.")] = None,
    owed: Annotated[str | None, typer.Option("--all", metavar="PERIOD", help="One for every report that is owed for this period.")] = None,
    catalog: CatalogOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the workbook that a unit fills in, or with --all one for every report that is owed.

    Where a publication is live, cumulative figures go on from it, and figures of the year before are filled in.
    """
    from tonghop.intake import Limits
    from tonghop.templates import make_template, owed_templates

    pack, password, limits = read_pack(settings().catalog), settings().template_password, Limits(max_sheets=settings().max_sheets)
    with _earlier() as earlier:
        if owed is not None and form is None:
            files = owed_templates(pack, _period(owed), earlier=earlier, password=password, limits=limits)
            paths = [_written(output / file.file_name, file.content) for file in files]
        elif form is not None and unit is not None and period is not None and owed is None:
            made = make_template(pack, form, unit, _period(period), earlier=earlier, password=password, limits=limits)
            paths = [_written(output, made.content)]
        else:
            raise typer.BadParameter("give FORM UNIT PERIOD, or --all PERIOD")
    if as_json:
        print_json(paths)
    else:
        say(f"{output}" if owed is None else f"{len(paths):,} templates in {output}")


def _period(code: str) -> Period:
    try:
        return Period.parse(code)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def _written(path: Path, content: bytes) -> Path:
    from tonghop.templates import TemplateProblem

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise TemplateProblem(f"{path} cannot be written: {error.strerror}. Choose another place with -o.") from error
    return path


@contextmanager
def _earlier() -> Iterator[Earlier]:
    """What the live publication says of earlier reports; nothing, with a word about it, where there is no database."""
    from tonghop.templates import published_figures
    from tonghop.templates.formulas import nothing_known

    if not database.exists():
        print("No database yet: the templates have no figures of earlier periods.", file=sys.stderr)
        yield nothing_known
        return
    database.ensure_server()
    with published_figures() as earlier:
        yield earlier
