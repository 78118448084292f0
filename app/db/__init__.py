"""PostgreSQL: pools, migrations, and the shape of a market database; the only importer of asyncpg beside queries."""

from app.db.errors import BadValue, Unavailable

__all__ = ["BadValue", "Unavailable"]
