"""What a unit gets back: a receipt at once, its own workbook with the wrong cells marked after gate 1, a page with its status.

Answers go to the outbox, and by e-mail where that is set up. Nothing here touches staging or publication: an answer that cannot be
written is a message of its own.
"""

from tonghop.answers.sending import NoSuchAnswer, NotAnswered, Sent, send_receipts, send_returned, write_again
from tonghop.answers.status import status_is_old, write_status_pages

__all__ = [
    "NoSuchAnswer",
    "NotAnswered",
    "Sent",
    "send_receipts",
    "send_returned",
    "status_is_old",
    "write_again",
    "write_status_pages",
]
