"""What the pack does not know is written down as a proposal, and the file is read again with a pack that knows more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.intake.workbooks import station_file, station_sheet
from tests.packs import edited, write_pack

from tonghop.database import admin_connect
from tonghop.settings import settings
from tonghop.staging import load_paths, plan_intake

pytestmark = pytest.mark.database


@pytest.fixture
def landing(tmp_path: Path, warehouse: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    write_pack(tmp_path / "pack")
    (tmp_path / "landing").mkdir()
    monkeypatch.setenv("TONGHOP_CATALOG", str(tmp_path / "pack"))
    monkeypatch.setenv("TONGHOP_LANDING", str(tmp_path / "landing"))
    monkeypatch.setenv("TONGHOP_SETTLE_SECONDS", "0")
    settings.cache_clear()
    yield tmp_path / "landing"
    settings.cache_clear()


def strange_row() -> bytes:
    sheet = station_sheet()
    sheet[10][:2] = [None, "Trẻ em dưới 16"]
    return station_file(sheet)


def proposals() -> list[tuple[str, str, str, list[str]]]:
    with admin_connect() as connection:
        rows = connection.execute("select kind, scope, seen, candidates from staging.proposal order by proposal_id").fetchall()
    return [(kind, scope, seen, [candidate["code"] for candidate in candidates]) for kind, scope, seen, candidates in rows]


def test_unknown_rows_and_units_wait_and_are_read_once_they_are_known(landing: Path) -> None:
    (landing / "a.xlsx").write_bytes(strange_row())
    (landing / "b.xlsx").write_bytes(station_file(station_sheet(unit="TYT xã Haii", unit_code=None)))
    (landing / "c.xlsx").write_bytes(station_file(station_sheet(unit="Trạm Y tế xã Ba", unit_code="C21")))
    first = {Path(each.source_uri).name: each for each in load_paths([landing])}
    assert [first[name].outcome for name in ("a.xlsx", "b.xlsx", "c.xlsx")] == ["staged", "rejected", "staged"]
    assert [(kind, scope, seen) for kind, scope, seen, _ in proposals()] == [
        ("row", "ST Khám bệnh", "Trẻ em dưới 16"),
        ("unit", "", "TYT xã Haii"),
    ]
    assert proposals()[1][3][0] == "C12"
    assert {each.outcome for each in load_paths([landing])} == {"known"} and plan_intake().batches == []

    write_pack(landing.parent / "pack", **edited("unit_aliases", "H1,BVĐK,,", "H1,BVĐK,,\nC12,TYT xã Haii,,"))
    (landing.parent / "pack" / "form_aliases.csv").write_text(
        "form_code,sheet,part,name,alias\nST,Khám bệnh,row,A.2,Trẻ em dưới 16\n", encoding="utf-8"
    )
    assert [[Path(uri).name for uri in batch] for batch in plan_intake().batches] == [["a.xlsx", "b.xlsx"]]
    second = {Path(each.source_uri).name: each for each in load_paths([landing])}
    assert second["a.xlsx"].versions == ("C11 ST 2022-08 v2",)
    assert second["b.xlsx"].versions == ("C12 ST 2022-08 v1",)
    assert second["c.xlsx"].outcome == "known"
    with admin_connect() as connection:
        assert connection.execute("select count(*) from staging.review_item").fetchone() == (0,)
    assert plan_intake().batches == []


def test_folders_and_senders_are_held_against_the_content(landing: Path) -> None:
    (landing.parent / "pack" / "senders.csv").write_text("sender,unit_code,valid_from,valid_to\nnop,D2,,\n", encoding="utf-8")
    (landing / "nop" / "2022-07").mkdir(parents=True)
    (landing / "nop" / "2022-07" / "a.xlsx").write_bytes(station_file())
    (outcome,) = load_paths([landing])
    assert outcome.outcome == "staged"
    assert {finding.code for finding in outcome.findings} == {"folder_contradiction", "sender_contradiction"}
