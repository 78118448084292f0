"""Writes docs/configuration.md from the settings: their comments in config/*.toml, their types and their variables.

`make docs` runs it. `page()` is what the file must be: a test compares the two.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from app.settings.channel_names import VARIABLES as CHANNEL_VARIABLES
from app.settings.load import DOCUMENTED, Settings
from app.settings.sources import SECRET_FILES

ROOT = Path(__file__).resolve().parents[1]
PLACE = ROOT / "docs" / "configuration.md"
FILES = ("default.toml", "logging.toml")
SETTING = re.compile(r"(?P<absent>#)?(?P<key>[a-z]\w*) = (?P<value>.+)")
EMPTY = ('""', "[]")
SECTION = re.compile(r"\[(?P<name>\w+)\]")

ABOUT = """\
# Configuration

This page is written by `make docs` from the comments in [config/default.toml](../config/default.toml) and
[config/logging.toml](../config/logging.toml). Change the comments there, not this page.

## Where settings come from

TickStock reads its settings once, when a process starts. A later line of this list overrides an earlier one:

1. `config/default.toml` and `config/logging.toml`, which hold every default.
2. `config/development.toml`, `config/testing.toml` or `config/production.toml`, as `TICKSTOCK_ENVIRONMENT` says.
3. The file `.env` in the project's directory. [config/example.env](../config/example.env) is a start.
4. The environment of the process.

Every setting has a variable `TICKSTOCK_<SECTION>_<KEY>`, such as `TICKSTOCK_REPLAY_SPEED=600`. Some settings also have
a short variable, such as `PORT`. The short one wins if both are set. A list is written with commas: `a,b,c`. `on`,
`true` and `1` are true; `off`, `false` and `0` are false. A variable that is empty counts as not set.

A process does not start with an unknown key in a file, an unknown variable that begins with `TICKSTOCK_`, or a value
that is not allowed. It ends with one line that names the setting and does not show the value. A variable that is spelt
almost like a setting is reported as a warning. Variables that Kubernetes sets for a service of the same name are
ignored.

## Settings without a section

| variable | default | description |
| --- | --- | --- |
{outside}

## Secrets in files

Each secret can be in a file, as containers are handed them: `<NAME>_FILE` holds the path. The file holds one word.
It is an error to set both the variable and the file. These secrets can be in files:

{in_files}
"""


OUTSIDE = {
    "`TICKSTOCK_ENVIRONMENT`": "`development` | It chooses the file in `config/`: `development`, "
    "`testing` or `production`.",
    "`SECRET_KEY`": "generated | It signs cookies and encrypts the secrets of codes (TOTP). It has 32 bytes or more. "
    "The generated one is kept in `DATA_DIR/secret`. In production the variable is required.",
    "`REDIS_HOST`, `REDIS_PORT`, `REDIS_PASSWORD`": "none | They are used if `REDIS_URL` is not set.",
}
"""Settings that no file may hold, and parts of one: default and description."""


class Described(NamedTuple):
    """One setting of a file: `default` is the TOML text, None where there is no default."""

    key: str
    default: str | None
    text: str


def sections(text: str) -> Iterator[tuple[str, str, list[Described]]]:
    """(name, description, settings) of each section of a file. Raises ValueError for what has no comment above it."""
    comment: list[str] = []
    name, about, settings = "", "", list[Described]()
    for line in text.splitlines():
        if match := SECTION.fullmatch(line):
            if name:
                yield name, about, settings
            name, about, settings = match["name"], " ".join(comment), []
            comment = []
        elif match := SETTING.fullmatch(line):
            if not comment:
                raise ValueError(f"[{name}] {match['key']} has no comment that describes it")
            default = None if match["absent"] else match["value"]
            settings.append(Described(match["key"], default, " ".join(comment)))
            comment = []
        elif line.startswith("# "):
            comment.append(line.removeprefix("# "))
        else:
            comment = []
    if name:
        yield name, about, settings


def allowed(schema: Mapping[str, Any]) -> str:
    """What a setting may be, in words, from its JSON schema."""
    kinds = [kind for kind in schema.get("anyOf", [schema]) if kind.get("type") != "null"]
    kind: Mapping[str, Any] = kinds[0]
    if "enum" in kind:
        return ", ".join(f"`{value or 'empty'}`" for value in kind["enum"])
    match kind["type"], kind.get("format"):
        case "array", _:
            return f"list of {allowed(kind['items'])}"
        case "boolean", _:
            return "true, false"
        case "integer" | "number", _:
            return _range("whole number" if kind["type"] == "integer" else "number", kind)
        case _, "password":
            return "secret"
        case _, ("path" | "date" | "time") as form:
            return str(form)
    return "text"


def _range(words: str, kind: Mapping[str, Any]) -> str:
    low, high = kind.get("minimum"), kind.get("exclusiveMaximum", kind.get("maximum"))
    above = kind.get("exclusiveMinimum")
    bounds = [
        f"from {low:,}" if low is not None else f"above {above:,}" if above is not None else "",
        f"to {high:,}" if high is not None and high < 2**32 else "",
    ]
    return " ".join([words, *filter(None, bounds)])


def variables(section: str, key: str) -> list[str]:
    """The short name, where there is one, before the one that every setting has."""
    path = f"{section}.{key}"
    short = [name for name, target in DOCUMENTED.items() if target == path]
    return [*short, f"TICKSTOCK_{section.upper()}_{key.upper()}"]


def page() -> str:
    schema = Settings.model_json_schema()
    outside = "\n".join(f"| {names} | {text} |" for names, text in OUTSIDE.items())
    parts = [ABOUT.format(outside=outside, in_files="\n".join(f"* `{name}`" for name in SECRET_FILES))]
    for name in FILES:
        text = (ROOT / "config" / name).read_text(encoding="utf-8")
        tomllib.loads(text)
        for section, about, settings in sections(text):
            parts.append(_section(schema, section, about, settings))
    return "\n".join(parts)


def _section(schema: Mapping[str, Any], section: str, about: str, settings: list[Described]) -> str:
    fields = schema["$defs"][f"{section.capitalize()}Section"] if section != "server" else schema
    lines = [f"## {section.capitalize()}", "", f"Section `[{section}]`. {about}", ""]
    lines += ["| variable | default | values | description |", "| --- | --- | --- | --- |"]
    for key, default, text in settings:
        names = "<br>".join(f"`{name}`" for name in variables(section, key))
        lines.append(f"| {names} | {_default(default)} | {allowed(fields['properties'][key])} | {text} |")
    if section == "redis":
        lines += ["", f"{len(CHANNEL_VARIABLES)} more variables name channels, for example `REDIS_PATTERN_CHANNEL`."]
    return "\n".join([*lines, ""])


def _default(toml: str | None) -> str:
    if toml is None:
        return "none"
    bare = toml.strip('"')
    return "empty" if toml in EMPTY else f"`{bare}`"


if __name__ == "__main__":
    PLACE.write_text(page(), encoding="utf-8")
    print(f"written: {PLACE.relative_to(ROOT)}")
