"""Links by which a person chooses another password, whoever made them."""

from uuid import UUID

from asyncpg import Connection, Record


async def end(connection: "Connection[Record]", user_id: UUID) -> None:
    """All of theirs. With the change that ends them in one transaction, so that a link in use waits for it."""
    await connection.execute("delete from app.resets where user_id = $1", user_id)
    await connection.execute("delete from app.invites where user_id = $1", user_id)
