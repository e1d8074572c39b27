"""The packs of the checkout, and one with all layouts."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.templates.packs import write_layouts

from tonghop.catalog import Pack, read_pack

CATALOG = Path(__file__).resolve().parents[2] / "catalog"


@pytest.fixture(scope="session")
def province() -> Pack:
    return read_pack(CATALOG / "hau_giang")


@pytest.fixture(scope="session")
def district() -> Pack:
    return read_pack(CATALOG / "hoang_hoa")


@pytest.fixture(scope="session")
def layouts(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    """A form for every layout."""
    return read_pack(write_layouts(tmp_path_factory.mktemp("layouts")))
