"""Intake: the bytes of a file and the catalog go in, a `Reading` comes out. Pure: no database, no clock, no Airflow."""

from typing import TYPE_CHECKING

from tonghop.intake.findings import KINDS, FindingKind
from tonghop.intake.limits import Limits

if TYPE_CHECKING:
    from tonghop.intake.files import read_file

__all__ = ["KINDS", "FindingKind", "Limits", "read_file"]


def __getattr__(name: str) -> object:
    """What reads comes when it is asked for: a process that has others read starts without it."""
    if name != "read_file":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from tonghop.intake.files import read_file

    return read_file
