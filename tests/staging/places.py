"""Files with a time, and landing areas, for tests."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tonghop.settings import LandingArea
from tonghop.staging.landing import Area

LONG_AGO = datetime(2022, 9, 5, 8, 30, 0, 123456, tzinfo=UTC)


def put(path: Path, data: bytes = b"x", at: datetime = LONG_AGO) -> Path:
    """Write a file that was changed at a given time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    nanoseconds = int(at.timestamp()) * 10**9 + at.microsecond * 1000
    os.utime(path, ns=(nanoseconds, nanoseconds))
    return path


def area_at(url: object, options: dict[str, Any] | None = None, **more: str) -> Area:
    """A landing area at a folder or URL; `more`: done, failed, sender."""
    return Area(LandingArea(url=str(url), **more), options)
