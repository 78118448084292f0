"""The page of a small application in a real browser."""

from playwright.async_api import Page

from tests.web.conftest import Server

WATCH = """
window.violations = []
document.addEventListener("securitypolicyviolation", e => violations.push(e.violatedDirective + " " + e.sourceFile))
"""


async def open_board(page: Page, server: Server) -> list[str]:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    await page.add_init_script(WATCH)
    await page.goto(f"{server.url}/board")
    await page.wait_for_selector("html[data-live=live]")
    return complaints
