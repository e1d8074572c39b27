"""Problems of a pack, with file and line: they are collected, and raised once."""

from __future__ import annotations

from typing import NamedTuple

from tonghop.errors import NeedsCorrection


class Problem(NamedTuple):
    """Something wrong in a pack: the file, the line (0: the file as a whole), and what is wrong and what to do."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}" if self.line else f"{self.file}: {self.message}"


class CatalogError(NeedsCorrection):
    """A pack that cannot be used, with everything that is wrong in it."""

    def __init__(self, directory: object, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__("\n".join([f"The catalog pack {directory} has {count}:", *map(str, problems)]))
