"""The vendors of history by name."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the command line reads the names alone
    from app.engine.loads.providers.provider import HistoryProvider
    from app.settings.load import Settings

VENDORS = {"massive": "app.engine.loads.providers.massive.provider"}
"""The module whose `provider(settings)` makes it. docs/providers.md tells more."""


def history_provider(settings: "Settings", name: str = "") -> "HistoryProvider":
    """Of that name; by default the first that is configured. Where none is, the first, whose `configuration_error` says
    what is missing."""
    providers: list[HistoryProvider] = [
        import_module(VENDORS[each]).provider(settings) for each in ([name] if name else VENDORS)
    ]
    return next((each for each in providers if not each.configuration_error), providers[0])
