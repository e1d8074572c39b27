"""Addresses of places that files lie in: a folder of this machine, or `protocol://user:password@host:port/folder`.

Nothing but the signs `://`, `/`, `@` and `:` is looked at, so names with `#`, `?`, `%` or line ends stay as they are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import unquote

_FORM = re.compile(
    r"(?P<protocol>[a-z][a-z0-9+.-]*)://"
    r"((?P<user>[^/@:]*)(:(?P<password>[^/@]*))?@)?"
    r"(?P<host>[^/@:]*)(:(?P<port>[0-9]+))?"
    r"(?P<path>/.*)?",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True)
class Address:
    """The parts of an address. `path` of a local folder is the folder; of a URL, what follows the host, slash included."""

    protocol: str
    path: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    host: str = ""
    port: int | None = None

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read a folder or URL. Raises ValueError, without repeating the text, since it may hold a password."""
        if "://" not in text:
            if not text:
                raise ValueError("the address is empty; give a folder or a URL")
            return cls("file", text)
        found = _FORM.fullmatch(text)
        if found is None:
            raise ValueError(
                "this is no URL of the form protocol://connection@host/folder or protocol://user:password@host/folder; "
                "in a user or password write : as %3A, / as %2F and @ as %40"
            )
        return cls(
            found["protocol"].lower(),
            found["path"] or "",
            unquote(found["user"]) if found["user"] else None,
            unquote(found["password"]) if found["password"] is not None else None,
            found["host"],
            int(found["port"]) if found["port"] else None,
        )

    @property
    def is_local(self) -> bool:
        """Whether it is a folder of this machine."""
        return self.protocol in ("file", "local")

    @property
    def public(self) -> str:
        """The address without password: how the place is named in messages and receipts. A local folder is its path."""
        if self.is_local:
            return self.path
        user = f"{self.user}@" if self.user else ""
        port = f":{self.port}" if self.port else ""
        return f"{self.protocol}://{user}{self.host}{port}{self.path.rstrip('/')}"
