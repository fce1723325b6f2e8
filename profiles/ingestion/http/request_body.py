"""From the wire to the bytes of one JSON document, within limits."""

import zlib
from collections.abc import Iterator

from profiles.ingestion.http.errors import BodyTooLarge, UndecodableBody, UnknownContentEncoding

MIB = 1024 * 1024
WIRE_LIMIT = 5 * MIB
LIMIT = 10 * MIB
#: How much of a refused body is still taken, so that the sender reads our answer and not a broken pipe.
DISCARD_LIMIT = 20 * MIB
CHUNK = 64 * 1024
#: wbits of zlib: gzip's header, and zlib's or none (what is called deflate is sent in both forms).
GZIP, ZLIB, RAW = 31, 15, -15


def read(request) -> bytes:
    """The body as sent. BodyTooLarge above the limit, after which the rest was read away."""
    chunks, size = [], 0
    for chunk in _chunks(request):
        size += len(chunk)
        if size > WIRE_LIMIT:
            discard(request)
            raise BodyTooLarge(limit=WIRE_LIMIT // MIB)
        chunks.append(chunk)
    return b"".join(chunks)


def discard(request) -> None:
    """Read the rest away, within bounds."""
    size = 0
    for chunk in _chunks(request):
        size += len(chunk)
        if size > DISCARD_LIMIT:
            return


def _chunks(request) -> Iterator[bytes]:
    """Straight from the server: Django knows the length from a header only, which a chunked body has not."""
    chunked = request.headers.get("Transfer-Encoding", "").lower() == "chunked"
    stream = request.environ["wsgi.input"] if chunked and request.environ.get("wsgi.input_terminated") else request
    try:
        while chunk := stream.read(CHUNK):
            yield chunk
    except OSError:
        raise UndecodableBody from None


def decoded(body: bytes, encoding: str) -> bytes:
    """`body` decompressed as Content-Encoding says; stops as soon as the limit is passed."""
    encoding = encoding.strip().lower()
    if encoding in {"", "identity"}:
        return body
    if encoding in {"gzip", "x-gzip"}:
        return _inflated(body, GZIP)
    if encoding == "deflate":
        return _inflated(body, ZLIB if body[:1] == b"\x78" else RAW)
    raise UnknownContentEncoding


def _inflated(body: bytes, wbits: int) -> bytes:
    machine = zlib.decompressobj(wbits)
    try:
        content = machine.decompress(body, LIMIT + 1)
    except zlib.error:
        raise UndecodableBody from None
    if len(content) > LIMIT:
        raise BodyTooLarge(limit=LIMIT // MIB)
    if not machine.eof:
        raise UndecodableBody
    return content
