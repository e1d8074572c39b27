"""A template that comes back marked is still a template: nothing that it holds is taken for an answer of an earlier round."""

from __future__ import annotations

import io

import openpyxl
import pytest
from tests.templates.typing_in import boxes_in, typed

from tonghop.answers.marking import Level, Line, Mark, Summary, mark_workbook
from tonghop.catalog import Pack
from tonghop.intake import read_file
from tonghop.model import Period
from tonghop.templates import make_template
from tonghop.templates.layout import Box

SUMMARY = Summary(
    "Kết quả",
    ("Một ô cần sửa.",),
    ("Mức độ", "Ô", "Chỉ tiêu", "Vì sao", "Tìm thấy", "Cần"),
    (Line(Level.CRITICAL, "nghiêm trọng", "Trạm", "D8", ("Lượt khám", "số sai", "7", "8")),),
)


def place_name(place: Box) -> str:
    return f"{chr(64 + place.column)}{place.row}"


@pytest.mark.parametrize("rounds", [1, 2])
def test_a_marked_template_keeps_its_sheets_and_can_be_corrected(layouts: Pack, rounds: int) -> None:
    made = make_template(layouts, "LIST", "D1", Period.parse("2022-03"))
    boxes = boxes_in(layouts, made)
    content = typed(made.content, dict.fromkeys(boxes, 7))
    for _ in range(rounds):
        content = mark_workbook(content, {(boxes[0].page, place_name(boxes[0])): Mark(Level.CRITICAL, "số sai")}, SUMMARY).data
    before, after = (openpyxl.load_workbook(io.BytesIO(each)) for each in (made.content, content))
    assert after.sheetnames == ["Kết quả kiểm tra", *before.sheetnames]
    assert after["Hướng dẫn"]["A3"].value == before["Hướng dẫn"]["A3"].value
    assert set(after.defined_names) == set(before.defined_names)
    for box in boxes:
        cell = after[box.page].cell(box.row, box.column)
        assert cell.value == 7 and not cell.protection.locked
    reading = read_file(content, made.file_name, layouts)
    assert not reading.findings and {cell.value.number for each in reading.submissions for cell in each.cells} == {7}
