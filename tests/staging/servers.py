"""An SFTP server and an S3-compatible store of this process, on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh

USER, PASSWORD = "ttyt_long_my", "mật:khẩu/@bí mật"


@dataclass
class Sftp:
    """A server whose root is `folder`. Files with `forbidden` in their path may not be opened or entered."""

    folder: Path
    port: int
    known_hosts: Path
    forbidden: set[str] = field(default_factory=set)
    close: Callable[[], None] = lambda: None

    def put(self, name: str, data: bytes, at: float) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        os.utime(path, (at, at))


class _Login(asyncssh.SSHServer):
    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == (USER, PASSWORD)


@contextlib.contextmanager
def sftp_server(folder: Path) -> Iterator[Sftp]:
    """Serve `folder` until the context ends or `close` is called."""
    folder.mkdir(parents=True, exist_ok=True)
    server = Sftp(folder, 0, folder.parent / "known_hosts")

    class Files(asyncssh.SFTPServer):
        def __init__(self, channel: Any) -> None:
            super().__init__(channel, chroot=os.fsencode(folder))

        def _check(self, path: bytes) -> None:
            if any(word in os.fsdecode(path) for word in server.forbidden):
                raise asyncssh.SFTPPermissionDenied("Permission denied")

        def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
            self._check(path)
            return super().open(path, pflags, attrs)

        def scandir(self, path: bytes) -> Any:
            self._check(path)
            return super().scandir(path)

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    key = asyncssh.generate_private_key("ssh-ed25519")

    connections: list[asyncssh.SSHServerConnection] = []

    class Login(_Login):
        def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
            connections.append(conn)

    async def listen() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen("127.0.0.1", 0, server_host_keys=[key], server_factory=Login, sftp_factory=Files)

    acceptor = asyncio.run_coroutine_threadsafe(listen(), loop).result(30)
    server.port = acceptor.get_port()
    server.known_hosts.write_text(f"[127.0.0.1]:{server.port} {key.export_public_key().decode()}")

    def close() -> None:
        async def stop() -> None:
            acceptor.close()
            for connection in connections:
                connection.abort()
                await connection.wait_closed()
            await acceptor.wait_closed()

        if loop.is_running():
            asyncio.run_coroutine_threadsafe(stop(), loop).result(30)
            loop.call_soon_threadsafe(loop.stop)
            thread.join(30)

    server.close = close
    try:
        yield server
    finally:
        close()


@dataclass
class S3:
    """A store at `endpoint` that takes any key; `client` is a file system on it for the tests to put objects with."""

    endpoint: str
    client: Any
    close: Callable[[], None]

    def options(self) -> dict[str, Any]:
        """What a landing area needs to reach it."""
        return {"key": "AKIDTEST", "secret": "s3-bí-mật", "endpoint_url": self.endpoint, "client_kwargs": {"region_name": "us-east-1"}}


@contextlib.contextmanager
def s3_server() -> Iterator[S3]:
    """Serve an empty store until the context ends or `close` is called."""
    import s3fs
    from moto.backends import get_backend
    from moto.moto_server.threaded_moto_server import ThreadedMotoServer

    for backend in get_backend("s3").values():
        for region in backend.values():
            region.reset()  # all servers of a process share one store

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    store = S3(f"http://{host}:{port}", None, server.stop)
    store.client = s3fs.S3FileSystem(**store.options(), skip_instance_cache=True, use_listings_cache=False)
    try:
        yield store
    finally:
        server.stop()
