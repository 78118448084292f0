"""HTTP client of a provider's REST API: rate limit, retries and pages. Knows no vendor."""

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from typing import NamedTuple, TypeVar

import httpx
import msgspec

from app.engine.loads.providers.provider import ProviderRefused, ProviderUnreachable
from app.engine.loads.providers.request_pace import RequestPace, Stopped, wait

logger = logging.getLogger(__name__)

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 60.0
WHOLE_SECONDS = 300.0
"""Limit of a whole answer, since a server may send a byte a minute."""
PATIENCE_SECONDS = 600.0
LIMITED_SECONDS = 12 * 3600.0
"""Limit of waiting on 429: a daily quota is back the next day."""
FIRST_WAIT, LAST_WAIT = 1.0, 60.0
LONGEST_RETRY_AFTER = 300.0
MOST_BYTES = 64 << 20
MOST_PAGES = 10_000

T = TypeVar("T")


class RestPage(NamedTuple):
    records: list[msgspec.Raw]
    """Undecoded: a malformed record must not cost the others."""
    next_url: str | None


class RestFormat(NamedTuple):
    """How to read a vendor's answers. Both functions raise msgspec.DecodeError or RecursionError where they cannot."""

    read_page: Callable[[bytes], RestPage]
    read_error: Callable[[bytes], str]
    """The vendor's words in an answer that refuses."""


class Patience(NamedTuple):
    """Seconds. `first_wait`: upper bound of the first pause after an error; it doubles, and each pause is random below
    it. `whole`: of an answer."""

    unanswered: float = PATIENCE_SECONDS
    limited: float = LIMITED_SECONDS
    first_wait: float = FIRST_WAIT
    whole: float = WHOLE_SECONDS


USUAL = Patience()


class _TemporaryError(NamedTuple):
    says: str
    pause: float | None = None
    """Seconds to wait, from Retry-After."""
    limited: bool = False
    """The rate limit was exceeded (429)."""


class Rest:
    """`headers` go with every request, and to the host of `url` alone."""

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str],
        answers: RestFormat,
        pace: RequestPace,
        stop: asyncio.Event | None = None,
        patience: Patience = USUAL,
    ) -> None:
        self._base_url = httpx.URL(url)
        self._pace = pace
        self._stop = stop
        self._answers = answers
        self._patience = patience
        self.requests = 0
        self._client = httpx.AsyncClient(
            headers={"Accept": "application/json", **headers},
            timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
            follow_redirects=False,
        )

    async def close(self) -> None:
        await self._client.aclose()

    async def one(self, path: str) -> msgspec.Raw | None:
        """The single record at `path`; None where it does not exist (404)."""
        page = await self._request_with_retries(self._base_url.join(path))
        return page.records[0] if page and page.records else None

    async def pages(self, path: str, params: Mapping[str, str]) -> AsyncIterator[list[msgspec.Raw]]:
        """The records of each page. Raises ProviderRefused and ProviderUnreachable."""
        address: httpx.URL | None = self._base_url.join(path).copy_merge_params(params)
        addresses: set[str] = set()
        while address is not None:
            addresses.add(str(address))
            page = await self._request_with_retries(address)
            if page is None:
                return
            if page.records:
                yield page.records
            address = self._next(page.next_url) if page.next_url else None
            if address is not None and (str(address) in addresses or len(addresses) >= MOST_PAGES):
                raise ProviderRefused("the provider's pages come to no end")

    def _next(self, next_url: str) -> httpx.URL:
        """Only on the operator's host, since the request carries the key."""
        try:
            address = self._base_url.join(next_url)
        except httpx.InvalidURL:
            raise ProviderRefused("the provider names a next page that is no address") from None
        if _origin(address) != _origin(self._base_url):
            raise ProviderRefused(f"the provider sends us to another host ({address.host[:100]}) for the next page")
        return address

    async def _request_with_retries(self, address: httpx.URL) -> RestPage | None:
        began_at = last_answer_at = time.monotonic()
        ceiling = self._patience.first_wait
        while True:
            await self._pace.wait_turn(self._stop)
            answer = await self._request(address)
            if not isinstance(answer, _TemporaryError):
                return answer
            if answer.limited:
                last_answer_at = time.monotonic()
            pause = answer.pause
            if pause is None:
                pause = random.uniform(0, ceiling)  # noqa: S311 - spreads load, guards nothing
                ceiling = min(LAST_WAIT, ceiling * 2)
            limited = answer.limited
            deadline = began_at + self._patience.limited if limited else last_answer_at + self._patience.unanswered
            if time.monotonic() + pause > deadline:
                reason = "the provider limits our requests" if limited else "the provider does not answer"
                raise ProviderUnreachable(f"{reason} ({answer.says})")
            logger.warning("provider: %s; asked again in %.1f s", answer.says, pause)
            await wait(pause, self._stop)

    async def _request(self, address: httpx.URL) -> RestPage | _TemporaryError | None:
        """None where the record does not exist (404)."""
        self.requests += 1
        try:
            async with asyncio.timeout(self._patience.whole):
                answer, body = await self._unless_stopped(self._fetch(address))
        except TimeoutError:
            return _TemporaryError("an answer that does not end")
        except (httpx.TransportError, httpx.DecodingError) as error:
            return _TemporaryError(type(error).__name__)
        status = answer.status_code
        if status == httpx.codes.NOT_FOUND:
            return None
        limited = status == httpx.codes.TOO_MANY_REQUESTS
        if limited or status >= httpx.codes.INTERNAL_SERVER_ERROR:
            return _TemporaryError(f"status {status}", _retry_after(answer), limited)
        if status != httpx.codes.OK:
            raise ProviderRefused(self._refusal_text(status, body))
        try:
            return self._answers.read_page(body)
        except (msgspec.DecodeError, RecursionError):
            return _TemporaryError("an answer that is cut off or not understood")

    def _refusal_text(self, status: int, body: bytes) -> str:
        try:
            error = self._answers.read_error(body[:10_000])
        except (msgspec.DecodeError, RecursionError):
            error = ""
        words = "".join(letter for letter in error if letter.isprintable())[:200]
        what = {401: "the provider does not know this key", 403: "this key may not have that"}.get(
            status, f"the provider refuses with status {status}"
        )
        return f"{what}: {words}" if words else what

    async def _fetch(self, address: httpx.URL) -> tuple[httpx.Response, bytes]:
        async with self._client.stream("GET", address) as answer:
            return answer, await _read(answer)

    async def _unless_stopped(self, work: Coroutine[None, None, T]) -> T:
        """Raises Stopped as soon as `stop` is set."""
        if self._stop is None:
            return await work
        working, stopped = asyncio.create_task(work), asyncio.create_task(self._stop.wait())
        try:
            await asyncio.wait({working, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                raise Stopped
            return working.result()
        finally:
            working.cancel()
            stopped.cancel()
            await asyncio.wait({working, stopped})


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


async def _read(answer: httpx.Response) -> bytes:
    body = bytearray()
    async for part in answer.aiter_bytes():
        body += part
        if len(body) > MOST_BYTES:
            raise ProviderRefused(f"the provider answers with more than {MOST_BYTES >> 20} MB at once")
    return bytes(body)


def _retry_after(answer: httpx.Response) -> float | None:
    """Seconds; None for a date."""
    try:
        return min(LONGEST_RETRY_AFTER, max(0.0, float(answer.headers.get("Retry-After", ""))))
    except ValueError:
        return None
