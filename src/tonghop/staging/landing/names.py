"""Names of files as they come: any text, or bytes that are none."""

from __future__ import annotations

from pathlib import Path


def absolute_path(path: Path) -> str:
    """How a local path is written as the source of a file: absolute, links in its folders resolved, its own name as it is."""
    return (path.parent.resolve() / path.name).as_posix() if path.name else path.resolve().as_posix()


def printable(text: str) -> str:
    """A name or message on one line: line ends, signs that change the direction of writing and the like are written as escapes."""
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape", "backslashreplace").decode() for sign in text)


def can_be_written_down(name: str) -> bool:
    """Whether a name is text that a database takes: valid UTF-8 without NUL."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return "\x00" not in name


def leads_elsewhere(relative: str) -> bool:
    """Whether a path below a root has a part that is empty or climbs: stores of objects allow `a//b` and `a/../b` as names."""
    return any(part in ("", ".", "..") for part in relative.split("/"))
