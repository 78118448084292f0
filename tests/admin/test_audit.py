"""The audit page and its CSV export."""

import csv
import re
from io import StringIO

import httpx
import pytest

from tests.pipeline.conftest import EMAIL, Desk
from tests.support.people_pages import BOB, CAROL, PAGE, add, anonymous_client, invite, signed_in


async def write(desk: Desk, *entries: tuple[str, str, str, str, str]) -> None:
    """(at, actor, action, outcome, detail)"""
    async with desk.context.pools.own.acquire() as connection:
        await connection.executemany(
            "insert into app.audit (at, actor, action, outcome, detail) values ($1::text::timestamptz, $2, $3, $4, $5)",
            entries,
        )


def row_texts(answer: httpx.Response) -> list[str]:
    """The rows as they read, the newest first."""
    rows = re.findall(r'<tr><th scope="row">(.*?)</tr>', answer.text)
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in rows]


async def ask(client: httpx.AsyncClient, query: str = "") -> httpx.Response:
    client.cookies.set("tz", "UTC")
    return await client.get(f"/admin/audit?{query}", headers=PAGE)


async def spreadsheet(client: httpx.AsyncClient, query: str = "") -> list[dict[str, str]]:
    answer = await client.get(f"/admin/audit.csv?{query}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["Content-Disposition"]
    return list(csv.DictReader(StringIO(answer.text)))


async def test_the_audit_lists_the_newest_entry_first_with_person_action_and_address(desk: Desk) -> None:
    async with desk.client() as alice:
        await invite(alice, BOB)
        rows = row_texts(await ask(alice))
        table = await spreadsheet(alice)

    assert rows[0].startswith(EMAIL)
    assert rows[0].endswith(f"invite {BOB}, user")
    assert "127.0.0.1, session " in rows[0]
    newest = table[0]
    assert (newest["actor"], newest["action"], newest["outcome"], newest["detail"]) == (
        EMAIL,
        "invite",
        "ok",
        f"{BOB}, user",
    )
    assert re.fullmatch("[0-9a-f]{64}", newest["session"])
    assert newest["session"] != desk.cookies["ts"]


@pytest.mark.parametrize(
    ("query", "details"),
    [
        ("who=BOB", ["three", "one"]),
        ("who=thre", ["three"]),
        ("who=%25", []),
        ("action=logout", ["two", "one"]),
        ("outcome=failed", ["three"]),
        ("from=2012-09-02&to=2012-09-02", ["two"]),
        ("from=2012-09-02&action=logout", ["two"]),
        ("to=2012-09-01", ["one"]),
        ("who=bob&outcome=failed&action=logout", []),
    ],
)
async def test_entries_can_be_filtered_by_person_action_and_day(desk: Desk, query: str, details: list[str]) -> None:
    await write(
        desk,
        ("2012-09-01 23:59:59Z", BOB, "logout", "ok", "one"),
        ("2012-09-02 00:00:00Z", CAROL, "logout", "ok", "two"),
        ("2012-09-03 00:00:00Z", BOB, "login", "failed", "three"),
    )
    bounded = query if "to=" in query else f"{query}&to=2012-12-31"
    async with desk.client() as alice:
        rows = row_texts(await ask(alice, bounded))
        table = await spreadsheet(alice, bounded)

    assert [row.split()[-1] for row in rows] == details
    assert [row["detail"] for row in table] == details


async def test_days_of_the_filter_begin_in_the_viewers_time_zone(desk: Desk) -> None:
    await write(desk, ("2012-09-01 23:30:00Z", BOB, "logout", "ok", "late"))
    query = "/admin/audit?from=2012-09-02&to=2012-09-02"
    async with desk.client() as alice:
        counts = []
        for zone in ("UTC", "Europe/Berlin"):
            alice.cookies.set("tz", zone)
            counts.append(len(row_texts(await alice.get(query, headers=PAGE))))

    assert counts == [0, 1]


async def test_older_entries_are_paged_without_gaps(desk: Desk) -> None:
    await write(desk, *(("2012-09-01 12:00:00Z", BOB, "logout", "ok", f"n{number}") for number in range(230)))
    details: list[str] = []
    query: str | None = "who=bob"
    async with desk.client() as alice:
        while query is not None:
            answer = await ask(alice, query)
            details += [row.split()[-1] for row in row_texts(answer)]
            older = re.search(r'href="/admin/audit\?([^"]+)" rel="next"', answer.text)
            query = older[1].replace("&amp;", "&") if older else None
            await write(desk, ("2012-09-01 12:00:00Z", BOB, "logout", "ok", "meanwhile"))

    assert details == [f"n{number}" for number in reversed(range(230))]


SIGNS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\t", "\r", "\n")


async def test_exported_text_cannot_become_a_spreadsheet_formula(desk: Desk) -> None:
    """Nor one that expects semicolons, tabs or strokes between cells, as those of half the world do."""
    signs = ["=1+1", "+1", "-1", "@sum(a1)", "\t=1", "\r=1", "\n=1", " =1", "\uff1d1", "\xa0=1"]
    typed = [
        *signs,
        *(f"x{between}{sign}@b.c" for between in (";", '; "', "|", "\t", ",") for sign in signs),
        'a,"b"\nc',
    ]
    await write(desk, *(("2012-09-01 12:00:00Z", text, "login", "failed", text) for text in typed))
    async with desk.client() as alice:
        answer = await alice.get("/admin/audit.csv?to=2012-12-31")

    table = list(csv.DictReader(StringIO(answer.text, newline="")))
    assert [row["detail"].replace("'", "") for row in table] == list(reversed(typed))
    assert all(row["actor"] == row["detail"] for row in table)
    for between in ",;\t|":
        for row in csv.reader(StringIO(answer.text, newline=""), delimiter=between):
            assert [cell for cell in row if cell.strip(' "\xa0').startswith(SIGNS)] == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=yesterday", "from-error"),
        ("from=2012-09-01&to=tomorrow", "to-error"),
        ("to=9999-12-31", "to-error"),
        ("from=0001-01-01", "from-error"),
        ("from=2012-09-02&to=2012-09-01", "to-error"),
        ("who=bob&before=99999999999999999999", "There is no such page"),
        ("before=-1", "There is no such page"),
    ],
)
async def test_an_invalid_filter_has_an_error_beside_its_field(desk: Desk, query: str, field: str) -> None:
    async with desk.client() as alice:
        answer = await ask(alice, query)
        table = await alice.get(f"/admin/audit.csv?{query}")

    assert (answer.status_code, table.status_code) == (422, 422)
    assert field in answer.text
    assert "who=bob" not in query or 'value="bob"' in answer.text


@pytest.mark.parametrize("query", ["who=%00", "action=%00", "outcome=%ed%a0%80", "who=%ff"])
async def test_a_value_that_no_column_can_hold_is_no_server_error(desk: Desk, query: str) -> None:
    async with desk.client() as alice:
        answers = [await ask(alice, query), await alice.get(f"/admin/audit.csv?{query}")]

    assert all(answer.status_code in (200, 400) for answer in answers)


async def test_markup_in_an_entry_stays_text(desk: Desk) -> None:
    await write(desk, ("2012-09-01 12:00:00Z", "<b>bob", "<i>act", "<u>out", '"><script>alert(1)</script>'))
    async with desk.client() as alice:
        text = (await ask(alice, "action=%3Ci%3Eact")).text

    assert "<b>bob" not in text
    assert "<i>act" not in text
    assert "<script>alert" not in text


async def test_only_administrators_read_the_audit_and_nobody_changes_it(desk: Desk) -> None:
    await add(desk, BOB)
    async with signed_in(desk, BOB) as bob, anonymous_client(desk) as nobody, desk.client() as alice:
        for path in ("/admin/audit", "/admin/audit.csv"):
            assert (await bob.get(path)).status_code == 403
            assert (await nobody.get(path)).headers["Location"].startswith("/login")
            assert [(await alice.request(method, path)).status_code for method in ("POST", "DELETE")] == [405, 405]
