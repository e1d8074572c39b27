"""Reading files in processes of their own: a file that takes too much time or memory costs its reader, and nobody else."""

from importlib import import_module
from typing import TYPE_CHECKING

from tonghop.readers.starter import begin_to_start

if TYPE_CHECKING:
    from tonghop.readers.bounds import Bounds
    from tonghop.readers.files import Answer, FileToRead, Reader, Trouble, TroubleKind, read_one
    from tonghop.readers.fingerprint import RECOMPUTED, reading_sha256
    from tonghop.readers.lines import CELL_COLUMNS
    from tonghop.readers.pool import Job, ReaderPool, reader_pool
    from tonghop.readers.prepared import NARRATIVE_COLUMNS, Prepared, PreparedSubmission, with_key

__all__ = [
    "CELL_COLUMNS",
    "NARRATIVE_COLUMNS",
    "RECOMPUTED",
    "Answer",
    "Bounds",
    "FileToRead",
    "Job",
    "Prepared",
    "PreparedSubmission",
    "Reader",
    "ReaderPool",
    "Trouble",
    "TroubleKind",
    "begin_to_start",
    "read_one",
    "reader_pool",
    "reading_sha256",
    "with_key",
]

_MODULES = {
    "bounds": ("Bounds",),
    "files": ("Answer", "FileToRead", "Reader", "Trouble", "TroubleKind", "read_one"),
    "fingerprint": ("RECOMPUTED", "reading_sha256"),
    "lines": ("CELL_COLUMNS",),
    "pool": ("Job", "ReaderPool", "reader_pool"),
    "prepared": ("NARRATIVE_COLUMNS", "Prepared", "PreparedSubmission", "with_key"),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> object:
    """What takes long to import comes when it is asked for: `begin_to_start` is for those who have imported nothing yet."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
