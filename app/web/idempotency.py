"""Idempotency-Key: a POST that is sent again is answered as the first time, and changes nothing again."""

import hashlib
import re
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from quart import abort, request

KEY = re.compile(r"[!-~]{1,64}")
HEADER = "Idempotency-Key"


class Reply(NamedTuple):
    """What is sent for a change. `location` and `etag` may be empty."""

    status: int
    body: bytes = b""
    location: str = ""
    etag: str = ""


class ReplayableAnswer(Protocol):
    """An answer that was stored with the hash of its request."""

    @property
    def request_hash(self) -> str: ...
    @property
    def status(self) -> int: ...
    @property
    def body(self) -> bytes: ...
    @property
    def location(self) -> str: ...
    @property
    def etag(self) -> str: ...


class AnswerStore(Protocol):
    """Each takes the connection of the change's transaction, the user and the key."""

    async def lock(self, connection: Any, user_id: UUID, key: str, /) -> bool: ...

    async def find(self, connection: Any, user_id: UUID, key: str, /) -> ReplayableAnswer | None: ...

    async def put(
        self,
        connection: Any,
        user_id: UUID,
        key: str,
        request_hash: str,
        status: int,
        body: bytes,
        location: str,
        etag: str,
        /,
    ) -> None: ...


def key() -> str | None:
    """The request's key. Answers 400 for one that is no key."""
    sent = request.headers.getlist(HEADER)
    if not sent:
        return None
    if len(sent) > 1 or not KEY.fullmatch(sent[0]):
        abort(400, f"{HEADER}: send one of 1 to 64 visible ASCII characters.")
    return sent[0]


async def once(
    store: AnswerStore, connection: Any, user_id: UUID, key: str, sent: bytes, change: Callable[[], Awaitable[Reply]]
) -> Reply:
    """The answer of the change, or the stored one. `sent`: the body of the request.

    Answers 409 while a request with this key runs, and 422 if the key was sent with another request. What is refused
    is not stored, so that it may be corrected under the same key.
    """
    if not await store.lock(connection, user_id, key):
        abort(409, f"A request with this {HEADER} is still running. Send it again in a moment.")
    request_hash = hashlib.sha256(f"{request.method} {request.full_path}\n".encode() + sent).hexdigest()
    earlier = await store.find(connection, user_id, key)
    if earlier is None:
        reply = await change()
        await store.put(connection, user_id, key, request_hash, *reply)
        return reply
    if earlier.request_hash != request_hash:
        abort(422, f"{HEADER}: this key was sent with another path or body within the last 24 hours. Take a new one.")
    return Reply(earlier.status, earlier.body, earlier.location, earlier.etag)
