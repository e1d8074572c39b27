"""Holds the version of a form that a head names against what stands in the sheets: rows and columns that only one version has."""

from __future__ import annotations

from collections.abc import Sequence

from tonghop.catalog.rows import Form
from tonghop.intake.cells import Sheet
from tonghop.intake.form_index import FormIndex, PackIndex
from tonghop.intake.head import texts_of


def better_version(named: Form, sheets: Sequence[Sheet], index: PackIndex) -> Form | None:
    """The version of the same form that the sheets are, when they are rather that one than the named one; None when they are not.

    Labels of rows and cells, and headers, that one of the two versions has and the other has not speak for one of them by being
    there, for the other by not being there. The majority decides.
    """
    others = [form for form in index.pack.forms if form.form_code == named.form_code and form.version != named.version]
    if not others:
        return None
    there = set().union(*map(texts_of, sheets))
    of_named = _words(index.form(named))

    def lead(form: Form) -> float:
        """By how much of the words that differ this version is nearer than the named one."""
        words = _words(index.form(form))
        differ = words ^ of_named
        speaking = sum((word in there) == (word in words) for word in differ)
        return speaking / len(differ) - 0.5 if differ else 0.0

    best = max(others, key=lambda form: (lead(form), form.version))
    return best if lead(best) > 0 else None


def _words(form: FormIndex) -> frozenset[str]:
    """What stands in a form whoever fills it in."""
    sheets = [sheet for sheet in form.sheets if not sheet.layout.ignored]
    labels = (cell.label for sheet in sheets for cell in sheet.cells if cell.label)
    return frozenset([*labels, *(word for sheet in sheets for word in (*sheet.headers, *sheet.own_labels))])
