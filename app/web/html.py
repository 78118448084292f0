"""Renders pages, fragments and patches."""

import re
import time
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup
from quart import Quart, Response, current_app, make_response, request

from app.identity import ZONES, Colours, Rate, View
from app.push import Push
from app.web import assets, condition, filters, first_visit, guards, hosts, security, session_end, viewer

ROOT = Path(__file__).resolve().parents[2]
RELOADS = ("10", "30", "60")
"""Reload intervals in seconds for pages without scripting."""

SIZE = "\ue000"
"""Placeholder of the page's size in its footer (a private-use character)."""

SWAPS: Mapping[str, str] = {
    "cells": "cells", "insert": "upsert key:data-k sort:desc", "morph": "outerMorph", "text": "innerHTML",
}  # fmt: skip
"""htmx's swap by the op of a push. htmx is built with these, outerHTML and delete: static/vendor/htmx/cuts.mjs."""

SVG_PART = re.compile(r"<(circle|g|line|path|polyline|rect|text|tspan)\b")


class Links(NamedTuple):
    """Addresses of a page's stream and socket."""

    stream: str = ""
    """Empty without topics: the page opens no connection."""
    socket: str = ""
    whole: str = ""
    """The stream to use if the socket fails."""


class Templates(Environment):
    """Shares the environment's globals as one dict: Jinja's ChainMap is copied for every rendering, which takes half
    the time of a small fragment."""

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return {**self.globals, **(d or {})}


def _environment(folder: str) -> Templates:
    jinja = Templates(
        loader=FileSystemLoader(ROOT / folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    jinja.filters.update({function.__name__: function for function in filters.FILTERS})
    jinja.globals.update(dom_id=filters.dom_id, symbol_path=filters.symbol_path, detection_path=filters.detection_path)
    return jinja


environment = _environment("partials")
pages = _environment("templates")
pages.globals.update(
    ZONES=ZONES, NUMBER_WORDS=viewer.NUMBER_WORDS, COLOURS=tuple(Colours), RATE_WORDS=viewer.RATE_WORDS
)


def add_functions(functions: Iterable[Callable[..., Markup]]) -> None:
    """Pages and partials may call these by name. To be called before the first of them is drawn."""
    for each in (environment, pages):
        each.globals.update({function.__name__: function for function in functions})


def compile_templates() -> None:
    """Compiles all templates, which is slow, before the first request."""
    for each in (environment, pages):
        for name in each.list_templates():
            each.get_template(name)


@cache
def _partial_template(name: str) -> Template:
    return environment.get_template(f"{name}.html")


def fragment(name: str, **values: object) -> Markup:
    """Renders partials/<name>.html without a request, so that a push has the same bytes as a page."""
    return Markup(_partial_template(name).render(values).strip())  # noqa: S704 - escaped by the template


async def page(
    name: str,
    *,
    title: str,
    topics: Iterable[str] = (),
    cursor: str = "",
    status: int = 200,
    priced: bool = False,
    **values: object,
) -> Response:
    """Renders templates/<name>.html around rendered partials; with topics it opens the page's stream.

    `priced`: the page shows prices but opens no stream, so it says how current they are.
    """
    visitor = await guards.visitor()  # before anything that depends on their settings
    rate, settings = guards.rate(), viewer.settings()
    page_links = links(tuple(topics), cursor, rate)
    first = visitor is not None and status == 200 and first_visit.is_due()
    text = pages.get_template(f"{name}.html").render(
        values,
        title=title,
        links=page_links,
        priced=priced,
        visitor=visitor,
        first=first,
        desks=current_app.config.get("STREAMS_PER_USER", 0),
        session=session_end.markup(guards.view(), live=bool(page_links.stream) and rate is not Rate.PAUSED),
        condition=condition.current(),
        size=SIZE,
        view=guards.view(),
        settings=settings,
        classes=viewer.page_classes(settings),
        rate=rate,
        here=guards.here(),
        host=hosts.own_place(),
        drawn_at=time.time(),
        path=request.path,
        nonce=security.nonce(),
        asset=assets.current(),
        reloads=[(seconds, _reload_url(seconds)) for seconds in RELOADS],
    )
    response = await make_response(_insert_size(text) if topics else text, status)
    assert isinstance(response, Response)
    if first:
        first_visit.delete_cookie(response)
    if request.args.get("refresh") in RELOADS and rate is not Rate.PAUSED:
        response.headers["Refresh"] = request.args["refresh"]
    return response


def _insert_size(text: str) -> str:
    """Inserts the size at the last placeholder; names from elsewhere may contain earlier ones."""
    before, _, after = text.rpartition(SIZE)
    return f"{before}{round(len(text) / 1000)} kB{after}"


def install_socket_topics(app: Quart, by_socket: Callable[[str], bool]) -> None:
    """`by_socket`: whether pages at the fastest rate receive a topic by their WebSocket."""
    app.extensions["socket topics"] = by_socket


def links(topics: tuple[str, ...], cursor: str, rate: Rate) -> Links:
    """At the fastest rate the socket carries the topics that go by it, and the stream the others."""
    if not topics:
        return Links()
    if rate is not Rate.FASTEST:
        return Links(stream_url(topics, cursor))
    by_socket: Callable[[str], bool] = current_app.extensions["socket topics"]
    quick = [topic for topic in topics if by_socket(topic)]
    rest = [topic for topic in topics if topic not in quick]
    if not quick or not rest:
        return Links(stream_url(topics, cursor))
    return Links(stream_url(rest, cursor), _url("/ws/quotes", quick), stream_url(topics, cursor, Rate.AUTO))


def stream_url(topics: Iterable[str], cursor: str = "", rate: str = "") -> str:
    return _url("/stream", topics, cursor=cursor, rate=rate)


def _url(path: str, topics: Iterable[str], **more: str) -> str:
    query = {"topics": ",".join(topics), **{name: value for name, value in more.items() if value}}
    return f"{path}?{urlencode(query, safe=',:')}"


def _reload_url(seconds: str) -> str:
    return f"{quote(request.path)}?{urlencode(request.args.to_dict() | {'refresh': seconds})}"


def patch(push: Push, view: View) -> str:
    """The markup for one push, or none if it draws nothing for this view; base.html makes outerHTML htmx's default
    swap. Keys come from dom_id(), so that a selector cannot be broken or forged."""
    if push.op == "remove":
        return _partial(f"#{push.key}", "delete")
    if push.op == "trim":
        return _partial(f"#{push.key} > :nth-child(n+{push.keep + 1})", "delete")
    markup = push.draw(view)
    if not markup:
        return ""
    if push.op == "spark":
        return f'<hx-partial hx-target="#{push.key}>.spark">{markup}</hx-partial>'
    if push.op in SWAPS:
        return _partial(f"#{push.key}", SWAPS[push.op], markup)
    if SVG_PART.match(markup):  # outside <svg> it would land in the XHTML namespace and stay invisible
        return _partial(f"#{push.key}", "outerMorph strip:true", f"<svg>{markup}</svg>")
    return f'<hx-partial hx-target="#{push.key}">{markup}</hx-partial>'


def _partial(target: str, swap: str, markup: str = "") -> str:
    return f'<hx-partial hx-target="{target}" hx-swap="{swap}">{markup}</hx-partial>'
