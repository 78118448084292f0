"""Pictures of the desk with the invented market running, for the README and for the eye.

python -m bench.screenshots [--into docs] [--after 90]
"""

from pathlib import Path

from playwright.sync_api import Browser, Page

from bench.stage import arguments, desk_and_browser
from tests.journeys.conftest import sign_in
from tests.support.desk_process import Desk

SHOTS = (
    ("dashboard", "/", 1280, "light", True),
    ("dashboard-dark", "/", 1280, "dark", True),
    ("dashboard-360", "/", 360, "light", True),
    ("dashboard-without-scripting", "/", 360, "light", False),
    ("symbol", "/s/CRDX", 1280, "light", True),
    ("market", "/market", 1280, "light", True),
    ("symbol-360", "/s/CRDX", 360, "dark", True),
)


def shoot(browser: Browser, desk: Desk, into: Path) -> None:
    for name, path, width, scheme, scripting in SHOTS:
        context = browser.new_context(
            viewport={"width": width, "height": 800},
            color_scheme="dark" if scheme == "dark" else "light",
            java_script_enabled=scripting,
        )
        page: Page = context.new_page()
        sign_in(page, desk)
        page.goto(f"{desk.url}{path}")
        if scripting:
            page.locator("html[data-live=live]").wait_for(state="attached")
            page.wait_for_timeout(2000)
        page.screenshot(path=into / f"{name}.png", full_page=True)
        context.close()
        print(into / f"{name}.png")


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--into", type=Path, default=Path("docs"))
    parser.add_argument("--after", type=float, default=90, help="seconds of the market before the first picture")
    options = parser.parse_args()
    options.into.mkdir(parents=True, exist_ok=True)
    with desk_and_browser(options.browser, TICKSTOCK_INGEST_PROVIDER="invented") as (desk, browser):
        browser.new_page().wait_for_timeout(options.after * 1000)
        shoot(browser, desk, options.into)


if __name__ == "__main__":
    main()
