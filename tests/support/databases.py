"""A database as each role reaches it."""

from typing import NamedTuple

from app.db import roles
from app.embedded import postgres
from app.embedded.places import Places


class Databases(NamedTuple):
    """One database as the embedded one is, with both schemas, seen by each role."""

    own: str
    market: str
    engine: str
    superuser: str

    @classmethod
    def of(cls, places: Places, name: str) -> "Databases":
        """The addresses of the database of this name."""
        return cls(*(postgres.url(places, name, user) for user in (roles.OWN, roles.MARKET, roles.ENGINE, "postgres")))
