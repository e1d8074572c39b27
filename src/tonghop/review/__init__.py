"""Review: texts that no pack knew, what they may mean, and what people decide. Decisions become aliases in the pack."""

from tonghop.review.decisions import Decided, ReviewRefused, decide
from tonghop.review.items import Item, waiting_items
from tonghop.review.sheet import Decision, read_decisions, write_items

__all__ = ["Decided", "Decision", "Item", "ReviewRefused", "decide", "read_decisions", "waiting_items", "write_items"]
