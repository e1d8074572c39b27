"""A pack in the database: all of it, once, under keys that stay."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.intake.layouts import layout
from tests.packs import FILES, edited, write_pack

from tonghop.catalog import Pack, PackNotLoaded, load_pack, read_pack
from tonghop.database import connect

pytestmark = pytest.mark.database


def loaded(pack: Pack) -> bool:
    with connect("loader") as connection:
        return load_pack(pack, connection)


def rows(query: str) -> list[tuple[Any, ...]]:
    with connect("auditor") as connection:
        return connection.execute(query).fetchall()


@pytest.fixture
def pack(tmp_path: Path) -> Pack:
    return read_pack(write_pack(tmp_path / "pack"))


@pytest.mark.parametrize(
    ("table", "file"),
    [
        ("unit", "units.csv"),
        ("unit_alias", "unit_aliases.csv"),
        ("programme", "programmes.csv"),
        ("indicator", "indicators.csv"),
        ("breakdown", "breakdowns.csv"),
        ("form", "forms.csv"),
        ("form_column", "form_columns.csv"),
        ("form_row", "form_rows.csv"),
        ("target", "targets.csv"),
    ],
)
def test_every_row_of_a_file_arrives(warehouse: None, pack: Pack, table: str, file: str) -> None:
    loaded(pack)
    assert rows(f"select count(*) from catalog.{table}") == [(len(FILES[file].splitlines()) - 1,)]


def test_columns_arrive_under_their_names(warehouse: None, pack: Pack) -> None:
    loaded(pack)
    assert rows("select name_vi, path, valid_from::text, valid_to::text from catalog.unit where unit_code = 'C12' order by valid_from") == [
        ("Trạm Y tế xã Hai", "P/D1/C12", "2004-01-01", "2022-01-01"),
        ("Trạm Y tế thị trấn Hai", "P/D1/C12", "2022-01-01", "9999-12-31"),
    ]
    assert rows("select unit_types, period_type, version from catalog.form where form_code = 'ST' and valid_to = '9999-12-31'") == [
        (["station"], "month", 2)
    ]
    assert rows("select zero_words, role from catalog.form_row where row_code = 'A.1' and version = 1") == [(True, "additive")]
    assert rows("select pack_code, root_unit, first_year from catalog.pack") == [("TEST", "P", 2021)]


def test_the_layout_of_a_form_arrives_and_the_figures_that_follow_from_it(warehouse: None, tmp_path: Path) -> None:
    with_layout = layout(
        tmp_path / "layout",
        columns="LF,1,Bảng,Tháng 1,value,F,,additive,,1\nLF,1,Bảng,Tháng 2,value,F,,additive,,2\n",
        rows="LF,1,Bảng,1,1,Số trẻ sinh,BIRTHS,,,,,,\nLF,1,Bảng,2,2,Dưới 5,BIRTHS,,,,U5,,1\n",
        sheets="other_names,rows_by,control\nLF,1,Bảng,Biểu 1;Biểu 2,label,\nLF,1,Phiếu,,,yes\n",
        cells="LF,1,Phiếu,D3,DEATHS,plan,,,A3,Tử vong\n",
        narratives="LF,1,Bảng,Nhận xét,Chung\n",
        forms="LF,1,Biểu,Form,station,month,2020-01-01,,vi\n",
    )
    loaded(with_layout)
    assert rows("select sheet, other_names, rows_by, control, header_rows from catalog.form_sheet order by sheet") == [
        ("Bảng", ["Biểu 1", "Biểu 2"], "label", False, 1),
        ("Phiếu", [], None, True, 1),
    ]
    assert rows("select cell, breakdown_code, role, label_cell, label_vi from catalog.form_cell") == [
        ("D3", "TOTAL", None, "A3", "Tử vong")
    ]
    assert rows("select label_vi, topic from catalog.form_narrative") == [("Nhận xét", "Chung")]
    assert rows("select number_style from catalog.form where form_code = 'LF'") == [("vi",)]
    assert rows("select header_vi, month from catalog.form_column where form_code = 'LF' order by month") == [
        ("Tháng 1", 1),
        ("Tháng 2", 2),
    ]
    assert rows("select row_code, breakdown_code, under from catalog.form_row where form_code = 'LF' order by 1") == [
        ("1", None, None),
        ("2", "U5", "1"),
    ]
    assert rows("select indicator_code, measure, breakdown_code, role from catalog.form_figure where form_code = 'LF' order by 1, 3") == [
        ("BIRTHS", "value", "F", "additive"),
        ("BIRTHS", "value", "F_U5", "additive"),
        ("DEATHS", "plan", "TOTAL", "control"),
    ]
    assert rows("select level from catalog.breakdown where breakdown_code = 'SEVERE'") == [("nặng",)]


def test_every_figure_of_plain_rows_and_columns_arrives(warehouse: None, pack: Pack) -> None:
    loaded(pack)
    assert rows("select count(*) from catalog.form_figure where form_code = 'CT'") == [(6 * 6,)]
    assert rows("select distinct role from catalog.form_figure where form_code = 'CT'") == [("control",)]


def test_the_scope_of_a_rule_arrives(warehouse: None, tmp_path: Path) -> None:
    scope = "forms: [CT]\n  units: [P]\n  unit_types: [province]\n  period_types: [month]\n  months: [3, 12]"
    loaded(read_pack(write_pack(tmp_path, **edited("rules", "forms: [CT]", scope))))
    columns = "forms, units, unit_types, period_types, months"
    assert rows(f"select {columns} from catalog.rule where rule_code in ('CONTROL', 'COPIED') order by rule_code") == [
        (["CT"], ["P"], ["province"], ["month"], [3, 12]),
        (None, None, None, None, None),
    ]


def test_rules_and_their_terms_arrive(warehouse: None, pack: Pack) -> None:
    loaded(pack)
    assert rows("select forms, operator, measures, severity_by_form from catalog.rule where rule_code = 'VISITS_IS_SUM'") == [
        (None, "=", ["value", "ytd"], {"CT": "warning"})
    ]
    assert rows(
        "select side, position, indicator_code, measure from catalog.rule_term where rule_code = 'VISITS_IS_SUM' order by 1, 2"
    ) == [
        ("left", 1, "VISITS", None),
        ("right", 1, "VISITS_CHILD", None),
        ("right", 2, "VISITS_ADULT", None),
    ]
    assert rows("select side, measure from catalog.rule_term where rule_code = 'OCCUPANCY_PRINTED' order by 1") == [
        ("denominator", "value"),
        ("left", "rate"),
        ("numerator", "value"),
    ]
    assert rows("select params from catalog.rule where rule_code in ('OUTLIER', 'UNREADABLE', 'MISSING') order by rule_code") == [
        ({},),
        ({"threshold": 3.5, "minimum_points": 11, "minimum_value": 10},),
        ({"codes": ["unreadable"]},),
    ]


def test_duties_are_resolved_to_units_and_periods(warehouse: None, pack: Pack) -> None:
    loaded(pack)
    due = rows("select due_at from catalog.duty where form_code = 'ST' and unit_code = 'C11' and period_code = '2022-08'")
    assert due == [(datetime(2022, 9, 16, 23, 59, 59, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh")),)]
    assert rows("select max(period_code) from catalog.duty where unit_code = 'C22'") == [("2022-06",)]


def test_a_loaded_pack_is_loaded_once(warehouse: None, pack: Pack) -> None:
    assert loaded(pack) is True
    assert loaded(pack) is False
    assert rows("select count(*) from catalog.pack") == [(1,)]


def test_policies_arrive_for_every_period(warehouse: None, pack: Pack, tmp_path: Path) -> None:
    """ST is due within 10 working days, HO within 15, CT within 25: a period closes after the last of them."""
    policies = "select needs_approval, corrections, closes_at at time zone 'Asia/Ho_Chi_Minh' from catalog.period_policy "
    loaded(pack)
    assert rows("select count(*) from catalog.period_policy") == [(24,)]
    by_default = (False, "restate_with_notice", datetime(2022, 7, 5, 23, 59, 59))  # 25 working days after May
    assert rows(policies + "where period_code = '2022-05'") == [by_default]
    policy = "{approval: yes, corrections: closed, closes_after: end, closes_working_days: 3}"
    wanted = f"publication: {{month: {policy}}}\nminimum_completeness: {{ST: 90.5}}"
    load = read_pack(write_pack(tmp_path / "strict", **edited("pack", "contact: test@example.org", wanted)))
    loaded(load)
    of_pack = f"pack_hash = '{load.pack_hash}'"
    assert rows(policies + f"where period_code = '2022-05' and {of_pack}") == [(True, "closed", datetime(2022, 6, 3, 23, 59, 59))]
    assert rows(f"select form_code, minimum_pct from catalog.form_threshold where {of_pack}") == [("ST", Decimal("90.5"))]


def test_keys_stay_when_the_pack_changes(warehouse: None, pack: Pack, tmp_path: Path) -> None:
    loaded(pack)
    queries = {
        "unit": "select unit_code, valid_from, unit_key from catalog.unit where pack_hash = '{}'",
        "indicator": "select indicator_code, indicator_key from catalog.indicator where pack_hash = '{}'",
        "breakdown": "select breakdown_code, breakdown_key from catalog.breakdown where pack_hash = '{}'",
    }
    before = {table: set(rows(query.format(pack.pack_hash))) for table, query in queries.items()}
    changed = read_pack(
        write_pack(
            tmp_path / "changed",
            units=FILES["units.csv"].replace("H1,,", "H0,,Bệnh viện Mới,New hospital,0,2,hospital,P,2004-01-01,,\nH1,,"),
            breakdowns="breakdown_code,sex,age_group,name_vi,name_en\nU5,,<5,Dưới 5,Under 5\nF,F,,Nữ,Female\nTOTAL,,,Tổng số,Total\n",
        )
    )
    assert loaded(changed) is True
    after = {table: set(rows(query.format(changed.pack_hash))) for table, query in queries.items()}
    for table, known in before.items():
        assert known <= after[table]
    assert after["breakdown"] == {("TOTAL", 0), ("F", 1), ("U5", 2)}
    for keys in after.values():
        assert len({row[-1] for row in keys}) == len(keys)


def test_going_back_to_an_older_content_needs_a_revision(warehouse: None, pack: Pack, tmp_path: Path) -> None:
    newer = read_pack(write_pack(tmp_path / "newer", **edited("pack", "contact: test@example.org", "contact: other@example.org")))
    again = read_pack(write_pack(tmp_path / "again", pack=FILES["pack.yml"] + "revision: 3\n"))
    loaded(pack)
    loaded(newer)
    with pytest.raises(PackNotLoaded, match="revision: 3"):
        loaded(pack)
    assert rows("select pack_hash from catalog.pack order by load_number") == [(pack.pack_hash,), (newer.pack_hash,)]
    assert loaded(again) is True
    assert rows("select pack_hash from catalog.pack order by load_number desc limit 1") == [(again.pack_hash,)]


def test_one_database_holds_one_pack(warehouse: None, pack: Pack, tmp_path: Path) -> None:
    loaded(pack)
    with pytest.raises(PackNotLoaded, match="TONGHOP_CATALOG"):
        loaded(read_pack(write_pack(tmp_path / "other", **edited("pack", "code: TEST", "code: OTHER"))))
