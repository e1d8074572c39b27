"""The findings that staging itself makes: about a file as a whole, when it cannot be taken in although it opened."""

from __future__ import annotations

from tonghop.intake.findings import FindingKind
from tonghop.model import Severity

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
