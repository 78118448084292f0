"""`tickstock admin …`: manages accounts, whether or not a desk is running."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeVar

from app.commands import addresses, prepare
from app.commands.temporary_postgres import temporary_postgres
from app.db.pools import Pool
from app.embedded.places import Unusable
from app.identity import Role
from app.settings.load import Settings

T = TypeVar("T")


def create(settings: Settings, environ: Mapping[str, str], email: str, role: str, password: str) -> None:
    from app.accounts.bootstrap import check_new_account, create_user

    try:
        check_new_account(email, password)  # before any server is started for it
    except ValueError as refusal:
        raise Unusable(str(refusal)) from None
    _run(settings, environ, lambda pool: create_user(pool, email, Role(role), password), makes=True)


def user_lines(settings: Settings, environ: Mapping[str, str]) -> list[str]:
    """One line per user."""
    from app.accounts.bootstrap import users

    return [
        f"{user.email}  {user.role.value}{'' if user.active else ', disabled'}{', codes' if user.two_steps else ''}"
        for user in _run(settings, environ, users)
    ]


def reset(settings: Settings, environ: Mapping[str, str], email: str) -> str:
    from app.accounts.bootstrap import reset_link

    return _run(settings, environ, lambda pool: reset_link(pool, email, settings.public_url))


def remove_codes(settings: Settings, environ: Mapping[str, str], email: str) -> bool:
    from app.accounts import bootstrap

    return _run(settings, environ, lambda pool: bootstrap.remove_codes(pool, email))


def _run(
    settings: Settings, environ: Mapping[str, str], action: Callable[[Pool], Awaitable[T]], *, makes: bool = False
) -> T:
    """`makes`: the action creates an account, and may create the database for it."""

    async def work(reached: Settings) -> T:
        async with prepare.pool_for(reached) as pool:
            return await action(pool)

    with _database(settings, environ, makes=makes) as reached:
        try:
            return prepare.run(work(reached))
        except ValueError as refusal:
            raise Unusable(str(refusal)) from None


@contextmanager
def _database(settings: Settings, environ: Mapping[str, str], *, makes: bool) -> Iterator[Settings]:
    """The database of the settings, of the running desk, or one of our own that runs for this command."""
    if addresses.configured_addresses(settings).own:
        prepare.prepare_own_schema(settings, patience=0)
        yield settings
    elif running := addresses.running_addresses(settings.data_dir):
        yield addresses.with_addresses(settings, running)
    elif not makes and not (settings.data_dir / "postgres").exists():
        raise Unusable(
            f"there is no database in {settings.data_dir.resolve()}: set DATA_DIR to where `tickstock run` keeps its"
            " data, or DATABASE_URL"
        )
    else:
        with temporary_postgres(settings, environ) as temporary:
            yield addresses.with_addresses(settings, temporary)
