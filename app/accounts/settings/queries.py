"""The settings of users in our own schema."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

import msgspec
from asyncpg import Connection, Record

from app.identity import ZONES, Rate, UserSettings

Choice = TypeVar("Choice", bound=StrEnum)


_INSERT = """
insert into app.user_settings (user_id, zone, numbers, colours, density, theme, rate, reduced_data, home)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
"""In the order of the fields of UserSettings."""


class StoredSettings(NamedTuple):
    """`version` 0: nothing is stored, and `settings` are the defaults."""

    settings: UserSettings = UserSettings()
    version: int = 0


async def of(connection: "Connection[Record]", user_id: UUID) -> StoredSettings:
    row = await connection.fetchrow("select * from app.user_settings where user_id = $1", user_id)
    return stored_settings(row)


async def lock(connection: "Connection[Record]", user_id: UUID) -> StoredSettings:
    """Needs a transaction, until whose end nobody else changes them."""
    await connection.execute("select from app.users where id = $1 for no key update", user_id)
    return await of(connection, user_id)


async def put(connection: "Connection[Record]", user_id: UUID, settings: UserSettings) -> StoredSettings:
    """Needs the transaction of `lock`."""
    version = await connection.fetchval(
        f"""{_INSERT}
        on conflict (user_id) do update set version = user_settings.version + 1, zone = excluded.zone,
            numbers = excluded.numbers, colours = excluded.colours, density = excluded.density,
            theme = excluded.theme, rate = excluded.rate, reduced_data = excluded.reduced_data, home = excluded.home,
            updated_at = now()
        returning version
        """,
        user_id,
        *settings,
    )
    return StoredSettings(settings, version)


async def insert(connection: "Connection[Record]", user_id: UUID, settings: UserSettings) -> None:
    """Changes nothing if some are stored."""
    await connection.execute(f"{_INSERT} on conflict do nothing", user_id, *settings)


def stored_settings(row: Record | Mapping[str, Any] | None) -> StoredSettings:
    """A value that is in no list any more counts as the default."""
    if row is None:
        return StoredSettings()
    default = UserSettings()
    settings = UserSettings(
        zone=row["zone"] if row["zone"] in ZONES else None,
        numbers=_member(row["numbers"], default.numbers),
        colours=_member(row["colours"], default.colours),
        density=_member(row["density"], default.density),
        theme=_member(row["theme"], default.theme),
        rate=next((rate for rate in Rate if rate == row["rate"]), None),
        reduced_data=row["reduced_data"],
        home=_member(row["home"], default.home),
    )
    return StoredSettings(settings, row["version"])


def decoded_settings(row: str | None) -> StoredSettings:
    """`row`: as JSON."""
    return stored_settings(msgspec.json.decode(row) if row else None)


def _member(text: str, default: Choice) -> Choice:
    return next((each for each in type(default) if each == text), default)
