"""Free text in a sheet: comments, which are kept with their topic and their address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tonghop.intake import vocabulary
from tonghop.intake.cells import Kind, RawCell, address
from tonghop.intake.vocabulary import LABEL_CHARACTERS, fold, squeeze
from tonghop.model import CellAddress, Narrative


@dataclass
class Remarks:
    """The comments of a sheet, met row by row; `topics` are those that the form has a field for."""

    sheet: str
    topics: Mapping[str, str]
    narratives: list[Narrative]
    awaiting: str | None = None
    """the topic of a comment whose text follows below"""

    def take(self, row_number: int, row: Mapping[int, RawCell], *, below_header: bool) -> bool:
        """Whether a row is a comment, which is kept; without a text of its own it follows below."""
        if not below_header and not self.topics:
            return False
        column = min(row)
        cell = row[column]
        label, _, rest = cell.text.partition(":")
        folded = fold(label) if cell.kind is Kind.TEXT and len(label) <= LABEL_CHARACTERS else ""
        own = self.topics.get(folded)
        if not folded or (own is None and not (below_header and folded in vocabulary.NARRATIVE_LABELS)):
            return False
        topic = own or squeeze(label)
        right = sorted(row.items())[1:]
        text = rest.strip() or " ".join(cell.text for _, cell in right).strip()
        self.awaiting = None if text else topic
        if text:
            self._keep(row_number, column if rest.strip() else right[0][0], topic, text)
        return True

    def follow(self, row_number: int, row: Mapping[int, RawCell]) -> None:
        """Take a row for the text of the comment whose label stands above it, when there is one."""
        if self.awaiting is not None:
            column, cell = min(row.items())
            self._keep(row_number, column, self.awaiting, cell.text)
            self.awaiting = None

    def _keep(self, row_number: int, column: int, topic: str, text: str) -> None:
        self.narratives.append(Narrative(CellAddress(self.sheet, address(row_number, column)), topic, text))
