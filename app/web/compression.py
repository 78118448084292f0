"""Content codings: which one to send, and HTML made small on its way out."""

import gzip
from collections.abc import Container, Mapping

import brotli
from quart import Response, request

WORTH_IT = 1024
LONG = 256 * 1024
"""Bytes of an answer that is compressed quickly rather than well: no page is so long, and thousands of rows of the API
would hold everybody else up for some 15 ms."""
COMPRESSED_TYPES = ("text/html", "application/json", "application/problem+json")


def variants(body: bytes) -> Mapping[str, bytes]:
    """Every coding that makes it smaller, as small as can be: for what is compressed once and sent often."""
    made = {"br": brotli.compress(body, quality=11), "gzip": gzip.compress(body, 9, mtime=0)}
    return {"identity": body} | {coding: data for coding, data in made.items() if len(data) < len(body)}


def preferred(accepted: str, available: Container[str]) -> str:
    asked = {part.partition(";")[0].strip().lower(): part.partition(";")[2] for part in accepted.split(",")}
    for coding in ("br", "gzip"):
        if coding in available and coding in asked and asked[coding].replace(" ", "") not in ("q=0", "q=0.0"):
            return coding
    return "identity"


async def compress(response: Response) -> Response:
    """Pages hold no secret beside what a stranger can choose, so their length gives nothing away."""
    response.vary.add("Accept-Encoding")
    if response.mimetype not in COMPRESSED_TYPES or "Content-Encoding" in response.headers:
        return response
    coding = preferred(request.headers.get("Accept-Encoding", ""), ("br", "gzip"))
    if coding == "identity" or (response.content_length or 0) < WORTH_IT:
        return response
    body = await response.get_data(as_text=False)
    response.set_data(_compressed(body, coding))
    response.headers["Content-Encoding"] = coding
    return response


def _compressed(body: bytes, coding: str) -> bytes:
    quick = len(body) > LONG
    if coding == "br":
        packed: bytes = brotli.compress(body, quality=1 if quick else 5)
        return packed
    return gzip.compress(body, 1 if quick else 6, mtime=0)
