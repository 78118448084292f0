"""Static files under names that change with their content, compressed once."""

import base64
import hashlib
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from quart import Quart, Response, abort, current_app

from app.web import compression, guards

STATIC = Path(__file__).resolve().parents[2] / "static"
FAVICON = (STATIC / "favicon.ico").read_bytes()
STYLES = {
    "app.css": ("tokens", "base", "quotes", "patterns", "market", "phone", "print"),
    "pages.css": ("forms", "facts", "accounts", "charts", "indicators", "searches"),
    "list.css": ("forms", "heads", "lists"),
    "columns.css": ("forms", "heads", "lists", "scans"),
    "scan.css": ("forms", "facts", "heads", "scans"),
    "lists.css": ("heads", "lists", "arrangement", "scans"),
    "symbol.css": ("forms", "facts", "charts", "graph", "indicators", "symbol"),
    "desk.css": ("graph", "overview", "panels"),
    "market.css": ("forms", "heads", "overview"),
    "admin.css": ("admin",),
}
"""The order in each stylesheet: shared rules, features, media. Every page has app.css, all that the desk needs;
all but the largest tables have pages.css; the others are of lists, scans, a symbol, the market and administrators."""

HTMX = "htmx-stream.min.js"
"""htmx with its extensions, for every page with a stream."""

LIVE = ("figures.js", "live.js")
"""Our own scripts, as one file."""

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
COMMENTS = re.compile(r"^\s*(?://.*\n)?\s*|  //.*$", re.MULTILINE)
STYLE_COMMENTS = re.compile(r"/\*.*?\*/", re.DOTALL)
AROUND = re.compile(r"\s*([{};])\s*|(?<=[a-z])(:)\s+")
FOREVER = "public, max-age=31536000, immutable"
A_DAY = "public, max-age=86400"
"""For files with a fixed name."""


class Asset(NamedTuple):
    url: str
    integrity: str
    media_type: str
    bodies: Mapping[str, bytes]
    """By content coding; "identity" is always there."""


class Assets:
    def __init__(self, static: Path = STATIC) -> None:
        files = [*sorted(static.glob("*.svg")), *sorted(static.glob("vendor/*.js"))]
        sources = {path.name: path.read_bytes() for path in files}
        sources |= {path.name: _minify_script(path.read_text()) for path in sorted(static.glob("*.js"))}
        for sheet, names in STYLES.items():
            styles = [static / "css" / f"{name}.css" for name in names]
            sources[sheet] = _minify_stylesheet("".join(path.read_text() for path in styles if path.exists()))
        sources["live.js"] = b";\n".join(sources[name] for name in LIVE)
        sources["stream.js"] = b";\n".join(sources[name] for name in (HTMX, "live.js"))
        self._by_name = {name: _asset(name, body) for name, body in sources.items()}
        self._by_name["app.webmanifest"] = _manifest(static / "app.webmanifest", self._by_name["icon.svg"])
        self._by_url = {asset.url: asset for asset in self._by_name.values()}

    def __call__(self, name: str) -> Asset:
        return self._by_name[name]

    def at(self, url: str) -> Asset | None:
        return self._by_url.get(url)


def install(app: Quart) -> None:
    app.extensions["assets"] = Assets()
    app.add_url_rule("/static/<name>", "static", _serve)
    app.add_url_rule("/favicon.ico", "favicon", _favicon)
    app.after_request(compression.compress)


def current() -> Assets:
    assets: Assets = current_app.extensions["assets"]
    return assets


@guards.public
async def _serve(name: str) -> Response:
    asset = current().at(f"/static/{name}")
    if asset is None:
        abort(404)
    coding = compression.preferred(compression.accepted(), asset.bodies)
    headers = {"Cache-Control": FOREVER, "Content-Security-Policy": "default-src 'none'", "Vary": "Accept-Encoding"}
    if coding != "identity":
        headers["Content-Encoding"] = coding
    return Response(asset.bodies[coding], headers=headers, content_type=asset.media_type)


@guards.public
async def _favicon() -> Response:
    """Requested by browsers and feed readers that have not read a page."""
    headers = {"Cache-Control": A_DAY, "Content-Security-Policy": "default-src 'none'"}
    return Response(FAVICON, headers=headers, content_type="image/x-icon")


def _manifest(path: Path, icon: Asset) -> Asset:
    """With the icon's address, which depends on its content."""
    return _asset(path.name, path.read_bytes().replace(b"icon.svg", icon.url.encode()))


def _minify_script(script: str) -> bytes:
    """Removes indentation and comments."""
    return COMMENTS.sub("", script).encode()


def _minify_stylesheet(style: str) -> bytes:
    """Removes comments and space around brackets and semicolons; no string contains these."""
    return AROUND.sub(lambda match: match[1] or match[2], STYLE_COMMENTS.sub("", style)).strip().encode()


@lru_cache(maxsize=64)
def _asset(name: str, body: bytes) -> Asset:
    """Cached, since compressing takes most of the time of creating an application."""
    digest = hashlib.sha256(body)
    stem, _, suffix = name.rpartition(".")
    return Asset(
        url=f"/static/{stem}.{digest.hexdigest()[:12]}.{suffix}",
        integrity=f"sha256-{base64.b64encode(digest.digest()).decode()}",
        media_type=TYPES[f".{suffix}"],
        bodies=MappingProxyType(compression.variants(body)),
    )
