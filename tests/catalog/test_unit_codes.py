"""Which unit a code means: ours always, an official one on a day."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from tests.packs import FILES, write_pack

from tonghop.catalog import Pack, UnitNotFound, find_unit, read_pack

REUSED = "C23,31327,Trạm Y tế xã Mới,New commune,3,3,station,D2,2022-07-01,,\n"
"""A commune that bears the code that C22 bore until it was merged."""


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    return read_pack(write_pack(tmp_path_factory.mktemp("pack"), units=FILES["units.csv"] + REUSED))


@pytest.mark.parametrize(
    ("code", "at", "unit_code", "name"),
    [
        ("c12", None, "C12", "Trạm Y tế thị trấn Hai"),
        ("C12", date(2021, 12, 31), "C12", "Trạm Y tế xã Hai"),
        ("31321", None, "C12", "Trạm Y tế thị trấn Hai"),
        ("31321", date(2021, 6, 1), "C12", "Trạm Y tế xã Hai"),
        ("31327", date(2022, 6, 30), "C22", "Trạm Y tế xã Bốn"),
        ("31327", date(2022, 7, 1), "C23", "Trạm Y tế xã Mới"),
    ],
)
def test_a_code_means_one_unit(pack: Pack, code: str, at: date | None, unit_code: str, name: str) -> None:
    found = find_unit(pack, code, at)
    assert (found.unit_code, found.name_vi) == (unit_code, name)


@pytest.mark.parametrize(
    ("code", "at", "message"),
    [
        ("31327", None, r"31327 was borne by several units: C22 .*until 2022-07-01\), C23 .*from 2022-07-01\).*\n.*--at"),
        ("31318", date(1990, 1, 1), "Nobody bears the code 31318 on 1990-01-01: C11"),
        ("99999", None, "No unit has or had the code 99999"),
    ],
)
def test_a_code_that_does_not_mean_one_is_refused(pack: Pack, code: str, at: date | None, message: str) -> None:
    with pytest.raises(UnitNotFound, match=message):
        find_unit(pack, code, at)


def test_a_code_that_two_bear_at_a_time_is_refused(tmp_path: Path) -> None:
    both = read_pack(write_pack(tmp_path, units=FILES["units.csv"] + REUSED.replace("2022-07-01", "2022-06-01")))
    with pytest.raises(UnitNotFound, match=r"several units bear the official code 31327: C22 .*, C23"):
        find_unit(both, "31327", date(2022, 6, 15))
