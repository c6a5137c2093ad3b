"""Uploaded files: checked by content, kept once under their digest, handed out as downloads only."""

import os
import tempfile
from datetime import datetime
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import IO
from urllib.parse import quote

from django.conf import settings
from django.core.files.base import File
from django.http import FileResponse, Http404

from huiqi.portal.base import audit
from huiqi.portal.base.access import Actor
from huiqi.portal.base.contents import MEDIA, MEGABYTE, FileKind, check
from huiqi.portal.base.models import StoredFile
from huiqi.portal.base.refusal import Refused


def keep(
    upload: "File[bytes] | IO[bytes]",
    *,
    by: Actor,
    at: datetime,
    kinds: tuple[FileKind, ...],
    name: str = "",
) -> StoredFile:
    """Checks a file and keeps it. Raises :class:`Refused`, with nothing kept, when it may not be.

    The file is written to disk at once, its row and its audit entry in the caller's transaction.
    """
    name = _plain(name or getattr(upload, "name", "") or "")
    size = _size(upload)
    if size > settings.UPLOAD_MOST_BYTES:
        most = settings.UPLOAD_MOST_BYTES // MEGABYTE
        raise Refused(f"文件超过了{most}MB", "请拆成几个文件再传")
    kind = check(upload, name, size, kinds)
    digest = _write(upload)
    stored = StoredFile.objects.create(
        digest=digest,
        name=name,
        size=size,
        media_type=MEDIA[kind],
        uploaded_by=by.user,
        uploaded_at=at,
    )
    audit.record(
        "file.keep",
        at=at,
        actor=by,
        subject=f"文件{stored.pk}",
        name=name,
        digest=digest,
        size=size,
    )
    return stored


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
    handle, temporary = tempfile.mkstemp(dir=root, prefix="coming-")
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
