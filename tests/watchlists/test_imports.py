"""Import of pasted lists and files by preview and confirmation, and export, on a served desk."""

import re

import httpx
import pytest

from app.watchlists.formats.contents import MOST_BYTES
from app.watchlists.formats.registry import FORMATS
from tests.support.list_pages import PAGE, get, new_list, order_fields, post, rows, undo_path
from tests.support.quote_samples import AWKWARD

pytestmark = pytest.mark.asyncio(loop_scope="module")

UNKNOWN = [f"ZZ{number}Q" for number in range(300)]


def confirmation(html: str) -> dict[str, str]:
    """The fields of the preview's form as a browser sends them, with the first choice of each select."""
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', html))
    for name, options in re.findall(r'<select id="[^"]+" name="([^"]+)">(.*?)</select>', html, re.S):
        fields[name] = re.findall(r'value="([^"]*)"', options)[0]
    return fields


async def test_a_pasted_list_is_shown_before_it_is_stored(alice: httpx.AsyncClient) -> None:
    path = await new_list(alice, "Core", "AAPL")
    text = "###Energy,NYSE:BRK-B,NASDAQ:AAPL,MSFTT,NOSUCH,###Other,BF.B"

    html = await post(alice, f"{path}/import", 200, text=text)
    assert "TradingView: 5 entries read" in re.sub(r"\s+", " ", html)
    assert "BRK.B, BF/B" in html
    assert "MSFTT becomes" in html
    assert rows(await get(alice, path)) == ["AAPL"]
    html = await get(alice, await post(alice, f"{path}/import/confirm", **confirmation(html)))

    assert rows(html) == ["AAPL", "BRK.B", "MSFT", "BF/B"]
    sections = re.findall(r'<tr class="group">.*?>([A-Za-z ]+) <span class="tiny quiet">(\d)', html)
    assert sections == [("No section", "1"), ("Energy", "2"), ("Other", "1")]
    assert "3 symbols added." in html
    assert "NOSUCH: no such symbol is known" in html
    assert "NASDAQ:AAPL: on the list already, or twice in the file" in html
    await post(alice, undo_path(html))
    assert rows(await get(alice, path)) == ["AAPL"]


async def test_three_hundred_unknown_names_are_listed_and_the_rest_is_loaded(alice: httpx.AsyncClient) -> None:
    path = await new_list(alice, "Core")

    html = await post(alice, f"{path}/import", 200, text=" ".join(["AAPL", *UNKNOWN, "GE"]))
    assert all(name in html for name in UNKNOWN)
    assert "300 names: " in html
    html = await get(alice, await post(alice, f"{path}/import/confirm", **confirmation(html)))

    assert rows(html) == ["AAPL", "GE"]
    assert "Left out, 300:" in html
    assert all(f"<li>{name}: no such symbol is known</li>" in html for name in UNKNOWN)


async def test_a_near_name_can_be_left_out(alice: httpx.AsyncClient) -> None:
    path = await new_list(alice, "Core")
    html = await post(alice, f"{path}/import", 200, text="AAPLX GE")

    fields = confirmation(html)
    assert fields["near-0-symbol"] == "AAPL"
    html = await get(alice, await post(alice, f"{path}/import/confirm", **{**fields, "near-0-symbol": ""}))
    assert rows(html) == ["GE"]
    assert "AAPLX: left out" in html
    html = await get(alice, await post(alice, f"{path}/import/confirm", **{**fields, "near-0-symbol": "NONE"}))
    assert rows(html) == ["GE"]


@pytest.mark.parametrize("name", FORMATS)
async def test_an_exported_list_is_imported_again(alice: httpx.AsyncClient, name: str) -> None:
    path = await new_list(alice, "Core", "AAPL", *AWKWARD)
    await post(alice, f"{path}/order", **order_fields("AAPL", note="=a note"))
    answer = await alice.get(f"{path}/file?format={name}")
    assert answer.status_code == 200
    suffix, stem = FORMATS[name].suffix, "core" if name == "own" else f"core-{name}"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{stem}.{suffix}"'

    other = await new_list(alice, "Copy")
    file = {"file": (f"list.{suffix}", answer.content)}
    preview = await alice.post(f"{other}/import", data={"text": ""}, files=file, headers=PAGE)
    assert preview.status_code == 200, preview.text
    await post(alice, f"{other}/import/confirm", **confirmation(preview.text))

    html = await get(alice, f"{other}?cols=note")
    assert rows(html) == ["AAPL", *AWKWARD]
    assert ("=a note" in html) is (name in ("own", "yahoo"))


async def test_what_cannot_be_read_is_refused_beside_its_field(alice: httpx.AsyncClient) -> None:
    path = await new_list(alice, "Core")

    assert "Nothing is there to read." in await post(alice, f"{path}/import", 422, text="")
    assert "2000 at most" in await post(alice, f"{path}/import", 422, text="A " * 2001)
    for content, text in ((b"\x89PNG\0", "no text"), (b"A" * (MOST_BYTES + 1), "at most 256 kB")):
        answer = await alice.post(f"{path}/import", files={"file": ("x.csv", content)}, headers=PAGE)
        assert answer.status_code == 422
        assert text in answer.text
    answer = await alice.post(f"{path}/import", files={"file": ("x.csv", b"A" * (5 * MOST_BYTES))}, headers=PAGE)
    assert answer.status_code == 413
    assert "Nothing is there to read." in await post(alice, f"{path}/import/confirm", 422)
    await post(alice, f"{path}/import/confirm", 422, text="A\0")
    assert "format: choose one of" in await get(alice, f"{path}/file?format=pdf", 400)


async def test_a_large_file_is_taken_by_the_import_alone(alice: httpx.AsyncClient) -> None:
    path = await new_list(alice, "Core")
    content = ("\ufeff" + "AAPL " + " " * 120_000).encode("utf-16-le")

    answer = await alice.post(f"{path}/import", files={"file": ("x.txt", content)}, headers=PAGE)
    assert answer.status_code == 200, answer.text
    assert (await alice.post("/w", data={"name": "x" * 100_000}, headers=PAGE)).status_code == 413


async def test_too_many_sections_are_refused_and_nothing_is_added(alice: httpx.AsyncClient) -> None:
    path = await new_list(alice, "Core")
    sections = ["AAPL", "GE", "GM", "MSFT", *AWKWARD]
    text = "".join(f"###Section {number},{symbol}," for number, symbol in enumerate(sections))
    for number in range(44):
        await post(alice, f"{path}/sections", name=f"Full {number}")

    html = await post(alice, f"{path}/import", 200, text=text)
    assert "at most 50 sections" in await post(alice, f"{path}/import/confirm", 422, **confirmation(html))
    assert rows(await get(alice, path)) == []


async def test_previews_are_limited(alice: httpx.AsyncClient) -> None:
    path = await new_list(alice, "Core")
    answers = [await alice.post(f"{path}/import", data={"text": "AAPL"}, headers=PAGE) for _ in range(61)]
    statuses = [answer.status_code for answer in answers]

    assert statuses[-1] == 429
    assert set(statuses) == {200, 429}


async def test_another_persons_list_is_neither_imported_into_nor_exported(
    alice: httpx.AsyncClient, bob: httpx.AsyncClient
) -> None:
    path = await new_list(alice, "Core", "AAPL")

    for below in ("/import", "/import/confirm", "/export", ".csv"):
        await get(bob, f"{path}{below}", 404)
    for below in ("/import", "/import/confirm"):
        await post(bob, f"{path}{below}", 404, text="GE")
