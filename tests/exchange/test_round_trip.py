"""Data values of DHIS2 that another state takes in, judges and publishes: the same figures come out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.deployed import empty_warehouse
from tests.exchange.test_dhis2 import MAPPING
from tests.packs import write_pack
from tests.warehouse.world import EXTRA, World

from tonghop import staging
from tonghop.catalog import read_pack
from tonghop.database import connect
from tonghop.exchange import export_data_values
from tonghop.model import Period
from tonghop.refresh import refresh
from tonghop.settings import settings

pytestmark = [pytest.mark.database, pytest.mark.slow]


def published() -> list[tuple[Any, ...]]:
    with connect("bi_reader") as connection:
        return connection.execute(
            "select unit_code, indicator_code, period_code, value, ytd_value from marts.indicator_leaf where value is not null"
        ).fetchall()


def test_another_state_that_takes_the_files_in_publishes_the_same_figures(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mapped = write_pack(tmp_path / "pack", **EXTRA, dhis2=MAPPING)
    files = export_data_values(read_pack(mapped), [Period.parse("2022-01"), Period.parse("2022-02")], tmp_path / "out").files
    sent = published()
    assert len(sent) > 50

    empty_warehouse()
    monkeypatch.setenv("TONGHOP_CATALOG", str(mapped))
    settings.cache_clear()
    outcomes = staging.load_paths([str(path) for path in files])
    assert {outcome.outcome for outcome in outcomes} == {"staged"}
    assert refresh().publications == [1]
    settings.cache_clear()

    assert sorted(published()) == sorted(sent)
    with connect("bi_reader") as connection:
        places = connection.execute(
            "select distinct sheet, cell ~ '^/dataValues/[0-9]+/value$' from marts.fct_indicator_value where value is not null"
        )
        assert places.fetchall() == [("dataValues", True)]
