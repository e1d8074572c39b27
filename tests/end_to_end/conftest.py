"""Worlds that were made by the real commands: the whole main job through Airflow, and small ones through the command line.

Each world has a state folder of its own; `inside` makes this process look at it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tonghop import database
from tonghop.settings import settings

TONGHOP = Path(sys.executable).with_name("tonghop")


@dataclass(frozen=True)
class World:
    """A state folder with a warehouse in it."""

    home: Path

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a command that works in this world."""
        return os.environ | {"TONGHOP_HOME": str(self.home), "TONGHOP_SETTLE_SECONDS": "0"}

    def command(self, *arguments: str | Path) -> list[str]:
        """The command line of `tonghop` with these arguments."""
        return [str(TONGHOP), *map(str, arguments)]

    def tonghop(self, *arguments: str | Path, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run `tonghop`; fails the test with what it printed when it exits with another code than 0."""
        done = subprocess.run(self.command(*arguments), env=self.environment, capture_output=True, text=True, check=False)
        if check:
            assert done.returncode == 0, f"{done.args}\n{done.stdout}\n{done.stderr}"
        return done

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Let this process use the world: its database runs, and settings point at it."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("TONGHOP_HOME", str(self.home))
            settings.cache_clear()
            database.ensure_server()
            try:
                yield
            finally:
                database.stop_server()
        settings.cache_clear()


def live_publication() -> int:
    """The number that the marts show."""
    return int(rows("select max(number) from marts.publication")[0][0])


def rows(query: str, parameters: Sequence[object] = (), publication: int | None = None) -> list[tuple]:
    """What BI gets for a query."""
    with database.connect("bi_reader", publication=publication) as connection:
        return connection.execute(query, parameters).fetchall()


@pytest.fixture(scope="session")
def sample_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The world that `make run` makes: the whole sample through the DAGs in a real Airflow."""
    world = World(tmp_path_factory.mktemp("sample"))
    world.tonghop("service", "run")
    return world


@pytest.fixture(scope="module")
def main_job(sample_world: World) -> Iterator[int]:
    """The publication that was live when the main job ended; the test may ask its marts."""
    with sample_world.inside():
        yield live_publication()
