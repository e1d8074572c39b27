"""How the file system behind an address is reached: Airflow's connections, passwords of URLs, options of the settings.

A user without a password is the name of an Airflow connection, as in Airflow's own object storage paths. In a shell without
Airflow such a connection may be given as an environment variable `AIRFLOW_CONN_<NAME>`.
"""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import fsspec
from fsspec import AbstractFileSystem as FileSystem

from tonghop.addresses import Address

SFTP = ("sftp", "ssh")
S3 = ("s3", "s3a")
_CONNECT_SECONDS = 15
_SECRET_WORDS = ("password", "passphrase", "secret", "token", "key", "credential")


@dataclass(frozen=True)
class Opened:
    """A file system that answers, the user that it was opened as, and the words that must not be shown."""

    filesystem: FileSystem
    user: str | None
    secrets: tuple[str, ...]


def open_filesystem(address: Address, options: Mapping[str, Any]) -> Opened:
    """Open the file system behind an address; raises whatever its library raises when that fails."""
    if address.protocol in SFTP:
        logging.getLogger("asyncssh").setLevel(logging.WARNING)  # it tells every step of every connection
    if address.user and address.password is None and not address.is_local:
        return _by_connection(address, address.user, options)
    own = {
        "host": address.host, "port": address.port, "username": address.user, "password": address.password,
    } if address.protocol in SFTP else {}  # fmt: skip
    given = {name: value for name, value in own.items() if value is not None} | dict(options)
    secrets = (*([address.password] if address.password else []), *secret_words(options))
    user = given.get("username", address.user)
    return Opened(_by_protocol(address.protocol, given), str(user) if user and address.protocol in SFTP else None, secrets)


def secret_words(options: Mapping[str, Any]) -> Iterator[str]:
    """The texts among the options, at any depth, that are secret by the name they stand under."""
    for name, value in options.items():
        if isinstance(value, Mapping):
            yield from secret_words(value)
        elif isinstance(value, str) and value and any(word in str(name).lower() for word in _SECRET_WORDS):
            yield value


def options_for(url: str, by_beginning: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    """The options of the longest beginning that a URL has; none when it has none of them."""
    fitting = [beginning for beginning in by_beginning if url.startswith(beginning)]
    return by_beginning[max(fitting, key=len)] if fitting else {}


def _by_protocol(protocol: str, options: Mapping[str, Any]) -> FileSystem:
    if protocol in SFTP:
        from sshfs import SSHFileSystem

        return SSHFileSystem(**{**_sftp_defaults(), "known_hosts": (), **options})
    if protocol in S3:
        timeouts = {"config_kwargs": _s3_defaults() | dict(options.get("config_kwargs", {}))}
        return fsspec.filesystem(protocol, **{**options, **timeouts, "use_listings_cache": False, "skip_instance_cache": True})
    return fsspec.filesystem(protocol, **options)


def _by_connection(address: Address, name: str, options: Mapping[str, Any]) -> Opened:
    with contextlib.redirect_stdout(sys.stderr):  # what Airflow logs in a shell would come into the output
        from airflow.sdk import Connection
        from airflow.sdk.io import get_fs

        connection = Connection.get(name)
        extra = connection.extra_dejson
        defaults = _s3_defaults() if address.protocol in S3 else {}
        if address.protocol in SFTP:
            unchecked = str(extra.get("no_host_key_check", "")).lower() == "true"
            defaults = _sftp_defaults() | ({} if unchecked else {"known_hosts": ()})
        filesystem = get_fs(address.protocol, name, {**defaults, **options})
    secrets = (*([connection.password] if connection.password else []), *secret_words(extra), *secret_words(options))
    return Opened(filesystem, connection.login if address.protocol in SFTP else None, secrets)


def _sftp_defaults() -> dict[str, Any]:
    """Limits of time; and host keys are checked unless somebody says no: the library's own default is not to."""
    return {
        "connect_timeout": _CONNECT_SECONDS,
        "login_timeout": 2 * _CONNECT_SECONDS,
        "keepalive_interval": 15,
        "skip_instance_cache": True,
    }


def _s3_defaults() -> dict[str, Any]:
    return {"connect_timeout": _CONNECT_SECONDS, "read_timeout": 60, "retries": {"max_attempts": 3, "mode": "standard"}}
