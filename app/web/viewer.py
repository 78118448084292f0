"""What the viewer chose: their settings, noted where the session is read, or the cookies of who is not signed in."""

from collections.abc import Callable, Container, Mapping
from typing import Any, NamedTuple

from quart import g

from app.identity import RENAMED, ZONES, Colours, Density, NumberForm, Rate, Theme, UserSettings
from app.web import client


class CookieChoice(NamedTuple):
    """A setting that a cookie may hold."""

    cookie: str
    values: Container[str]
    convert: Callable[[str], Any]


COOKIE_CHOICES = {
    "zone": CookieChoice("tz", ZONES, str),
    "numbers": CookieChoice("numbers", tuple(NumberForm), NumberForm),
    "colours": CookieChoice("colours", tuple(Colours), Colours),
    "rate": CookieChoice("rate", tuple(Rate), Rate),
}
"""By the field of UserSettings. The footer's form has the same."""

DEFAULTS = UserSettings()

NUMBER_WORDS = {NumberForm.POINT: "1,234.56", NumberForm.COMMA: "1.234,56", NumberForm.SPACE: "1\u202f234,56"}
RATE_WORDS = {
    Rate.FASTEST: "Up to 20 a second",
    Rate.AUTO: "As the market moves",
    Rate.SECOND: "Every second",
    Rate.FIVE_SECONDS: "Every 5 seconds",
    Rate.HALF_MINUTE: "Every 30 seconds",
    Rate.PAUSED: "Paused",
}
"""As forms offer them."""


def note(settings: UserSettings) -> None:
    """Sets what a user stored."""
    g.user_settings = settings


def settings() -> UserSettings:
    """What the user stored, or what the cookies say. A `zone` that was not chosen is the browser's."""
    from_store: UserSettings | None = g.get("user_settings")
    if from_store is None:
        return of_cookies()
    return from_store if from_store.zone else from_store._replace(zone=of_cookies().zone)


def of_cookies() -> UserSettings:
    cookies = client.current_request().cookies
    return changed(DEFAULTS, {name: cookies.get(choice.cookie, "") for name, choice in COOKIE_CHOICES.items()})


def valid(choices: Mapping[str, str]) -> dict[str, str]:
    """Those of COOKIE_CHOICES that are in their closed lists."""
    current = {name: RENAMED.get(value, value) for name, value in choices.items()}
    return {name: value for name, value in current.items() if value in COOKIE_CHOICES[name].values}


def changed(settings: UserSettings, choices: Mapping[str, str]) -> UserSettings:
    """An invalid choice changes nothing."""
    return settings._replace(**{name: COOKIE_CHOICES[name].convert(value) for name, value in valid(choices).items()})


def page_classes(settings: UserSettings) -> str:
    """Of <html>, as static/css/tokens.css has them."""
    classes = {
        settings.colours: settings.colours is not Colours.GREEN_RED,
        settings.theme: settings.theme is not Theme.SYSTEM,
        "comfy": settings.density is Density.COMFORTABLE,
    }
    return " ".join(name for name, applies in classes.items() if applies)
