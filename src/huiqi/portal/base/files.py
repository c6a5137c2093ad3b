"""Uploaded files: checked by content, kept once under their digest, handed out as downloads only."""

import math
import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import IO
from urllib.parse import quote

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.http import FileResponse, Http404

from huiqi.portal.base import audit
from huiqi.portal.base.access import Actor
from huiqi.portal.base.contents import MEDIA, MEGABYTE, FileKind, check
from huiqi.portal.base.models import StoredFile
from huiqi.portal.base.refusal import Refused
from huiqi.portal.base.trouble import trouble

GRACE = timedelta(days=1)
"""So long a file may lie without a row; no upload takes longer."""
BATCH = 500
COMING, LEAVING = "coming-", "leaving-"


@dataclass(frozen=True, slots=True)
class Received:
    """A file that has been checked and written to disk; it is kept once :func:`enter` noted it."""

    digest: str
    name: str
    size: int
    kind: FileKind


def keep(
    upload: "File[bytes] | IO[bytes]",
    *,
    by: Actor,
    at: datetime,
    kinds: tuple[FileKind, ...],
    name: str = "",
) -> StoredFile:
    """Checks a file and keeps it. Raises :class:`Refused`, with nothing kept, when it may not be.

    The file is written to disk at once, its row and its audit entry in the caller's transaction; where
    that fails, :func:`tidy` removes the file later.
    """
    return enter(receive(upload, kinds=kinds, name=name), by=by, at=at)


def receive(
    upload: "File[bytes] | IO[bytes]", *, kinds: tuple[FileKind, ...], name: str = ""
) -> Received:
    """Checks a file and writes it to disk, which takes a while for a large one: before a transaction
    begins. Raises :class:`Refused`."""
    name = _plain(name or getattr(upload, "name", "") or "")
    size = _size(upload)
    if size > settings.UPLOAD_MOST_BYTES:
        most = settings.UPLOAD_MOST_BYTES // MEGABYTE
        raise Refused(f"文件超过了{most}MB", "请拆成几个文件再传")
    kind = check(upload, name, size, kinds)
    try:
        digest = _write(upload)
    except OSError as error:
        if (found := trouble(error)) is None:
            raise
        raise Refused(f"{found.what}，文件没有保存", found.remedy) from error
    return Received(digest, name, size, kind)


@transaction.atomic
def enter(received: Received, *, by: Actor, at: datetime) -> StoredFile:
    """Notes a received file, from when on it is kept."""
    stored = StoredFile.objects.create(
        digest=received.digest,
        name=received.name,
        size=received.size,
        media_type=MEDIA[received.kind],
        uploaded_by=by.user,
        uploaded_at=at,
    )
    audit.record(
        "file.keep",
        at=at,
        actor=by,
        subject=f"文件{stored.pk}",
        name=stored.name,
        digest=stored.digest,
        size=stored.size,
    )
    return stored


def tidy(now: datetime) -> int:
    """Removes what uploads that failed have left behind a day ago; how many files.

    A file is first moved aside and looked at again: who uploads the same file at this moment has
    written it anew, and then it is moved back. Files bear the digest of their content, so that one that
    stands there again meanwhile may be replaced by it.
    """
    root, before = Path(settings.MEDIA_ROOT), (now - GRACE).timestamp()
    removed = 0
    old = [file for file in sorted(root.glob("??/*")) if _age(file) < before]
    for start in range(0, len(old), BATCH):
        some = old[start : start + BATCH]
        kept = _kept([file.name for file in some])
        for file in some:
            if file.name not in kept:
                with suppress(FileNotFoundError):
                    file.replace(root / f"{LEAVING}{file.name}")
    for aside in root.glob(f"{LEAVING}*"):
        digest = aside.name.removeprefix(LEAVING)
        # Also one that a process which died in between left here.
        if _age(aside) >= before or _kept([digest]):
            aside.replace(_place(digest))
        else:
            aside.unlink()
            removed += 1
    for coming in root.glob(f"{COMING}*"):
        if _age(coming) < before:
            coming.unlink(missing_ok=True)
            removed += 1
    return removed


def _kept(digests: list[str]) -> set[str]:
    """Those of some digests that a stored file has."""
    return set(StoredFile.objects.filter(digest__in=digests).values_list("digest", flat=True))


def _age(file: Path) -> float:
    """When it was written; one that went away meanwhile is as new as can be."""
    try:
        return file.stat().st_mtime
    except FileNotFoundError:
        return math.inf


def path(stored: StoredFile) -> Path:
    """Where the file lies."""
    return _place(stored.digest)


def download(stored: StoredFile) -> FileResponse:
    """The file as an attachment that no browser opens in the page. The caller has asked who may."""
    try:
        content = path(stored).open("rb")
    except FileNotFoundError:
        raise Http404("文件已不在服务器上，请联系系统管理员") from None
    response = FileResponse(content, as_attachment=True, filename=stored.name)
    response["Content-Type"] = "application/octet-stream"
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(stored.name, safe='')}"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, no-store"
    return response


def _plain(name: str) -> str:
    """A name without folders and signs that would break a line or a path; at most 200 characters."""
    last = PurePosixPath(name.replace("\\", "/")).name
    clean = "".join(sign for sign in last if sign.isprintable() and sign not in '<>:"|?*')
    stem, dot, ending = clean.rpartition(".")
    return f"{stem[: 199 - len(ending)]}{dot}{ending}" if dot else clean[:200]


def _size(upload: "File[bytes] | IO[bytes]") -> int:
    upload.seek(0, os.SEEK_END)
    size = upload.tell()
    upload.seek(0)
    return size


def _place(digest: str) -> Path:
    return Path(settings.MEDIA_ROOT) / digest[:2] / digest


def _write(upload: "File[bytes] | IO[bytes]") -> str:
    """Writes beside the place and moves, so that a half-written file never has a digest's name."""
    root = Path(settings.MEDIA_ROOT)
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    upload.seek(0)
    digest = sha256()
    handle, temporary = tempfile.mkstemp(dir=root, prefix=COMING)
    try:
        with os.fdopen(handle, "wb") as out:
            while block := upload.read(MEGABYTE):
                digest.update(block)
                out.write(block)
            out.flush()
            os.fsync(out.fileno())
        place = _place(digest.hexdigest())
        place.parent.mkdir(exist_ok=True, mode=0o700)
        Path(temporary).replace(place)  # mkstemp made it 0600
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return digest.hexdigest()
