"""Forms sent from an open page of a browser."""

from playwright.sync_api import Page

from tests.support.desk_process import Desk


def post(page: Page, desk: Desk, path: str, **fields: str) -> None:
    """What an earlier run made already is refused and stays."""
    assert page.request.post(f"{desk.url}{path}", form=fields, headers={"Origin": desk.url}).status in (200, 422)
