"""Small facts that a state folder keeps: free ports once chosen, and generated passwords.

Two checkouts run side by side because each keeps its own ports in its own `TONGHOP_HOME`.
"""

from __future__ import annotations

import json
import secrets
import socket
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from tonghop.settings import settings

Kept = str | int


def state_folder(*parts: str) -> Path:
    """A folder below `TONGHOP_HOME`, made when it is missing; the state folder itself is private to its owner."""
    home = settings().home
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder = home.joinpath(*parts)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def secret(name: str) -> str:
    """The generated password or key of that name; the same one for as long as the state folder lives."""
    return str(_remember("secrets.json", name, lambda: secrets.token_urlsafe(24)))


def forget_secret(name: str) -> None:
    """Forget a password that nothing uses any more."""
    _forget("secrets.json", name)


def port(name: str) -> int:
    """The TCP port on loopback that the service of that name uses; chosen among free ones at first, then kept."""
    return int(_remember("ports.json", name, _free_port))


def forget_port(name: str) -> None:
    """Let `port` choose anew, because another program has taken the kept one."""
    _forget("ports.json", name)


def _forget(file_name: str, name: str) -> None:
    with FileLock(state_folder() / ".state.lock"):
        path = settings().home / file_name
        kept = _read(path)
        kept.pop(name, None)
        _write(path, kept)


def _remember(file_name: str, name: str, make: Callable[[], Kept]) -> Kept:
    with FileLock(state_folder() / ".state.lock"):
        path = settings().home / file_name
        kept = _read(path)
        if name not in kept:
            kept[name] = make()
            _write(path, kept)
        return kept[name]


def _read(path: Path) -> dict[str, Kept]:
    return dict(json.loads(path.read_text())) if path.exists() else {}


def _write(path: Path, kept: dict[str, Kept]) -> None:
    """Written aside and renamed, so that a kill leaves the old file or the new one."""
    aside = path.with_suffix(".new")
    aside.touch(mode=0o600)
    aside.write_text(json.dumps(kept, indent=1))
    aside.replace(path)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
