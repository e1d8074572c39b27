"""A small pack and its reports, judged and published on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.deployed import empty_warehouse
from tests.gate import staged
from tests.packs import write_pack


@pytest.fixture
def world(server: None, tmp_path: Path) -> Iterator[Path]:
    """The small pack of all tests, loaded; nothing staged. Its folder, so that a test can change it."""
    empty_warehouse()
    directory = write_pack(tmp_path / "pack")
    staged.load(directory)
    yield directory
    empty_warehouse()
