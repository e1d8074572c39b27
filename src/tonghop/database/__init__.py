"""The database: connections by role, the embedded PostgreSQL, roles and migrations."""

from tonghop.database.connections import DatabaseDown, admin_connect, connect, dsn, reader_dsn, sqlalchemy_url
from tonghop.database.setup import ensure_server, exists, stop_server

__all__ = ["DatabaseDown", "admin_connect", "connect", "dsn", "ensure_server", "exists", "reader_dsn", "sqlalchemy_url", "stop_server"]
