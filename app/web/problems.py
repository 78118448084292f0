"""Error answers for programs (RFC 9457), also with members of their own."""

from collections.abc import Mapping

import msgspec
from werkzeug.exceptions import HTTPException


class Problem(msgspec.Struct, frozen=True):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str


class DetailedProblem(HTTPException):
    """`members`: what the answer has beside those of `Problem`."""

    def __init__(self, status: int, detail: str, members: Mapping[str, object]) -> None:
        super().__init__(detail)
        self.code, self.members = status, members
