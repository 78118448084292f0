"""A PostgreSQL of our own while a command runs, if no desk is running and no server is configured."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import click

from app.commands import addresses, prepare
from app.commands.addresses import Addresses
from app.embedded import places, postgres
from app.embedded.child import Child
from app.embedded.places import Places, Unusable
from app.settings.load import Settings

START_SECONDS = 30.0
STOP_SECONDS = 4.0


@contextmanager
def temporary_postgres(settings: Settings, environ: Mapping[str, str]) -> Iterator[Addresses]:
    """With both schemas. Prints to standard error what it starts. Raises Unusable."""
    where = places.prepare(settings.data_dir, environ.get("XDG_RUNTIME_DIR"))
    with addresses.lock(where.data):
        click.echo(
            f"no desk runs on {where.data} and DATABASE_URL is not set: {_start_message(where)} for this command",
            err=True,
        )
        child = Child(postgres.program(where))
        child.start()
        try:
            if not child.wait_ready(START_SECONDS):
                raise Unusable(f"postgres does not start (see {child.program.log})")
            yield prepare.prepare_databases(postgres.url(where))
        finally:
            child.stop(STOP_SECONDS)
            places.remove_sockets(where)


def _start_message(where: Places) -> str:
    return "starting its PostgreSQL" if (where.data / "postgres").exists() else "making a PostgreSQL there"
