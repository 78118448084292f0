"""The lock under which a person's lists and screens get names and places."""

from uuid import UUID

from asyncpg import Connection, Record


async def lock_owner(connection: "Connection[Record]", user_id: UUID) -> None:
    """Until the transaction ends, no other one adds, renames or orders what this person keeps."""
    await connection.fetchval("select id from app.users where id = $1 for no key update", user_id)
