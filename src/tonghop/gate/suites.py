"""Running suites of Great Expectations: assets and expectations in, plain results out.

The suites themselves are code in the top-level folder `expectations/`, which is no package: `suite_module` loads a module of it by
its path below the project, so that it works from a checkout and from an installed image alike.
"""

from __future__ import annotations

import importlib.util
import logging
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any, NamedTuple

from tonghop.database import DatabaseDown
from tonghop.gate.outcome import GateBroken
from tonghop.model import Severity
from tonghop.settings import PROJECT

ROWS_KEPT = 20
"""Rows of an unmet expectation that are kept as its observation; the count is always exact."""


@dataclass(frozen=True)
class Check:
    """An expectation that a query finds no rows. `query` reads the rows of its asset as `{batch}`; `name` is its readable id. The
    library puts a sub-query in its place: with an alias of its own, or, when the query has a `join`, with the one that follows.

    `offences` (gate 1) is a query of what an unmet check holds against which submission: `submission_id, reason, failures`. Without
    it no single submission is to blame. It may read assets as `table_of(name)`, too.
    """

    name: str
    severity: Severity
    description: str
    query: str
    offences: str | None = None


@dataclass(frozen=True)
class Asset:
    """Rows to check, computed once by `query` into a temporary table, and the checks over them.

    An asset without checks only prepares rows for the queries of those after it, which read it as `table_of(name)`.
    """

    name: str
    query: str
    checks: tuple[Check, ...] = ()


class Offences(NamedTuple):
    """What an unmet check holds against submissions for one reason. `submissions` and `failures` are arrays as PostgreSQL writes them:
    there may be one of every report of a country, and nothing but the database reads them."""

    reason: str
    submissions: str
    failures: str


class CheckResult(NamedTuple):
    """Whether a check was met, and otherwise the first rows that it found, with their exact count, and its offences."""

    suite: str
    check: Check
    success: bool
    observed: Mapping[str, Any]
    offences: tuple[Offences, ...] = ()


def table_of(asset: str) -> str:
    """The temporary table that an asset's rows are computed into."""
    return f"pg_temp.asset_{asset}"


def literal(text: str) -> str:
    """A text as a literal of SQL: the queries of a suite cannot carry parameters."""
    return "'" + text.replace("'", "''") + "'"


def suite_module(name: str) -> ModuleType:
    """The module `name` of the folder `expectations/`. Raises GateBroken when it is not there."""
    qualified = f"tonghop_expectations_{name}"
    if qualified in sys.modules:
        return sys.modules[qualified]
    path = PROJECT / "expectations" / f"{name}.py"
    if not path.exists():
        raise GateBroken(f"{path} is missing: the suites of the gates are part of the project, restore the folder expectations/.")
    spec = importlib.util.spec_from_file_location(qualified, path)
    if spec is None or spec.loader is None:
        raise GateBroken(f"{path} cannot be loaded as a Python module.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[qualified] = module
    spec.loader.exec_module(module)
    return module


def run_suites(suite: str, url: str, assets: Iterable[Asset]) -> list[CheckResult]:
    """Run every check of `assets` on the database behind the SQLAlchemy `url`.

    Raises GateBroken when a check could not be made (a missing column, say): that is never a failed check. Raises DatabaseDown when
    the database went away.
    """
    import great_expectations as gx  # takes seconds: only where a gate is run
    from great_expectations.data_context.types.base import DataContextConfig, InMemoryStoreBackendDefaults

    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    in_memory = DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(), progress_bars={"globally": False}, analytics_enabled=False
    )
    context = gx.get_context(mode="ephemeral", project_config=in_memory)
    # one connection only: temporary tables belong to it
    source = context.data_sources.add_postgres("warehouse", connection_string=url, kwargs={"pool_size": 1, "max_overflow": 0})
    try:
        return [_with_offences(source, result) for asset in assets for result in _run_asset(context, source, suite, asset)]
    finally:
        source.get_execution_engine().close()


def _run_asset(context: Any, source: Any, suite: str, asset: Asset) -> Sequence[CheckResult]:
    import great_expectations as gx

    expectations = [
        gx.expectations.UnexpectedRowsExpectation(
            unexpected_rows_query=check.query,
            severity=str(check.severity),
            description=check.description,
            meta={"check": check.name},
        )
        for check in asset.checks
    ]
    with _making(f"The checks of {suite} on {asset.name}"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table = _materialise(source, asset)
        if not asset.checks:
            return []
        batch = source.add_query_asset(asset.name, query=f"select * from {table}").add_batch_definition_whole_table("all").get_batch()  # noqa: S608
        built = context.suites.add(gx.ExpectationSuite(f"{suite}.{asset.name}", expectations=expectations))
        validated = batch.validate(built, result_format={"result_format": "COMPLETE"})
    results = {result.expectation_config.meta["check"]: result for result in validated.results}
    return [_result(suite, check, results.get(check.name)) for check in asset.checks]


def _materialise(source: Any, asset: Asset) -> str:
    """Compute an asset's rows into its table. The library would run the query anew, twice for each check."""
    table = table_of(asset.name)
    with source.get_execution_engine().engine.begin() as connection:
        connection.exec_driver_sql(f"create temporary table asset_{asset.name} as {asset.query}")
        connection.exec_driver_sql(f"analyze {table}")
    return table


def _result(suite: str, check: Check, validated: Any) -> CheckResult:
    if validated is None:
        raise GateBroken(f"The check {check.name} of {suite} has no result.")
    if errors := _errors(validated.exception_info):
        _raise_if_connection_lost(*errors)
        raise GateBroken(f"The check {check.name} of {suite} could not be made: {errors[0]}")
    if validated.success:
        return CheckResult(suite, check, True, {})
    found = validated.result
    rows = [{name: _plain(value) for name, value in row.items()} for row in found["details"]["unexpected_rows"][:ROWS_KEPT]]
    return CheckResult(suite, check, False, {"count": found["observed_value"], "rows": rows})


def _with_offences(source: Any, result: CheckResult) -> CheckResult:
    """The result with what it holds against submissions: asked where the assets are, whose rows need not be computed once more."""
    if result.success or result.check.offences is None:
        return result
    query = f"""
        select reason, array_agg(submission_id)::text, array_agg(failures)::text
        from ({result.check.offences}) as o
        group by reason
    """  # noqa: S608
    with _making(f"The check {result.check.name} of {result.suite}"), source.get_execution_engine().engine.begin() as connection:
        return result._replace(offences=tuple(Offences(*row) for row in connection.exec_driver_sql(query)))


@contextmanager
def _making(checks: str) -> Iterator[None]:
    """Whatever is raised in here, by the library or the database: the checks were not made."""
    try:
        yield
    except Exception as error:
        _raise_if_connection_lost(f"{type(error).__name__}: {_first_line(error)}")
        raise GateBroken(f"{checks} could not be made: {_first_line(error)}") from error


def _errors(info: Mapping[str, Any] | None) -> list[str]:
    """What went wrong in a check, a line each: the library reports one exception, or one for each of its metrics."""
    reports = [info] if info and "raised_exception" in info else list((info or {}).values())
    return [_first_line(report["exception_message"]) for report in reports if report.get("raised_exception")]


def _raise_if_connection_lost(*errors: str) -> None:
    """A database that went away is not a broken check: the run stays open and can be taken up again.

    A new connection has lost the assets' tables, which is how a later error shows it.
    """
    for error in errors:
        if "OperationalError" in error or "InterfaceError" in error or ("UndefinedTable" in error and table_of("") in error):
            raise DatabaseDown("The database went away while a gate was at work. Nothing was lost: run the command again.")


def _plain(value: Any) -> Any:
    """A value that JSON can hold; numbers keep all their digits as text."""
    return value if value is None or isinstance(value, str | int | bool) else str(value)


def _first_line(error: object) -> str:
    return (str(error).strip().splitlines() or ["no message"])[0]
