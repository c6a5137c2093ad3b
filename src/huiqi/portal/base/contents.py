"""What a file is, by its content: the name's ending must agree with it, and nothing dangerous hides.

Pure functions over a seekable binary file; problems are raised as :class:`Refused`.
"""

import re
import zipfile
import zlib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from typing import IO

from huiqi.portal.base import pdf
from huiqi.portal.base.refusal import Refused

MEGABYTE = 1024 * 1024


class FileKind(StrEnum):
    """The kinds of file that the portal takes."""

    XLSX = "xlsx"
    XLS = "xls"
    CSV = "csv"
    PDF = "pdf"
    DOCX = "docx"
    TXT = "txt"
    HTML = "html"
    PNG = "png"
    JPEG = "jpg"


MEDIA = {
    FileKind.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    FileKind.XLS: "application/vnd.ms-excel",
    FileKind.CSV: "text/csv",
    FileKind.PDF: "application/pdf",
    FileKind.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    FileKind.TXT: "text/plain",
    FileKind.HTML: "text/html",
    FileKind.PNG: "image/png",
    FileKind.JPEG: "image/jpeg",
}
ENDINGS = {kind.value: kind for kind in FileKind} | {
    "jpeg": FileKind.JPEG,
    "htm": FileKind.HTML,
    "et": FileKind.XLS,  # what WPS saves is an .xls inside
    "tsv": FileKind.CSV,
}
EVIDENCE = (FileKind.PDF, FileKind.PNG, FileKind.JPEG)
SHEETS = (FileKind.XLSX, FileKind.XLS, FileKind.CSV)
DOCUMENTS = (FileKind.TXT, FileKind.DOCX, FileKind.PDF, FileKind.HTML)


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a file may be, and what it may become when it is unpacked."""

    bytes: int
    unpacked: int = 4 * 1024 * MEGABYTE
    entries: int = 2000
    ratio: int = 200


LIMITS = {
    FileKind.XLSX: Limits(512 * MEGABYTE),
    FileKind.XLS: Limits(128 * MEGABYTE),
    FileKind.CSV: Limits(512 * MEGABYTE),
    FileKind.PDF: Limits(50 * MEGABYTE),
    FileKind.DOCX: Limits(50 * MEGABYTE, unpacked=400 * MEGABYTE),
    FileKind.TXT: Limits(20 * MEGABYTE),
    FileKind.HTML: Limits(20 * MEGABYTE),
    FileKind.PNG: Limits(20 * MEGABYTE),
    FileKind.JPEG: Limits(20 * MEGABYTE),
}
SMALL = 2 * MEGABYTE
"""Below this, how much an entry shrinks says nothing: an empty sheet shrinks well."""
MOST_RATIO = 1032
"""No deflated stream grows more than this, whatever its header says."""
CODE_ENTRIES = re.compile(
    r"vbaproject|activex|macrosheets|/embeddings/.*\.(bin|exe|dll|js|vbs)", re.I
)
_HEADS = (
    (FileKind.PDF, b"%PDF-"),
    (FileKind.PNG, b"\x89PNG\r\n\x1a\n"),
    (FileKind.JPEG, b"\xff\xd8\xff"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_NEVER = (b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"PK\x07\x08")
_TEXTS = (FileKind.CSV, FileKind.TXT, FileKind.HTML)
_MACRO_ENDINGS = {"xlsm", "xltm", "xlam", "xlsb", "docm", "dotm", "pptm"}


def check(file: IO[bytes], name: str, size: int, kinds: tuple[FileKind, ...]) -> FileKind:
    """The kind of a file, when it is one of ``kinds`` and may be kept; raises :class:`Refused`."""
    kind = _named(name, kinds)
    if size == 0:
        raise Refused("文件是空的", "请检查后重新选择文件")
    limits = LIMITS[kind]
    if size > limits.bytes:
        raise Refused(
            f"文件有{_size(size)}，超过了{_size(limits.bytes)}", "请拆成几个文件，或压缩图片后再传"
        )
    file.seek(0)
    head = file.read(4096)
    _agree(kind, head)
    if kind in (FileKind.XLSX, FileKind.DOCX):
        _package(file, kind, limits)
    elif kind is FileKind.XLS:
        _workbook(file)
    elif kind in _TEXTS:
        _text(file)
    elif kind is FileKind.PDF:
        file.seek(0)
        pdf.check(file.read())
    file.seek(0)
    return kind


def names(kinds: tuple[FileKind, ...]) -> str:
    """Kinds as people write them."""
    return "、".join(kind.value.upper() for kind in kinds)


def accept(kinds: tuple[FileKind, ...]) -> str:
    """The ``accept`` of a file field."""
    return ",".join(f".{ending}" for ending, kind in ENDINGS.items() if kind in kinds)


def _named(name: str, kinds: tuple[FileKind, ...]) -> FileKind:
    ending = PurePosixPath(name.replace("\\", "/")).suffix.lower().removeprefix(".")
    if ending in _MACRO_ENDINGS:
        raise Refused("文件可能带有宏，不能接收", f"请另存为不带宏的格式（{names(kinds)}）再传")
    kind = ENDINGS.get(ending)
    if kind is None or kind not in kinds:
        shown = f"“.{ending}”" if ending else "没有扩展名的"
        raise Refused(f"不接收{shown}文件", f"请改用{names(kinds)}")
    return kind


def _agree(kind: FileKind, head: bytes) -> None:
    # A text may begin with the letters MZ; a program goes on with zeros.
    if head.startswith(_NEVER) and (kind not in _TEXTS or head[:2] == b"#!" or b"\0" in head):
        raise Refused("文件内容是程序，不是文档", "请检查选的是不是这个文件")
    actual = next((found for found, start in _HEADS if head.startswith(start)), None)
    is_zip, is_ole = head.startswith(b"PK\x03\x04"), head.startswith(_OLE)
    wants_zip = kind in (FileKind.XLSX, FileKind.DOCX)
    wrong = f"文件内容不是{kind.value.upper()}"
    if wants_zip and is_ole:
        raise Refused(f"{wrong}，可能设了打开密码或是旧格式", "请去掉密码，另存后再传")
    if wants_zip is not is_zip or (kind is FileKind.XLS) is not is_ole:
        raise Refused(wrong, "不要只改扩展名，请用原来的软件另存为这种格式")
    if actual is not None and actual is not kind:
        raise Refused(f"{wrong}，而是{actual.value.upper()}", "请把扩展名改对，或另存后再传")
    if kind in dict(_HEADS) and actual is None:
        raise Refused(wrong, "文件可能已损坏，请打开检查后重新保存")


def _package(file: IO[bytes], kind: FileKind, limits: Limits) -> None:
    """A ZIP of Office: entries counted, sizes measured as they really unpack, no code in it."""
    damaged = Refused("文件已损坏，打不开", "请用原来的软件打开并重新保存")
    try:
        with zipfile.ZipFile(file) as package:
            entries = package.infolist()
            if len(entries) > limits.entries:
                raise Refused(
                    f"文件里有{len(entries):,}个部件，不像正常的表格或文档", "请另存后再传"
                )
            inside = {entry.filename for entry in entries}
            _office(kind, inside)
            _sizes(entries, limits)
            for entry in entries:
                _entry(package, entry, limits)
            if _is_macro(package):
                raise _macro()
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        raise damaged from error
    except RuntimeError as error:  # an entry with a password
        raise Refused("文件设了密码", "请去掉密码后再传") from error


def _office(kind: FileKind, inside: set[str]) -> None:
    if any(CODE_ENTRIES.search(name) for name in inside):
        raise _macro()
    if any(name.startswith("/") or ".." in name.split("/") or "\\" in name for name in inside):
        raise Refused("文件里的部件指向外面的目录，不能接收", "请用原来的软件另存后再传")
    main = "xl/workbook.xml" if kind is FileKind.XLSX else "word/document.xml"
    if "[Content_Types].xml" not in inside or main not in inside:
        what = "表格" if kind is FileKind.XLSX else "文档"
        raise Refused(
            f"压缩包里没有{what}，内容不是{kind.value.upper()}", "请用原来的软件另存后再传"
        )


def _macro() -> Refused:
    return Refused("文件带有宏或程序，不能接收", "请另存为不带宏的格式再传")


def _bomb() -> Refused:
    return Refused("文件解开后大得不正常，不能接收", "请检查文件来源；表格可拆成几份再传")


def _sizes(entries: list[zipfile.ZipInfo], limits: Limits) -> None:
    if sum(entry.file_size for entry in entries) > limits.unpacked:
        raise _bomb()
    spans = sorted((entry.header_offset, entry.compress_size) for entry in entries)
    for (start, length), (following, _) in zip(spans, spans[1:], strict=False):
        if following < start + length:  # entries that share their bytes
            raise _bomb()
    for entry in entries:
        if entry.file_size > SMALL and entry.file_size > limits.ratio * max(entry.compress_size, 1):
            raise _bomb()


def _entry(package: zipfile.ZipFile, entry: zipfile.ZipInfo, limits: Limits) -> None:
    """The size that an entry declares is true; a sheet holds no other archive worth unpacking."""
    if entry.filename.endswith((".zip", ".7z", ".rar", ".gz")):
        raise Refused("文件里嵌有压缩包，不能接收", "请去掉嵌入的附件再传")
    if entry.compress_size * MOST_RATIO <= SMALL:
        return
    with package.open(entry) as stream:
        read = 0
        while block := stream.read(MEGABYTE):
            read += len(block)
            if read > entry.file_size or read > limits.unpacked:
                raise _bomb()


def _is_macro(package: zipfile.ZipFile) -> bool:
    with package.open("[Content_Types].xml") as stream:
        return b"macroenabled" in stream.read(MEGABYTE).lower()


def _workbook(file: IO[bytes]) -> None:
    """The old format of Excel: a compound file with a workbook in it and no project of code."""
    file.seek(0)
    content = file.read()
    if "Workbook".encode("utf-16-le") not in content and "Book".encode("utf-16-le") not in content:
        raise Refused("文件内容不是XLS表格", "请用原来的软件另存为这种格式")
    if "_VBA_PROJECT".encode("utf-16-le") in content:
        raise _macro()


def _text(file: IO[bytes]) -> None:
    file.seek(0)
    head = file.read(MEGABYTE)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return  # UTF-16, as Excel writes "Unicode text"
    if b"\x00" in head:
        raise Refused("文件内容不是文字", "请检查选的是不是这个文件，或另存为 UTF-8 编码的文本")


def _size(count: int) -> str:
    if count >= MEGABYTE:
        return f"{-(-count // MEGABYTE):,}MB"
    return f"{-(-count // 1024):,}KB"
