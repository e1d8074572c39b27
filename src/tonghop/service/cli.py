"""`tonghop service`: start, stop and look at Airflow and PostgreSQL on this machine, and the demonstration run."""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from tonghop.service.engine import Say
    from tonghop.service.summary import Summary

app = typer.Typer(help="Airflow and PostgreSQL on this machine.", no_args_is_help=True)
_console = Console(highlight=False, soft_wrap=True)


@app.command()
def up() -> None:
    """Start PostgreSQL and Airflow, load the catalog, deploy the warehouse; print address, user and password."""
    from tonghop.service import demonstration, engine
    from tonghop.service.environment import USER, base_url
    from tonghop.settings import settings
    from tonghop.state import secret

    say = _teller()
    engine.start_airflow(demonstration.prepare(say), say)
    _console.print(f"\nAirflow   {base_url()}   user {USER}, password {secret('airflow_admin')}")
    _console.print(f"Landing   {settings().landing_names} (looked at every {settings().poll_seconds} s)")
    _console.print(f"BI        {_tonghop()} dsn bi_reader")
    _console.print("Stop      make down")


@app.command()
def down() -> None:
    """Stop Airflow and PostgreSQL, and everything that they left running."""
    from tonghop.service import engine

    engine.stop_all()
    _console.print("Airflow and PostgreSQL are stopped.")


@app.command()
def status() -> None:
    """Say which parts run. Exit 1 when one does not."""
    from tonghop.service import engine

    states = engine.status()
    for name, runs in states.items():
        _console.print(f"{name:<14} {'runs' if runs else 'does not run'}")
    if not all(states.values()):
        raise typer.Exit(1)


@app.command()
def run() -> None:
    """The main job on the sample: workbooks of a whole province to published marts, through the DAGs."""
    from tonghop.service import demonstration

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # stop what was started, as after Ctrl-C
    started = time.monotonic()
    summary = demonstration.run(_teller())
    print_summary(summary)
    _console.print(f"\nIt took {time.monotonic() - started:.0f} s.")


def print_summary(summary: Summary) -> None:
    """Print what is in the warehouse, and how to look at it."""
    from tonghop.settings import settings

    table = Table.grid(padding=(0, 2))
    table.add_row("files", f"{summary.files:,}", _counts(summary.receipts))
    table.add_row("submissions", f"{summary.submissions:,}", _counts(summary.verdicts | {"not judged yet": summary.without_verdict}))
    table.add_row("cells", f"{summary.cells:,}", "")
    table.add_row("findings", f"{sum(summary.findings.values()):,}", _counts(summary.findings))
    _console.print()
    _console.print(table)
    for line in summary.publications:
        periods = f"{line.periods[0]} … {line.periods[-1]}" if len(line.periods) > 2 else " ".join(line.periods)
        live = " (live: what BI sees)" if line.is_live else ""
        _console.print(f"publication {line.number:>3}  {line.status:<10} {line.kind:<12} {len(line.periods):>3} periods {periods}{live}")
    _console.print(f"\nQuality reports   {settings().reports_path}/index.html")
    _console.print(f'Look into it      psql "$({_tonghop()} dsn bi_reader)"   (a BI tool takes the same URL; it sees the schema marts)')
    _console.print("Airflow           make up")


def _counts(numbers: dict[str, int]) -> str:
    return ", ".join(f"{number:,} {name.replace('_', ' ')}" for name, number in numbers.items() if number)


def _teller() -> Say:
    """Prints a line with the seconds since the start before it."""
    started = time.monotonic()

    def say(line: str) -> None:
        _console.print(f"[dim]{time.monotonic() - started:4.0f} s[/dim]  {escape(line)}")

    return say


def _tonghop() -> str:
    """How to call the command line from where the person is."""
    path = Path(sys.executable).with_name("tonghop")
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
