"""A server of their own for these tests, since they make the tables of the warehouse by hand."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.publication.world import TABLES, World

from tonghop import database
from tonghop.database import connect
from tonghop.settings import settings


@pytest.fixture(scope="module")
def state_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A state folder for these tests alone, since they make warehouse tables by hand."""
    home = tmp_path_factory.mktemp("publication")
    patch = pytest.MonkeyPatch()
    patch.setenv("TONGHOP_HOME", str(home))
    settings.cache_clear()
    yield home
    patch.undo()
    settings.cache_clear()


@pytest.fixture(scope="module")
def server(state_home: Path) -> Iterator[None]:
    database.ensure_server()
    with connect("transformer") as connection:
        versions = "from_publication integer not null, to_publication integer not null, check (from_publication < to_publication)"
        connection.execute(TABLES.format(versions=versions))
    yield
    database.stop_server()


@pytest.fixture
def world(warehouse: None) -> World:
    """A pack and code that are loaded and deployed; nothing submitted or published, an empty archive."""
    shutil.rmtree(settings().archive_path, ignore_errors=True)
    made = World()
    made.load_pack("pack-1")
    made.deploy("code-1")
    return made
