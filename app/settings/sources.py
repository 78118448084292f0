"""What config/*.toml, `.env` and the environment say, by section.key, each with the name it was said by."""

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

PARTS = ("REDIS_HOST", "REDIS_PORT", "REDIS_PASSWORD")
OUTSIDE = {"READY_FD"}
"""Ours, but no setting: `run` tells a child where to say that it is ready."""

IN_FILES = (
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
"""What is secret may stand in a file that <NAME>_FILE names, as containers are handed it."""

LARGEST_FILE = 65_536

SERVICE_LINK = re.compile(r"\w+_(SERVICE_HOST|SERVICE_PORT\w*|PORT_\d+_(TCP|UDP|SCTP)\w*)")
LINK_ADDRESS = re.compile(r"(tcp|udp|sctp)://")
ALIKE = 0.85


class BadSetting(Exception):
    """One line for the person who starts us; never holds a value."""


class Said(NamedTuple):
    value: object
    by: str


def gather(
    environ: Mapping[str, str], root: Path, known: frozenset[str], documented: Mapping[str, str]
) -> tuple[dict[str, Said], list[str]]:
    """What is said, the environment before `.env` before the files, and what looks like a slip."""
    names = {f"TICKSTOCK_{path.replace('.', '_').upper()}": path for path in known} | dict(documented)
    warnings: list[str] = []
    variables = _variables(environ, root)
    said = _files(root / "config", _environment(variables), known)
    said |= _heard(variables, names, warnings)
    parts = {name: variables[name] for name in PARTS if name in variables and not _link(variables[name].value)}
    if parts and "redis.url" not in said:
        said["redis.url"] = _redis(parts)
    return said, warnings


def kept(place: Path, make: Callable[[], str]) -> str:
    """The text kept at `place`, made once; for us alone to read, and the same for all who start at once."""
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


def _variables(environ: Mapping[str, str], root: Path) -> dict[str, Said]:
    written = dotenv_values(root / ".env", interpolate=False) if (root / ".env").is_file() else {}
    found = _read({name: Said(value, f"{name} (.env)") for name, value in written.items() if value is not None}, root)
    return found | _read({name: Said(value, name) for name, value in environ.items()}, root)


def _read(variables: Mapping[str, Said], root: Path) -> dict[str, Said]:
    """Empty means unset, but for the key that signs: an empty one is a mistake worth stopping for."""
    found = {name: said for name, said in variables.items() if said.value or name == "SECRET_KEY"}
    for name in IN_FILES:
        if place := found.pop(f"{name}_FILE", None):
            if name in found:
                raise BadSetting(f"{place.by}: {name} is set as well; keep one of them")
            found[name] = Said(_within(place, root), place.by)
    return found


def _within(place: Said, root: Path) -> str:
    """What the file holds. Its path is not shown: some write the secret itself there."""
    try:
        with (root / str(place.value)).open("rb") as file:
            text = file.read(LARGEST_FILE).decode().strip()
    except OSError as error:
        raise BadSetting(f"{place.by}: the file cannot be read ({error.strerror})") from None
    except ValueError:
        raise BadSetting(f"{place.by}: the file cannot be read (is no text)") from None
    if not text:
        raise BadSetting(f"{place.by}: the file is empty")
    if len(text.split()) > 1:
        raise BadSetting(f"{place.by}: the file holds more than one word")
    return text


def _environment(variables: Mapping[str, Said]) -> str:
    value, by = variables.get("TICKSTOCK_ENVIRONMENT", Said("development", ""))
    if value not in {"development", "testing", "production"}:
        raise BadSetting(f"{by}: must be development, testing or production")
    return str(value)


def _files(config: Path, environment: str, known: frozenset[str]) -> dict[str, Said]:
    said: dict[str, Said] = {}
    for name in ("default.toml", "logging.toml", f"{environment}.toml"):
        if (config / name).is_file():
            said |= _file(config / name, known)
    return said


def _file(path: Path, known: frozenset[str]) -> dict[str, Said]:
    by = f"config/{path.name}"
    try:
        tables = tomllib.loads(path.read_text())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSetting(f"{by}: is not TOML: {str(error).splitlines()[0]}") from None
    said = {}
    for section, table in tables.items():
        if not isinstance(table, dict):
            raise BadSetting(f"{by}: {section} stands in no section")
        for key, value in table.items():
            if f"{section}.{key}" not in known:
                raise BadSetting(f"{by}: unknown setting [{section}] {key}{_meant(f'{section}.{key}', known)}")
            said[f"{section}.{key}"] = Said(value, f"{by}: [{section}] {key}")
    return said


def _heard(variables: Mapping[str, Said], names: Mapping[str, str], warnings: list[str]) -> dict[str, Said]:
    said = {}
    for name, (value, by) in sorted(variables.items()):
        if _linked(name, value):
            if name in PARTS or name.startswith("TICKSTOCK_"):
                warnings.append(f"{by}: ignored, Kubernetes set it for a service of that name")
        elif name in names:
            said[names[name]] = Said(value, by)
        elif name.startswith("TICKSTOCK_"):
            raise BadSetting(f"{by}: unknown setting{_meant(name, names)}")
        elif name not in PARTS and name not in OUTSIDE and (near := _near(name, [*names, *PARTS])):
            warnings.append(f"{by}: not a setting; {near} is")
    return said | {names[name]: variables[name] for name in names if _short(name) and name in variables}


def _short(name: str) -> bool:
    """PORT is said more plainly than TICKSTOCK_SERVER_PORT, and wins."""
    return not name.startswith("TICKSTOCK_")


def _linked(name: str, value: object) -> bool:
    """Kubernetes describes each service to each container in variables that may be called like ours."""
    return bool(SERVICE_LINK.fullmatch(name)) or (name.endswith("_PORT") and _link(value))


def _link(value: object) -> bool:
    return bool(LINK_ADDRESS.match(str(value)))


def _redis(parts: Mapping[str, Said]) -> Said:
    host, port, password = (parts.get(name, Said("", name)) for name in PARTS)
    if port.value and not (
        str(port.value).isascii() and str(port.value).isdigit() and 0 < int(str(port.value)) < 65536
    ):
        raise BadSetting(f"{port.by}: must be a number from 1 to 65535")
    if any(letter in str(host.value) for letter in "/@ ?#"):
        raise BadSetting(f"{host.by}: must be the name of a host")
    name = f"[{host.value}]" if ":" in str(host.value) else host.value or "localhost"
    who = f":{quote(str(password.value), safe='')}@" if password.value else ""
    return Said(f"redis://{who}{name}:{port.value or 6379}/0", host.by)


def _meant(name: str, known: frozenset[str] | Mapping[str, str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f" (is {near[0]} meant?)" if near else ""


def _near(name: str, known: list[str]) -> str | None:
    if name.upper() in known:
        return name.upper()
    for other in known:
        if not _short(other) or abs(len(name) - len(other)) > 3:
            continue
        if len(name) > 4 and difflib.SequenceMatcher(None, name, other).ratio() >= ALIKE:
            return other
        if len(name) > 3 and Counter(name) == Counter(other):
            return other
    return None
