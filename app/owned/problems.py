"""Refusals of a change as answers of the API."""

from collections.abc import Iterator
from contextlib import contextmanager

from quart import abort

from app.owned.refusals import InvalidText, LimitReached, NameTaken, Refusal, UndoExpired


@contextmanager
def as_problems(*conflicts: type[Refusal]) -> Iterator[None]:
    """Answers 422 for a text that cannot be stored, 404 for an undo that has expired, and 409 for what exceeds a limit,
    for a name that is used already, and for other `conflicts` with what is stored."""
    try:
        yield
    except InvalidText as refusal:
        abort(422, str(refusal))
    except UndoExpired as refusal:
        abort(404, str(refusal))
    except Refusal as refusal:
        if isinstance(refusal, (NameTaken, LimitReached, *conflicts)):
            abort(409, str(refusal))
        raise
