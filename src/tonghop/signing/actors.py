"""Who acts: the user that is logged in where the act is done, and, apart from that, in whose name it is said to be done."""

from __future__ import annotations

import os
import pwd
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tonghop.errors import NeedsCorrection


class NobodyKnown(NeedsCorrection):
    """An act of which nobody can say who did it."""


@dataclass(frozen=True)
class Actor:
    """`name` is the user who was logged in, `via` where (`command line`, `airflow`). `on_behalf_of` is a claim, recorded as one."""

    name: str
    via: str
    on_behalf_of: str | None = None


def os_user(on_behalf_of: str | None = None) -> Actor:
    """The user of this computer that this process runs as: by its number, since variables of the environment can be set by anybody.

    Raises NobodyKnown when the number has no name.
    """
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        raise NobodyKnown(f"The user with number {os.getuid()} has no name on this computer: nobody could tell later who acted.") from None
    return Actor(name, "command line", on_behalf_of)


def airflow_user(responded_by: Mapping[str, Any] | None) -> Actor:
    """The user of Airflow who gave an answer, as its human-in-the-loop operators tell it. Raises NobodyKnown when they tell none."""
    name = (responded_by or {}).get("name") or (responded_by or {}).get("id")
    if not name:
        raise NobodyKnown("Airflow does not say who answered: nothing was decided. Answer while logged in.")
    return Actor(str(name), "airflow")
