"""Spellings of one name are equal, other names are not."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonghop.catalog import normalise

VIETNAMESE = "aăâeêioôơuưyAĂÂEÊIOÔƠUƯYđĐbchgklmnpqrstvx \u0300\u0301\u0303\u0309\u0323.-()/%"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hoà An", "Hòa An"),
        ("Thuỷ", "Thủy"),
        ("Trạm Y tế xã Vị Thanh", unicodedata.normalize("NFD", "Trạm Y tế xã Vị Thanh")),
        ("TRẠM Y TẾ", "trạm y tế"),
        ("TYT  xã\tMột", "TYT xã Một"),
        ("TYT\u00a0xã Một", "TYT xã Một"),
        ("TYT. xã Một", "TYT xã Một"),
        ("TTYT-huyện An Bình", "TTYT huyện An Bình"),
        ("Ðại Thành", "Đại Thành"),
        ("Một\u200b", "Một"),
        ("Trẻ 60-79", "Trẻ 60 - 79"),
        ("80+", "80 +"),
        ("_Một_", "Một"),
    ],
)
def test_spellings_of_one_name_are_equal(one: str, other: str) -> None:
    assert normalise(one) == normalise(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hòa", "Hóa"),
        ("Hòa", "Hoa"),
        ("Long Mỹ", "Long My"),
        ("Đa", "Da"),
        ("Bố", "Bó"),
        ("Trẻ < 5", "Trẻ > 5"),
        ("Trẻ <5", "Trẻ ≤5"),
        ("Trẻ 5", "Trẻ 5+"),
        ("Tỷ lệ %", "Tỷ lệ"),
        ("xã Một", "xãMột"),
    ],
)
def test_other_names_are_not(one: str, other: str) -> None:
    assert normalise(one) != normalise(other)


@given(st.one_of(st.text(), st.text(alphabet=VIETNAMESE)))
def test_a_normal_name_is_its_own_normal_form(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@given(st.text(alphabet=VIETNAMESE))
def test_composition_makes_no_difference(text: str) -> None:
    assert normalise(unicodedata.normalize("NFC", text)) == normalise(unicodedata.normalize("NFD", text))


@given(st.text(), st.text())
def test_spaces_around_words_make_no_difference(one: str, other: str) -> None:
    assert normalise(f"  {one} \n {other}\t") == normalise(f"{one} {other}")
