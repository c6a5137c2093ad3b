"""The first draft of a policy folder, from the words of a document that a person confirmed."""

from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from huiqi.portal.base.access import Actor
from huiqi.portal.base.refusal import Refused
from huiqi.portal.base.rules import library
from huiqi.portal.policies import actions
from huiqi.portal.policies.corrected import corrected
from huiqi.portal.policies.files import SLUG, read_folder
from huiqi.portal.policies.importing import reading_of
from huiqi.portal.policies.models import Document, Release
from huiqi.reading.draft import draft, write


def draft_from_document(document: Document, slug: str, *, by: Actor, at: datetime) -> Release:
    """What the reader can write of a document as rules; the rest stands open in it, each with its reason.

    What a person corrected before confirming counts. Refused for a document whose folder exists, or that has no words.
    """
    if document.slug in library().by_id:
        raise Refused("这份文件已经有政策目录", "在现行的一版上起草")
    if not SLUG.fullmatch(slug):
        raise Refused(f"目录名“{slug}”不合规定", "用小写字母、数字和连字符，如 gaoping-2022-43")
    if Release.objects.filter(slug=slug).exists():
        raise Refused(f"目录名“{slug}”已经用过", "换一个名字，或者在那个目录的版本上起草")
    reading = reading_of(document) if document.has_text else None
    if reading is None:
        raise Refused("这份文件没有正文", "先在“文件导入”里导入并确认")
    with TemporaryDirectory(prefix="huiqi-draft-") as name:
        held = corrected(reading, document.reading, library())
        made = held.note(draft(held.reading, library().vocabulary, slug, held.region))
        write(made, Path(name))
        files = read_folder(Path(name) / made.id)
    return actions.draft_release(slug, files, note="由原文起草", by=by, at=at)
