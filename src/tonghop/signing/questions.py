"""Requests that wait for an answer, as questions to a person: what Airflow shows, and what it brings back."""

from __future__ import annotations

from tonghop.signing.actors import Actor
from tonghop.signing.requests import DecisionRefused, Request, decide, list_requests

_KINDS = {
    "waiver": ("Cho qua lỗi", "Let a failure pass"),
    "period": ("Công bố kỳ", "Publish a period"),
    "correction": ("Sửa kỳ đã khóa sổ", "Change a closed period"),
}


def questions() -> list[dict[str, int | str]]:
    """Every pending request, the oldest first: its `number`, a `subject` of one line, and a `body` in Markdown."""
    pending = list_requests(standing="pending")
    return [{"number": each.request_id, "subject": _subject(each), "body": _body(each)} for each in reversed(pending)]


def answer(request_id: int, decision: str, reason: str, actor: Actor) -> None:
    """Approve or reject a request, as `decide` does; harmless when repeated, since a task that was cut off after it had written is
    tried again. Raises DecisionRefused, unless the answer that stands is this very one.
    """
    try:
        decide(request_id, decision, reason, actor)
    except DecisionRefused:
        given = (request_id, decision, reason, actor.name, actor.via)
        if all((one.request_id, one.decision, one.decision_reason, one.decided_by, one.decided_via) != given for one in list_requests()):
            raise


def _subject(request: Request) -> str:
    kind_vi, kind_en = _KINDS[request.kind]
    slot = " ".join(part for part in (request.unit_code, request.form_code, request.period_code) if part)
    return f"{request.request_id} · {kind_vi} / {kind_en}: {slot}" + (f" · {request.rule_code}" if request.rule_code else "")


def _body(request: Request) -> str:
    asked = request.asked_by + (f" ({request.asked_for})" if request.asked_for else "")
    lines = {
        "Giá trị / Given for": request.given_for,
        "Lý do / Reason": request.reason,
        "Người đề nghị / Asked by": asked,
        "Hết hạn / Expires": request.expires_on.isoformat() if request.expires_on else "–",
    }
    told = "\n".join(f"- **{name}**: {_plain(value)}" for name, value in lines.items())
    return f"{told}\n\nNgười đề nghị không được tự duyệt. / Nobody approves a request of their own."


def _plain(text: str) -> str:
    """A text of others in Markdown: it formats nothing and links nowhere."""
    return "".join(f"\\{sign}" if sign in "\\`*_{}[]<>()#!|~$" else sign for sign in text.replace("\n", " "))
