"""The signed cookie that carries a session's id: how old it may get is for the session to say."""

from typing import Any

from quart_auth.extension import _AuthSerializer


class NonExpiringSerializer(_AuthSerializer):
    """A clock set back by an hour would sign everybody out: their cookies would be from the future."""

    def loads(  # type: ignore[override]  # the class above it has two signatures, of which this is the wider
        self,
        s: str | bytes,
        max_age: int | None = None,
        return_timestamp: bool = False,
        salt: str | bytes | None = None,
    ) -> Any:
        return super().loads(s, None, return_timestamp, salt)
