"""What waits for a decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import psycopg

from tonghop.catalog import normalise
from tonghop.model import Candidate


class Key(NamedTuple):
    """What makes two sightings the same item: kind, scope, and the text in any of its spellings."""

    kind: str
    scope: str
    text: str

    @classmethod
    def of(cls, kind: str, scope: str, seen: str) -> Key:
        """The key of a text as it was seen."""
        return cls(kind, scope, normalise(seen))


@dataclass(frozen=True)
class Item:
    """A text that the pack does not know: where it stood last, how often it was met, and what it may mean, nearest first."""

    kind: str
    scope: str
    seen: str
    candidates: tuple[Candidate, ...]
    source_uri: str
    sheet: str | None
    cell: str | None
    last_seen_at: datetime
    times: int
    files: int

    @property
    def key(self) -> Key:
        """What makes it this item."""
        return Key.of(self.kind, self.scope, self.seen)

    @property
    def place(self) -> str:
        """File, sheet and cell, for people."""
        name = self.source_uri.rsplit("/", 1)[-1]
        return f"{name} {self.sheet}!{self.cell}" if self.sheet and self.cell else f"{name} {self.sheet or ''}".strip()


def waiting_items(connection: psycopg.Connection) -> Sequence[Item]:
    """What nobody has decided yet, the most frequent first."""
    rows = connection.execute(
        """
        select kind, scope, seen, candidates, source_uri, sheet, cell, last_seen_at, times, files
        from staging.review_item
        order by files desc, times desc, kind, scope, seen_key
        """
    )
    return [
        Item(kind, scope, seen, tuple(Candidate(**candidate) for candidate in candidates), *place)
        for kind, scope, seen, candidates, *place in rows
    ]
