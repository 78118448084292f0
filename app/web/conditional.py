"""Versions of a resource as entity tags (RFC 9110): ETag, If-Match and If-None-Match."""

from typing import NamedTuple

from quart import abort, request
from werkzeug.datastructures import ETags

CHANGED = "This was changed meanwhile: nothing was stored. Read it again, and send its new ETag as If-Match."
MISSING = "Send the ETag that you read as If-Match, so that no change of somebody else is lost; * takes any."


class Precondition(NamedTuple):
    """The versions that a change may replace."""

    tags: ETags

    def require(self, version: int | str) -> None:
        """Answers 412 if the resource has another version."""
        if str(version) not in self.tags:
            abort(412, CHANGED)


def etag(version: int | str) -> str:
    """A strong tag. `version`: visible ASCII without quotation marks."""
    return f'"{version}"'


def if_match() -> Precondition:
    """Answers 428 if the request has no If-Match."""
    if "If-Match" not in request.headers:
        abort(428, MISSING)
    return Precondition(request.if_match)


def is_unchanged(version: int | str) -> bool:
    """Whether the client has this version, by If-None-Match: the answer is 304."""
    return request.if_none_match.contains_weak(str(version))
