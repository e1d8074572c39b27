"""Fuzzy matches, which only propose, and names of units in the names of files and folders."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.packs import edited, write_pack

from tonghop.catalog import Pack, read_pack
from tonghop.intake.matching import CANDIDATES, LEAST_SCORE, UnitNames, nearest, plain

AT = date(2022, 8, 31)


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    aliases = edited("unit_aliases", "H1,BVĐK,,", "H1,BVĐK,,\nD1,An Bình,,\nD2,TTYT H. Hòa Lợi,,")
    return read_pack(write_pack(tmp_path_factory.mktemp("pack"), **aliases))


@pytest.fixture(scope="module")
def names(pack: Pack) -> UnitNames:
    return UnitNames(pack)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Trạm Y tế xã Môt", "C11"),
        ("TYT xã Mot", "C11"),
        ("Tram y te thi tran Hai", "C12"),
        ("Bệnh viện Sản - Nhi tỉnh", "H2"),
        ("BV Nhi Sản", "H2"),
        ("Hyện An Bìh", "D1"),
        ("C21a", "C21"),
    ],
)
def test_a_misspelt_name_is_near_to_the_right_one(text: str, code: str, names: UnitNames) -> None:
    best = names.candidates(text, AT)[0]
    assert best.code == code and best.score >= LEAST_SCORE


@pytest.mark.parametrize("text", ["", "Danh sách", "12345", "Phòng Tài chính"])
def test_what_is_like_nothing_has_no_candidates(text: str, names: UnitNames) -> None:
    assert names.candidates(text, AT) == ()


def test_the_name_of_a_unit_that_was_merged_stands_for_its_successor(names: UnitNames) -> None:
    assert names.candidates("Trạm Y tế xã Bốn", date(2022, 6, 30))[0].code == "C22"
    assert (names.candidates("Trạm Y tế xã Bốn", AT)[0].code, names.candidates("Trạm Y tế xã Bốn", AT)[0].score) == ("C21", 100)
    assert names.candidates("C22", AT)[0].code == "C21"


def test_a_unit_that_is_not_there_yet_is_no_candidate(names: UnitNames) -> None:
    assert names.candidates("Trạm Y tế xã Một", date(2003, 12, 31)) == ()


@given(text=st.text(max_size=60))
def test_any_text_has_few_candidates_in_the_order_of_their_scores(text: str, pack: Pack) -> None:
    scores = [each.score for each in UnitNames(pack).candidates(text, AT)]
    assert len(scores) <= CANDIDATES and scores == sorted(scores, reverse=True)
    assert all(LEAST_SCORE <= score <= 100 for score in scores)


def test_labels_of_rows() -> None:
    known = [("A.1", "Lượt khám", "Lượt khám"), ("A.2", "Trẻ em", "Trẻ em"), ("A.4", "Bệnh nhân", "Bệnh nhân đang quản lý")]
    assert [each.code for each in nearest("Số lượt khám", known)] == ["A.1"]
    assert [each.code for each in nearest("BN đang quản lí", known)] == ["A.4"]
    assert nearest("Cộng", known) == ()


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("TYT Mot thang 8-2022", set()),
        ("TYT xa Mot thang 8-2022", {"C11"}),
        ("2022-08_tram_y_te_thi_tran_hai (1)", {"C12"}),
        ("An Bình", {"D1"}),
        ("Bao cao An Binh 2022", set()),
        ("H. An Binh - TYT xa Mot", {"C11", "D1"}),
        ("TTYT huyện Hoà Lợi", {"D2"}),
        ("BVDK T8.2022", set()),
        ("tong hop", set()),
    ],
)
def test_names_of_units_in_the_names_of_files_and_folders(text: str, codes: set[str], names: UnitNames) -> None:
    assert names.named_in(text, AT) == codes


def test_plain_words() -> None:
    assert plain("Trạm Y tế  P.5_(final)") == "tyt p 5 final"
