"""Pages, fragments and patches: the only makers of markup."""

import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from quart import Response, current_app, make_response, request

from app.identity import ZONES, NumberForm, View
from app.push import Push
from app.web import assets, filters, guards, security

ROOT = Path(__file__).resolve().parents[2]
RELOADS = ("10", "30", "60")
"""Seconds after which a page without scripting may ask to be sent again."""

SVG_PART = re.compile(r"<(circle|g|line|path|polyline|rect|text|tspan)\b")


def _environment(folder: str) -> Environment:
    made = Environment(
        loader=FileSystemLoader(ROOT / folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters.update({function.__name__: function for function in filters.FILTERS})
    made.globals.update(dom_id=filters.dom_id)
    return made


environment = _environment("partials")
pages = _environment("templates")
pages.globals.update(ZONES=ZONES, NUMBER_FORMS=tuple(NumberForm))


def fragment(name: str, **values: object) -> Markup:
    """Draws partials/<name>.html; knows no request, so that a push draws the same bytes as a page."""
    return Markup(environment.get_template(f"{name}.html").render(values).strip())  # noqa: S704 - escaped by the template


async def page(
    name: str, *, title: str, topics: Iterable[str] = (), cursor: str = "", status: int = 200, **values: object
) -> Response:
    """Draws templates/<name>.html around what partial functions returned; with topics it opens the one stream."""
    text = pages.get_template(f"{name}.html").render(
        values,
        title=title,
        stream=stream_url(topics, cursor),
        visitor=await guards.visitor(),
        view=guards.view(),
        here=guards.here(),
        path=request.path,
        nonce=security.nonce(),
        asset=assets.current(),
        reloads=[(seconds, _reload_url(seconds)) for seconds in RELOADS],
        patience=2.5 * current_app.config.get("BEAT_SECONDS", 5.0),
    )
    response = await make_response(text, status)
    assert isinstance(response, Response)
    if request.args.get("refresh") in RELOADS:
        response.headers["Refresh"] = request.args["refresh"]
    return response


def stream_url(topics: Iterable[str], cursor: str = "") -> str:
    """Empty without topics: such a page holds no connection open."""
    wanted = ",".join(topics)
    asked = {"topics": wanted} | ({"cursor": cursor} if cursor else {})
    return f"/stream?{urlencode(asked, safe=',:')}" if wanted else ""


def _reload_url(seconds: str) -> str:
    return f"{quote(request.path)}?{urlencode(request.args.to_dict() | {'refresh': seconds})}"


def patch(push: Push, view: View) -> str:
    """What htmx applies for one push. Its keys come from dom_id(), so a selector can neither break nor be forged."""
    if push.op == "remove":
        return _partial(f"#{push.key}", "delete")
    if push.op == "trim":
        return _partial(f"#{push.key} > :nth-child(n+51)", "delete")
    drawn = push.draw(view)
    if push.op == "insert":
        return _partial(f"#{push.key}", "upsert key:data-k sort:desc", drawn)
    if SVG_PART.match(drawn):  # outside <svg> it would land in the XHTML namespace and stay invisible
        return _partial(f"#{push.key}", "outerMorph strip:true", f"<svg>{drawn}</svg>")
    return _partial(f"#{push.key}", "outerHTML", drawn)


def _partial(target: str, swap: str, drawn: str = "") -> str:
    return f'<hx-partial hx-target="{target}" hx-swap="{swap}">{drawn}</hx-partial>'
