"""Selects content codings and compresses answers."""

import gzip
import re
from collections.abc import Container, Mapping
from functools import lru_cache

import brotli
from quart import Response, request

SMALLEST_BYTES = 1024
FAST_BYTES = 256 * 1024
"""Larger answers are compressed quickly: thousands of rows of the API would block the loop for 15 ms."""
COMPRESSED_TYPES = ("text/html", "text/csv", "text/plain", "application/json", "application/problem+json")

_ORDER = ("br", "gzip", "identity")
"""Preference between codings of equal weight."""

_ALIASES = {"x-gzip": "gzip"}
_WEIGHT = re.compile(r"q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)", re.IGNORECASE)


def variants(body: bytes) -> Mapping[str, bytes]:
    """The body in every coding that makes it smaller, at the best level: for files compressed once."""
    encoded = {"br": brotli.compress(body, quality=11), "gzip": gzip.compress(body, 9, mtime=0)}
    return {"identity": body} | {coding: data for coding, data in encoded.items() if len(data) < len(body)}


def accepted() -> str:
    """The Accept-Encoding header, which may be repeated."""
    return ",".join(request.headers.getlist("Accept-Encoding"))


def preferred(accept_encoding: str, available: Container[str]) -> str:
    """The best of `available` codings (RFC 9110, 12.5.3). An invalid weight counts as 0. If nothing is acceptable it is
    identity."""
    weights = _weights(accept_encoding)
    listed = {coding: _weight(coding, weights) for coding in _ORDER if coding in available or coding == "identity"}
    best = max(listed, key=lambda coding: listed[coding])
    return best if listed[best] > 0 else "identity"


def refuses_identity(accept_encoding: str) -> bool:
    """Whether the client accepts no uncoded answer."""
    return _weight("identity", _weights(accept_encoding)) == 0


@lru_cache(maxsize=64)
def _weights(accept_encoding: str) -> Mapping[str, float]:
    parts = [part.partition(";") for part in accept_encoding.lower().split(",")]
    return {_ALIASES.get(name := coding.strip(), name): _parse_weight(weight) for coding, _, weight in parts}


def _parse_weight(weight: str) -> float:
    """`weight`: the text after the first semicolon."""
    if not weight:
        return 1.0
    read = _WEIGHT.fullmatch(weight.strip())
    return float(read[1]) if read else 0.0


def _weight(coding: str, weights: Mapping[str, float]) -> float:
    """Identity is acceptable unless excluded, with a lower weight than every mentioned coding."""
    return weights.get(coding, weights.get("*", 0.0001 if coding == "identity" else 0.0))


async def compress(response: Response) -> Response:
    """Pages hold no secret next to text that an attacker chooses, so their length reveals nothing (BREACH)."""
    response.vary.add("Accept-Encoding")
    if response.mimetype not in COMPRESSED_TYPES or "Content-Encoding" in response.headers:
        return response
    accept_encoding = accepted()
    coding = preferred(accept_encoding, ("br", "gzip"))
    if coding == "identity" or (
        (response.content_length or 0) < SMALLEST_BYTES and not refuses_identity(accept_encoding)
    ):
        return response
    body = await response.get_data(as_text=False)
    response.set_data(_compressed(body, coding))
    response.headers["Content-Encoding"] = coding
    return response


def _compressed(body: bytes, coding: str) -> bytes:
    quick = len(body) > FAST_BYTES
    if coding == "br":
        packed: bytes = brotli.compress(body, quality=1 if quick else 7)
        return packed
    return gzip.compress(body, 1 if quick else 6, mtime=0)
