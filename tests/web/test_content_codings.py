"""The content coding of an answer, by RFC 9110, 12.5.3: one rule for pages, static files and streams."""

import pytest

from app.web.compression import preferred, refuses_identity

PAGE, STREAM, PLAIN = ("br", "gzip"), ("gzip",), ()

CASES = [
    # What is said, then what a page, a stream and what has no coding are sent as.
    ("", "identity", "identity"),
    ("gzip", "gzip", "gzip"),
    ("br", "br", "identity"),
    ("gzip, deflate, br, zstd", "br", "gzip"),
    ("GZIP", "gzip", "gzip"),
    ("x-gzip", "gzip", "gzip"),
    ("X-GZip;q=0.5", "gzip", "gzip"),
    ("gzip;q=0", "identity", "identity"),
    ("gzip;q=0.", "identity", "identity"),
    ("gzip;q=0.0", "identity", "identity"),
    ("gzip;q=0.00", "identity", "identity"),
    ("gzip;q=0.000", "identity", "identity"),
    ("gzip;Q=0.000", "identity", "identity"),
    ("gzip ; q=0.000", "identity", "identity"),
    ("gzip;q=0.001", "gzip", "gzip"),
    ("gzip;q=1", "gzip", "gzip"),
    ("gzip;q=1.000", "gzip", "gzip"),
    ("br;q=0.1, gzip;q=1", "gzip", "gzip"),
    ("br;q=1, gzip;q=0.1", "br", "gzip"),
    ("gzip;q=0.8, br;q=0.8", "br", "gzip"),
    ("gzip;q=0, br", "br", "identity"),
    ("br;q=0, gzip;q=0", "identity", "identity"),
    ("*", "br", "gzip"),
    ("*;q=0", "identity", "identity"),
    ("*;q=0.1, br;q=0", "gzip", "gzip"),
    ("br;q=0.2, *;q=0.5", "gzip", "gzip"),
    ("gzip;q=0, *", "br", "identity"),
    ("identity", "identity", "identity"),
    ("identity, gzip;q=0.5", "identity", "identity"),
    ("identity;q=0.5, gzip", "gzip", "gzip"),
    ("identity;q=0.5, br;q=0.4, gzip;q=0.6", "gzip", "gzip"),
    ("identity, gzip, br", "br", "gzip"),
    ("identity;q=0", "identity", "identity"),
    ("identity;q=0, gzip;q=0.001", "gzip", "gzip"),
    ("identity;q=0, *;q=0.1", "br", "gzip"),
    ("deflate, zstd", "identity", "identity"),
    ("gzip;q=0.0001", "identity", "identity"),
    ("gzip;q=1.1", "identity", "identity"),
    ("gzip;q=-1", "identity", "identity"),
    ("gzip;q=x", "identity", "identity"),
    ("gzip;q=", "identity", "identity"),
    ("gzip;level=9", "identity", "identity"),
    (", gzip ,, br;q=0", "gzip", "gzip"),
    ("gzipped, xgzip, bro", "identity", "identity"),
]


@pytest.mark.parametrize(("accepts", "page", "stream"), CASES)
def test_the_preferred_content_coding_is_used(accepts: str, page: str, stream: str) -> None:
    assert (preferred(accepts, PAGE), preferred(accepts, STREAM), preferred(accepts, PLAIN)) == (
        page,
        stream,
        "identity",
    )


@pytest.mark.parametrize(
    ("accepts", "refuses"),
    [("", False), ("gzip", False), ("gzip, identity;q=0", True), ("gzip, *;q=0", True), ("*;q=0, identity", False)],
)
def test_a_client_can_refuse_an_uncompressed_answer(accepts: str, refuses: bool) -> None:
    assert refuses_identity(accepts) is refuses
