"""Reading files in processes of their own: a file that takes too much time or memory costs its reader, and nobody else."""

from tonghop.readers.bounds import Bounds
from tonghop.readers.files import Answer, FileToRead, Reader, Trouble, TroubleKind, read_one
from tonghop.readers.fingerprint import RECOMPUTED, reading_sha256
from tonghop.readers.lines import CELL_COLUMNS
from tonghop.readers.pool import Job, ReaderPool, reader_pool
from tonghop.readers.prepared import NARRATIVE_COLUMNS, Prepared, PreparedSubmission, with_key
from tonghop.readers.starter import begin_to_start

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
