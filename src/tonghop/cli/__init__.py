"""The command line: the functions of the other packages from a shell, a module for each subject.

What a person can act on is one message on stderr and exit code 1, never a traceback. Modules that load slowly (dbt, Great
Expectations) are imported by the commands that need them.
"""

from __future__ import annotations

import logging
import sys

import psycopg
import typer

from tonghop.cli import (
    access,
    answers,
    catalog,
    comparing,
    documentation,
    evidence,
    exchange,
    keeping,
    lineage,
    loading,
    publishing,
    reminding,
    reports,
    reviewing,
    rules,
    signing,
    templates,
    units,
    versions,
)
from tonghop.errors import TonghopError
from tonghop.service.cli import app as service_app

app = typer.Typer(
    help="Workbooks of reporting units to a published, auditable warehouse.", no_args_is_help=True, pretty_exceptions_enable=False
)
for part in (
    loading,
    reviewing,
    answers,
    reminding,
    publishing,
    comparing,
    keeping,
    lineage,
    units,
    versions,
    templates,
    exchange,
    documentation,
    access,
):
    app.add_typer(part.app)
app.add_typer(catalog.app, name="catalog")
app.add_typer(rules.app, name="rules")
app.add_typer(reports.app, name="report")
app.add_typer(signing.waiver, name="waiver")
app.add_typer(signing.approval, name="approval")
app.add_typer(evidence.app, name="evidence")
app.add_typer(service_app, name="service")


def main() -> None:
    """Run the command line; expected failures are a message on stderr and exit code 1."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    logging.getLogger("tonghop").setLevel(logging.INFO)
    try:
        app()
    except TonghopError as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    except psycopg.OperationalError as error:
        print(f"PostgreSQL went away: {str(error).strip()}\nNothing was lost; run the same command again.", file=sys.stderr)
        sys.exit(1)
    except SystemExit as stopped:
        if stopped.code == 130:  # Ctrl-C
            print("\nInterrupted. Nothing is lost: the same command goes on where this one stopped.", file=sys.stderr)
        raise
