"""Numbered pages of a list."""

from quart import abort


def page_count(total: int, rows: int) -> int:
    return max(1, -(-total // rows))


def page_number(text: str, total: int, rows: int) -> int:
    """From 1. Answers 400 for what is no number, and 404 for a page that there is not."""
    if not (text.isascii() and text.isdigit() and 1 <= len(text) <= 9):
        abort(400, "page: type a number.")
    number, pages = int(text), page_count(total, rows)
    if not 1 <= number <= pages:
        abort(404, f"page: there {'is 1 page' if pages == 1 else f'are {pages} pages'}.")
    return number
