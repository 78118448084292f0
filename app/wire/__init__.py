"""Redis and typed messages, both ways; the only importer of redis."""

from app.wire.client import Unavailable

__all__ = ["Unavailable"]
