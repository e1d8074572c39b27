"""How the cells of a workbook look, and what may be typed into them."""

from __future__ import annotations

from typing import Any, NamedTuple

import xlsxwriter
from xlsxwriter.format import Format

from tonghop.templates.formulas import decimals_of
from tonghop.templates.layout import Box, Style

FONT = "Times New Roman"
EMPTY, HEADER, ORIENTATION, CRITICAL, WARNING, CLOSED = "#FFF9DB", "#DCE6F1", "#7F7F7F", "#FF9C9C", "#FFD08A", "#EEEEEE"
_LARGEST = "10^15"

_TEXTS: dict[Style, dict[str, Any]] = {
    Style.DEPARTMENT: {"font_size": 11},
    Style.TITLE: {"bold": True, "font_size": 14},
    Style.LABEL: {"font_color": "#404040"},
    Style.SAID: {"bold": True},
    Style.NOTE: {"italic": True},
    Style.REMARK: {"font_color": "#404040", "text_wrap": True, "valign": "top"},
    Style.HEADER: {"bold": True, "bg_color": HEADER, "border": 1, "align": "center", "valign": "vcenter", "text_wrap": True},
    Style.CODE: {"border": 1, "valign": "vcenter"},
    Style.NAME: {"border": 1, "valign": "vcenter", "text_wrap": True},
    Style.UNDER: {"border": 1, "valign": "vcenter", "text_wrap": True, "indent": 1},
    Style.UNIT_OF_MEASURE: {"border": 1, "valign": "vcenter", "align": "center"},
}


class Kind(NamedTuple):
    """What figures of a kind of box look like."""

    decimals: int
    signed: bool
    zero_words: bool


def kind_of(box: Box) -> Kind:
    """Whole numbers or decimals, and whether negative ones make sense: as intake expects them."""
    return Kind(decimals_of(box.expects), box.expects.signed, box.expects.zero_words)


def validation(kind: Kind, cell: str) -> dict[str, Any]:
    """What may be typed into boxes of a kind, the first of which is `cell`: a number that fits, or a word that stands for none."""
    number = [f"ABS({cell})<{_LARGEST}", f"ROUND({cell},{kind.decimals})={cell}"] + ([] if kind.signed else [f"{cell}>=0"])
    words = [f'LOWER(TRIM({cell}))="x"', f'LEFT(TRIM({cell}),1)="<"', f'TRIM({cell})="-"']
    words += [f'LOWER(TRIM({cell}))="không"', f'LOWER(TRIM({cell}))="không có"'] if kind.zero_words else []
    wanted = f"số có tối đa {kind.decimals} chữ số thập phân" if kind.decimals else "số nguyên"
    return {
        "validate": "custom",
        "value": f"=IF(ISNUMBER({cell}),AND({','.join(number)}),OR({','.join(words)}))",
        "error_title": "Ô này cần một số",
        "error_message": f"Hãy gõ {wanted}{'' if kind.signed else ' không âm'}. Bằng không: gõ 0. Chưa có số liệu: để trống. "
        "Không áp dụng: gõ x. Không công bố vì quá nhỏ: gõ <10.",
    }


class Formats:
    """The formats of one workbook, each made once."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self._book = book
        self._made: dict[tuple[tuple[str, Any], ...], Format] = {}
        self._shades: dict[str, Format] = {}

    def _format(self, **properties: Any) -> Format:
        key = tuple(sorted(properties.items()))
        if key not in self._made:
            self._made[key] = self._book.add_format({"font_name": FONT, "font_size": 11, **properties})
        return self._made[key]

    def text(self, style: Style) -> Format:
        """The format of a text of a page."""
        return self._format(**_TEXTS[style])

    def figure(self, kind: Kind, *, computed: bool, locked: bool) -> Format:
        """The format of a box; a computed figure is in italics."""
        shown = "#,##0" + ("." + "0" * kind.decimals if kind.decimals else "")
        more: dict[str, Any] = {"italic": True} if computed else {}
        return self._format(num_format=shown, border=1, valign="vcenter", align="right", locked=locked, **more)

    def field(self, *, is_date: bool, is_long: bool) -> Format:
        """The format of a field for a date or a text."""
        more: dict[str, Any] = {"num_format": "dd/mm/yyyy", "align": "left"} if is_date else {}
        more |= {"text_wrap": True, "valign": "top", "border": 1} if is_long else {"bottom": 4}
        return self._format(locked=False, **more)

    @property
    def orientation(self) -> Format:
        """Figures of the period before, to compare with."""
        return self._format(font_color=ORIENTATION, italic=True, align="right", valign="vcenter")

    @property
    def answer(self) -> Format:
        """What a check answers beside a row."""
        return self._format(font_color="#C00000", valign="vcenter")

    @property
    def heading(self) -> Format:
        """A heading of a sheet of ours."""
        return self._format(bold=True, font_size=12, top=1)

    @property
    def plain(self) -> Format:
        """A text of a sheet of ours."""
        return self._format(text_wrap=True, valign="top")

    @property
    def aside(self) -> Format:
        """The line that says that a sheet is no report."""
        return self._format(italic=True, font_color=ORIENTATION)

    @property
    def example(self) -> Format:
        """An example of what to type."""
        return self._format(bold=True, align="right", valign="top", text_wrap=True, indent=1)

    @property
    def side(self) -> Format:
        """A side of a comparison."""
        return self._format(num_format="#,##0.######", valign="top")

    def shade(self, color: str) -> Format:
        """The colour that a cell takes while a condition holds."""
        if color not in self._shades:
            self._shades[color] = self._book.add_format({"bg_color": color})
        return self._shades[color]
