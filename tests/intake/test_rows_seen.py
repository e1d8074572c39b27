"""Rows that stood in a workbook before are placed without asking anew: that must change nothing about what is read."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.intake.workbooks import STATION_FIGURES, STATION_LABELS, Grid, station_file, station_head, station_table

from tonghop.catalog import Pack
from tonghop.intake import form_index, read_file
from tonghop.model import Reading
from tonghop.remembered import Remembered

CODES = (*STATION_FIGURES, "A.9", "", None, 1)
LABELS = (*(label for label, _ in STATION_LABELS.values()), "TRẺ  EM", "Lượt khám bệnh", "Tổng số", "Chỉ tiêu", "Nhận xét:", "", None, 7)
WORDS = (*(word for _, word in STATION_LABELS.values()), "Đơn vị tính", "kg", "", None)
NUMBERS = (0, 5, 1200, None)
FIGURES = (*NUMBERS, "1.448", "-", "x", "không có", "Cộng dồn", "12 ca")

usual = st.sampled_from(sorted(STATION_FIGURES)).map(lambda code: [code, *STATION_LABELS[code]])
odd = st.tuples(st.sampled_from(CODES), st.sampled_from(LABELS), st.sampled_from(WORDS)).map(list)
rows = st.builds(
    lambda frame, figures, beside: [*frame, *figures, *beside],
    st.one_of(usual, odd),
    st.one_of(*(st.lists(st.sampled_from(figures), min_size=4, max_size=4) for figures in (NUMBERS, FIGURES))),
    st.one_of(st.just([]), st.lists(st.sampled_from(FIGURES), max_size=1)),
)
tables_of_rows: st.SearchStrategy[list[list[Any]]] = st.lists(rows, min_size=1, max_size=7)


def sheet(table: list[list[Any]]) -> Grid:
    return [*station_head(), station_table({})[0], *table]


def read_anew(files: list[bytes], pack: Pack) -> list[Reading]:
    """Read files one after the other with an index that has seen no other."""
    form_index._indexes.clear()
    return [read_file(data, "bao cao.xlsx", pack) for data in files]


@settings(max_examples=60, deadline=None)
@given(st.lists(tables_of_rows, min_size=2, max_size=4))
def test_a_workbook_reads_the_same_whatever_was_read_before(pack: Pack, several: list[list[list[Any]]]) -> None:
    files = [station_file(sheet(table)) for table in several]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Remembered, "__setitem__", lambda *_: None)  # nothing is remembered
        plain = read_anew(files, pack)
    assert read_anew(files, pack) == plain
    assert read_anew(files[::-1], pack) == plain[::-1]
