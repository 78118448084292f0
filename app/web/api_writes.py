"""Typed changes under /api/v1: a JSON body, If-Match and Idempotency-Key, and one transaction for each request."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from functools import partial, wraps
from typing import Any, NamedTuple

import msgspec
from quart import Quart, Response, abort, current_app, request

from app.web import conditional, guards, idempotency, parameters
from app.web.api import NO_PROBLEMS, NoParameters, Signature, Versioned, located
from app.web.conditional import Precondition
from app.web.idempotency import AnswerStore, Reply

CONDITIONAL_METHODS = frozenset({"PUT", "PATCH", "DELETE"})


class Created(NamedTuple):
    """Answers 201. `location`: the path of the new resource."""

    answer: msgspec.Struct
    location: str
    version: int | str


class ApiWrite:
    """A change that a program requests. `connection` is in a transaction, which an abort() rolls back."""

    def __init__(self, connection: Any, precondition: Precondition | None) -> None:
        self.connection = connection
        self.reactions: list[Callable[[], Awaitable[None]]] = []
        self._precondition = precondition

    def require(self, version: int | str) -> None:
        """Answers 412 if If-Match names another version than this, which is stored. Read it with a lock.

        A POST replaces no version, and has no If-Match.
        """
        if self._precondition is not None:
            self._precondition.require(version)

    def after_commit(self, reaction: Callable[[], Awaitable[None]]) -> None:
        """Awaited once the change is stored, and not for a replayed answer. It must not raise."""
        self.reactions.append(reaction)


WriteView = Callable[..., Awaitable[msgspec.Struct | Versioned | Created | None]]
Transaction = Callable[[], AbstractAsyncContextManager[Any]]


class _Installed(NamedTuple):
    transaction: Transaction
    answers: AnswerStore


def install(app: Quart, transaction: Transaction, answers: AnswerStore) -> None:
    """`transaction` opens a connection with a transaction, in which `answers` are stored too."""
    app.extensions["api_writes"] = _Installed(transaction, answers)


def typed(
    answer: type[msgspec.Struct] | None,
    body: type[msgspec.Struct] | None = None,
    *,
    creates: bool = False,
    versioned: bool = True,
    problems: Mapping[int, type[msgspec.Struct]] = NO_PROBLEMS,
) -> Callable[[WriteView], Callable[..., Any]]:
    """Decorates a view of POST, PUT, PATCH or DELETE: its first arguments are the body, if there is one, and the
    `ApiWrite`.

    It returns `Versioned`, with `creates` `Created`, and None where `answer` is None: the status is 200, 201 or 204.
    Not `versioned`, it returns the answer alone, which has no ETag. `problems`: the form of error answers, by status,
    where it is another one than `Problem`.
    `body` forbids unknown fields. PUT, PATCH and DELETE need If-Match, which the view compares by `ApiWrite.require`.
    Answers 400, 409, 413, 415, 422 and 428 as docs/api.md says.
    """
    if body is not None and not body.__struct_config__.forbid_unknown_fields:
        raise TypeError(f"{body.__name__} does not forbid unknown fields")

    def decorate(view: WriteView) -> Callable[..., Any]:
        @wraps(view)
        async def respond(**arguments: object) -> Response:
            parameters.refuse_unknown(request.args, ())
            sent = await request.get_data(cache=True, as_text=False, parse_form_data=False)
            content = [] if body is None else [_parse_body(body, sent)]
            return _response(await _commit(partial(view, *content, **arguments), sent))

        status = 204 if answer is None else 201 if creates else 200
        summary = (view.__doc__ or "").strip()
        vars(respond)["api"] = Signature(
            NoParameters, answer, summary, answer is not None and versioned, body, status, problems=problems
        )
        return respond

    return decorate


async def _commit(view: Callable[[ApiWrite], Awaitable[Any]], sent: bytes) -> Reply:
    precondition = conditional.if_match() if request.method in CONDITIONAL_METHODS else None
    key = idempotency.key() if request.method == "POST" else None
    installed: _Installed = current_app.extensions["api_writes"]
    async with installed.transaction() as connection:
        write = ApiWrite(connection, precondition)

        async def change() -> Reply:
            return _reply(await view(write))

        if key is None:
            reply = await change()
        else:
            user_id = guards.identity().user_id
            reply = await idempotency.once(installed.answers, connection, user_id, key, sent, change)
    for reaction in write.reactions:
        await reaction()
    return reply


def _reply(content: msgspec.Struct | Versioned | Created | None) -> Reply:
    if content is None:
        return Reply(204)
    if isinstance(content, Created):
        tag = conditional.etag(content.version)
        return Reply(201, msgspec.json.encode(content.answer), content.location, tag)
    if isinstance(content, Versioned):
        return Reply(200, msgspec.json.encode(content.answer), etag=conditional.etag(content.version))
    return Reply(200, msgspec.json.encode(content))


def _response(reply: Reply) -> Response:
    headers = {name: value for name, value in (("Location", reply.location), ("ETag", reply.etag)) if value}
    kind = "application/json" if reply.body else None
    response = Response(reply.body, reply.status, headers, content_type=kind)
    if kind is None:
        response.headers.pop("Content-Type", None)
    return response


def _parse_body(kind: type[msgspec.Struct], sent: bytes) -> msgspec.Struct:
    if request.mimetype != "application/json":
        abort(415, "Send the body as JSON, with Content-Type: application/json.")
    try:
        return msgspec.json.decode(sent, type=kind)
    except msgspec.ValidationError as error:
        abort(422, located(error))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        abort(400, f"The body is not JSON: {error}.")
