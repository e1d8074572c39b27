"""How much of a file intake is willing to unpack and read."""

from __future__ import annotations

from dataclasses import dataclass

MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """Upper bounds; a file beyond one of them is not read and gets a finding that names the bound."""

    max_bytes: int = 50 * MEGABYTE
    """size of the file itself"""
    max_unpacked_bytes: int = 300 * MEGABYTE
    """size of all parts of a workbook together, unpacked"""
    max_parts: int = 20_000
    """entries of the zip behind a workbook"""
    max_sheets: int = 200
    """sheets in one workbook"""
    max_cells: int = 2_000_000
    """filled cells in all sheets together"""
    max_cell_characters: int = 32_767
    """text of one cell; Excel's own bound"""
