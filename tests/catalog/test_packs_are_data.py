"""Packs are data: what they name stands nowhere in the code, so that another organisation needs none."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tonghop.catalog import read_pack
from tonghop.settings import PROJECT

PACKS = sorted(path.parent for path in (PROJECT / "catalog").glob("*/pack.yml"))
CODE = ("src/tonghop", "dags", "dbt_project/models", "dbt_project/macros", "dbt_project/tests", "expectations")
SUFFIXES = {".py", ".sql", ".yml", ".md", ".j2"}


def source_files() -> list[Path]:
    return [path for folder in CODE for path in (PROJECT / folder).rglob("*") if path.suffix in SUFFIXES]


def test_there_are_packs_and_code() -> None:
    assert [pack.name for pack in PACKS] == ["hau_giang", "hoang_hoa"]
    assert len(source_files()) > 100


@pytest.mark.parametrize("directory", PACKS, ids=lambda directory: directory.name)
def test_no_code_knows_a_name_of_a_pack(directory: Path) -> None:
    pack = read_pack(directory)
    names = {pack.head.code, pack.head.name_vi, pack.head.name_en}
    names |= {unit.unit_code for unit in pack.units} | {unit.name_vi for unit in pack.units}
    names |= {indicator.indicator_code for indicator in pack.indicators}
    names |= {form.form_code for form in pack.forms}
    # one word alone may be a word of the language (POPULATION, TYT)
    telling = sorted(name for name in names if re.search(r"[-_ ]", name))
    assert len(telling) > 100
    pattern = re.compile(r"(?<![\w-])(?:" + "|".join(map(re.escape, telling)) + r")(?![\w-])")
    found = {
        f"{path.relative_to(PROJECT)}: {match[0]}"
        for path in source_files()
        for match in pattern.finditer(path.read_text(encoding="utf-8"))
    }
    assert found == set()


@pytest.mark.parametrize("directory", PACKS, ids=lambda directory: directory.name)
def test_the_order_of_a_pack_leaves_nothing_to_a_collation(directory: Path) -> None:
    pack = read_pack(directory)
    siblings = [(unit.parent_code, unit.sort_order, unit.unit_code) for unit in pack.units]
    assert len({place[:2] for place in siblings}) == len(set(siblings))
    assert len({indicator.sort_order for indicator in pack.indicators}) == len(pack.indicators)
