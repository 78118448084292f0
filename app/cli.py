"""`tickstock`: run everything, run one process, or look after accounts and data."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.commands import stored
from app.embedded.child import READY_FD, follow_parent
from app.embedded.places import Unusable
from app.toml import BadSetting

if TYPE_CHECKING:
    from app.engine.loads.scenario import ScenarioBars
    from app.engine.loads.source import Source
    from app.settings import Settings

# Each command imports what it needs when it is called: `--help` and the supervisor start light.


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="tickstock")
def main() -> None:
    """A live market desk that the server draws."""


@main.command()
@click.option("--with-parent", is_flag=True, help="Stop when the process that started this one ends.")
def run(with_parent: bool) -> None:
    """Start everything: servers, web, engine, ingest. Ctrl-C stops it."""
    with _one_line():
        if with_parent:
            follow_parent()
        settings = _settings("run")
        from app.commands.run import run as run_all

        run_all(settings, os.environ, click.echo)


@main.command()
def web() -> None:
    """Serve pages and streams."""
    with _one_line():
        settings = _completed("web")
        if not _supervised():
            _prepare(settings)
        from app.serve import run_web

        run_web(settings, _ready)


@main.command()
def ingest() -> None:
    """Publish market data."""
    with _one_line():
        settings = _completed("ingest", database=False)
        if not settings.ingest.on:
            _idle("ingest", "INGEST")
        from app.ingest.run import main as run_ingest

        run_ingest(settings, _ready)


@main.command()
def engine() -> None:
    """Build bars, indicators and patterns in place of TickStockPL."""
    with _one_line():
        settings = _completed("engine")
        if not settings.engine.on:
            _idle("engine", "ENGINE")
        from app.engine.run import main as run_engine

        run_engine(settings, _ready)


@main.command()
def setup() -> None:
    """Prepare our own schema and print the link that makes the first admin."""
    with _one_line():
        settings = _completed("setup")
        from app.commands import ground

        ground.lay_own(settings)
        if link := ground.first_link(settings):
            click.echo(f"no admin yet; this link makes the first one, once: {link}")
        if ground.could_write_market(settings):
            click.echo(
                "warning: the role that reads the market could write it; MARKET_DATABASE_URL names another", err=True
            )


@main.group()
def admin() -> None:
    """Look after accounts."""


@admin.command("create-user")
@click.argument("email")
@click.option("--role", type=click.Choice(["admin", "user"]), default="user", show_default=True)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def create_user(email: str, role: str, password_stdin: bool) -> None:
    """Make an account for EMAIL."""
    with _one_line():
        settings = _settings("admin")
        password = sys.stdin.readline().rstrip("\r\n") if password_stdin else click.prompt("Password", hide_input=True)
        from app.commands import people

        people.create(settings, os.environ, email, role, password)
    click.echo(f"{email} can sign in")


@admin.command("list")
def list_users() -> None:
    """Print who has an account, with role and state."""
    with _one_line():
        settings = _settings("admin")
        from app.commands import people

        for line in people.listed(settings, os.environ):
            click.echo(line)


@admin.command("reset-password")
@click.argument("email")
def reset_password(email: str) -> None:
    """Print a link by which EMAIL chooses a new password, once."""
    with _one_line():
        settings = _settings("admin")
        from app.commands import people

        click.echo(f"works once, for 24 hours: {people.reset(settings, os.environ, email)}")


@admin.command("remove-totp")
@click.argument("email")
def remove_totp(email: str) -> None:
    """Ask EMAIL for no codes any more: for who lost authenticator and recovery codes."""
    with _one_line():
        settings = _settings("admin")
        from app.commands import people

        removed = people.remove_codes(settings, os.environ, email)
    click.echo(f"{email} signs in with the password alone" if removed else f"{email} was asked for no codes")


@main.group(commands=stored.COMMANDS)
def data() -> None:
    """Look after market data."""


@data.result_callback()
def _work(work: stored.Work | None) -> None:
    if work:
        with _one_line():
            fine = work(_settings("data"))
        if not fine:
            sys.exit(1)


@data.command("load")
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--timeframe", type=click.Choice(["1min", "hourly", "daily", "weekly", "monthly"]), default="daily")
@click.option("--symbol", help="Whose bars FILES hold, where no column says so.")
@click.option("--shipped", is_flag=True, help="The history that came with TickStock, as far as the replay begins.")
@click.option("--scenario", help="An invented history with known things in it, under a symbol TEST_...; or all.")
@click.option("--provider", type=click.Choice(["massive"]), help="Ask a provider instead of reading files.")
@click.option("--symbols", default="", help="What to ask the provider for: A,B,C.")
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), help="A year before the last day.")
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), help="Yesterday.")
@click.option("--no-reference", is_flag=True, help="Bars alone: no names, splits and dividends.")
@click.option("--dry-run", is_flag=True, help="Check files, or estimate what a provider takes; store nothing.")
def load_data(files: tuple[Path, ...], provider: str | None, **said: Any) -> None:
    """Store bars of FILES, CSV (also gzipped) or Parquet, or of a provider; all times are UTC."""
    with _one_line():
        settings = _settings("load")
        fine = _from_provider(settings, said) if provider else _from_files(settings, files, said)
    if not fine:
        sys.exit(1)


def _from_files(settings: "Settings", files: tuple[Path, ...], said: dict[str, Any]) -> bool:
    from app.commands import data as commands
    from app.engine.loads.shipped import Shipped

    paths: list[Path | Source] = [*files, *_scenarios(said)]
    if said["shipped"]:
        paths.append(Shipped(settings.replay.path, settings.replay.history_until))
    if not paths:
        raise click.UsageError("name a file, or say --shipped, --scenario or --provider")
    asked = commands.Files(paths, said["timeframe"], said["symbol"], said["dry_run"])
    return commands.load_files(settings, os.environ, asked, click.echo, _warn)


def _scenarios(said: dict[str, Any]) -> "list[ScenarioBars]":
    if not said["scenario"]:
        return []
    from app.engine.loads import scenario
    from app.engine.loads.source import Unreadable

    try:
        return scenario.chosen(said["scenario"], said["timeframe"])
    except Unreadable as reason:
        raise click.UsageError(str(reason)) from None


def _from_provider(settings: "Settings", said: dict[str, Any]) -> bool:
    from app.commands import provider as commands

    first, last = (day.date() if day else None for day in (said["first"], said["last"]))
    asked = commands.Asked(said["symbols"], said["timeframe"], first, last, said["dry_run"], not said["no_reference"])
    return commands.load_provider(settings, os.environ, asked, click.echo, _warn)


def _warn(line: str) -> None:
    click.echo(line, err=True)


def _settings(component: str) -> "Settings":
    from app import logs
    from app.settings import load

    settings, warnings = load(os.environ)
    said = settings.logging
    logs.configure(
        component,
        level=said.level,
        form=said.form,
        file=said.file_path if said.file_enabled else None,
        file_max_size=said.file_max_size,
        file_backup_count=said.file_backup_count,
        db_severity=said.db_severity if said.db_enabled else None,
    )
    if not _supervised():
        for warning in warnings:
            click.echo(f"warning: {warning}", err=True)
    return settings


def _completed(component: str, *, database: bool = True) -> "Settings":
    from app.commands.addresses import completed

    return completed(_settings(component), database=database)


def _prepare(settings: "Settings") -> None:
    """A database that is away keeps nobody from starting: pages say so until it is back."""
    from app.commands import ground

    try:
        ground.lay_own(settings, patience=3)
    except Unusable as refusal:
        click.echo(f"warning: {refusal}; `tickstock setup` does it later", err=True)


def _supervised() -> bool:
    return READY_FD in os.environ


def _ready() -> None:
    """Tells the supervisor, once."""
    if descriptor := os.environ.pop(READY_FD, None):
        os.write(int(descriptor), b"\n")
        os.close(int(descriptor))


def _idle(name: str, switch: str) -> None:
    """Stays, so that whatever starts all lines of the Procfile does not take it for fallen."""
    click.echo(f"{name} is off beside servers that are not ours; {switch}=on starts it", err=True)
    signal.pause()


@contextmanager
def _one_line() -> Iterator[None]:
    """Refusals are for people: one line, exit code 1."""
    try:
        yield
    except (BadSetting, Unusable) as refusal:
        raise click.ClickException(str(refusal)) from None


if __name__ == "__main__":
    main()
