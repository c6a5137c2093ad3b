"""PDFs that run, start or carry something are refused, however well it is hidden."""

import threading

import pypdfium2
import pytest

from huiqi.portal.base import pdf as check_of
from huiqi.portal.base.refusal import Refused
from huiqi.reading.extract_pdf import pdf_lines
from tests.portal.pdfs import PAGES, pdf, stream

pytestmark = pytest.mark.once

OPENS = b"<</Type/Catalog/Pages 2 0 R/OpenAction 4 0 R>>"
SCRIPT = b"<</S/JavaScript/JS(app.alert\\(1\\))>>"
UNWANTED = "PDF里带有脚本、附件或会自动执行的动作，不能接收"


def refused(content: bytes) -> str:
    with pytest.raises(Refused) as error:
        check_of.check(content)
    return error.value.what


def with_(catalogue: bytes, **objects: bytes) -> dict[int, bytes]:
    return {**PAGES, 1: catalogue, **{int(name[1:]): one for name, one in objects.items()}}


@pytest.mark.parametrize(
    "objects",
    [
        with_(OPENS, o4=SCRIPT),
        with_(OPENS, o4=b"<</S/Java#53cript/J#53(app.alert\\(1\\))>>"),
        with_(OPENS, o4=b"<</S/#4a#61#76#61#53#63#72#69#70#74/JS(x)>>"),
        with_(OPENS, o4=b"<</S/Launch/F(calc.exe)>>"),
        with_(OPENS, o4=b"<</S/SubmitForm/F(http://127.0.0.1/)>>"),
        with_(OPENS, o4=b"<</S/GoToE/F(x.pdf)>>"),
        with_(
            b"<</Type/Catalog/Pages 2 0 R/Names<</EmbeddedFiles<</Names[(a) 4 0 R]>>>>>>",
            o4=b"<</Type/Filespec/F(a.exe)>>",
        ),
        with_(b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[]/XFA(x)>>>>"),
    ],
    ids=["script", "odd", "odder", "launch", "submit", "other file", "attached", "xfa"],
)
@pytest.mark.parametrize("is_packed", [False, True], ids=["open", "packed"])
def test_what_acts_is_refused_in_the_open_and_packed(
    objects: dict[int, bytes], is_packed: bool
) -> None:
    made = pdf({}, objects) if is_packed else pdf(objects)
    assert len(pypdfium2.PdfDocument(made)) == 1  # a PDF that opens
    assert refused(made) == UNWANTED


def test_a_packed_object_that_no_table_names_is_refused_too() -> None:
    """Another program may find it, by looking through the file."""
    hidden = pdf(with_(PAGES[1], o4=stream(b"/Type/ObjStm/N 1/First 4", b"9 0 " + SCRIPT)))
    assert refused(hidden) == UNWANTED


def test_words_and_pictures_are_no_actions() -> None:
    told = with_(
        b"<</Type/Catalog/Pages 2 0 R/PieceInfo<</a(see /JS, /XFA and \\(/GoToE\\))>>>>",
        o4=stream(b"", b"BT (/JavaScript) Tj /JS /XFA ET"),
    )
    check_of.check(pdf(told))
    check_of.check(pdf({}, told))
    check_of.check(pdf())


def test_an_object_stream_that_unpacks_to_far_more_is_refused() -> None:
    bomb = with_(PAGES[1], o4=stream(b"/Type/ObjStm/N 1/First 4", b"9 0 " + b" " * check_of.MOST))
    assert refused(pdf(bomb)) == "PDF解开后大得不正常，不能接收"


def test_damaged_and_locked_ones_say_so() -> None:
    assert refused(b"%PDF-1.7\nnothing here\n%%EOF") == "PDF已损坏，打不开"
    assert refused(LOCKED) == "PDF设了打开密码"


LOCKED = (
    pdf()
    .replace(
        b"/Root 1 0 R",
        b"/Root 1 0 R/ID[<00><00>]/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<" + b"11" * 32
        + b">/U<" + b"22" * 32 + b">>>",
    )
)  # fmt: skip
"""Asks for a password that nobody knows."""


def test_many_threads_read_and_check_at_once() -> None:
    """PDFium serves one at a time; without the lock this ends the process now and then."""
    made, seen = pdf(), []

    def work() -> None:
        for _ in range(20):
            check_of.check(made)
            seen.append(pdf_lines(made).problems[0].code)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == ["read-scanned"] * 80


def test_a_strange_file_takes_no_long_time() -> None:
    for part in (b"stream\n", b"(", b"/#", b"(\\"):
        content = b"%PDF-1.7\n" + part * (4_000_000 // len(part))
        assert refused(content).startswith("PDF已损坏")
