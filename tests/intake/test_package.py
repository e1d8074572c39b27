"""The parts of a workbook's zip are those that zipfile reads, whatever was done to its bytes."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.intake.workbooks import shared, station_sheet

from tonghop.intake.package import DAMAGED, Package

WORKBOOK = shared({"Khám bệnh": station_sheet()})


def parts(data: bytes, kind: type[zipfile.ZipFile]) -> list[bytes | None] | None:
    """The parts of a zip, None for those that cannot be read; None when it cannot be opened."""
    try:
        archive = Package(data) if kind is Package else zipfile.ZipFile(io.BytesIO(data))
    except DAMAGED:
        return None
    found: list[bytes | None] = []
    for name in archive.namelist():
        try:
            found.append(archive.read(name))
        except DAMAGED:
            found.append(None)
    return found


def test_usual_parts_are_unpacked_without_zipfile(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = parts(WORKBOOK, zipfile.ZipFile)
    monkeypatch.setattr(zipfile.ZipFile, "read", lambda *_: pytest.fail("left to zipfile"))
    assert parts(WORKBOOK, Package) == expected


@settings(max_examples=150)
@given(st.lists(st.tuples(st.integers(0, len(WORKBOOK) - 1), st.integers(0, 255)), min_size=1, max_size=4))
def test_damaged_parts_are_what_zipfile_makes_of_them(changes: list[tuple[int, int]]) -> None:
    data = bytearray(WORKBOOK)
    for place, byte in changes:
        data[place] = byte
    assert parts(bytes(data), Package) == parts(bytes(data), zipfile.ZipFile)
