"""The query parameters that each page accepts. Any other one is answered with 400 and its name."""

from collections.abc import Callable, Collection
from typing import Any, TypeVar

from quart import Quart, abort, current_app, request
from werkzeug.datastructures import MultiDict

from app.web import html

ViewFunction = TypeVar("ViewFunction", bound=Callable[..., Any])

FRAME = ("next", "rate", "refresh")
"""Accepted by every page: where to go after signing in, update rate, reload interval."""

TRACKING_PARAMETERS = ("fbclid", "gclid", "mc_cid", "mc_eid", "msclkid")
CAMPAIGN = "utm_"
"""Prefix of tracking parameters, which pages ignore."""

LONGEST_NAMED = 60


def allow(*names: str) -> Callable[[ViewFunction], ViewFunction]:
    """Accepts these parameters besides FRAME; without it a view accepts FRAME only."""

    def marked(function: ViewFunction) -> ViewFunction:
        vars(function)["parameters"] = names
        return function

    return marked


def parameters_of(function: Callable[..., Any]) -> tuple[str, ...]:
    names: tuple[str, ...] = vars(function).get("parameters", ())
    return names


def install(app: Quart, programs: Collection[str]) -> None:
    """`programs`: blueprints and views that check their parameters themselves."""

    async def check() -> None:
        endpoint = request.endpoint or ""
        function = current_app.view_functions.get(endpoint)
        if function is None or endpoint.partition(".")[0] in programs or "api" in vars(function):
            return
        refuse_unknown(_without_tracking(request.args), {*parameters_of(function), *FRAME})
        if (seconds := request.args.get("refresh", "")) and seconds not in html.RELOADS:
            abort(400, f"refresh: choose one of {', '.join(html.RELOADS)} seconds.")

    app.before_request(check)


def refuse_unknown(sent: MultiDict[str, str], allowed: Collection[str]) -> None:
    """Raises BadRequest for an unknown or repeated parameter."""
    for name, values in sent.lists():
        if name not in allowed:
            may = f"Known are: {', '.join(sorted(allowed))}." if allowed else "This takes none."
            abort(400, f"Unknown parameter: {name[:LONGEST_NAMED]!r}. {may}")
        if len(values) > 1:
            abort(400, f"{name}: said more than once.")


def _without_tracking(sent: MultiDict[str, str]) -> MultiDict[str, str]:
    """Without tracking parameters."""
    return MultiDict(
        (name, value)
        for name, value in sent.items(multi=True)
        if name not in TRACKING_PARAMETERS and not name.startswith(CAMPAIGN)
    )
