"""`tickstock`: run everything, run one process, or look after accounts and data."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from app.commands import data_commands
from app.embedded.child import READY_FD, follow_parent
from app.embedded.places import Unusable
from app.settings.sources import BadSetting

if TYPE_CHECKING:
    from app.settings.load import Settings

# Each command imports its modules when it is called: `--help` and the supervisor start quickly.


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="tickstock")
def main() -> None:
    """A live market desk that the server draws.

    Settings come from the environment, from .env, or from config/: docs/configuration.md lists them.
    """


@main.command()
@click.option("--with-parent", is_flag=True, help="Stop when the process that started this one ends.")
def run(with_parent: bool) -> None:
    """Start everything: servers, web, engine, ingest. Ctrl-C stops it.

    \b
    PORT, HOST                where the desk listens (8000, 127.0.0.1)
    PUBLIC_URL                what browsers type (http://HOST:PORT)
    DATA_DIR                  where the servers that it starts keep their data (.data)
    REDIS_URL, DATABASE_URL   servers of yours, in place of those
    """
    with _one_line():
        if with_parent:
            follow_parent()
        settings = _settings("run")
        from app.commands.run import run as run_all

        run_all(settings, os.environ, click.echo)


@main.command()
def web() -> None:
    """Serve pages and streams at HOST and PORT.

    Servers are REDIS_URL and DATABASE_URL, or those of the `tickstock run` on the same DATA_DIR.
    """
    with _one_line():
        settings = _settings_with_servers("web")
        if not _supervised():
            _prepare(settings)
        from app.server.serve import run_web

        run_web(settings, _ready)


@main.command()
def ingest() -> None:
    """Publish market data to REDIS_URL, or to the Redis of the `tickstock run` on the same DATA_DIR.

    Beside servers that are yours it stays idle until INGEST=on.
    """
    with _one_line():
        settings = _settings_with_servers("ingest", database=False, engine=True)
        if not settings.ingest.on:
            _idle("ingest", "INGEST")
        from app.ingest.run import main as run_ingest

        run_ingest(settings, _ready)


@main.command()
def engine() -> None:
    """Build bars, indicators and patterns in place of TickStockPL.

    Servers are REDIS_URL and DATABASE_URL, or those of the `tickstock run` on the same DATA_DIR. Beside servers that
    are yours it stays idle until ENGINE=on.
    """
    with _one_line():
        settings = _settings_with_servers("engine", engine=True)
        if not settings.engine.on:
            _idle("engine", "ENGINE")
        from app.engine.process import main as run_engine

        run_engine(settings, _ready)


@main.command()
def setup() -> None:
    """Prepare the schema app in DATABASE_URL and print the link that makes the first admin.

    `tickstock run` does this by itself. Each call makes a new link and ends the one before.
    """
    with _one_line():
        settings = _settings_with_servers("setup")
        from app.commands import prepare

        prepare.prepare_own_schema(settings)
        if link := prepare.first_link(settings):
            click.echo(f"no admin yet; this link makes the first one, once: {link}")
        _warn_of_owner(settings)
        if prepare.could_write_market(settings):
            click.echo(
                "warning: the role that reads the market could write it; MARKET_DATABASE_URL names another", err=True
            )


@main.group()
def admin() -> None:
    """Look after accounts.

    They are in DATABASE_URL, else in the database of the desk on DATA_DIR (.data). Where none runs there, its
    PostgreSQL is started for the command, and stopped after it.
    """


@admin.command("create-user")
@click.argument("email")
@click.option("--role", type=click.Choice(["admin", "user"]), default="user", show_default=True)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def create_user(email: str, role: str, password_stdin: bool) -> None:
    """Make an account for EMAIL. The password is asked for: at least 12 characters."""
    with _one_line():
        settings = _settings("admin")
        password = sys.stdin.readline().rstrip("\r\n") if password_stdin else click.prompt("Password", hide_input=True)
        from app.commands import accounts

        accounts.create(settings, os.environ, email, role, password)
    click.echo(f"{email} can sign in")


@admin.command("list")
def list_users() -> None:
    """Print who has an account, with role and state."""
    with _one_line():
        settings = _settings("admin")
        from app.commands import accounts

        lines = accounts.user_lines(settings, os.environ)
    for line in lines or ["nobody has an account yet; `tickstock admin create-user EMAIL --role admin` makes one"]:
        click.echo(line, err=not lines)


@admin.command("reset-password")
@click.argument("email")
def reset_password(email: str) -> None:
    """Print a link by which EMAIL chooses a new password, once."""
    with _one_line():
        settings = _settings("admin")
        from app.commands import accounts

        click.echo(f"works once, for 24 hours: {accounts.reset(settings, os.environ, email)}")


@admin.command("remove-totp")
@click.argument("email")
def remove_totp(email: str) -> None:
    """Ask EMAIL for no codes any more: for who lost authenticator and recovery codes."""
    with _one_line():
        settings = _settings("admin")
        from app.commands import accounts

        had_codes = accounts.remove_codes(settings, os.environ, email)
    click.echo(f"{email} signs in with the password alone" if had_codes else f"{email} was asked for no codes")


@main.group(commands=data_commands.COMMANDS)
def data() -> None:
    """Look after market data.

    It is in MARKET_DATABASE_URL or DATABASE_URL, else in the database of the desk on DATA_DIR (.data). What loads
    starts its PostgreSQL where none runs there, and stops it again.
    """


@data.result_callback()
def _work(work: data_commands.Work | None) -> None:
    if work:
        with _one_line():
            fine = work(_settings("data"))
        if not fine:
            sys.exit(1)


def _settings(component: str) -> "Settings":
    from app import logs
    from app.settings.load import load

    settings, warnings = load(os.environ)
    logging = settings.logging
    logs.configure(
        component,
        level=logging.level,
        form=logging.form,
        file=logging.file_path if logging.file_enabled else None,
        file_max_size=logging.file_max_size,
        file_backup_count=logging.file_backup_count,
        db_severity=logging.db_severity if logging.db_enabled else None,
    )
    if not _supervised():
        for warning in warnings:
            click.echo(f"warning: {warning}", err=True)
    return settings


def _settings_with_servers(component: str, *, database: bool = True, engine: bool = False) -> "Settings":
    from app.commands.addresses import with_running_servers

    return with_running_servers(_settings(component), database=database, engine=engine)


def _prepare(settings: "Settings") -> None:
    """A database that is away does not stop the start: pages say so until it is back."""
    from app.commands import prepare

    try:
        prepare.prepare_own_schema(settings, patience=3)
        _warn_of_owner(settings)
    except Unusable as refusal:
        click.echo(f"warning: {refusal}; `tickstock setup` does it later", err=True)


def _warn_of_owner(settings: "Settings") -> None:
    from app.commands import prepare

    if prepare.owns_audit(settings):
        click.echo(
            "warning: the role of DATABASE_URL owns the audit and could alter it; docs/deployment.md says under "
            '"Owner of the audit" how another role owns it',
            err=True,
        )


def _supervised() -> bool:
    return READY_FD in os.environ


def _ready() -> None:
    """Tells the supervisor that the process is ready, once."""
    if descriptor := os.environ.pop(READY_FD, None):
        os.write(int(descriptor), b"\n")
        os.close(int(descriptor))


def _idle(name: str, switch: str) -> None:
    """Waits instead of exiting, so that a process manager with this Procfile does not restart it."""
    click.echo(f"{name} is off beside servers that are not ours; {switch}=on starts it", err=True)
    signal.pause()


@contextmanager
def _one_line() -> Iterator[None]:
    """Prints a refusal as one line and exits with code 1."""
    try:
        yield
    except (BadSetting, Unusable) as refusal:
        raise click.ClickException(str(refusal)) from None


if __name__ == "__main__":
    main()
