"""The subcommands of `tickstock data`. Each returns the work to be done with the settings."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.commands.load import DAY, TIMEFRAMES, load

if TYPE_CHECKING:
    from app.engine.coverage.result import CoverageQuery
    from app.settings.load import Settings

Work = Callable[["Settings"], bool]
"""Returns whether all is well, which becomes the exit code."""


def _range(command: Callable[..., Work]) -> Callable[..., Work]:
    for option in (
        click.option("--to", "last", type=DAY, help="The last session that is over."),
        click.option("--from", "first", type=DAY, help="The oldest bar there is."),
        click.option("--timeframe", type=click.Choice(TIMEFRAMES), default="daily", show_default=True),
        click.option("--symbol", "symbols", multiple=True, help="Of this alone; may be said again."),
    ):
        command = option(command)
    return command


@click.command()
@_range
@click.option("--json", "as_json", is_flag=True, help="All of it, for programs.")
def gaps(as_json: bool, **options: Any) -> Work:
    """Show which bars are missing or suspicious, by the exchange's calendar; exit code 1 if any."""
    from app.commands import gaps as commands

    return lambda settings: commands.show(settings, _coverage_query(options), as_json)


@click.command()
@_range
@click.option("--yes", is_flag=True, help="Load, instead of saying what would be asked for.")
def repair(yes: bool, **options: Any) -> Work:
    """Load again what is missing or suspicious; without --yes, say what that would take."""
    from app.commands import gaps as commands

    return lambda settings: commands.repair(settings, _coverage_query(options), yes)


@click.command()
@click.option("--date", "day", type=DAY, help="The newest day that is stored.")
def close(day: datetime | None) -> Work:
    """Complete a day, roll up its week and month, and check each universe; exit code 1 if one lacks too much."""
    from app.commands import close_day as commands

    return lambda settings: commands.close(settings, _day(day))


@click.group()
def universes() -> None:
    """Named lists of symbols: universes of stocks and themes of ETFs."""


@universes.command("list")
def list_universes() -> Work:
    """Show every universe and the first of its members."""
    from app.commands import universes as commands

    return commands.show


@universes.command("import")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--name", help="NAME:KEY; else the file's name.")
@click.option("--etf", is_flag=True, help="Its members are funds.")
@click.option("--shipped", is_flag=True, help="The seven themes that came with TickStock.")
def import_universe(file: Path | None, name: str | None, etf: bool, shipped: bool) -> Work:
    """Store the symbols of a CSV FILE as a universe, in place of what was called so."""
    from app.commands import universes as commands

    if shipped is bool(file):
        raise click.UsageError("name a file or say --shipped")
    if shipped and (name or etf):
        raise click.UsageError("--name and --etf are for a FILE; what is shipped has names and kinds of its own")
    return lambda settings: (
        commands.import_file(settings, file, name, etfs=etf) if file else commands.import_shipped(settings)
    )


@universes.command("export")
@click.argument("name")
@click.option("--on", "day", type=DAY, help="Who was a member on that day.")
def export_universe(name: str, day: datetime | None) -> Work:
    """Print the members of NAME as CSV; several names may be joined by colons."""
    from app.commands import universes as commands

    return lambda settings: commands.export(settings, name, _day(day))


@universes.command("history")
@click.argument("name")
def history_of_universe(name: str) -> Work:
    """Show who was a member of NAME when."""
    from app.commands import universes as commands

    return lambda settings: commands.history(settings, name)


def _coverage_query(options: dict[str, Any]) -> "CoverageQuery":
    from app.engine.coverage.result import CoverageQuery

    return CoverageQuery(
        options["timeframe"], _day(options["first"]), _day(options["last"]), _symbols(options["symbols"])
    )


def _day(moment: datetime | None) -> Any:
    return moment.date() if moment else None


def _symbols(words: tuple[str, ...]) -> tuple[str, ...] | None:
    return tuple(word.strip() for word in words) or None


COMMANDS: tuple[click.Command, ...] = (load, gaps, repair, close, universes)
