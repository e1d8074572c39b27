"""What a unit gets back: a receipt at once, its own workbook with the wrong cells marked after gate 1, a page with its status.

Answers go to the outbox, and by e-mail where that is set up. Nothing here touches staging or publication: an answer that cannot be
written is a message of its own.
"""

from tonghop.answers.mail import NotMailed, mail_answers
from tonghop.answers.sending import NoSuchAnswer, NotAnswered, Sent, send_receipts, send_returned, write_again
from tonghop.answers.status import write_status_pages
from tonghop.answers.steps import answer_gate_1, answer_intake, quietly

__all__ = [
    "NoSuchAnswer",
    "NotAnswered",
    "NotMailed",
    "Sent",
    "answer_gate_1",
    "answer_intake",
    "mail_answers",
    "quietly",
    "send_receipts",
    "send_returned",
    "write_again",
    "write_status_pages",
]
