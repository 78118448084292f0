"""What the API says of rules: how bars and order are named, and what is wrong with a rule."""

import re
from collections.abc import Iterable, Sequence
from typing import Annotated, NoReturn

from msgspec import Meta

from app.rules.catalogue import TIMEFRAMES
from app.rules.errors import RuleProblem
from app.scans.columns import SETS, SORTABLE, SYMBOL
from app.web.problems import DetailedProblem, Problem

END = r"$(?!\n)"
"""Python's $ also stands before a line's end."""
COLUMN = "|".join(map(re.escape, SORTABLE))


def one_of(words: Iterable[str]) -> str:
    """A pattern."""
    return rf"^(?:{'|'.join(words)}){END}"


BarsPrefix = Annotated[str, Meta(pattern=one_of(TIMEFRAMES), description="Of fields that name none.")]
SortText = Annotated[
    str,
    Meta(
        pattern=rf"^-?(?:{SYMBOL}|{COLUMN}){END}",
        description="A column; with a minus sign the largest first.",
        examples=["-relvol"],
    ),
]
ColumnSetName = Annotated[str, Meta(pattern=one_of(SETS), description="The columns of the page.")]


class RuleRefusal(Problem, frozen=True):
    """`errors`: what is wrong with the rule, and where: `at` counts characters from 1. Empty if something else is."""

    errors: Sequence[RuleProblem] = ()


def refuse_rule(name: str, problems: Sequence[RuleProblem]) -> NoReturn:
    """Answers 422. `name`: of the parameter or field."""
    text = "; ".join(problem.message for problem in problems)
    raise DetailedProblem(422, f"{name}: {text}.", {"errors": problems})
