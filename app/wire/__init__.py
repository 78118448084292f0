"""Redis and typed messages, both ways; the only importer of redis."""

from app.wire.client import RedisUnavailable

__all__ = ["RedisUnavailable"]
