"""Options of `tickstock data load`: which ones go together, and what they load."""

import os
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from app.engine.loads.providers.vendors import VENDORS

if TYPE_CHECKING:
    from app.engine.loads.sources.datetimes import DateOrder
    from app.engine.loads.sources.scenario import ScenarioBars
    from app.engine.loads.sources.source import Source
    from app.settings.load import Settings

DAY = click.DateTime(["%Y-%m-%d"])
TIMEFRAMES = ["1min", "hourly", "daily", "weekly", "monthly"]
FOR_FILES = ("symbol", "dates")
FOR_PROVIDER = ("symbols", "first", "last", "no_reference")


class Options(NamedTuple):
    timeframe: str
    dry_run: bool
    symbol: str | None
    dates: "DateOrder | None"
    shipped: bool
    scenario: str | None
    provider: str | None
    symbols: str
    first: datetime | None
    last: datetime | None
    no_reference: bool


@click.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--timeframe", type=click.Choice(TIMEFRAMES), default="daily", show_default=True)
@click.option("--symbol", help="Take the bars of this alone; FILES without a column for symbols hold its bars.")
@click.option("--dates", type=click.Choice(["mdy", "dmy"]), help="What 03/05/2024 means in FILES: March or May.")
@click.option("--shipped", is_flag=True, help="The history that came with TickStock, as far as the replay begins.")
@click.option("--scenario", help="An invented history with known things in it, under a symbol TEST_...; or all.")
@click.option("--provider", type=click.Choice(list(VENDORS)), help="Ask a provider instead of reading files.")
@click.option("--symbols", default="", help="What to ask the provider for: A,B,C.")
@click.option("--from", "first", type=DAY, help="For the provider: a year before the last day.")
@click.option("--to", "last", type=DAY, help="For the provider: yesterday.")
@click.option("--no-reference", is_flag=True, help="Of the provider bars alone: no names, splits and dividends.")
@click.option("--dry-run", is_flag=True, help="Check files, or estimate what a provider takes; store nothing.")
def load(files: tuple[Path, ...], **words: Any) -> "Callable[[Settings], bool]":
    """Store bars of FILES, CSV (also gzipped) or Parquet, or of a provider; times without a zone are UTC."""
    options = Options(**words)
    problem = _problem(files, options)
    if problem:
        raise click.UsageError(problem)
    if options.provider:
        return lambda settings: _from_provider(settings, options)
    scenarios = _scenarios(options)
    return lambda settings: _from_files(settings, files, scenarios, options)


def _problem(files: Sequence[Path], options: Options) -> str:
    """Names an option that would have no effect; empty if all have one."""
    own = bool(options.shipped or options.scenario)
    options_set = {name for name, value in options._asdict().items() if value}
    if options.provider and (files or own):
        return "a load is of FILES, --shipped or --scenario, or of a --provider: not of both"
    if not options.provider and (strange := _option_names(FOR_PROVIDER, options_set)):
        return f"{strange}: for a --provider alone; of FILES everything is loaded"
    if (own or options.provider) and (strange := _option_names(FOR_FILES, options_set)):
        return f"{strange}: for FILES alone"
    if options.shipped and options.timeframe != "daily":
        return f"--shipped has daily bars, not {options.timeframe}"
    if not (files or own or options.provider):
        return "name a file, or say --shipped, --scenario or --provider"
    return ""


def _option_names(options: Sequence[str], options_set: set[str]) -> str:
    spelling = {"first": "from", "last": "to"}
    return ", ".join(f"--{spelling.get(name, name).replace('_', '-')}" for name in options if name in options_set)


def _scenarios(options: Options) -> "list[ScenarioBars]":
    if not options.scenario:
        return []
    from app.engine.loads.sources import scenario
    from app.engine.loads.sources.source import UnreadableSource

    try:
        return scenario.scenario_sources(options.scenario, options.timeframe)
    except UnreadableSource as reason:
        raise click.UsageError(str(reason)) from None


def _from_files(
    settings: "Settings", files: Sequence[Path], scenarios: "Sequence[ScenarioBars]", options: Options
) -> bool:
    from app.commands.load_files import FileRequest, load_files
    from app.engine.loads.sources.shipped import ShippedSource

    history = [ShippedSource(settings.replay.path, settings.replay.history_until)] if options.shipped else []
    paths: list[Path | Source] = [*files, *scenarios, *history]
    request = FileRequest(paths, options.timeframe, options.symbol, options.dry_run, options.dates)
    return load_files(settings, os.environ, request, click.echo, _warn)


def _from_provider(settings: "Settings", options: Options) -> bool:
    from app.commands.load_provider import ProviderRequest, load_provider

    span = (_date(options.first), _date(options.last))
    assert options.provider
    request = ProviderRequest(
        options.provider, options.symbols, options.timeframe, *span, options.dry_run, not options.no_reference
    )
    return load_provider(settings, os.environ, request, click.echo, _warn)


def _date(day: datetime | None) -> date | None:
    return day.date() if day else None


def _warn(line: str) -> None:
    click.echo(line, err=True)
