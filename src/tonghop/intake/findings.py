"""Every finding that intake can make: one entry a code, with its severity and its text in Vietnamese and English.

The codes are stable: rules of kind `finding`, reports and docs refer to them. The severity is intake's own opinion; a
pack's rules decide what a finding does to a verdict. `{place}`, `{found}` and `{expected}` are filled in at the cell.
"""

from __future__ import annotations

from typing import NamedTuple

from tonghop.model import CellAddress, Finding, Proposal, Severity

FOUND_CHARACTERS = 200
"""Longer quotations are cut."""


_NEAREST = (" Có thể là: {expected}.", " It may be: {expected}.")
"""What a sentence goes on with where something is proposed that it does not speak of itself."""


class FindingKind(NamedTuple):
    """One kind of finding: what it means, and the sentences that the unit reads."""

    code: str
    severity: Severity
    text_vi: str
    text_en: str

    def issue(self, found: str | None = None, expected: str | None = None) -> Issue:
        """This kind with what was found and expected, still without a place."""
        return Issue(self, found, expected)

    def at(
        self,
        sheet: str | None = None,
        cell: str | None = None,
        *,
        found: str | None = None,
        expected: str | None = None,
        indicator_code: str | None = None,
        proposal: Proposal | None = None,
    ) -> Finding:
        """The finding at a place. `sheet` without `cell` means the whole sheet; neither means the whole file."""
        found = _cut(found)
        place = f"{sheet}!{cell}" if sheet and cell else sheet
        words = {"found": found or "", "expected": expected or ""}
        nearest_vi, nearest_en = _NEAREST if proposal is not None and proposal.candidates and "{expected}" not in self.text_vi else ("", "")
        return Finding(
            code=self.code,
            severity=self.severity,
            text_vi=(self.text_vi + nearest_vi).format(place=place or "Tệp", **words),
            text_en=(self.text_en + nearest_en).format(place=place or "File", **words),
            sheet=sheet,
            cell=cell,
            found=found,
            expected=expected,
            indicator_code=indicator_code,
            proposal=proposal,
        )


class Issue(NamedTuple):
    """What is wrong, before it is known where."""

    kind: FindingKind
    found: str | None = None
    expected: str | None = None

    def at(self, where: CellAddress | None = None, indicator_code: str | None = None) -> Finding:
        """The finding at an address, or about the file as a whole."""
        sheet, cell = (where.sheet, where.cell) if where else (None, None)
        return self.kind.at(sheet, cell, found=self.found, expected=self.expected, indicator_code=indicator_code)


def _cut(text: str | None) -> str | None:
    return text if text is None or len(text) <= FOUND_CHARACTERS else text[: FOUND_CHARACTERS - 1] + "…"


KINDS: dict[str, FindingKind] = {}
"""Every kind by its code."""


def _kind(code: str, severity: Severity, text_vi: str, text_en: str) -> FindingKind:
    kind = KINDS[code] = FindingKind(code, severity, text_vi, text_en)
    return kind


_CRITICAL, _WARNING, _INFO = Severity.CRITICAL, Severity.WARNING, Severity.INFO

# The file

NOT_A_WORKBOOK = _kind(
    "not_a_workbook",
    _CRITICAL,
    "Tệp không phải là bảng tính ({found}). Hãy gửi lại tệp .xlsx.",
    "This is not a workbook ({found}). Send an .xlsx file.",
)
EMPTY_FILE = _kind(
    "empty_file",
    _CRITICAL,
    "Tệp rỗng, không có dữ liệu. Hãy lưu và gửi lại.",
    "The file is empty. Save it and send it again.",
)
LOCK_FILE = _kind(
    "lock_file",
    _CRITICAL,
    "{found} là tệp tạm của Excel, không phải báo cáo. Hãy đóng Excel rồi gửi tệp báo cáo.",
    "{found} is a temporary file of Excel, not the report. Close Excel and send the report itself.",
)
PASSWORD_PROTECTED = _kind(
    "password_protected",
    _CRITICAL,
    "Tệp có mật khẩu nên không đọc được. Hãy bỏ mật khẩu và gửi lại.",
    "The file is protected by a password and cannot be read. Remove the password and send it again.",
)
FILE_DAMAGED = _kind(
    "file_damaged",
    _CRITICAL,
    "Tệp bị hỏng, không mở được ({found}). Hãy mở bằng Excel, lưu lại và gửi lại.",
    "The file is damaged and cannot be opened ({found}). Open it in Excel, save it and send it again.",
)
TOO_LARGE = _kind(
    "too_large",
    _CRITICAL,
    "Tệp quá lớn: {found}; tối đa {expected}. Hãy chỉ giữ lại các trang của biểu mẫu.",
    "The file is too large: {found}; at most {expected}. Keep only the sheets of the form.",
)
UNSAFE_CONTENT = _kind(
    "unsafe_content",
    _CRITICAL,
    "Tệp chứa nội dung không an toàn ({found}) nên không được đọc. Hãy tạo lại từ biểu mẫu.",
    "The file holds unsafe content ({found}) and was not read. Fill in a fresh copy of the form.",
)
LIMITED_READER = _kind(
    "limited_reader",
    _WARNING,
    "Tệp loại {found}: không phân biệt được ô lỗi, công thức chưa tính, hàng ẩn và ô trống. Hãy gửi tệp {expected}.",
    "A {found} file: errors, formulas that were not calculated, hidden rows and blanks look alike in it. Send an {expected} file.",
)

WRONG_EXTENSION = _kind(
    "wrong_extension",
    _INFO,
    "Tên tệp có đuôi {found} nhưng nội dung là {expected}; tệp đã được đọc theo nội dung. Hãy đặt lại đuôi tệp.",
    "The file's name ends in {found} but it is an {expected}; it was read as what it is. Correct its name.",
)
OLD_FONT = _kind(
    "old_font",
    _CRITICAL,
    "Văn bản dùng bảng mã của phông chữ cũ ({found}) nên không đọc được. Hãy lưu lại bằng Unicode (.xlsx) và gửi lại.",
    "The text is in the encoding of an old font ({found}) and cannot be read. Save it in Unicode (.xlsx) and send it again.",
)

# Data values of DHIS2

NO_DHIS2_MAPPING = _kind(
    "no_dhis2_mapping",
    _CRITICAL,
    "Tệp là số liệu DHIS2 (dataValueSets), nhưng danh mục chưa có dhis2.csv để biết mã nào là gì. Hãy bổ sung tệp đó rồi đọc lại.",
    "These are data values of DHIS2, and the catalog has no dhis2.csv that says what their codes mean. Add it, and read the file again.",
)
UNKNOWN_ORG_UNIT = _kind(
    "unknown_org_unit",
    _CRITICAL,
    "{place}: không biết đơn vị DHIS2 {found}, nên số liệu của đơn vị này không được đọc. Hãy ghi mã vào {expected}.",
    "{place}: the organisation unit {found} is not known; its figures were not read. Write its code into {expected}.",
)
UNKNOWN_DATA_ELEMENT = _kind(
    "unknown_data_element",
    _WARNING,
    "{place}: không biết phần tử dữ liệu DHIS2 {found}, nên số liệu không được đọc. Hãy ghi mã vào {expected}.",
    "{place}: the data element {found} is not known; its figures were not read. Write its code into {expected}.",
)
FIGURE_NOT_IN_FORM = _kind(
    "figure_not_in_form",
    _WARNING,
    "{place}: biểu mẫu {expected} không có số liệu {found}, nên không được đọc. Hãy kiểm tra dataSet.",
    "{place}: the form {expected} does not ask for {found}; it was not read. Check the dataSet.",
)
DUPLICATE_DATA_VALUE = _kind(
    "duplicate_data_value",
    _WARNING,
    "{place}: một số liệu được ghi nhiều lần với giá trị khác nhau: {found}. Hãy giữ lại một.",
    "{place}: one figure stands several times with different values: {found}. Keep one.",
)

# Whose report, which form, which period

UNKNOWN_FORM = _kind(
    "unknown_form",
    _CRITICAL,
    "{place}: không nhận ra biểu mẫu ({found}). Biểu mẫu hợp lệ: {expected}.",
    "{place}: the form is not known ({found}). Known forms: {expected}.",
)
FORM_VERSION_NOT_VALID = _kind(
    "form_version_not_valid",
    _WARNING,
    "{place}: phiên bản biểu mẫu {found} không còn dùng cho kỳ này. Hãy dùng {expected}.",
    "{place}: form version {found} is not in use in this period. Use {expected}.",
)
FORM_VERSION_CONTRADICTION = _kind(
    "form_version_contradiction",
    _CRITICAL,
    "{place}: ghi là {found} nhưng các dòng, cột là của {expected}. Hãy dùng đúng biểu mẫu và ghi đúng phiên bản.",
    "{place}: it says {found}, but rows and columns are those of {expected}. Use one form and name its version.",
)
FORM_NOT_FOR_UNIT = _kind(
    "form_not_for_unit",
    _CRITICAL,
    "{place}: biểu mẫu này không dành cho loại đơn vị {found}; dành cho: {expected}.",
    "{place}: this form is not for units of type {found}; it is for: {expected}.",
)
UNKNOWN_UNIT = _kind(
    "unknown_unit",
    _CRITICAL,
    "{place}: không biết đơn vị {found}. Hãy ghi đúng tên hoặc mã, chẳng hạn {expected}.",
    "{place}: the unit {found} is not known. Write its name or its code, such as {expected}.",
)
AMBIGUOUS_UNIT = _kind(
    "ambiguous_unit",
    _CRITICAL,
    "{place}: tên {found} là của nhiều đơn vị: {expected}. Hãy ghi mã đơn vị.",
    "{place}: {found} names several units: {expected}. Write the code of the unit.",
)
UNIT_NOT_VALID = _kind(
    "unit_not_valid",
    _CRITICAL,
    "{place}: đơn vị {found} không tồn tại trong kỳ báo cáo {expected}. Hãy kiểm tra mã đơn vị và kỳ báo cáo.",
    "{place}: the unit {found} did not exist in the period {expected}. Check the unit code and the period.",
)
UNIT_CONTRADICTION = _kind(
    "unit_contradiction",
    _CRITICAL,
    "{place}: tệp ghi nhiều đơn vị khác nhau: {found}. Hãy sửa cho thống nhất.",
    "{place}: the file names different units: {found}. Make them agree.",
)
UNKNOWN_PERIOD = _kind(
    "unknown_period",
    _CRITICAL,
    "{place}: không đọc được kỳ báo cáo ({found}). Hãy ghi như {expected}.",
    "{place}: the period cannot be read ({found}). Write it like {expected}.",
)
PERIOD_CONTRADICTION = _kind(
    "period_contradiction",
    _CRITICAL,
    "{place}: tệp ghi nhiều kỳ báo cáo khác nhau: {found}. Hãy sửa cho thống nhất.",
    "{place}: the file names different periods: {found}. Make them agree.",
)
PERIOD_TYPE_MISMATCH = _kind(
    "period_type_mismatch",
    _CRITICAL,
    "{place}: kỳ báo cáo {found} không đúng loại kỳ của biểu mẫu ({expected}).",
    "{place}: the period {found} is not of the kind that the form is for ({expected}).",
)
PERIOD_OUT_OF_RANGE = _kind(
    "period_out_of_range",
    _CRITICAL,
    "{place}: kỳ báo cáo {found} nằm ngoài các năm {expected}. Hãy kiểm tra năm.",
    "{place}: the period {found} is outside the years {expected}. Check the year.",
)
FOLDER_CONTRADICTION = _kind(
    "folder_contradiction",
    _WARNING,
    "{place}: thư mục không khớp với nội dung: {found}. Hãy kiểm tra xem tệp có nằm nhầm chỗ không.",
    "{place}: the folder does not agree with the content: {found}. Check whether the file lies in the wrong place.",
)
SENDER_CONTRADICTION = _kind(
    "sender_contradiction",
    _WARNING,
    "{place}: {found} gửi số liệu của {expected}, không thuộc các đơn vị mà người này gửi thay. Hãy hỏi lại người gửi.",
    "{place}: {found} sent figures of {expected}, which are not below the units that this sender sends for. Ask the sender.",
)
UNKNOWN_SENDER = _kind(
    "unknown_sender",
    _INFO,
    "{place}: không biết {found} gửi thay cho đơn vị nào; tệp là của {expected}.",
    "{place}: whom {found} sends for is not known; the file is that of {expected}.",
)
AS_OF_DATE_UNREADABLE = _kind(
    "as_of_date_unreadable",
    _WARNING,
    "{place}: không đọc được ngày số liệu {found}. Hãy ghi như {expected}.",
    "{place}: the date of the data {found} cannot be read. Write it like {expected}.",
)
AS_OF_DATE_BEFORE_PERIOD = _kind(
    "as_of_date_before_period",
    _WARNING,
    "{place}: ngày số liệu {found} trước khi kỳ báo cáo bắt đầu ({expected}).",
    "{place}: the data are as of {found}, before the period begins ({expected}).",
)

# Sheets, rows and columns

MISSING_SHEET = _kind(
    "missing_sheet",
    _CRITICAL,
    "Thiếu trang {expected} của biểu mẫu. Hãy dùng biểu mẫu đầy đủ.",
    "The sheet {expected} of the form is missing. Use the whole form.",
)
UNKNOWN_SHEET = _kind(
    "unknown_sheet",
    _WARNING,
    "Trang {place} không thuộc biểu mẫu nào nên không được đọc, mặc dù có {found} ô số.",
    "The sheet {place} belongs to no form and was not read, although it holds {found} cells with numbers.",
)
DUPLICATE_SHEET = _kind(
    "duplicate_sheet",
    _CRITICAL,
    "{place}: trang {expected} của cùng đơn vị và kỳ đã có ở {found}. Hãy chỉ giữ một trang.",
    "{place}: the sheet {expected} of the same unit and period already stands in {found}. Keep only one.",
)
HIDDEN_SHEET = _kind(
    "hidden_sheet",
    _INFO,
    "Trang {place} bị ẩn; số liệu vẫn được đọc.",
    "The sheet {place} is hidden; its figures were read.",
)
MISSING_HEADER = _kind(
    "missing_header",
    _CRITICAL,
    "{place}: không tìm thấy hàng tiêu đề của bảng. Cần có các cột: {expected}.",
    "{place}: the header row of the table was not found. It needs the columns: {expected}.",
)
MISSING_COLUMN = _kind(
    "missing_column",
    _CRITICAL,
    "{place}: thiếu cột {expected}.",
    "{place}: the column {expected} is missing.",
)
DUPLICATE_COLUMN = _kind(
    "duplicate_column",
    _CRITICAL,
    "{place}: cột {found} có hai lần; chỉ cột đầu ({expected}) được đọc. Hãy xóa một cột.",
    "{place}: the column {found} stands twice; only the first ({expected}) was read. Delete one.",
)
UNKNOWN_COLUMN = _kind(
    "unknown_column",
    _WARNING,
    "{place}: cột {found} không thuộc biểu mẫu nên các số trong cột không được đọc.",
    "{place}: the column {found} is not part of the form, so its numbers were not read.",
)
MISSING_ROW = _kind(
    "missing_row",
    _WARNING,
    "{place}: thiếu hàng {expected}. Hãy dùng biểu mẫu đầy đủ; để trống nếu không có số liệu.",
    "{place}: the row {expected} is missing. Use the whole form; leave blank what there is no figure for.",
)
UNKNOWN_ROW = _kind(
    "unknown_row",
    _WARNING,
    "{place}: hàng {found} không thuộc biểu mẫu nên các số trong hàng không được đọc.",
    "{place}: the row {found} is not part of the form, so its numbers were not read.",
)
DUPLICATE_ROW = _kind(
    "duplicate_row",
    _CRITICAL,
    "{place}: hàng {found} đã có ở hàng {expected} với số liệu khác, nên không đọc được số nào. Hãy chỉ giữ một hàng.",
    "{place}: the row {found} also stands in row {expected} with another figure, so neither was read. Keep only one.",
)
REPEATED_ROW = _kind(
    "repeated_row",
    _INFO,
    "{place}: hàng {found} đã có ở hàng {expected} với cùng số liệu.",
    "{place}: the row {found} also stands in row {expected} with the same figures.",
)
ROW_CONTRADICTION = _kind(
    "row_contradiction",
    _CRITICAL,
    "{place}: mã hàng và tên chỉ tiêu không khớp: {found}; mã này là {expected}. Hãy sửa mã hoặc tên.",
    "{place}: the row code and the label do not agree: {found}; the code stands for {expected}. Correct one of them.",
)
ROW_CODE_CHANGED = _kind(
    "row_code_changed",
    _WARNING,
    "{place}: mã hàng {found} không có trong biểu mẫu; hàng được nhận theo tên, mã đúng là {expected}.",
    "{place}: the row code {found} is not part of the form; the row was known by its label, its code is {expected}.",
)
HIDDEN_ROW = _kind(
    "hidden_row",
    _INFO,
    "{place}: hàng {found} bị ẩn; số liệu vẫn được đọc.",
    "{place}: the row {found} is hidden; its figures were read.",
)
MERGED_FIGURE = _kind(
    "merged_figure",
    _WARNING,
    "{place}: ô gộp {expected} phủ nhiều ô số liệu, không biết số {found} thuộc ô nào. Hãy bỏ gộp ô.",
    "{place}: the merged cell {expected} covers several figures; which one {found} belongs to is not known. Unmerge it.",
)

HIDDEN_COLUMN = _kind(
    "hidden_column",
    _INFO,
    "{place}: cột {found} bị ẩn; số liệu vẫn được đọc.",
    "{place}: the column {found} is hidden; its figures were read.",
)
UNREAD_NUMBERS = _kind(
    "unread_numbers",
    _INFO,
    "{place}: từ ô này có {found} ô số nằm ngoài bảng và các ô của biểu mẫu nên không được đọc.",
    "{place}: from this cell on, {found} cells with numbers lie outside the table and the cells of the form and were not read.",
)
LABEL_MOVED = _kind(
    "label_moved",
    _CRITICAL,
    "{place}: không đọc số ở ô này vì nhãn {expected} không còn ở chỗ cũ (tìm thấy: {found}). Hãy giữ nguyên hàng và cột.",
    "{place}: the figure was not read, because the label {expected} is not where it belongs (found: {found}). Keep rows and columns.",
)
NO_FIGURES = _kind(
    "no_figures",
    _CRITICAL,
    "{place}: không có số liệu của đơn vị hay tháng nào trong biểu mẫu {found}. Hãy điền số liệu và gửi lại.",
    "{place}: there are no figures of any unit or month in the form {found}. Fill it in and send it again.",
)
UNIT_WITHOUT_FIGURES = _kind(
    "unit_without_figures",
    _INFO,
    "{place}: đơn vị {found} để trống mọi ô nên được coi là chưa báo cáo.",
    "{place}: every cell of the unit {found} is blank, so it counts as not having reported.",
)
UNIT_NOT_BELOW = _kind(
    "unit_not_below",
    _WARNING,
    "Đơn vị {found} không trực thuộc đơn vị tổng hợp {expected}. Hãy kiểm tra lại danh sách.",
    "The unit {found} is not one of those below {expected}, which compiled the list. Check the list.",
)
FIGURES_AFTER_PERIOD = _kind(
    "figures_after_period",
    _WARNING,
    "{place}: có số liệu của tháng {found}, sau kỳ báo cáo {expected}, nên không được đọc. Hãy kiểm tra kỳ báo cáo.",
    "{place}: there are figures for month {found}, after the period {expected}; they were not read. Check the period.",
)

# Figures

NOT_A_NUMBER = _kind(
    "not_a_number",
    _WARNING,
    "{place}: cần một con số ({expected}), nhưng ô ghi {found}.",
    "{place}: expected a number ({expected}), found {found}.",
)
AMBIGUOUS_NUMBER = _kind(
    "ambiguous_number",
    _WARNING,
    "{place}: {found} có thể đọc là {expected}. Hãy nhập lại dưới dạng số.",
    "{place}: {found} can be read as {expected}. Type it again as a number.",
)
NUMBER_STYLE = _kind(
    "number_style",
    _WARNING,
    "{place}: {found} không được viết theo kiểu số của biểu mẫu ({expected}). Hãy nhập lại dưới dạng số.",
    "{place}: {found} is not written in the number style of the form ({expected}). Type it again as a number.",
)
WORDS_IN_NUMBER_CELL = _kind(
    "words_in_number_cell",
    _WARNING,
    "{place}: ô số có chữ: {found}. Hãy chỉ ghi số; ghi chú vào phần nhận xét.",
    "{place}: there are words in a number cell: {found}. Write the number only; remarks belong into the comments.",
)
UNIT_OF_MEASURE_MISMATCH = _kind(
    "unit_of_measure_mismatch",
    _WARNING,
    "{place}: đơn vị tính {found} không khớp; chỉ tiêu này tính bằng {expected}.",
    "{place}: the unit of measure {found} does not fit; this indicator is counted in {expected}.",
)
NOT_AN_INTEGER = _kind(
    "not_an_integer",
    _WARNING,
    "{place}: cần số nguyên, nhưng ô ghi {found}. Hãy nhập lại cả con số.",
    "{place}: expected a whole number, found {found}. Type the whole number again.",
)
IRREGULAR_GROUPING = _kind(
    "irregular_grouping",
    _INFO,
    "{place}: {found} thiếu dấu phân cách hàng nghìn; đã đọc là {expected}.",
    "{place}: {found} lacks a thousands separator; it was read as {expected}.",
)
NEGATIVE = _kind(
    "negative",
    _WARNING,
    "{place}: số âm {found} ở ô không thể âm. Hãy kiểm tra lại.",
    "{place}: the negative number {found} stands where none is possible. Check it.",
)
CHANGE_IN_VALUE_CELL = _kind(
    "change_in_value_cell",
    _WARNING,
    "{place}: {found} là mức tăng giảm, nhưng cột này cần số liệu.",
    "{place}: {found} is a change, but this column holds figures.",
)
OUT_OF_RANGE = _kind(
    "out_of_range",
    _WARNING,
    "{place}: số {found} quá lớn để là số liệu thật. Hãy kiểm tra lại.",
    "{place}: the number {found} is too large to be a real figure. Check it.",
)
DATE_IN_NUMBER_CELL = _kind(
    "date_in_number_cell",
    _WARNING,
    "{place}: Excel đã đổi số thành ngày {found}. Hãy định dạng ô là Số và nhập lại.",
    "{place}: Excel has turned the figure into the date {found}. Format the cell as a number and type it again.",
)
ERROR_CELL = _kind(
    "error_cell",
    _WARNING,
    "{place}: ô có lỗi công thức {found}. Hãy sửa công thức hoặc nhập số.",
    "{place}: the cell shows the error {found}. Correct the formula or type the number.",
)
FORMULA_WITHOUT_VALUE = _kind(
    "formula_without_value",
    _WARNING,
    "{place}: công thức chưa được tính. Hãy mở tệp bằng Excel, lưu và gửi lại.",
    "{place}: the formula was never calculated. Open the file in Excel, save it and send it again.",
)
ZERO_WORD = _kind(
    "zero_word",
    _WARNING,
    "{place}: {found} không được tính là số 0 ở hàng này. Hãy ghi 0 nếu không có, để trống nếu không thu thập.",
    "{place}: {found} does not count as 0 in this row. Write 0 if there were none, leave it blank if it is not collected.",
)
PLAN_CONTRADICTION = _kind(
    "plan_contradiction",
    _WARNING,
    "{place}: kế hoạch trong {found} khác với cột kế hoạch ({expected}). Hãy sửa cho thống nhất.",
    "{place}: the plan in {found} differs from the plan column ({expected}). Make them agree.",
)
