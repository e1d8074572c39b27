"""The pack of the demo with its sample figures, worked out once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tonghop.catalog import Pack, read_pack
from tonghop.samples.data import Data, read_data
from tonghop.samples.reports import Report, Reports
from tonghop.samples.series import Series, unit_series

PACK = Path(__file__).resolve().parents[2] / "catalog" / "hau_giang"


@pytest.fixture(scope="session")
def pack() -> Pack:
    return read_pack(PACK)


@pytest.fixture(scope="session")
def data(pack: Pack) -> Data:
    return read_data(PACK / "samples", pack)


@pytest.fixture(scope="session")
def series(pack: Pack, data: Data) -> dict[str, Series]:
    return unit_series(pack, data)


@pytest.fixture(scope="session")
def reports(pack: Pack, data: Data, series: dict[str, Series]) -> Reports:
    return Reports(pack, data, series)


@pytest.fixture(scope="session")
def sent(reports: Reports) -> list[Report]:
    """Every report of the samples."""
    return list(reports.all())
