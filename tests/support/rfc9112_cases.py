"""Requests that RFC 9112 forbids."""

LARGEST = 4096

HOST = b"Host: desk.example\r\n"

POST = b"POST /x HTTP/1.1\r\n" + HOST

CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"

SOCKET = b"GET /ws HTTP/1.1\r\n" + HOST + b"Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n"

KEY, VERSION = b"Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n", b"Sec-WebSocket-Version: 13\r\n"


def get(target: bytes = b"/x", version: bytes = b"1.1", fields: bytes = HOST) -> bytes:
    return b"GET %b HTTP/%b\r\n%b\r\n" % (target, version, fields)


BAD_REQUESTS = {
    "two hosts": (get(fields=HOST * 2), 400),
    "no Host": (get(fields=b""), 400),
    "no Host in a newer minor version": (get(version=b"1.2", fields=b""), 400),
    "a path in Host": (get(fields=b"Host: evil.test/x\r\n"), 400),
    "a person in Host": (get(fields=b"Host: a@evil.test\r\n"), 400),
    "a blank in Host": (get(fields=b"Host: evil test\r\n"), 400),
    "two names in Host": (get(fields=b"Host: a, b:c\r\n"), 400),
    "LF ends a line": (b"GET /x HTTP/1.1\nHost: a\r\n\r\n", 400),
    "LF ends the head": (b"GET /x HTTP/1.1\r\nHost: a\n\n", 400),
    "CR within a line": (get(fields=HOST + b"X-A: b\rX-C: d\r\n"), 400),
    "CR CR LF": (get(fields=HOST + b"X-A: b\r\r\n"), 400),
    "a value that goes on in the next line": (get(fields=HOST + b"X-A: b\r\n c\r\n"), 400),
    "a first line that is indented": (get(fields=b" X-A: b\r\n" + HOST), 400),
    "a space before the colon": (get(fields=HOST + b"Content-Length : 5\r\n"), 400),
    "no colon": (get(fields=HOST + b"X-A\r\n"), 400),
    "no name": (get(fields=HOST + b": a\r\n"), 400),
    "NUL": (get(fields=HOST + b"X-A: \0\r\n"), 400),
    "too long a head": (get(fields=HOST + b"X-A: " + b"x" * LARGEST + b"\r\n"), 431),
    "a head without end": (b"GET /" + b"x" * LARGEST, 431),
    "TLS": (b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03", 400),
    "two spaces": (b"GET  /x HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "no version": (b"GET /x\r\n\r\n", 400),
    "another protocol": (b"GET /x ICY/1.1\r\n" + HOST + b"\r\n", 400),
    "HTTP/2.0": (get(version=b"2.0"), 505),
    "HTTP/0.9": (get(version=b"0.9"), 505),
    "the preface of HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    "a method in small letters": (b"get /x HTTP/1.1\r\n" + HOST + b"\r\n", 501),
    "no method": (b"G(T /x HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "a target that is none": (get(b"?x"), 400),
    "a fragment": (get(b"/x#y"), 400),
    "letters beyond ASCII": (get("/é".encode()), 400),
    "the whole server, but not its options": (get(b"*"), 400),
    "an authority": (b"CONNECT desk.example:443 HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "another scheme": (get(b"ftp://desk.example/x"), 400),
    "an address without a name": (get(b"http:///x"), 400),
    "a person in an address": (get(b"http://a@desk.example/x"), 400),
    "two lengths": (POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400),
    "the same length twice": (POST + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 400),
    "a list of lengths": (POST + b"Content-Length: 5, 5\r\n\r\nhello", 400),
    "a length with a sign": (POST + b"Content-Length: +5\r\n\r\nhello", 400),
    "a negative length": (POST + b"Content-Length: -1\r\n\r\n", 400),
    "a length in hexadecimal": (POST + b"Content-Length: 0x5\r\n\r\nhello", 400),
    "a length that is none": (POST + b"Content-Length: \r\n\r\nhello", 400),
    "a length beside chunks": (POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "chunks beside a length": (POST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400),
    "chunks in HTTP/1.0": (b"POST /x HTTP/1.0\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "chunks twice": (POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 501),
    "another coding": (POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n", 501),
    "a coding in disguise": (POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n", 400),
    "LF ends the size of a chunk": (CHUNKED + b"5\nhello\r\n0\r\n\r\n", 400),
    "LF ends a chunk": (CHUNKED + b"5\r\nhello\n0\r\n\r\n", 400),
    "LF ends the chunks": (CHUNKED + b"0\r\n\n", 400),
    "LF within an extension": (CHUNKED + b"5;a\nb\r\nhello\r\n0\r\n\r\n", 400),
    "CR within an extension": (CHUNKED + b"5;a\rb\r\nhello\r\n0\r\n\r\n", 400),
    "an extension without end": (CHUNKED + b"5;" + b"a" * 300, 400),
    "an extension that is none": (CHUNKED + b"5;=\r\nhello\r\n0\r\n\r\n", 400),
    "a blank behind the size": (CHUNKED + b"5 \r\nhello\r\n0\r\n\r\n", 400),
    "a size with a sign": (CHUNKED + b"+5\r\nhello\r\n0\r\n\r\n", 400),
    "a size with a prefix": (CHUNKED + b"0x5\r\nhello\r\n0\r\n\r\n", 400),
    "no size": (CHUNKED + b"\r\nhello\r\n0\r\n\r\n", 400),
    "a size beyond all": (CHUNKED + b"fffffffffffffffff\r\nhello", 400),
    "a chunk that is longer than it says": (CHUNKED + b"4\r\nhello\r\n0\r\n\r\n", 400),
    "a trailer with LF": (CHUNKED + b"0\r\nX-A: b\n\r\n", 400),
    "a trailer that goes on in the next line": (CHUNKED + b"0\r\nX-A: b\r\n c\r\n\r\n", 400),
    "a trailer without end": (CHUNKED + b"0\r\n" + b"X-A: b\r\n" * 1000, 400),
    "a handshake without a key": (SOCKET + VERSION + b"\r\n", 400),
    "a handshake with two keys": (SOCKET + KEY * 2 + VERSION + b"\r\n", 400),
    "a handshake with a short key": (SOCKET + b"Sec-WebSocket-Key: YWJj\r\n" + VERSION + b"\r\n", 400),
    "a handshake whose key is none": (SOCKET + b"Sec-WebSocket-Key: ???\r\n" + VERSION + b"\r\n", 400),
    "a handshake of another version": (SOCKET + KEY + b"Sec-WebSocket-Version: 8\r\n\r\n", 426),
    "a handshake without a version": (SOCKET + KEY + b"\r\n", 426),
    "a handshake with a body": (SOCKET + KEY + VERSION + b"Content-Length: 5\r\n\r\nhello", 400),
}
