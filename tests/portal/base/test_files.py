"""Uploaded files: what they are decides, not what they are called; kept once, handed out as attachments."""

import io
import os
import stat
import struct
import threading
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from docx import Document
from xlsxwriter import Workbook

from huiqi.portal.base import contents, files
from huiqi.portal.base.access import NOBODY
from huiqi.portal.base.contents import DOCUMENTS, EVIDENCE, SHEETS, FileKind, Limits
from huiqi.portal.base.models import AuditEntry, StoredFile
from huiqi.portal.base.refusal import Refused
from tests.portal.pdfs import pdf
from tests.portal.people import NOW

ALL = tuple(FileKind)
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
PDF = pdf()


def sheet(text: str = "测试") -> bytes:
    out = io.BytesIO()
    with Workbook(out) as book:
        book.add_worksheet().write(0, 0, text)
    return out.getvalue()


def document() -> bytes:
    out = io.BytesIO()
    made = Document()
    made.add_paragraph("测试文件")
    made.save(out)
    return out.getvalue()


def with_entry(package: bytes, name: str, content: bytes = b"x", **how: int) -> bytes:
    out = io.BytesIO(package)
    with zipfile.ZipFile(out, "a", **how) as archive:  # type: ignore[call-overload]
        archive.writestr(name, content)
    return out.getvalue()


def archive(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name in names:
            made.writestr(name, "x")
    return out.getvalue()


def old_sheet(inner: str = "Workbook") -> bytes:
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    return head + b"\0" * 500 + inner.encode("utf-16-le") + b"\0" * 500


def keep(name: str, content: bytes, kinds: tuple[FileKind, ...] = ALL) -> StoredFile:
    return files.keep(SimpleUploadedFile(name, content), by=NOBODY, at=NOW, kinds=kinds)


@pytest.fixture(autouse=True)
def place(settings: object, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "files"  # type: ignore[attr-defined]
    return tmp_path / "files"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "content", "media"),
    [
        ("名单.xlsx", sheet(), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("名单.et", old_sheet(), "application/vnd.ms-excel"),
        ("名单.tsv", "代码\t名称\n甲\t乙\n".encode(), "text/csv"),
        ("名单.XLS", old_sheet(), "application/vnd.ms-excel"),
        ("名单.csv", "名称,代码\n".encode("gb18030"), "text/csv"),
        ("名单.csv", "名称\t代码".encode("utf-16"), "text/csv"),
        ("名单.csv", "MZ编号,名称\n".encode(), "text/csv"),
        (
            "通知.docx",
            document(),
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        ("通知.pdf", PDF, "application/pdf"),
        ("通知.txt", "关于测试的通知".encode(), "text/plain"),
        ("通知.html", "<p>测试</p>".encode(), "text/html"),
        ("执照.png", PNG, "image/png"),
        ("执照.jpeg", b"\xff\xd8\xff\xe0" + b"\0" * 20, "image/jpeg"),
    ],
)
def test_a_file_is_kept_under_its_digest(name: str, content: bytes, media: str) -> None:
    stored = keep(name, content)
    assert (stored.name, stored.size, stored.media_type) == (name, len(content), media)
    kept = files.path(stored)
    assert kept.read_bytes() == content
    assert kept.name == stored.digest
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    entry = AuditEntry.objects.get()
    assert (entry.act, entry.detail["digest"]) == ("file.keep", stored.digest)


MACRO = "文件带有宏或程序，不能接收。请另存为不带宏的格式再传"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "content", "kinds", "said"),
    [
        ("a.xlsx", b"", ALL, "文件是空的"),
        ("a", sheet(), SHEETS, "不接收没有扩展名的文件。请改用XLSX、XLS、CSV"),
        ("a.exe", b"MZ", ALL, "不接收“.exe”文件"),
        ("a.pdf", PDF, SHEETS, "不接收“.pdf”文件。请改用XLSX、XLS、CSV"),
        ("a.xlsm", sheet(), SHEETS, "文件可能带有宏"),
        ("a.docm", document(), DOCUMENTS, "文件可能带有宏"),
        ("a.xlsx", with_entry(sheet(), "xl/vbaProject.bin"), ALL, MACRO),
        ("a.docx", with_entry(document(), "word/vbaProject.bin"), ALL, MACRO),
        ("a.xlsx", with_entry(sheet(), "xl/activeX/activeX1.xml"), ALL, MACRO),
        ("a.xls", old_sheet("Workbook _VBA_PROJECT"), ALL, MACRO),
        ("a.xls", old_sheet("WordDocument"), ALL, "文件内容不是XLS表格"),
        ("a.xlsx", old_sheet("EncryptedPackage"), ALL, "文件内容不是XLSX，可能设了打开密码"),
        ("a.xlsx", PDF, ALL, "文件内容不是XLSX。不要只改扩展名"),
        ("a.xlsx", archive("a.txt"), ALL, "压缩包里没有表格"),
        ("a.xlsx", document(), ALL, "压缩包里没有表格"),
        ("a.docx", sheet(), ALL, "压缩包里没有文档"),
        ("a.xlsx", with_entry(sheet(), "../../etc/x"), ALL, "文件里的部件指向外面的目录"),
        ("a.xlsx", with_entry(sheet(), "inner.zip"), ALL, "文件里嵌有压缩包"),
        ("a.xlsx", sheet()[:-100], ALL, "文件已损坏"),
        ("a.csv", sheet(), ALL, "文件内容不是CSV"),
        ("a.csv", b"a\0b", ALL, "文件内容不是文字"),
        ("a.txt", b"#!/bin/sh\n", ALL, "文件内容是程序"),
        ("a.txt", PNG, ALL, "文件内容不是TXT，而是PNG"),
        ("a.png", PDF, ALL, "文件内容不是PNG，而是PDF"),
        ("a.jpg", b"GIF89a", EVIDENCE, "文件内容不是JPG。文件可能已损坏"),
        ("a.pdf", PDF + b"/OpenAction<</S/JavaScript>>", ALL, "PDF里带有脚本、附件"),
        ("a.pdf", b"%PDF-1.7 nothing", ALL, "PDF已损坏，打不开"),
        ("a.pdf", b"\x7fELF", ALL, "文件内容是程序"),
        ("a.csv", b"MZ\x90\0\x03", ALL, "文件内容是程序"),
    ],
)
def test_a_file_that_is_not_what_it_should_be_is_refused_and_not_kept(
    name: str, content: bytes, kinds: tuple[FileKind, ...], said: str, place: Path
) -> None:
    with pytest.raises(Refused) as refused:
        keep(name, content, kinds)
    assert str(refused.value).startswith(said)
    assert StoredFile.objects.count() == 0
    assert AuditEntry.objects.count() == 0
    assert not place.exists()


@pytest.mark.django_db
def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    heavy = with_entry(
        sheet(), "xl/worksheets/sheet2.xml", b"\0" * 30_000_000, compression=zipfile.ZIP_DEFLATED
    )
    assert len(heavy) < 100_000
    with pytest.raises(Refused, match="解开后大得不正常"):
        keep("a.xlsx", heavy)


@pytest.mark.django_db
def test_a_document_that_unpacks_to_far_more_is_refused() -> None:
    heavy = with_entry(
        document(), "word/media/a.xml", b"\0" * 30_000_000, compression=zipfile.ZIP_DEFLATED
    )
    with pytest.raises(Refused, match="解开后大得不正常"):
        keep("a.docx", heavy)


@pytest.mark.django_db
def test_an_entry_that_lies_about_its_size_is_refused() -> None:
    heavy = with_entry(
        sheet(), "xl/worksheets/sheet2.xml", b"\0" * 30_000_000, compression=zipfile.ZIP_DEFLATED
    )
    real, claimed = struct.pack("<L", 30_000_000), struct.pack("<L", 300_000)
    assert heavy.count(real) == 2
    with pytest.raises(Refused, match="文件已损坏"):
        keep("a.xlsx", heavy.replace(real, claimed))


@pytest.mark.django_db
def test_too_many_entries_and_too_many_bytes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    many = archive("[Content_Types].xml", "xl/workbook.xml", *(f"xl/{n}.xml" for n in range(2000)))
    with pytest.raises(Refused, match=r"有2,002个部件"):
        keep("a.xlsx", many)
    monkeypatch.setitem(contents.LIMITS, FileKind.PDF, Limits(10))
    with pytest.raises(Refused, match="文件有1KB，超过了1KB"):
        keep("a.pdf", PDF)


@pytest.mark.django_db
def test_a_large_ordinary_sheet_is_kept() -> None:
    out = io.BytesIO()
    with Workbook(out, {"constant_memory": True}) as book:
        page = book.add_worksheet()
        for row in range(20_000):
            page.write_row(row, 0, ["测试企业（虚构）", "", "", "制造业", 0, 0, 0])
    assert keep("a.xlsx", out.getvalue()).size == len(out.getvalue())


@pytest.mark.django_db
def test_equal_files_share_their_bytes_and_keep_their_names(place: Path) -> None:
    first, second = keep("甲.pdf", PDF), keep("乙.pdf", PDF)
    assert files.path(first) == files.path(second)
    assert [one.name for one in (first, second)] == ["甲.pdf", "乙.pdf"]
    assert sum(1 for one in place.rglob("*") if one.is_file()) == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\资料\\执照.pdf", "执照.pdf"),
        ('a"\r\nX-Bad: 1<b>.pdf', "aX-Bad 1b.pdf"),
        ("长" * 300 + ".pdf", "长" * 196 + ".pdf"),
    ],
)
def test_a_name_is_only_a_name(given: str, kept: str) -> None:
    file = io.BytesIO(PDF)
    assert files.keep(file, by=NOBODY, at=NOW, kinds=ALL, name=given).name == kept


@pytest.mark.django_db
def test_a_file_is_handed_out_as_an_attachment_only() -> None:
    response = files.download(keep("说明 一.html", b"<script>alert(1)</script>"))
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["Content-Disposition"] == (
        "attachment; filename*=UTF-8''%E8%AF%B4%E6%98%8E%20%E4%B8%80.html"
    )
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert b"".join(response.streaming_content) == b"<script>alert(1)</script>"  # type: ignore[arg-type]
    response.close()


# -------------------------------------------------------------------- what failed uploads leave behind


def lying(place: Path) -> list[str]:
    return sorted(one.name for one in place.rglob("*") if one.is_file())


def aged(file: Path) -> None:
    """As if it had been written two days ago."""
    then = (NOW - timedelta(days=2)).timestamp()
    os.utime(file, (then, then))


@pytest.mark.django_db
def test_a_file_whose_upload_failed_goes_after_a_day_and_no_other(place: Path) -> None:
    kept = keep("留.pdf", PDF)
    with transaction.atomic():
        failed = keep("败.csv", b"a,b\n")
        transaction.set_rollback(True)
    half = place / "coming-abc"
    half.write_bytes(b"half")
    for file in (files.path(kept), files.path(failed), half):
        aged(file)
    fresh = files.receive(SimpleUploadedFile("新.csv", b"c,d\n"), kinds=ALL)
    assert StoredFile.objects.count() == 1
    assert files.tidy(datetime.now(UTC)) == 2
    assert lying(place) == sorted([kept.digest, fresh.digest])
    assert files.tidy(datetime.now(UTC)) == 0


@pytest.mark.django_db
def test_tidying_asks_for_many_files_at_once(
    place: Path, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Callable[..., Any]
) -> None:
    monkeypatch.setattr(files, "BATCH", 3)
    for many in (1, 3):
        for number in range(many):
            aged(files.path(keep(f"{number}.csv", f"a,{number}\n".encode())))
        with django_assert_num_queries(1):
            assert files.tidy(datetime.now(UTC)) == 0
    aged(files.path(keep("3.csv", b"a,3\n")))
    with django_assert_num_queries(2):
        assert files.tidy(datetime.now(UTC)) == 0
    assert len(lying(place)) == 4


@pytest.mark.django_db
def test_one_that_is_uploaded_again_at_that_moment_stays(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look and the removal somebody brings the very same file."""
    failed = files.receive(SimpleUploadedFile("败.csv", b"a,b\n"), kinds=ALL)
    aged(place / failed.digest[:2] / failed.digest)
    real = files._kept

    def kept(digests: list[str]) -> set[str]:
        found = real(digests)
        if not found and not StoredFile.objects.exists():
            keep("又来.csv", b"a,b\n")
        return found

    monkeypatch.setattr(files, "_kept", kept)
    assert files.tidy(datetime.now(UTC)) == 0
    again = StoredFile.objects.get()
    assert files.path(again).read_bytes() == b"a,b\n"
    assert lying(place) == [again.digest]


@pytest.mark.django_db
def test_one_that_a_killed_tidying_left_aside_comes_back(place: Path) -> None:
    kept = keep("留.csv", b"a,b\n")
    aside = place / f"leaving-{kept.digest}"
    files.path(kept).replace(aside)
    aged(aside)
    assert files.tidy(datetime.now(UTC)) == 0
    assert lying(place) == [kept.digest]


@pytest.mark.django_db(transaction=True)
def test_tidying_and_uploads_at_once_lose_nothing(place: Path, settings: object) -> None:
    """One thread keeps files that had failed before, another tidies: every row has its file."""
    contents_ = [f"a,{number}\n".encode() for number in range(60)]
    for content in contents_:
        failed = files.receive(SimpleUploadedFile("败.csv", content), kinds=ALL)
        aged(place / failed.digest[:2] / failed.digest)
    over = threading.Event()

    def tidying() -> None:
        try:
            while not over.is_set():
                files.tidy(datetime.now(UTC))
        finally:
            connection.close()

    thread = threading.Thread(target=tidying)
    thread.start()
    for content in contents_:
        keep("来.csv", content)
    over.set()
    thread.join()
    files.tidy(datetime.now(UTC))
    assert lying(place) == sorted(StoredFile.objects.values_list("digest", flat=True))
    assert StoredFile.objects.count() == 60
