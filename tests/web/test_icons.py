"""What browsers read besides pages: icon, manifest, description, colours."""

import re
from collections.abc import AsyncIterator

import msgspec
import pytest
from quart.typing import TestClientProtocol as Client

from tests.support.web_server import create_app


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    app = create_app("http://127.0.0.1:8000")
    async with app.test_app():
        yield app.test_client()


async def test_the_manifest_names_the_icon_that_is_served(client: Client) -> None:
    text = await (await client.get("/board")).get_data(as_text=True)
    (url,) = re.findall(r'<link rel="manifest" href="([^"]+)">', text)

    manifest = await client.get(url)
    fields = msgspec.json.decode(await manifest.get_data())
    icon = await client.get(fields["icons"][0]["src"])

    assert manifest.content_type == "application/manifest+json"
    assert "manifest-src 'self'" in (await client.get("/board")).headers["Content-Security-Policy"]
    assert (fields["name"], fields["start_url"]) == ("TickStock", "/")
    assert icon.content_type == fields["icons"][0]["type"] == "image/svg+xml"


async def test_the_icon_is_at_the_address_that_browsers_try_first(client: Client) -> None:
    answer = await client.get("/favicon.ico")
    body = await answer.get_data(as_text=False)

    assert answer.status_code == 200
    assert answer.content_type == "image/x-icon"
    assert answer.headers["Cache-Control"] == "public, max-age=86400"
    assert body.startswith(b"\x00\x00\x01\x00")


async def test_a_page_describes_itself_and_names_its_colour_in_light_and_dark(client: Client) -> None:
    text = await (await client.get("/board")).get_data(as_text=True)

    assert re.search(r'<meta name="description" content="[^"]{40,160}">', text)
    assert re.findall(r'name="theme-color" content="(#\w+)" media="\(prefers-color-scheme: (\w+)\)"', text) == [
        ("#ffffff", "light"),
        ("#15181c", "dark"),
    ]
