"""The text of a file: UTF-8 or UTF-16 with a byte order mark, UTF-8 without one, or Windows-1252."""

import codecs

from app.watchlists.formats.contents import MOST_BYTES, UnreadableImport

MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
ENCODINGS = ("utf-8", "cp1252")
TOO_LARGE = f"A list may have at most {MOST_BYTES // 1024} kB."


def decoded(content: bytes) -> str:
    """Lines end with LF. Raises UnreadableImport."""
    if len(content) > MOST_BYTES:
        raise UnreadableImport(TOO_LARGE)
    marked = next(((content[len(mark) :], (name,)) for mark, name in MARKS if content.startswith(mark)), None)
    body, encodings = marked or (content, ENCODINGS)
    for encoding in encodings:
        try:
            return plain_lines(body.decode(encoding))
        except UnicodeDecodeError:
            continue
    raise UnreadableImport("This is no text in UTF-8, UTF-16 or Windows-1252.")


def plain_lines(text: str) -> str:
    """Raises UnreadableImport for what is no text or too large."""
    if "\0" in text:
        raise UnreadableImport("This is no text: it has characters that no text has.")
    if len(text) > MOST_BYTES:
        raise UnreadableImport(TOO_LARGE)
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
