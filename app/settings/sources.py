"""Reads config/*.toml, `.env` and the environment into settings by section.key, each with the name of its source."""

import difflib
import os
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from dotenv import dotenv_values

REDIS_PARTS = ("REDIS_HOST", "REDIS_PORT", "REDIS_PASSWORD")
NOT_SETTINGS = {"READY_FD"}
"""Variables of ours that are no settings: `run` passes READY_FD to its child processes."""

SECRET_FILES = (
    "SECRET_KEY",
    "METRICS_TOKEN",
    "REDIS_URL",
    "REDIS_PASSWORD",
    "DATABASE_URL",
    "MARKET_DATABASE_URL",
    "TICKSTOCK_ENGINE_DATABASE_URL",
    "MAIL_PASSWORD",
    "MASSIVE_API_KEY",
)
"""Secrets that may also be in a file, named by <NAME>_FILE, as with container secrets."""

RENAMED = {"live.lane": "live.transport"}
"""Old names of settings, as section.key; each answers for its new name, with a warning at the start."""

LARGEST_FILE = 65_536

SERVICE_LINK = re.compile(r"\w+_(SERVICE_HOST|SERVICE_PORT\w*|PORT_\d+_(TCP|UDP|SCTP)\w*)")
LINK_ADDRESS = re.compile(r"(tcp|udp|sctp)://")
ALIKE = 0.85


class BadSetting(Exception):
    """One line for the operator; never contains a value."""


class Setting(NamedTuple):
    value: object
    source: str


def gather(
    environ: Mapping[str, str], root: Path, paths: frozenset[str], documented: Mapping[str, str]
) -> tuple[dict[str, Setting], list[str]]:
    """The settings (environment before `.env` before files), and warnings about probable typing errors."""
    paths |= RENAMED.keys()
    names = {_variable(path): path for path in paths} | dict(documented)
    warnings: list[str] = []
    variables = _variables(environ, root)
    values = _files(root / "config", _environment(variables), paths, warnings)
    values |= _under_new_names(_from_variables(variables, names, warnings), warnings)
    parts = {
        name: variables[name]
        for name in REDIS_PARTS
        if name in variables and not _is_service_address(variables[name].value)
    }
    if parts and "redis.url" not in values:
        values["redis.url"] = _redis(parts)
    return values, warnings


def read_or_create(place: Path, make: Callable[[], str]) -> str:
    """The text of the file `place`, created once with mode 0600; concurrent processes get the same text."""
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = place.with_name(f"{place.name}.{os.getpid()}")
    if not place.exists():
        fresh.touch(mode=0o600)
        fresh.write_text(make())
        try:
            place.hardlink_to(fresh)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return place.read_text().strip()


def _variables(environ: Mapping[str, str], root: Path) -> dict[str, Setting]:
    dotenv = dotenv_values(root / ".env", interpolate=False) if (root / ".env").is_file() else {}
    from_dotenv = _read(
        {name: Setting(value, f"{name} (.env)") for name, value in dotenv.items() if value is not None}, root
    )
    return from_dotenv | _read({name: Setting(value, name) for name, value in environ.items()}, root)


def _read(variables: Mapping[str, Setting], root: Path) -> dict[str, Setting]:
    """An empty variable is unset, except SECRET_KEY, where it is an error."""
    present = {name: setting for name, setting in variables.items() if setting.value or name == "SECRET_KEY"}
    for name in SECRET_FILES:
        if place := present.pop(f"{name}_FILE", None):
            if name in present:
                raise BadSetting(f"{place.source}: {name} is set as well; keep one of them")
            present[name] = Setting(_within(place, root), place.source)
    return present


def _within(place: Setting, root: Path) -> str:
    """The file's text. Errors do not show its path, since some people put the secret itself there."""
    try:
        with (root / str(place.value)).open("rb") as file:
            text = file.read(LARGEST_FILE).decode().strip()
    except OSError as error:
        raise BadSetting(f"{place.source}: the file cannot be read ({error.strerror})") from None
    except ValueError:
        raise BadSetting(f"{place.source}: the file cannot be read (is no text)") from None
    if not text:
        raise BadSetting(f"{place.source}: the file is empty")
    if len(text.split()) > 1:
        raise BadSetting(f"{place.source}: the file holds more than one word")
    return text


def _environment(variables: Mapping[str, Setting]) -> str:
    value, by = variables.get("TICKSTOCK_ENVIRONMENT", Setting("development", ""))
    if value not in {"development", "testing", "production"}:
        raise BadSetting(f"{by}: must be development, testing or production")
    return str(value)


def _files(config: Path, environment: str, paths: frozenset[str], warnings: list[str]) -> dict[str, Setting]:
    values: dict[str, Setting] = {}
    for name in ("default.toml", "logging.toml", f"{environment}.toml"):
        if (config / name).is_file():
            values |= _under_new_names(_file(config / name, paths), warnings)
    return values


def _file(path: Path, paths: frozenset[str]) -> dict[str, Setting]:
    by = f"config/{path.name}"
    try:
        tables = tomllib.loads(path.read_text())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSetting(f"{by}: is not TOML: {str(error).splitlines()[0]}") from None
    values = {}
    for section, table in tables.items():
        if not isinstance(table, dict):
            raise BadSetting(f"{by}: {section} stands in no section")
        for key, value in table.items():
            if f"{section}.{key}" not in paths:
                raise BadSetting(f"{by}: unknown setting [{section}] {key}{_suggestion(f'{section}.{key}', paths)}")
            values[f"{section}.{key}"] = Setting(value, f"{by}: [{section}] {key}")
    return values


def _from_variables(
    variables: Mapping[str, Setting], names: Mapping[str, str], warnings: list[str]
) -> dict[str, Setting]:
    values = {}
    for name, (value, by) in sorted(variables.items()):
        if _is_service_link(name, value):
            if name in REDIS_PARTS or name.startswith("TICKSTOCK_"):
                warnings.append(f"{by}: ignored, Kubernetes set it for a service of that name")
        elif name in names:
            values[names[name]] = Setting(value, by)
        elif name.startswith("TICKSTOCK_"):
            raise BadSetting(f"{by}: unknown setting{_suggestion(name, names)}")
        elif (
            name not in REDIS_PARTS
            and name not in NOT_SETTINGS
            and (near := _similar_name(name, [*names, *REDIS_PARTS]))
        ):
            warnings.append(f"{by}: not a setting; {near} is")
    return values | {names[name]: variables[name] for name in names if _short(name) and name in variables}


def _under_new_names(values: dict[str, Setting], warnings: list[str]) -> dict[str, Setting]:
    """The settings of one source, by their new names. Raises BadSetting where the source gives both names of one."""
    for old, new in RENAMED.items():
        if old in values:
            setting = values.pop(old)
            if new in values:
                raise BadSetting(f"{setting.source}: is the old name of {values[new].source}; keep only the new one")
            section, key = new.split(".")
            warnings.append(f"{setting.source}: is an old name; use {_variable(new)} or, in a file, [{section}] {key}")
            values[new] = setting
    return values


def _variable(path: str) -> str:
    return f"TICKSTOCK_{path.replace('.', '_').upper()}"


def _short(name: str) -> bool:
    """PORT takes precedence over TICKSTOCK_SERVER_PORT."""
    return not name.startswith("TICKSTOCK_")


def _is_service_link(name: str, value: object) -> bool:
    """Kubernetes sets variables that describe services; their names may collide with ours."""
    return bool(SERVICE_LINK.fullmatch(name)) or (name.endswith("_PORT") and _is_service_address(value))


def _is_service_address(value: object) -> bool:
    return bool(LINK_ADDRESS.match(str(value)))


def _redis(parts: Mapping[str, Setting]) -> Setting:
    host, port, password = (parts.get(name, Setting("", name)) for name in REDIS_PARTS)
    if port.value and not (
        str(port.value).isascii() and str(port.value).isdigit() and 0 < int(str(port.value)) < 65536
    ):
        raise BadSetting(f"{port.source}: must be a number from 1 to 65535")
    if any(letter in str(host.value) for letter in "/@ ?#"):
        raise BadSetting(f"{host.source}: must be the name of a host")
    name = f"[{host.value}]" if ":" in str(host.value) else host.value or "localhost"
    who = f":{quote(str(password.value), safe='')}@" if password.value else ""
    return Setting(f"redis://{who}{name}:{port.value or 6379}/0", host.source)


def _suggestion(name: str, names: frozenset[str] | Mapping[str, str]) -> str:
    near = difflib.get_close_matches(name, list(names), n=1, cutoff=0.6)
    return f" (is {near[0]} meant?)" if near else ""


def _similar_name(name: str, names: list[str]) -> str | None:
    if name.upper() in names:
        return name.upper()
    for other in names:
        if not _short(other) or abs(len(name) - len(other)) > 3:
            continue
        if len(name) > 4 and difflib.SequenceMatcher(None, name, other).ratio() >= ALIKE:
            return other
        if len(name) > 3 and Counter(name) == Counter(other):
            return other
    return None
