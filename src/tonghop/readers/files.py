"""One file, from its bytes to what is written down: the work of a reader process."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from io import FileIO
from typing import NamedTuple

from tonghop.catalog import Pack
from tonghop.intake.limits import Limits
from tonghop.model import Reading
from tonghop.readers.prepared import Prepared, prepare

Reader = Callable[[bytes, str, Pack, Limits, str | None], Reading]


class FileToRead(NamedTuple):
    """Bytes that lie in a local file, the name under which they came (with its folders below the landing area), and who sent them."""

    path: str
    name: str
    sender: str | None = None


@dataclass(frozen=True)
class Task:
    """Files to read in this order; each is answered by itself, so that the one that kills its reader is known."""

    files: tuple[FileToRead, ...]
    limits: Limits


class TroubleKind(Enum):
    """Why there is no reading, through no fault that the file could be told of."""

    TIME = "time"
    MEMORY = "memory"
    CRASH = "crash"
    FAULT = "fault"
    """the software is at fault"""


class Trouble(NamedTuple):
    """A file that could not be read; `detail` is for the log."""

    kind: TroubleKind
    detail: str


Answer = Prepared | Trouble


def read_one(file: FileToRead, pack: Pack, limits: Limits, read: Reader | None = None) -> Prepared | Trouble:
    """What a file says. Never raises for what is wrong with the file, nor for what is wrong with the reader (None: `read_file`)."""
    if read is None:
        from tonghop.intake import read_file  # whoever has other processes read does not need it

        read = read_file
    try:
        with FileIO(file.path) as stored:
            data = stored.readall()
        return prepare(read(data, file.name, pack, limits, file.sender))
    except MemoryError:
        return Trouble(TroubleKind.MEMORY, traceback.format_exc())
    except Exception:  # whatever it is, the bytes are kept and the file gets its answer
        return Trouble(TroubleKind.FAULT, traceback.format_exc())
