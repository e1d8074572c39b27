"""What was found out once and comes again, file after file."""

from __future__ import annotations

from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Remembered(dict[K, V], Generic[K, V]):
    """A dictionary that forgets everything when it holds `most` entries: what comes often is soon back, and looking up stays as quick as
    in any dictionary. A subclass finds out in `__missing__` what is not there yet."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def __setitem__(self, key: K, value: V) -> None:
        if len(self) >= self._most:
            self.clear()
        super().__setitem__(key, value)
