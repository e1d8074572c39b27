"""Texts of others in files that a spreadsheet program opens: none of them may run as a formula."""

from __future__ import annotations

_STARTS_A_FORMULA = ("=", "+", "@", "\t", "\r", "-")
_QUOTE = "'"
ESCAPED = f"^{_QUOTE}*[{''.join(_STARTS_A_FORMULA)}]"
"""The texts that `escape_formula` changes, as a regular expression of PostgreSQL; a minus means itself where it stands last."""


def escape_formula(text: str) -> str:
    """`text` as it may stand in a cell: what a spreadsheet program would calculate gets an apostrophe before it."""
    return _QUOTE + text if text.startswith(_STARTS_A_FORMULA) or _is_escaped(text) else text


def unescape_formula(text: str) -> str:
    """What `escape_formula` was given."""
    return text[1:] if _is_escaped(text) else text


def starts_a_formula(text: str) -> bool:
    """Whether a spreadsheet program may calculate the text."""
    return text.startswith(_STARTS_A_FORMULA)


def _is_escaped(text: str) -> bool:
    return text.startswith(_QUOTE) and text.lstrip(_QUOTE).startswith(_STARTS_A_FORMULA)
