"""The findings that staging itself makes: about a file as a whole, when it cannot be taken in although it opened."""

from __future__ import annotations

from tonghop.intake.findings import FindingKind
from tonghop.model import Severity
from tonghop.readers import TroubleKind

READER_FAILED = FindingKind(
    "reader_failed",
    Severity.CRITICAL,
    "Phần mềm không đọc được tệp này vì lỗi của chính phần mềm; tệp đã được lưu lại nguyên vẹn. Hãy báo cho người quản trị.",
    "The software failed to read this file through a fault of its own; the file is kept unharmed. Tell the administrator.",
)
SLOT_TWICE = FindingKind(
    "slot_twice",
    Severity.CRITICAL,
    "Tệp chứa hai báo cáo cho cùng đơn vị, biểu mẫu và kỳ ({found}) nên không được nhận. Hãy chỉ giữ lại một và gửi lại.",
    "The file holds two reports of one unit, form and period ({found}) and was not taken in. Keep one of them and send it again.",
)
TOOK_TOO_LONG = FindingKind(
    "reading_took_too_long",
    Severity.CRITICAL,
    "Đọc tệp này mất quá nhiều thời gian nên đã dừng lại; tệp đã được lưu nguyên vẹn. Hãy chép số liệu vào biểu mẫu mới và gửi lại.",
    "Reading this file took too long and was stopped; the file is kept unharmed. Copy the figures into a fresh form and send it again.",
)
TOOK_TOO_MUCH_MEMORY = FindingKind(
    "reading_took_too_much_memory",
    Severity.CRITICAL,
    "Đọc tệp này cần quá nhiều bộ nhớ nên đã dừng lại; tệp đã được lưu nguyên vẹn. Hãy chép số liệu vào biểu mẫu mới và gửi lại.",
    "Reading this file took too much memory and was stopped; the file is kept unharmed. "
    "Copy the figures into a fresh form and send it again.",
)
READER_CRASHED = FindingKind(
    "reader_crashed",
    Severity.CRITICAL,
    "Phần mềm bị ngắt khi đọc tệp này; tệp đã được lưu nguyên vẹn. Hãy chép số liệu vào biểu mẫu mới, gửi lại và báo cho người quản trị.",
    "The software broke down over this file; the file is kept unharmed. Copy the figures into a fresh form, send it again, "
    "and tell the administrator.",
)
TROUBLE = {
    TroubleKind.TIME: TOOK_TOO_LONG,
    TroubleKind.MEMORY: TOOK_TOO_MUCH_MEMORY,
    TroubleKind.CRASH: READER_CRASHED,
    TroubleKind.FAULT: READER_FAILED,
}
"""What is said to a unit about each kind of trouble of a reader."""
