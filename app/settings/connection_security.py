"""Warnings about servers on other machines whose address has no strong password or no verified TLS."""

from collections.abc import Iterator
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from pydantic import SecretStr

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
SHORTEST = 16
VERIFIED = frozenset({"verify-full", "verify-ca"})
UNVERIFIED = frozenset({"none", "optional"})


def warnings(redis: SecretStr | None, databases: dict[str, SecretStr | None]) -> Iterator[str]:
    """One line a flaw, without the address. `databases` is by the name of the setting; this machine's own are safe."""
    if redis and (address := _remote(redis)):
        yield from _password("REDIS_URL", address)
        if address.scheme != "rediss" or UNVERIFIED & set(_parameter(address, "ssl_cert_reqs")):
            yield "REDIS_URL: goes over the network without TLS that proves who answers; rediss:// does"
    for name, url in databases.items():
        if url and (address := _remote(url)):
            yield from _password(name, address)
            if not VERIFIED & set(_parameter(address, "sslmode")):
                yield f"{name}: goes over the network without TLS that proves who answers; sslmode=verify-full does"


def _password(name: str, address: SplitResult) -> Iterator[str]:
    password = unquote(address.password or "")
    if not password and not _parameter(address, "sslcert") and not _parameter(address, "ssl_certfile"):
        yield f"{name}: names a server on another machine and no password"
    elif password and (len(password) < SHORTEST or len(set(password)) < SHORTEST // 2):
        yield f"{name}: its password is weak; {SHORTEST} characters or more that nobody would guess are not"


def _remote(url: SecretStr) -> SplitResult | None:
    address = urlsplit(url.get_secret_value())
    host = address.hostname or (_parameter(address, "host") or [""])[0]
    return None if address.scheme == "unix" or not host or host.startswith("/") or host in LOOPBACK else address


def _parameter(address: SplitResult, name: str) -> list[str]:
    return parse_qs(address.query).get(name, [])
