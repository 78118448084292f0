"""What is wrong with the text of a rule, and where."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec


class RuleProblem(msgspec.Struct, frozen=True):
    """`at`: place of the first character, from 1; `length`: characters, 0 where something is missing."""

    code: str
    at: int
    length: int
    message: str
    expected: str = ""
    """What may stand there, in words."""
    suggestion: str = ""
    """What was probably meant: the text that belongs there."""


class RuleError(ValueError):
    """The text is no rule. `problems`: at least one, by place."""

    def __init__(self, problems: Sequence[RuleProblem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.at))
        super().__init__("; ".join(problem.message for problem in self.problems))


class TextSegment(NamedTuple):
    """`problem`: number of the problem that it shows, from 1; 0 for text without one."""

    text: str
    problem: int = 0


def marks(text: str, problems: Sequence[RuleProblem]) -> list[TextSegment]:
    """The text in segments, of which those with a problem are drawn in `<mark>`: a space where something is missing. Of
    problems that overlap the first is shown."""
    segments: list[TextSegment] = []
    end = 0
    for number, problem in enumerate(problems, 1):
        start = min(problem.at - 1, len(text))
        if start < end:
            continue
        segments.append(TextSegment(text[end:start]))
        end = start + problem.length
        segments.append(TextSegment(text[start:end] or " ", number))
    segments.append(TextSegment(text[end:]))
    return [segment for segment in segments if segment.text]
