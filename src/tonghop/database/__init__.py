"""The database: connections by role, the embedded PostgreSQL, roles and migrations."""

from tonghop.database.connections import DatabaseDown, admin_connect, connect, dsn, sqlalchemy_url
from tonghop.database.setup import ensure_server, stop_server

__all__ = ["DatabaseDown", "admin_connect", "connect", "dsn", "ensure_server", "sqlalchemy_url", "stop_server"]
