"""The measured requests: each GET route at least once, and the expensive ones with the most work."""

import re
import string
from collections.abc import Iterator
from uuid import uuid4

from quart import Quart
from werkzeug.routing import Rule

from bench.blocking.market import symbol

MOST = 256
SLIP = "X:BCDE-EDCC.USD"
"""Looks like a third of all symbols."""
ALPHABET = string.ascii_uppercase + string.digits[:6]
"""Shares a letter with every symbol."""
ARGUMENT = re.compile(r"<(?:\w+:)?(\w+)>")
ARGUMENTS = {
    "symbol": symbol(77),
    "token": "x" * 43,
    "user_id": str(uuid4()),
    "link_id": str(uuid4()),
    "token_id": str(uuid4()),
    "name": "live.js",
    "names": f"{symbol(77)}/Doji/daily",
    "at": "2012-08-31T20:00:00Z",
}
MORE = {
    "/symbols": ("?q=s", "?q=ohio", "?q=AAPK", f"?q={SLIP}", f"?q={ALPHABET}", "?q=nobody"),
    "/s/<path:symbol>": (f"/../{symbol(0)}?range=all&rows=all", "/../AAPK", f"/../{SLIP}", f"/../{ALPHABET}"),
    "/patterns/search": (f"?symbol={symbol(77)}",),
    "/api/v1/quotes": (
        "?limit=1000",
        "?limit=1000&after=S",
        f"?limit=1000&symbols={','.join(map(symbol, range(400)))}",
    ),
    "/api/v1/bars/<path:symbol>": (f"/../{symbol(0)}?limit=5000", f"/../{symbol(0)}?limit=5000&prices=total"),
    "/api/v1/patterns": ("?limit=500", f"?symbol={symbol(77)}"),
}
"""Behind the route's own address; /../ stands for another symbol in its place."""

TOPICS = {
    "quotes": "quotes",
    "256 quotes": ",".join(f"quotes:{symbol(number)}" for number in range(MOST)),
    "256 symbols": ",".join(f"symbol:{symbol(number)}" for number in range(MOST)),
    "256 charts": ",".join(f"chart:{symbol(number)}:6m" for number in range(MOST)),
}
"""What streams ask for at most."""


def paths(app: Quart) -> Iterator[tuple[str, str]]:
    """Route and address of each request, without streams and sockets."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda each: each.rule):
        if rule.methods and "GET" in rule.methods and not rule.websocket and rule.endpoint != "streams.stream":
            yield from ((rule.rule, path) for path in _paths(rule))


def _paths(rule: Rule) -> Iterator[str]:
    address = ARGUMENT.sub(lambda match: ARGUMENTS[match[1]], rule.rule)
    yield address
    for more in MORE.get(rule.rule, ()):
        yield address.rpartition("/")[0] + more[3:] if more.startswith("/../") else address + more
