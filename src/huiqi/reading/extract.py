"""From the bytes of a file to its lines, whatever its format; never raises for a bad file."""

import re

from huiqi.reading.lines import Extracted, Line
from huiqi.rulebook.problems import Problem

LARGEST_FILE = 64 * 1024 * 1024
_TABLE_ROW = re.compile(r"\s*\|.*\|\s*$")
_TABLE_RULE = re.compile(r"[\s|:\-—]+$")


def extract(data: bytes, name: str = "") -> Extracted:
    """The lines of `data`. The format is read from the bytes, not from the name."""
    if len(data) > LARGEST_FILE:
        return _refused(
            "read-too-large", f"文件超过 {LARGEST_FILE >> 20} MB", "请拆分后再读入", name
        )
    if not data.strip(b"\x00 \t\r\n\xef\xbb\xbf\xff\xfe"):
        return _refused("read-empty", "文件是空的", "请换一个有内容的文件", name)
    if data.startswith(b"%PDF") or b"%PDF-" in data[:1024]:
        from huiqi.reading.extract_pdf import pdf_lines

        return pdf_lines(data, name)
    if data.startswith(b"PK\x03\x04"):
        from huiqi.reading.extract_docx import docx_lines

        return docx_lines(data, name)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        return _refused(
            "read-format",
            "这是旧版 Office 文件（.doc 等）或加密的 Office 文件",
            "请在 Word 中另存为不加密的 .docx 再读入",
            name,
        )
    text = decode(data)
    if text is None:
        return _refused(
            "read-binary", "不是文本、DOCX、PDF 或 HTML 文件", "请换成公文的文本或电子文件", name
        )
    if looks_like_html(text):
        from huiqi.reading.extract_html import html_lines

        return html_lines(text, name)
    return Extracted(tuple(_text_lines(text)))


def decode(data: bytes) -> str | None:
    """UTF-8, UTF-16 with a mark, or GB18030; None for bytes that are no text."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "gb18030"]
        declared = re.search(rb"charset=[\"']?\s*(gb\w+)", data[:2048], re.IGNORECASE)
        if declared and not data.startswith(b"\xef\xbb\xbf"):
            encodings.reverse()
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if _plausible(text):
            return text
    # A file cut or damaged in a few places is still a text.
    text = data.decode("utf-8", errors="replace")
    if text.count("\ufffd") <= len(text) // 200 and _plausible(text):
        return text
    return None


def _plausible(text: str) -> bool:
    """Whether a decoded text is made of the characters that texts are made of."""
    sample = text if len(text) <= 40000 else text[:20000] + text[-20000:]
    strange = sum(
        (ch < " " and ch not in "\t\r\n\f\x0b") or "\ue000" <= ch <= "\uf8ff" or ch > "\uffff"
        for ch in sample
    )
    return strange * 50 <= len(sample)


def looks_like_html(text: str) -> bool:
    """Whether a text is a page: a doctype, or tags that only pages have, near its start."""
    head = text[:3000].lstrip("\ufeff \t\r\n").lower()
    return head.startswith(("<!doctype html", "<html", "<?xml")) or bool(
        re.search(r"<(?:html|head|body|div|meta|p|table)[\s>]", head)
    )


_GAP = re.compile(r"\t+|(?<=\S) {3,}(?=\S)|(?<=\S)\u3000{2,}(?=\S)")


def _columns(line: str) -> tuple[str, ...]:
    """The cells of a line set in columns by wide gaps; empty when it has fewer than three."""
    bare = line.strip()
    if len(bare) > 2000 or ("\t" not in bare and "   " not in bare and "\u3000\u3000" not in bare):
        return ()
    cells = tuple(cell.strip() for cell in _GAP.split(bare))
    return cells if len(cells) >= 3 and all(cells) else ()


def _text_lines(text: str) -> list[Line]:
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x0b", "\n")
    lines: list[Line] = []
    page = 0
    parts = text.split("\n")
    columns = [_columns(part) for part in parts]
    for index, part in enumerate(parts):
        page += part.count("\f")
        if _TABLE_ROW.match(part) and part.count("|") >= 3:
            if _TABLE_RULE.match(part):
                continue
            cells = tuple(cell.strip() for cell in part.strip().strip("|").split("|"))
            lines.append(Line("｜".join(cells), hard=True, cells=cells, page=page))
        elif columns[index] and any(
            0 <= near < len(parts) and len(columns[near]) == len(columns[index])
            for near in (index - 1, index + 1)
        ):
            cells = tuple(cell.replace("｜", "|") for cell in columns[index])
            lines.append(Line("｜".join(cells), hard=True, cells=cells, page=page))
        else:
            lines.append(Line(part, page=page))
    return lines


def _refused(code: str, message: str, remedy: str, name: str) -> Extracted:
    return Extracted(problems=(Problem(code, message, remedy, file=name),))
