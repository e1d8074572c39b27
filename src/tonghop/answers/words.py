"""How an answer speaks: plain sentences in Vietnamese, and the same in English. Numbers, periods and times are those of the reports."""

from __future__ import annotations

from tonghop.reports.words import LANGUAGES, Language

_WORDS: dict[str, tuple[str, str]] = {
    "receipt": ("Phiếu nhận báo cáo", "Receipt"),
    "returned": ("Kết quả kiểm tra báo cáo", "Result of the checks"),
    "staged": ("Đã nhận và đọc được", "Received and read"),
    "unchanged": ("Đã nhận, giống bản trước", "Received, same as before"),
    "rejected": ("Không đọc được", "Could not be read"),
    "staged_text": (
        "Đã đọc được số liệu trong tệp. Số liệu được kiểm tra ngay sau đây. Nếu có ô sai, đơn vị sẽ nhận lại chính tệp này với "
        "các ô đó được tô màu.",
        "The figures in the file were read. They are checked next. If cells are wrong, this very file is returned with those "
        "cells coloured.",
    ),
    "unchanged_text": (
        "Tệp này giống hệt bản đã gửi trước, không có số liệu mới. Không cần làm gì thêm.",
        "This file is the same as the one sent before; there are no new figures. Nothing needs to be done.",
    ),
    "rejected_text": (
        "Không đọc được báo cáo nào trong tệp này, nên chưa có số liệu nào được nhận. Tệp vẫn được lưu nguyên vẹn. Hãy sửa theo"
        " hướng dẫn dưới đây rồi gửi lại.",
        "No report could be read from this file, so no figure was taken in. The file itself is kept unharmed. Correct it as "
        "said below and send it again.",
    ),
    "quarantined": ("Chưa được nhận, cần sửa", "Held back, to be corrected"),
    "accepted_with_warnings": ("Đã nhận, có điểm cần xem lại", "Accepted, with points to look at"),
    "accepted": ("Đã nhận", "Accepted"),
    "held": ("Tạm giữ", "Taken back"),
    "waiting": ("Đang chờ kiểm tra", "Waiting for the checks"),
    "withdrawn": ("Đã rút", "Withdrawn"),
    "quarantined_text": (
        "Báo cáo chưa được nhận vì có lỗi nghiêm trọng. Hãy sửa rồi gửi lại cả tệp. Cho đến lúc đó, số liệu của lần gửi được "
        "nhận gần nhất (nếu có) vẫn được dùng.",
        "The report is held back for critical problems. Correct them and send the whole file again. Until then the figures of "
        "the last accepted version, if any, stay in use.",
    ),
    "accepted_with_warnings_text": (
        "Báo cáo đã được nhận. Có những điểm cần xem lại: nếu số liệu đúng thì không phải làm gì; nếu sai, hãy sửa rồi gửi lại cả tệp.",
        "The report is accepted. Some points need a look: if the figures are right, nothing needs to be done; if not, correct "
        "them and send the whole file again.",
    ),
    "accepted_text": ("Báo cáo đã được nhận.", "The report is accepted."),
    "held_text": ("Báo cáo đang được tạm giữ.", "The report was taken back."),
    "coloured": (
        "Các ô cần sửa được tô màu và có ghi chú. Hãy sửa ngay trong tệp này, lưu lại và gửi lại. Không cần xóa trang này, màu "
        "hay ghi chú.",
        "The cells to correct are coloured and carry a comment. Correct them in this very file, save it and send it again. "
        "This sheet, the colours and the comments need not be removed.",
    ),
    "not_coloured": (
        "Tệp này không ghi dấu trực tiếp được, nên các ô cần sửa được liệt kê dưới đây.",
        "Marks cannot be written into a file of this kind, so the cells to correct are listed below.",
    ),
    "colours": (
        "Màu đỏ: lỗi nghiêm trọng. Vàng: cảnh báo. Xanh: lưu ý. Cam nhạt: ô liên quan đến một lỗi.",
        "Red: critical. Yellow: warning. Blue: note. Pale orange: another cell that a problem involves.",
    ),
    "critical": ("Nghiêm trọng", "Critical"),
    "warning": ("Cảnh báo", "Warning"),
    "info": ("Lưu ý", "Note"),
    "counts": ("{0} nghiêm trọng, {1} cảnh báo, {2} lưu ý", "{0} critical, {1} warnings, {2} notes"),
    "nothing_wrong": ("Không có sai sót.", "No problem was found."),
    "to_do": ("Cần sửa hoặc xem lại", "To correct or to look at"),
    "recognised_as": ("Nhận ra là", "Recognised as"),
    "file": ("Tệp", "File"),
    "sender": ("Người gửi", "Sender"),
    "received_at": ("Nhận lúc", "Received at"),
    "unit": ("Đơn vị", "Unit"),
    "form": ("Biểu mẫu", "Form"),
    "form_version": ("phiên bản {0}", "version {0}"),
    "period": ("Kỳ", "Period"),
    "version": ("Lần gửi thứ {0}", "Version {0}"),
    "same_version": ("trùng lần gửi thứ {0}", "same as version {0}"),
    "as_of": ("Số liệu tính đến", "Figures as of"),
    "read": ("Đã đọc", "Read"),
    "figures": ("{0} số liệu; {1} ô để trống", "{0} figures; {1} cells left blank"),
    "figures_unreadable": ("{0} số liệu; {1} ô để trống; {2} ô không đọc được", "{0} figures; {1} cells left blank; {2} unreadable"),
    "due_at": ("Hạn nộp", "Due"),
    "late": ("muộn", "late"),
    "where": ("Ô", "Cell"),
    "whole_file": ("Cả tệp", "The whole file"),
    "indicator": ("Chỉ tiêu", "Indicator"),
    "problem": ("Sai sót và cách sửa", "Problem and what to do"),
    "severity": ("Mức độ", "Severity"),
    "found": ("Tìm thấy", "Found"),
    "expected": ("Cần có", "Expected"),
    "rule": ("Quy tắc", "Rule"),
    "involved": ("Liên quan", "Involves"),
    "see_cell": ("Ô này liên quan đến sai sót ở {0}.", "This cell is involved in the problem at {0}."),
    "more": ("và {0} sai sót khác, xem trang {1}", "and {0} more, see the sheet {1}"),
    "contact": ("Cần giúp đỡ, xin liên hệ", "For help, ask"),
    "status": ("Tình hình gửi báo cáo", "Reports of the unit"),
    "status_intro": (
        "Những báo cáo đơn vị đã gửi, còn thiếu và sắp đến hạn.",
        "What the unit has sent, what is missing and what is due next.",
    ),
    "missing": ("Còn thiếu", "Missing"),
    "and_more": ("và {0} báo cáo khác", "and {0} more"),
    "nothing_missing": ("Không thiếu báo cáo nào.", "No report is missing."),
    "to_correct": ("Cần sửa và gửi lại", "To correct and send again"),
    "upcoming": ("Sắp đến hạn", "Due next"),
    "sent": ("Đã gửi", "Sent"),
    "nothing_sent": ("Chưa gửi báo cáo nào.", "Nothing has been sent yet."),
    "unread": ("Tệp không đọc được", "Files that could not be read"),
    "overdue_since": ("quá hạn từ {0}", "overdue since {0}"),
    "due_on": ("hạn {0}", "due {0}"),
    "in_use": ("đang được dùng", "in use"),
    "answer_receipt": ("phiếu nhận", "receipt"),
    "answer_returned": ("kết quả kiểm tra", "result of the checks"),
    "all_units": ("Tình hình gửi báo cáo của các đơn vị", "Reports by unit"),
    "overdue": ("Quá hạn", "Overdue"),
    "count_reports": ("{0} báo cáo, {1} quá hạn", "{0} reports, {1} overdue"),
    "reminder_unit": ("Nhắc nộp báo cáo", "Reminder of reports"),
    "reminder_unit_text": (
        "Chúng tôi chưa nhận được những báo cáo sau đây của đơn vị. Nếu báo cáo vừa được gửi đi, đơn vị không cần gửi lại. "
        "Kỳ không phát sinh vẫn cần gửi báo cáo với số 0.",
        "These reports of your unit have not come yet. A report that was sent just now need not be sent again. A period without cases "
        "is reported, too, with zeros.",
    ),
    "reminder_parent": ("Báo cáo chưa nhận được của đơn vị trực thuộc", "Reports that have not come from units below"),
    "reminder_parent_text": (
        "Các đơn vị trực thuộc dưới đây đã được nhắc nhưng báo cáo chưa đến. Đề nghị đôn đốc và giúp đỡ các đơn vị này.",
        "The units below were reminded, and these reports have still not come. Please press and help them.",
    ),
    "mail_receipt": ("Đã nhận {0}", "Received: {0}"),
    "mail_returned": ("Cần xem lại {0}", "To look at: {0}"),
    "mail_rejected": ("Không đọc được {0}", "Could not be read: {0}"),
}


def word(key: str, language: Language, *values: object) -> str:
    """Our own word for `key`, with `values` in their places. KeyError for a word that nobody wrote."""
    return _WORDS[key][LANGUAGES.index(language)].format(*values)
