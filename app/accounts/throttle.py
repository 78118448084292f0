"""How often a password may be tried: counted before anything is checked."""

from ipaddress import IPv6Address, IPv6Network, ip_address

from app.wire.users.rate_limits import RateLimiter


async def wait_to_sign_in(limits: RateLimiter, email: str, ip: str) -> float | None:
    """Seconds to wait, or None. One address, one account and everybody together each have their own bound."""
    return await _first(
        limits,
        ("login:ip", neighbourhood(ip), "10/5minute"),
        ("login:user", email, "10/5minute"),
        ("login:user:day", email, "100/day"),
        ("login:all", "", "1000/5minute"),
    )


async def wait_for_welcome(limits: RateLimiter, ip: str) -> float | None:
    return await _first(limits, ("welcome:ip", neighbourhood(ip), "30/5minute"))


async def wait_to_change_password(limits: RateLimiter, user_id: str, ip: str) -> float | None:
    """Apart from signing in: a stranger who guesses at the door must not keep people from changing theirs."""
    return await _first(
        limits,
        ("password:user", user_id, "10/5minute"),
        ("password:user:day", user_id, "50/day"),
        ("password:ip", neighbourhood(ip), "30/5minute"),
        ("password:all", "", "1000/5minute"),
    )


async def wait_to_confirm(limits: RateLimiter, user_id: str, ip: str) -> float | None:
    """A page that was left open is a place to guess from as well."""
    return await _first(
        limits,
        ("confirm:user", user_id, "10/5minute"),
        ("confirm:user:day", user_id, "50/day"),
        ("confirm:ip", neighbourhood(ip), "30/5minute"),
        ("confirm:all", "", "1000/5minute"),
    )


async def wait_for_code(limits: RateLimiter, user_id: str, ip: str) -> float | None:
    """Wherever a code is asked for: there are only a million of them."""
    return await _first(
        limits,
        ("code:user", user_id, "5/5minute"),
        ("code:user:day", user_id, "50/day"),
        ("code:ip", neighbourhood(ip), "30/5minute"),
    )


async def wait_to_register(limits: RateLimiter, email: str, ip: str) -> float | None:
    return await _first(
        limits,
        ("register:ip", neighbourhood(ip), "10/hour"),
        ("register:user", email, "5/hour"),
        ("register:all", "", "300/hour"),
    )


async def wait_to_reset(limits: RateLimiter, email: str, ip: str) -> float | None:
    """Nobody's mailbox is filled from here, nor by many from everywhere."""
    return await _first(
        limits,
        ("forgot:ip", neighbourhood(ip), "10/hour"),
        ("forgot:user", email, "5/hour"),
        ("forgot:all", "", "300/hour"),
    )


def neighbourhood(ip: str) -> str:
    """An IPv6 customer has a /64 and changes addresses within it at will."""
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
