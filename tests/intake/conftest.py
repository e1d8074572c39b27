"""The small pack of the tests, read once."""

from __future__ import annotations

import pytest
from tests.packs import write_pack

from tonghop.catalog import Pack, read_pack


@pytest.fixture(scope="session")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    return read_pack(write_pack(tmp_path_factory.mktemp("pack")))
