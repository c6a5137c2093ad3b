"""Small PDFs for tests, made object by object, some of them packed as modern programs do."""

import zlib
from collections.abc import Mapping

PAGES = {
    1: b"<</Type/Catalog/Pages 2 0 R>>",
    2: b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
    3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 100]>>",
}
"""One empty page."""


def pdf(
    objects: Mapping[int, bytes] | None = None, packed: Mapping[int, bytes] | None = None
) -> bytes:
    """A PDF of these objects in the open and those packed in one object stream; 1 is the catalogue."""
    plain, inside = dict(PAGES if objects is None else objects), dict(packed or {})
    out, places = b"%PDF-1.7\n", {}
    if inside:
        plain[max([*plain, *inside]) + 1] = _object_stream(inside)
    holder = max(plain)
    for number, content in plain.items():
        places[number] = len(out)
        out += b"%d 0 obj\n" % number + content + b"\nendobj\n"
    last = max([*plain, *inside]) + 1
    places[last] = len(out)
    order = list(inside)
    rows = b"\0\0\0\0\0\xff"
    for number in range(1, last + 1):
        if number in inside:
            rows += b"\2" + holder.to_bytes(4, "big") + order.index(number).to_bytes(1, "big")
        elif number in places:
            rows += b"\1" + places[number].to_bytes(4, "big") + b"\0"
        else:
            rows += b"\0\0\0\0\0\xff"
    about = b"/Type/XRef/W[1 4 1]/Size %d/Root 1 0 R" % (last + 1)
    out += b"%d 0 obj\n" % last + stream(about, rows) + b"\nendobj\n"
    return out + b"startxref\n%d\n%%%%EOF\n" % places[last]


def stream(about: bytes, content: bytes) -> bytes:
    """A deflated stream with what its dictionary says of it."""
    data = zlib.compress(content)
    head = b"<<" + about + b"/Filter/FlateDecode/Length %d>>stream\n" % len(data)
    return head + data + b"\nendstream"


def _object_stream(inside: Mapping[int, bytes]) -> bytes:
    head = body = b""
    for number, content in inside.items():
        head += b"%d %d " % (number, len(body))
        body += content + b" "
    about = b"/Type/ObjStm/N %d/First %d" % (len(inside), len(head))
    return stream(about, head + body)
