"""Shared fixtures: a real PostgreSQL in a state folder of the test run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from tests.deployed import copy_deployed, empty_warehouse

from tonghop import database
from tonghop.settings import settings

hypothesis.settings.register_profile("same", derandomize=True)
hypothesis.settings.register_profile("random")
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))
"""A run of the tests says something of the change, not of luck; `HYPOTHESIS_PROFILE=random` looks for what nobody thought of."""

for name in [name for name in os.environ if name.startswith("TONGHOP_")]:
    del os.environ[name]
os.environ |= {"TONGHOP_ENV_FILE": os.devnull, "TONGHOP_HOME": os.devnull}
"""Tests truncate tables and write into outboxes: no setting of a real warehouse may reach them, and a test that has no state folder of
its own (`state_home`) finds none."""

os.environ.setdefault("DBT_LOG_LEVEL_FILE", "info")
"""What dbt writes down of every statement costs a tenth of its time; a test that fails has its message."""

LONGEST = ("end_to_end", "airflow", "database")
"""Marks of tests that take long, the longest first."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest: a file goes to one worker, and at the end none should wait for another's long file."""
    items.sort(key=lambda item: next((place for place, mark in enumerate(LONGEST) if item.get_closest_marker(mark)), len(LONGEST)))


@pytest.fixture(scope="session")
def state_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A state folder for the whole test run: nothing of a real one is touched."""
    home = tmp_path_factory.mktemp("state")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TONGHOP_HOME", str(home))
        settings.cache_clear()
        yield home
    settings.cache_clear()


@pytest.fixture(scope="session")
def server(state_home: Path, pytestconfig: pytest.Config) -> Iterator[None]:
    """The embedded PostgreSQL with roles, databases, migrations, and all that dbt deploys; empty."""
    copy_deployed(pytestconfig.cache.mkdir("tonghop"), state_home)
    database.ensure_server()
    yield
    database.stop_server()


@pytest.fixture
def warehouse(server: None) -> None:
    """An empty warehouse: every row of every table of ours is removed before the test (as superuser)."""
    empty_warehouse()
