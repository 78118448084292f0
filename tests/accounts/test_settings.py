"""The settings of a person: the page, the footer's form, cookies before the first sign-in, and reduced data."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count

import httpx
import pytest
import pytest_asyncio

from app.accounts.settings import queries
from app.identity import UserSettings
from app.quotes.topics import QUOTES
from app.wire.channels import LIMITS_PREFIX
from tests.api.conftest import get, market, new_token
from tests.pipeline.conftest import Desk
from tests.support.people_pages import PASSWORD, add, anonymous_client, signed_in, user_id
from tests.support.quote_samples import tick
from tests.support.stream_reader import Reader

__all__ = ["market"]

pytestmark = pytest.mark.asyncio(loop_scope="module")

numbers = count(1)
CHOICES = {
    "zone": "Asia/Tokyo",
    "numbers": "space",
    "colours": "blue-orange",
    "density": "comfortable",
    "theme": "dark",
    "rate": "30s",
    "data": "less",
    "home": "patterns",
}
DEFAULTS = {
    "zone": "",
    "numbers": "point",
    "colours": "green-red",
    "density": "dense",
    "theme": "system",
    "rate": "",
    "data": "all",
    "home": "desk",
}


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def unlimited(market: Desk) -> None:
    """All people of this module sign in from one address."""
    if keys := await market.redis.keys(f"{LIMITS_PREFIX}*"):
        await market.redis.delete(*keys)


async def newcomer(desk: Desk) -> str:
    email = f"person{next(numbers)}@example.org"
    await add(desk, email)
    return email


@asynccontextmanager
async def new_browser(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    """Of a new person who is signed in."""
    async with signed_in(desk, await newcomer(desk)) as browser:
        yield browser


def version(page: str) -> str:
    (text,) = re.findall(r'name="version" value="(\d+)"', page)
    return str(text)


def choices(page: str) -> dict[str, str]:
    """What the form on a page has chosen."""
    radios = re.findall(r'type="radio" name="(\w+)" value="([^"]*)" checked', page)
    selects = re.findall(
        r'<select id="\w+" name="(\w+)"(?:(?!</select).)*?<option value="([^"]*)" selected', page, re.S
    )
    return dict([*radios, *selects])


async def save(browser: httpx.AsyncClient, sent: dict[str, str]) -> httpx.Response:
    current = version((await browser.get("/settings")).text)
    return await browser.post("/settings", data={"version": current, **sent})


async def test_what_is_saved_is_shown_on_every_page(market: Desk) -> None:
    async with new_browser(market) as browser:
        assert choices((await browser.get("/settings")).text) == DEFAULTS

        answer = await save(browser, CHOICES)
        page = (await browser.get(answer.headers["Location"])).text
        symbols = (await browser.get("/symbols")).text

    assert (answer.status_code, "Saved." in page, choices(page)) == (303, True, CHOICES)
    for text in (page, symbols):
        assert '<html lang="en" class="blue-orange dark comfy"' in text
        assert '<meta name="color-scheme" content="dark">' in text
    assert "1\u202f186,61" in page
    assert re.search(r"\b40,00\b", symbols)


@pytest.mark.parametrize("field", DEFAULTS)
@pytest.mark.parametrize("value", ["pink", None])
async def test_a_choice_that_is_none_is_marked_and_the_others_are_kept(
    market: Desk, field: str, value: str | None
) -> None:
    async with new_browser(market) as browser:
        await save(browser, DEFAULTS)
        sent = {name: text for name, text in {**CHOICES, field: value}.items() if text is not None}
        answer = await save(browser, sent)
        after = (await browser.get("/settings")).text

    assert answer.status_code == 422
    assert f'id="{field}-error">Choose one of these.' in answer.text
    assert f'<a href="#{field}-field">' in answer.text
    assert {name: text for name, text in choices(answer.text).items() if name != field} == {
        name: text for name, text in CHOICES.items() if name != field
    }
    assert choices(after) == DEFAULTS


@pytest.mark.parametrize("sent", ["", "x", "-1", "9" * 5_000])
async def test_a_form_of_no_version_changes_nothing(market: Desk, sent: str) -> None:
    async with new_browser(market) as browser:
        answer = await browser.post("/settings", data={**CHOICES, "version": sent})

        assert answer.status_code in (412, 422)
        assert choices((await browser.get("/settings")).text) == DEFAULTS


async def test_the_second_of_two_tabs_sees_both_and_decides(market: Desk) -> None:
    async with new_browser(market) as browser:
        version_of_page = version((await browser.get("/settings")).text)
        first = await browser.post("/settings", data={**DEFAULTS, "zone": "UTC", "version": version_of_page})
        second = await browser.post("/settings", data={**CHOICES, "version": version_of_page})
        between = choices((await browser.get("/settings")).text)
        again = await browser.post("/settings", data={**CHOICES, "version": version(second.text)})

        assert (first.status_code, second.status_code, again.status_code) == (303, 412, 303)
        assert "Time zone: UTC" in second.text
        assert choices(second.text) == CHOICES
        assert between == {**DEFAULTS, "zone": "UTC"}
        assert choices((await browser.get("/settings")).text) == CHOICES


async def test_the_same_choice_in_two_tabs_is_no_contradiction(market: Desk) -> None:
    async with new_browser(market) as browser:
        version_of_page = version((await browser.get("/settings")).text)
        answers = [await browser.post("/settings", data={**CHOICES, "version": version_of_page}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]


async def test_the_footer_changes_what_it_names_and_keeps_the_rest(market: Desk) -> None:
    async with new_browser(market) as browser:
        await save(browser, CHOICES)
        answer = await browser.post("/view", data={"rate": "1s", "zone": "Mars", "next": "/symbols"})
        page = (await browser.get("/settings")).text

    assert (answer.status_code, answer.headers["Location"]) == (303, "/symbols")
    assert "set-cookie" not in answer.headers
    assert choices(page) == {**CHOICES, "rate": "1s"}


async def test_the_first_sign_in_takes_the_cookies_over_and_no_later_one(market: Desk) -> None:
    email = await newcomer(market)
    async with anonymous_client(market) as browser:
        browser.cookies.update({"tz": "Asia/Calcutta", "numbers": "comma", "rate": "5s", "colours": "pink"})
        await browser.post("/login", data={"email": email, "password": PASSWORD})
    async with anonymous_client(market) as elsewhere:
        elsewhere.cookies.update({"tz": "UTC", "numbers": "point"})
        await elsewhere.post("/login", data={"email": email, "password": PASSWORD})
        page = (await elsewhere.get("/settings")).text

    assert choices(page) == {**DEFAULTS, "zone": "Asia/Kolkata", "numbers": "comma", "rate": "5s"}


async def test_without_settings_the_cookies_count(market: Desk) -> None:
    async with new_browser(market) as browser:
        browser.cookies.set("numbers", "comma")
        browser.cookies.set("tz", "Asia/Tokyo")
        page = (await browser.get("/settings")).text
        assert choices(page) == {**DEFAULTS, "numbers": "comma", "zone": "Asia/Tokyo"}

        await browser.post("/view", data={"rate": "5s"})
        browser.cookies.delete("numbers")
        assert choices((await browser.get("/settings")).text)["numbers"] == "comma"


async def test_a_sign_in_leads_to_the_home_page_unless_another_was_asked_for(market: Desk) -> None:
    email = await newcomer(market)
    sent = {"email": email, "password": PASSWORD}
    async with signed_in(market, email) as browser:
        await save(browser, CHOICES)
        assert (await browser.get("/login")).headers["Location"] == "/patterns"
    async with anonymous_client(market) as browser:
        assert (await browser.post("/login", data=sent)).headers["Location"] == "/patterns"
        assert (await browser.post("/login", data={**sent, "next": "/symbols"})).headers["Location"] == "/symbols"


async def test_with_reduced_data_there_are_no_sparklines_and_charts_on_request(market: Desk) -> None:
    async with new_browser(market) as browser:
        before, chart = (await browser.get("/")).text, (await browser.get("/s/BRK.B")).text
        await save(browser, {**DEFAULTS, "data": "less"})
        after, link = (await browser.get("/")).text, (await browser.get("/s/BRK.B?prices=raw")).text
        with_chart = (await browser.get("/s/BRK.B?chart=1")).text
        wrong = await browser.get("/s/BRK.B?chart=2")

    assert ('class="spark"' in before, ">Session</th>" in before) == (True, True)
    assert ('class="spark"' in after, ">Session</th>" in after) == (False, False)
    assert ("Show chart" in chart, "chart:BRK.B" in chart) == (False, True)
    assert ('href="/s/BRK.B?prices=raw&amp;chart=1">Show chart' in link, "chart:BRK.B" in link) == (True, False)
    assert ("Show chart" in with_chart, "chart:BRK.B" in with_chart) == (False, True)
    assert 'href="/s/BRK.B?range=1y&amp;chart=1"' in with_chart
    assert wrong.status_code == 400


async def test_with_reduced_data_no_sparkline_is_sent(market: Desk) -> None:
    """Both readers are sent the price; the whole board, which a new row brings, has sparklines for one of them."""
    async with new_browser(market) as plain, new_browser(market) as reduced:
        await save(reduced, {**DEFAULTS, "data": "less"})
        async with stream(market, plain) as with_lines, stream(market, reduced) as without:
            await with_lines.message("hello")
            await without.message("hello")
            await market.publish(tick("BRK.B", 41.5))
            first, second = await with_lines.containing("41.50"), await without.containing("41.50")

    assert 'class="spark"' in first.data
    assert "spark" not in second.data


# Unlike pg_stat_activity, which a transaction reads once, this is read anew each time.
WAITING = "select exists(select from pg_locks where not granted and pg_backend_pid() = any(pg_blocking_pids(pid)))"


async def test_a_change_waits_for_another_of_the_same_person(market: Desk) -> None:
    person = await add(market, f"person{next(numbers)}@example.org")
    pool, order = market.context.pools.own, list[str]()

    async def second() -> int:
        async with pool.transaction() as connection:
            await connection.execute("set local lock_timeout = '20s'; set local statement_timeout = '20s'")
            before = await queries.lock(connection, person)
            order.append("second")
            return before.version

    async with asyncio.TaskGroup() as tasks, pool.transaction() as connection:
        await queries.lock(connection, person)
        waiting = tasks.create_task(second())
        while not waiting.done() and not await connection.fetchval(WAITING):
            await asyncio.sleep(0.01)
        order.append("first")
        await queries.put(connection, person, UserSettings())

    assert (order, waiting.result()) == (["first", "second"], 1)


def stream(desk: Desk, browser: httpx.AsyncClient) -> Reader:
    cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    return Reader(desk.settings.port, f"/stream?topics={QUOTES}", {"Cookie": cookie})


async def test_a_stored_value_that_is_in_no_list_any_more_counts_as_the_default(market: Desk) -> None:
    email = await newcomer(market)
    async with signed_in(market, email) as browser:
        await save(browser, CHOICES)
    person = await user_id(market, email)
    async with market.context.pools.own.acquire() as connection:
        await connection.execute(
            "update app.user_settings set zone = 'Mars', theme = 'pink', rate = '0s', home = 'moon' where user_id = $1",
            person,
        )
        current = await queries.of(connection, person)
    async with signed_in(market, email) as browser:
        page = (await browser.get("/settings")).text

    default = UserSettings()
    assert (current.settings.zone, current.settings.theme, current.settings.rate, current.settings.home) == (
        default.zone,
        default.theme,
        default.rate,
        default.home,
    )
    assert choices(page) == {**CHOICES, "zone": "", "theme": "system", "rate": "", "home": "desk"}


async def test_a_table_that_a_token_reads_is_in_the_zone_of_its_owner(market: Desk) -> None:
    async with new_browser(market) as browser:
        await save(browser, CHOICES)
        token = await new_token(browser)

    table = (await get(market, "/patterns/search.json", token)).json()

    assert table["zone"] == "Asia/Tokyo"
    assert table["as_of"].endswith("+09:00")
