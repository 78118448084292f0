"""A push: one change of one element of the page, rendered once per view."""

from collections.abc import Callable
from typing import Literal, NamedTuple

from app.identity import View

Op = Literal["replace", "cells", "spark", "morph", "insert", "remove", "trim", "text"]

LIST_ENTRIES = 50
"""Entries of a list that grows by pushes."""


class Push(NamedTuple):
    """A topic's readers get `op` applied at the element `key`.

    replace: the element with id `key` becomes what `draw` returns (same id).
    cells:   the cells of the table row `key` after its header become what `draw` returns, as many as that has.
    spark:   the cell of class `spark` of the table row `key` becomes what `draw` returns; it is a value of its own.
    morph:   the same as replace, in place: what is alike stays the same node, and keeps the focus.
    insert:  what `draw` returns (id and data-k) goes into the list `key`, in its place by data-k, newest first.
    remove:  the element `key` goes; `draw` is not called.
    text:    the content of the element `key` becomes what `draw` returns.
    trim:    the list `key` keeps its first `keep` entries; `draw` is not called.
    """

    topic: str
    key: str
    op: Op
    draw: Callable[[View], str]
    """Empty markup sends nothing: pages of that view have no such element."""
    keep: int = LIST_ENTRIES
    alert: bool = False
    """Sent at once at every rate; other pushes wait for the next frame."""


def nothing(_view: View) -> str:
    """Empty markup of remove and trim."""
    return ""
