"""`tickstock admin …`: accounts, whether or not a desk runs."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from app.commands import addresses, ground
from app.embedded import places, postgres
from app.embedded.child import Child
from app.embedded.places import Unusable
from app.identity import Role
from app.settings import Settings

START_SECONDS = 30.0
STOP_SECONDS = 4.0


def create(settings: Settings, environ: Mapping[str, str], email: str, role: str, password: str) -> None:
    from app.accounts.setup import create_user

    async def work(reached: Settings) -> None:
        async with ground.pool_for(reached) as pool:
            await create_user(pool, email, Role(role), password)

    with _database(settings, environ) as reached:
        try:
            ground.done(work(reached))
        except ValueError as refusal:
            raise Unusable(str(refusal)) from None


@contextmanager
def _database(settings: Settings, environ: Mapping[str, str]) -> Iterator[Settings]:
    """The one that is named, the one that runs here, or our own for as long as the command takes."""
    if addresses.named(settings).own:
        ground.lay_own(settings, patience=0)
        yield settings
    elif running := addresses.running(settings.data_dir):
        yield addresses.with_addresses(settings, running)
    else:
        where = places.prepare(settings.data_dir, environ.get("XDG_RUNTIME_DIR"))
        with places.lock(where.data):
            child = Child(postgres.program(where))
            child.start()
            try:
                if not child.wait_ready(START_SECONDS):
                    raise Unusable(f"postgres does not start (see {child.program.log})")
                yield addresses.with_addresses(settings, ground.lay(postgres.url(where)))
            finally:
                child.stop(STOP_SECONDS)
                places.leave(where)
