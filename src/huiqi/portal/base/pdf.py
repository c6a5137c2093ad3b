"""No PDF that runs, starts, fetches or carries something else.

Looked at twice, because programs disagree about how a PDF is to be read: as PDFium sees it, which
writes all of it out anew without packed objects, encryption and odd spelling; and as its bytes stand,
with object streams unpacked, for what PDFium holds to be unreachable.
"""

import io
import re
import zlib
from collections.abc import Iterator

import pypdfium2
import pypdfium2.raw as pdfium

from huiqi.portal.base.refusal import Refused
from huiqi.reading.extract_pdf import ONE_AT_A_TIME

_END = rb"(?![^\x00\t\n\f\r ()<>\[\]{}/%])"
_LONG = (
    "JavaScript", "Launch", "EmbeddedFile", "EmbeddedFiles", "RichMedia", "ImportData", "SubmitForm",
)  # fmt: skip
_SHORT = ("JS", "XFA", "GoToE")
"""Too short to be looked for in packed bytes, where chance writes them now and then."""
_STREAM = re.compile(rb"\bstream\r?\n")
_STRING = re.compile(rb"\((?:[^()\\]+|\\.)*+\)", re.DOTALL)
_COMMENT = re.compile(rb"%[^\r\n]*")
MOST = 256 * 2**20
"""Bytes that the object streams of a file may unpack to; real ones have a few millions."""


def _names(*names: str) -> "re.Pattern[bytes]":
    """The names however spelled: /JavaScript is /Java#53cript too."""
    spelled = (
        b"".join(b"(?:%s|#(?i:%02x))" % (sign.encode(), ord(sign)) for sign in name)
        for name in names
    )
    return re.compile(rb"/(?:" + b"|".join(spelled) + rb")" + _END)


_BYTES, _WORDS, _PACKED = _names(*_LONG), _names(*_LONG, *_SHORT), _names("ObjStm")


def check(content: bytes) -> None:
    """Raises :class:`Refused` for a PDF that may not be kept."""
    if _BYTES.search(content) or any(_WORDS.search(one) for one in _unpacked(content)):
        raise _unwanted()
    if _WORDS.search(_plain(_written_anew(content))):
        raise _unwanted()


def _unwanted() -> Refused:
    return Refused(
        "PDF里带有脚本、附件或会自动执行的动作，不能接收", "请用“打印成PDF”重新生成后再传"
    )


def _written_anew(content: bytes) -> bytes:
    out = io.BytesIO()
    with ONE_AT_A_TIME:
        try:
            document = pypdfium2.PdfDocument(content)
        except pypdfium2.PdfiumError as error:
            if error.err_code == pdfium.FPDF_ERR_PASSWORD:
                raise Refused("PDF设了打开密码", "请去掉密码后再传") from None
            raise Refused("PDF已损坏，打不开", "请打开检查，用“打印成PDF”重新生成后再传") from None
        try:
            document.save(out, flags=pdfium.FPDF_REMOVE_SECURITY)
        except pypdfium2.PdfiumError:
            raise Refused("PDF已损坏，读不完整", "请用“打印成PDF”重新生成后再传") from None
        finally:
            document.close()
    return out.getvalue()


def _plain(written: bytes) -> bytes:
    """The objects without what is content: streams, then texts and comments."""
    out, at = [], 0
    for start, end in _streams(written):
        out.append(written[at:start])
        at = end
    out.append(written[at:])
    return _COMMENT.sub(b"", _STRING.sub(b"()", b"".join(out)))


def _streams(content: bytes) -> Iterator[tuple[int, int]]:
    """From where to where the streams go."""
    at = 0
    while found := _STREAM.search(content, at):
        at = content.find(b"endstream", found.end())
        if at < 0:
            return
        yield found.end(), at


def _unpacked(content: bytes) -> Iterator[bytes]:
    """The objects that stand packed in streams, as far as they can be unpacked."""
    room = MOST
    for start, end in _streams(content):
        about = content[max(0, start - 2000) : start]
        about = about[about.rfind(b"obj") :]
        if not _PACKED.search(about):
            continue
        unpack = zlib.decompressobj()
        try:
            objects = unpack.decompress(content[start:end], room)
        except zlib.error:
            continue  # another way of packing, or damaged: as PDFium reads it
        room -= len(objects)
        if unpack.unconsumed_tail or room <= 0:
            raise Refused("PDF解开后大得不正常，不能接收", "请用“打印成PDF”重新生成后再传")
        yield _STRING.sub(b"()", objects)
