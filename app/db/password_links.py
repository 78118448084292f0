"""Ends the links by which a user could choose a new password."""

from uuid import UUID

from asyncpg import Connection, Record


async def end(connection: "Connection[Record]", user_id: UUID) -> None:
    """Needs the transaction of the change that ends them: a link in use then waits for it."""
    await connection.execute("delete from app.resets where user_id = $1", user_id)
    await connection.execute("delete from app.invites where user_id = $1", user_id)
