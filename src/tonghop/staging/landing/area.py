"""One landing area: opened when it is first needed, with the names of its files and their senders."""

from __future__ import annotations

import contextlib
import logging
import posixpath
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import fsspec
from fsspec import AbstractFileSystem as FileSystem

from tonghop.addresses import Address
from tonghop.errors import TonghopError
from tonghop.settings import LandingArea, settings
from tonghop.staging.landing.connect import S3, SFTP, Opened, open_filesystem, options_for, secret_words
from tonghop.staging.landing.names import absolute_path, leads_elsewhere, printable

log = logging.getLogger(__name__)


class LandingMissing(TonghopError):
    """A landing area, or a path to load, does not exist, does not answer or may not be entered."""


class NotReadable(TonghopError):
    """A file that was listed cannot be read (any more)."""


class Area:
    """A landing area. `name` is its address without password; the URI of a file is that name, a slash, and its path below.

    An area that did not open, or went away, is not tried again by the same object: whoever works on many files waits once.
    """

    def __init__(self, configured: LandingArea, options: Mapping[str, Any] | None = None, neighbours: Sequence[Area] = ()) -> None:
        """`options`: of the file system library; `neighbours`: areas of the same system, whose done and failed files are not taken in."""
        self.address = configured.address
        self.configured = configured
        self.name = absolute_path(Path(self.address.path)) if self.address.is_local else self.address.public
        self._options = options or {}
        self._neighbours = neighbours
        self._down: LandingMissing | None = None

    def __repr__(self) -> str:
        return f"Area({self.name})"

    @property
    def is_local(self) -> bool:
        """Whether it is a folder of this machine."""
        return self.address.is_local

    @property
    def is_s3(self) -> bool:
        """Whether it is an S3-compatible store: objects appear there at once and whole."""
        return self.address.protocol in S3

    @property
    def is_sftp(self) -> bool:
        """Whether it is an SFTP server."""
        return self.address.protocol in SFTP

    @cached_property
    def root(self) -> str:
        """The path of the area within its file system. Raises LandingMissing for a kind of address that nothing can read."""
        if self.is_local:
            return self.name
        if self.is_s3:
            return f"{self.address.host}{self.address.path}".rstrip("/")
        if self.is_sftp:
            return self.address.path.rstrip("/") or ("/" if self.address.path else ".")
        try:
            return str(fsspec.get_filesystem_class(self.address.protocol)._strip_protocol(self.name))
        except (ImportError, ValueError) as error:
            raise self.give_up(error) from error

    @property
    def done(self) -> str | None:
        """The folder for files that were staged, within the file system."""
        return self._folder(self.configured.done)

    @property
    def failed(self) -> str | None:
        """The folder for files that could not be read, within the file system."""
        return self._folder(self.configured.failed)

    @cached_property
    def aside(self) -> frozenset[str]:
        """The folders that are no part of the area, within the file system: what was put away, of this area and its neighbours."""
        return frozenset(folder for area in (self, *self._neighbours) for folder in (area.done, area.failed) if folder)

    @property
    def filesystem(self) -> FileSystem:
        """The file system, opened. Raises LandingMissing when it does not open."""
        return self._opened.filesystem

    @cached_property
    def _opened(self) -> Opened:
        if self._down:
            raise self._down
        try:
            return open_filesystem(self.address, self._options)
        except Exception as error:  # whatever a library raises when a server is away; the log has its kind
            raise self.give_up(error) from error

    def give_up(self, error: Exception) -> LandingMissing:
        """What to raise when the area as a whole failed with `error`; from now on every use fails with it at once."""
        log.debug("%s failed", self.name, exc_info=error)
        self._down = LandingMissing(f"{printable(self.name)} cannot be read: {self.masked(error)}. {self._what_to_do(error)}")
        self.__dict__.pop("_opened", None)
        return self._down

    def masked(self, error: Exception) -> str:
        """The text of an error on one line, without passwords and keys, whatever library wrote it."""
        text = getattr(error, "strerror", None) or str(error) or type(error).__name__
        opened: Opened | None = self.__dict__.get("_opened")
        known = [self.address.password or "", *secret_words(self._options), *(opened.secrets if opened else ())]
        for secret in sorted((secret for secret in known if secret), key=len, reverse=True):
            text = text.replace(secret, "***")
        return printable(text.strip().rstrip("."))

    def relative(self, uri: str) -> str:
        """The path of a file below the area. Raises NotReadable for a URI that is not below it or climbs out of it."""
        beginning = self.name.rstrip("/") + "/"
        relative = uri.removeprefix(beginning)
        if not uri.startswith(beginning) or leads_elsewhere(relative):
            raise NotReadable(f"{printable(uri)}: the file does not lie in {printable(self.name)}.")
        return relative

    def path_of(self, uri: str) -> str:
        """The path of a file within the file system. Raises NotReadable as `relative` does."""
        return posixpath.join(self.root, self.relative(uri))

    def uri_of(self, path: str) -> str:
        """The URI of a path within the file system."""
        return f"{self.name.rstrip('/')}/{path.removeprefix(self.root.rstrip('/') + '/')}"

    def sender_of(self, relative: str, claimed: str | None = None) -> str | None:
        """Who sent a file: as configured, else as `claimed` by the store, else the first folder, else the SFTP user."""
        folder = relative.split("/")[0] if "/" in relative else None
        return self.configured.sender or claimed or folder or self._opened.user

    def _folder(self, configured: str | None) -> str | None:
        if configured is None:
            return None
        path = posixpath.normpath(posixpath.join(self.root, configured))
        return path.lstrip("/") if self.is_s3 else path

    def _what_to_do(self, error: Exception) -> str:
        if isinstance(error, ImportError | ValueError):
            return "Install the library for this kind of address, or correct TONGHOP_LANDING."
        if isinstance(error, FileNotFoundError | NotADirectoryError):
            return "Make the folder, or correct TONGHOP_LANDING."
        if "AirflowNotFoundException" in {kind.__name__ for kind in type(error).__mro__}:
            return f"Make a connection {self.address.user!r} in Airflow, or set AIRFLOW_CONN_{(self.address.user or '').upper()}."
        if isinstance(error, PermissionError) or "Credential" in type(error).__name__ or "Permission" in type(error).__name__:
            return "Check user, password or key, and their rights there; its files wait and nothing is lost."
        if "HostKey" in type(error).__name__:
            return "Ask its owner for the server's key and add it to ~/.ssh/known_hosts (or name a file as known_hosts in the options)."
        return "See that the server runs and can be reached from here; its files wait and nothing is lost."


def open_areas() -> list[Area]:
    """The landing areas of the settings, none of them connected yet."""
    chosen = settings()
    given = list(dict.fromkeys(chosen.landing_areas))
    areas = []
    for configured in given:
        neighbours = [Area(other) for other in given if _system(other) == _system(configured)]
        areas.append(Area(configured, options_for(configured.url, chosen.landing_options), neighbours))
    return areas


def area_of(uri: str, areas: Sequence[Area]) -> Area:
    """The area that a file lies in: the innermost, where one lies in another. Raises NotReadable when there is none."""
    holding = [area for area in areas if f"{uri}/".startswith(area.name.rstrip("/") + "/")]
    if not holding:
        raise NotReadable(f"{printable(uri)}: the file does not lie in a landing area; TONGHOP_LANDING says which there are.")
    return max(holding, key=lambda area: len(area.name))


def area_to_load(path: str, areas: Sequence[Area]) -> tuple[Area, str]:
    """The area for a file, folder or URL that was given by hand, and its URI: the landing area that it lies in, or one of its own.

    Raises LandingMissing when there is no such thing.
    """
    try:
        address = Address.parse(path)
    except ValueError as error:
        raise LandingMissing(f"A path to load is no good: {error}.") from None
    uri = absolute_path(Path(address.path)) if address.is_local else address.public
    if address.is_local and not Path(uri).exists():
        raise LandingMissing(f"{printable(uri)} does not exist. Give the files or folders that hold the workbooks.")
    with contextlib.suppress(NotReadable):
        return area_of(uri, areas), uri
    area = Area(LandingArea(url=path), options_for(path, settings().landing_options))
    try:
        is_file = area.filesystem.info(area.root)["type"] == "file"
    except LandingMissing:
        raise
    except Exception as error:
        raise area.give_up(error) from error
    if is_file:
        area = Area(LandingArea(url=path.rstrip("/").rpartition("/")[0] or "."), options_for(path, settings().landing_options))
    return area, uri


def _system(configured: LandingArea) -> tuple[object, ...]:
    address = configured.address
    bucket_or_host = None if address.protocol in S3 else address.host
    return address.protocol, address.user, bucket_or_host, address.port
