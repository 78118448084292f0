"""Rate limits of passwords, codes and e-mails; attempts are counted before they are checked."""

from ipaddress import IPv6Address, IPv6Network, ip_address

from app.wire.users.rate_limits import RateLimiter


async def wait_to_sign_in(limits: RateLimiter, email: str, ip: str) -> float | None:
    """Seconds to wait, or None. Limits: per address, per account, and in total."""
    return await _first(
        limits,
        ("login:ip", client_network(ip), "10/5minute"),
        ("login:user", email, "10/5minute"),
        ("login:user:day", email, "100/day"),
        ("login:all", "", "1000/5minute"),
    )


async def wait_for_welcome(limits: RateLimiter, ip: str) -> float | None:
    return await _first(limits, ("welcome:ip", client_network(ip), "30/5minute"))


async def wait_to_change_password(limits: RateLimiter, user_id: str, ip: str) -> float | None:
    """Counted apart from signing in, so that somebody who guesses there cannot block the owner here."""
    return await _first(
        limits,
        ("password:user", user_id, "10/5minute"),
        ("password:user:day", user_id, "50/day"),
        ("password:ip", client_network(ip), "30/5minute"),
        ("password:all", "", "1000/5minute"),
    )


async def wait_to_confirm(limits: RateLimiter, user_id: str, ip: str) -> float | None:
    """Protects a page that was left open from guessing."""
    return await _first(
        limits,
        ("confirm:user", user_id, "10/5minute"),
        ("confirm:user:day", user_id, "50/day"),
        ("confirm:ip", client_network(ip), "30/5minute"),
        ("confirm:all", "", "1000/5minute"),
    )


async def wait_for_code(limits: RateLimiter, user_id: str, ip: str) -> float | None:
    """For every page that asks for a code: there are only a million codes."""
    return await _first(
        limits,
        ("code:user", user_id, "5/5minute"),
        ("code:user:day", user_id, "50/day"),
        ("code:ip", client_network(ip), "30/5minute"),
    )


async def wait_to_register(limits: RateLimiter, email: str, ip: str) -> float | None:
    return await _first(
        limits,
        ("register:ip", client_network(ip), "10/hour"),
        ("register:user", email, "5/hour"),
        ("register:all", "", "300/hour"),
    )


async def wait_to_reset(limits: RateLimiter, email: str, ip: str) -> float | None:
    """Bounds the e-mails to one mailbox, also from many addresses."""
    return await _first(
        limits,
        ("forgot:ip", client_network(ip), "10/hour"),
        ("forgot:user", email, "5/hour"),
        ("forgot:all", "", "300/hour"),
    )


def client_network(ip: str) -> str:
    """The /64 network of an IPv6 address, since one customer controls all of it; an IPv4 address unchanged."""
    try:
        parsed = ip_address(ip)
    except ValueError:
        return ip
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or IPv6Network((parsed, 64), strict=False))
    return str(parsed)


async def _first(limits: RateLimiter, *bounds: tuple[str, str, str]) -> float | None:
    for scope, key, limit in bounds:
        wait = await limits.hit(scope, key, limit)
        if wait is not None:
            return wait
    return None
