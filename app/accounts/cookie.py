"""The signed cookie that carries the session id. It has no age of its own: the session in Redis expires."""

from typing import Any

from quart_auth.extension import _AuthSerializer


class NonExpiringSerializer(_AuthSerializer):
    """Ignores the age of the signature: a clock that was set back would otherwise sign everybody out."""

    def loads(  # type: ignore[override]  # the class above it has two signatures, of which this is the wider
        self,
        s: str | bytes,
        max_age: int | None = None,
        return_timestamp: bool = False,
        salt: str | bytes | None = None,
    ) -> Any:
        return super().loads(s, None, return_timestamp, salt)
