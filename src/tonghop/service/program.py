"""What the supervisor runs for each program: end what a killed predecessor left behind, then become `airflow`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tonghop.service.processes import end_orphans


def main(arguments: list[str]) -> None:
    """Replace this process by `airflow ARGUMENTS`. Orphans of the session (workers of a killed scheduler) are ended first:
    the tasks that they were running are retried, and must not go on beside their own retry.
    """
    end_orphans()
    airflow = Path(sys.executable).with_name("airflow")
    os.execv(airflow, [str(airflow), *arguments])  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1:])
