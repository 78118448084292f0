"""Writes docs/rules.md from the catalogue of fields, the limits and the screens.

`make docs` runs it. `page()` is what the file must be: a test compares the two.
"""

from collections.abc import Iterable
from pathlib import Path

from app.rules import limits
from app.rules.catalogue import FIELDS, TIMEFRAMES, WORD_FIELDS, Field
from app.rules.parse import parse
from app.rules.presets import PRESETS
from app.rules.show import show
from app.rules.words import describe

ROOT = Path(__file__).resolve().parents[1]
PLACE = ROOT / "docs" / "rules.md"
FIRST = "hammer"
"""The pattern that stands for all in the table of fields."""

ABOUT = """\
# Rules

A rule is one line of text that says which symbols match at a bar. This page is written by `make docs` from
`app/rules`. Change the code, or the text in `.ci/rules_page.py`, not this page.

    rsi14:..40,close:gt:sma200,avg20(volume):500k..

All conditions of the line must hold: the RSI of 14 bars is at most 40, the close is above the mean of 200 closes, and
the mean volume of 20 bars is at least 500,000.

## Conditions

| condition | example | holds if |
| --- | --- | --- |
| range | `close:5..50`, `rsi14:..30`, `relvol:2..` | the value is in the range, bounds included; one may be left out |
| comparison | `close:gt:sma200` | `lt` below, `le` at most, `gt` above, `ge` at least, `eq` equal, `ne` different |
| crossing | `sma50:up:sma200` | `up`: at or below one bar before, and above now; `down`: the reverse; `cross`: either |
| words | `sector:Technology;Energy` | the symbol has one of the words; case does not count |
| value alone | `hammer` | the value is above 0 |
| `all(…)` | `all(pattern:Hammer,tier:daily)` | all conditions in the brackets hold |
| `any(…)` | `any(rsi14:..30,stoch14:..20)` | at least one of them holds |
| `not(…)` | `not(industry:Biotechnology)` | not all of them hold |
| `in5(…)` | `in5(sma50:up:sma200)` | they hold together on one of the last 5 bars, the current one included |
| `for3(…)` | `for3(close:gt:close@1)` | they hold on each of the last 3 bars, the current one included |

A condition is true, false or unknown. It is unknown if a value is missing, such as the mean of 200 closes of a symbol
that has been traded for a month. `not` of unknown is unknown. A symbol matches if the rule is true.

## Values

| form | example | meaning |
| --- | --- | --- |
| field | `close`, `rsi14`, `bb20.upper` | a field with its period and its part; the period may be left out |
| number | `30`, `-3`, `0.8`, `500k`, `2.5m`, `10b` | `k`, `m` and `b` are thousands, millions and billions |
| function | `max252(high)` | `max`, `min`, `avg` (mean), `sum` or `std` (standard deviation) of so many bars |
| change | `chg5(close)` | change in percent against the value so many bars before |
| factor | `sma50*0.98` | the value times a number |
| lag | `close@1` | the value so many bars before |
| timeframe | `w.close` | {timeframes} |

A value without a timeframe has that of the left side of its condition, or the timeframe of the screen. Of longer
timeframes only bars that have ended count. A lag counts bars of the value's own timeframe, and a window bars of what it
holds, which must be of one timeframe.

A price that is compared with a number is the price as it was traded. Prices that are compared with each other are
adjusted for splits. Percent fields are in points: `chg:..-3` is a fall of 3 % or more.

## Fields

`N` stands for a period in bars.

| field | description | unit | period | timeframes | example |
| --- | --- | --- | --- | --- | --- |
{fields}

Each of the {patterns} patterns that the engine detects is such a field as `{first}`: see
[indicators and patterns](patterns.md).

## Words

| field | description | example |
| --- | --- | --- |
{words}

A word has any characters except `,`, `(`, `)` and `;`. Symbols such as BRK.B, BF/B and X:BTCUSD are written as they
are.

`pattern`, `tier`, `direction`, `conf` and `age` are about detections. In one list they speak of one and the same
detection. Two lists speak of two: `all(pattern:Hammer,tier:daily),all(direction:bullish,age:..3)`.
`conf` and `age` are compared with numbers alone.

## Usual spelling

The spelling of formulas is understood too, and answered with the one above.

| written | becomes |
| --- | --- |
{spellings}

`or` is refused, because it is read in two ways beside `and`: write `any(a,b)`. So is `%`: percent is meant already.

## Limits

| limit | most |
| --- | --- |
{limits}

## Screens

| name | rule | in words |
| --- | --- | --- |
{screens}
"""

SPELLINGS = (
    "RSI(14) <= 30 and close > SMA(200)",
    "sma(50) crosses above sma(200) within 5 bars",
    "close > close[1] for 3 bars",
    "close > highest(high,252)[1]",
    "weekly close > sma(30)",
    "close > 1.02*sma(50)",
    "close between 5 and 50",
    "sector in (Technology, Energy)",
    "not industry = Biotechnology",
)

LIMITS = {
    "characters": limits.CHARACTERS,
    "conditions and values, numbers among them": limits.NODES,
    "groups, windows and functions inside each other": limits.DEPTH,
    "different series: field, period, part and timeframe": limits.SERIES,
    "timeframes": limits.TIMEFRAMES,
    "bars of a period, a window or a lag": limits.PERIOD,
    "bars that a rule looks back, with all that is inside each other added": limits.LOOK_BACK,
    "words in a list": limits.WORDS,
    "size of a number": int(limits.NUMBER),
}


def page() -> str:
    patterns = [field for field in FIELDS.values() if field.group == "Pattern"]
    fields = [field for field in FIELDS.values() if field.group != "Pattern" or field.name == FIRST]
    return ABOUT.format(
        timeframes=", ".join(f"`{prefix}` {name}" for prefix, name in TIMEFRAMES.items()),
        fields=_lines(_field(field) for field in fields),
        patterns=len(patterns),
        first=FIRST,
        words=_lines(f"`{field.name}` | {field.description} | `{field.example}`" for field in WORD_FIELDS.values()),
        spellings=_lines(f"`{text}` | `{show(parse(text))}`" for text in SPELLINGS),
        limits=_lines(f"{name} | {most:,}" for name, most in LIMITS.items()),
        screens=_lines(f"{each.name} | `{each.text}` | {_words(each.text)}" for each in PRESETS),
    )


def _lines(rows: Iterable[str]) -> str:
    return "\n".join(f"| {row} |" for row in rows)


def _field(field: Field) -> str:
    names = [f"`{field.name}{'N' if field.period else ''}`"]
    names += [f"`.{part.name}` ({part.label}, {part.unit.value})" for part in field.parts]
    period = "" if not field.period else f"{field.period.usual}; {field.period.least} to {field.period.most}"
    timeframes = "all" if len(field.timeframes) == len(TIMEFRAMES) else " ".join(field.timeframes)
    aliases = f" Also {', '.join(f'`{alias}`' for alias in field.aliases)}." if field.aliases else ""
    description = f"{field.description[0].upper()}{field.description[1:]}.{aliases}"
    unit = field.unit.value
    return f"{', '.join(names)} | {description} | {unit} | {period} | {timeframes} | `{field.example}`"


def _words(text: str) -> str:
    return "; ".join(describe(condition) for condition in parse(text).conditions)


if __name__ == "__main__":
    PLACE.write_text(page(), encoding="utf-8")
    print(f"written: {PLACE.relative_to(ROOT)}")
