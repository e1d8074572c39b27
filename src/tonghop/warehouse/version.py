"""Which code computes the figures."""

from __future__ import annotations

import hashlib
from pathlib import Path

from tonghop.settings import PROJECT

_CODE = ("dbt_project", "expectations")
_NOT_CODE = frozenset({"target", "logs", "__pycache__"})


def code_version() -> str:
    """SHA-256 over the names and contents of the files of dbt_project/ and expectations/: what decides how figures are computed."""
    digest = hashlib.sha256()
    for folder in _CODE:
        for file in _code_files(PROJECT / folder):
            content = hashlib.sha256(file.read_bytes()).hexdigest()
            digest.update(f"{file.relative_to(PROJECT).as_posix()}\0{content}\n".encode())
    return digest.hexdigest()


def _code_files(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and not any(part in _NOT_CODE or part.startswith(".") for part in path.relative_to(PROJECT).parts)
    )
