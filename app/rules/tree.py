"""The tree of a rule: frozen nodes that are compared by value and know nothing of text, SQL or arrays.

A rule is a list of conditions that must all hold. Each condition is true, false or unknown for a bar of a symbol: a
value that is missing makes it unknown, `not` of unknown is unknown, and a rule holds where it is true.
"""

from typing import Literal

import msgspec

Comparison = Literal["lt", "le", "gt", "ge", "eq", "ne"]
Direction = Literal["up", "down", "cross"]
"""cross: in either direction."""
RollingFunction = Literal["max", "min", "avg", "sum", "std", "chg"]


class Number(msgspec.Struct, frozen=True, tag=True):
    value: float


class Series(msgspec.Struct, frozen=True, tag=True):
    """A field of the catalogue at each bar, `lag` bars earlier, multiplied by `times`."""

    field: str
    """The field's canonical name, such as `rsi`."""
    period: int = 0
    """Bars; 0 where the field has no period."""
    part: str = ""
    """Such as `upper`; "" is the field's own value."""
    timeframe: str = ""
    """Prefix such as `w`; "" is inherited: of the left side, or the rule's own."""
    times: float = 1.0
    lag: int = 0
    """In bars of the operand's own timeframe."""


class Rolling(msgspec.Struct, frozen=True, tag=True):
    """max, min, mean, sum, standard deviation (of the population) or change in percent over the last `bars` bars, the
    current one included. `chg` over n bars compares with the value n bars ago."""

    function: RollingFunction
    bars: int
    of: "Series | Rolling"
    """Of the same timeframe: its own prefix is always ""."""
    timeframe: str = ""
    times: float = 1.0
    lag: int = 0


Operand = Number | Series | Rolling


class Within(msgspec.Struct, frozen=True, tag=True):
    """low <= operand <= high; a bound that is None is open, and at most one is."""

    operand: Operand
    low: Operand | None = None
    high: Operand | None = None


class Compare(msgspec.Struct, frozen=True, tag=True):
    op: Comparison
    left: Operand
    right: Operand


class Cross(msgspec.Struct, frozen=True, tag=True):
    """up: left was at or below right one bar before, and is above it."""

    direction: Direction
    left: Operand
    right: Operand


class Among(msgspec.Struct, frozen=True, tag=True):
    """The word field has one of the words, compared without case."""

    field: str
    words: tuple[str, ...]


class Flag(msgspec.Struct, frozen=True, tag=True):
    """The operand is above 0."""

    operand: Operand


class All(msgspec.Struct, frozen=True, tag=True):
    conditions: "tuple[Condition, ...]"


class Any(msgspec.Struct, frozen=True, tag=True):
    conditions: "tuple[Condition, ...]"


class Not(msgspec.Struct, frozen=True, tag=True):
    """Not all of them hold."""

    conditions: "tuple[Condition, ...]"


class InLast(msgspec.Struct, frozen=True, tag=True):
    """All conditions hold together on at least one of the last `bars` bars, the current one included."""

    bars: int
    conditions: "tuple[Condition, ...]"


class ForLast(msgspec.Struct, frozen=True, tag=True):
    """All conditions hold on each of the last `bars` bars, the current one included."""

    bars: int
    conditions: "tuple[Condition, ...]"


Group = All | Any | Not | InLast | ForLast
Condition = Within | Compare | Cross | Among | Flag | All | Any | Not | InLast | ForLast


class Rule(msgspec.Struct, frozen=True):
    """All conditions hold, in the person's order. Conditions on a detection (pattern, tier, direction, conf, age) that
    stand in one list speak of one and the same detection."""

    conditions: tuple[Condition, ...]
