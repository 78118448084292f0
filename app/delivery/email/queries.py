"""E-mails that wait, were sent or were given up: kind and recipient, and no secret."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from asyncpg import Connection, Record

MOST_TRIES = 5
MOST_WAITING = 1000
KEPT_DAYS = 30


class DueEmail(NamedTuple):
    """For a person, or for an address that may be nobody's."""

    id: int
    kind: str
    user_id: UUID | None
    email: str | None
    created_at: datetime

    @property
    def message_id(self) -> str:
        """The same in every try; another one for every e-mail, also after the table was made anew."""
        return f"{self.id}.{int(self.created_at.timestamp() * 1000)}"


async def put(connection: "Connection[Record]", kind: str, email: str) -> None:
    """For the account of that address, if there is one; the same once, and no more than are soon sent."""
    await connection.execute(
        """
        insert into app.letters (kind, user_id)
        select $1, id from app.users as users
         where lower(email) = $2 and active
           and not exists (select from app.letters where user_id = users.id and kind = $1 and tries = 0)
           and $3 > (select count(*) from app.letters where sent_at is null and given_up_at is null)
        """,
        kind,
        email,
        MOST_WAITING,
    )


async def put_to(connection: "Connection[Record]", kind: str, email: str) -> None:
    """For the address, whether or not anybody here has it."""
    await connection.execute(
        """
        insert into app.letters (kind, email)
        select $1, $2
         where not exists (select from app.letters where email = $2 and kind = $1 and tries = 0)
           and $3 > (select count(*) from app.letters where sent_at is null and given_up_at is null)
        """,
        kind,
        email,
        MOST_WAITING,
    )


async def claim(connection: "Connection[Record]", limit: int) -> list[DueEmail]:
    """Any process retries them later, unless `sent` or `failed` is called by then."""
    rows = await connection.fetch(
        """
        update app.letters set tries = tries + 1, due_at = now() + make_interval(mins => (2 ^ tries)::int)
         where id in (select id from app.letters
                       where sent_at is null and given_up_at is null and due_at <= now()
                       order by due_at limit $1 for update skip locked)
        returning id, kind, user_id, email, created_at
        """,
        limit,
    )
    return [DueEmail(**row) for row in rows]


async def sent(connection: "Connection[Record]", email: DueEmail) -> None:
    await connection.execute("update app.letters set sent_at = now() where id = $1", email.id)


async def failed(connection: "Connection[Record]", email: DueEmail, trouble: str, *, final: bool) -> None:
    """Given up if it is `final`, or after MOST_TRIES."""
    await connection.execute(
        "update app.letters set trouble = $2, given_up_at = case when $4 or tries >= $3 then now() end where id = $1",
        email.id,
        trouble[:200],
        MOST_TRIES,
        final,
    )


async def forget(connection: "Connection[Record]") -> None:
    await connection.execute("delete from app.letters where created_at < now() - make_interval(days => $1)", KEPT_DAYS)
