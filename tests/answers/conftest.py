"""A landing area of real workbooks, taken in, judged and answered."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.answers.world import World
from tests.deployed import empty_warehouse
from tests.packs import write_pack

from tonghop.settings import settings


@pytest.fixture(scope="module")
def world(server: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Files of several units and of nobody, read, and judged once. The tests of a module go on from each other's answers."""
    folder = tmp_path_factory.mktemp("answers")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("landing", "archive", "outbox"):
            patch.setenv(f"TONGHOP_{name.upper()}", str(folder / name))
        patch.setenv("TONGHOP_CATALOG", str(write_pack(folder / "pack")))
        settings.cache_clear()
        empty_warehouse()
        yield World(folder)
        empty_warehouse()
    settings.cache_clear()
