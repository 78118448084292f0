"""`tickstock admin …`: accounts, whether or not a desk runs."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from app.commands import addresses, ground
from app.commands.carried import carried
from app.embedded.places import Unusable
from app.identity import Role
from app.settings import Settings


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
        with carried(settings, environ) as laid:
            yield addresses.with_addresses(settings, laid)
