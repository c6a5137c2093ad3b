"""A policy folder to take along: its files, with what was decided on pages as the command line keeps it."""

import zipfile
from datetime import datetime
from io import BytesIO

from django.db import transaction
from django.utils import timezone

from huiqi.portal.base import audit
from huiqi.portal.base.access import Actor
from huiqi.portal.policies import reviewing
from huiqi.portal.policies.checking import laid_out
from huiqi.portal.policies.files import read_folder
from huiqi.portal.policies.lineage import is_later
from huiqi.portal.policies.models import LinkDecision, Release
from huiqi.reading.lineage import confirm, read_confirmations
from huiqi.reading.review import keep_decision

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time of every entry, so that the same folder gives the same zip."""


@transaction.atomic
def take_folder(release: Release, *, by: Actor, at: datetime) -> bytes:
    """The folder as a zip that can be edited, checked with `huiqi check` and uploaded as a draft.

    Decisions on findings go to `review.yaml`, those on links to `lineage.yaml`, where a word of a later
    day stays; a file of that name with mistakes stays as it is.
    """
    with laid_out({release.slug: release.files}) as root:
        folder = root / release.slug
        for row in release.findings.filter(decided_at__isnull=False).order_by("id"):
            keep_decision(folder, reviewing.decision_of(row))
        links = LinkDecision.objects.filter(lower=release.slug).select_related("decided_by")
        kept = {(one.upper, one.above, one.below): one for one in read_confirmations(folder)[0]}
        for link in links:
            other = kept.get((link.upper, link.above, link.below))
            if other is not None and is_later(other, link):
                continue
            day = timezone.localdate(link.decided_at)
            confirm(
                folder, link.upper, link.above, link.below, link.carries, link.reason,
                str(link.decided_by), day,
            )  # fmt: skip
        files = read_folder(folder)
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(f"{release.slug}/{name}", EPOCH), text)
    audit.record(
        "policies.take_folder", at=at, actor=by, subject=f"{release.slug}/{release.version}"
    )
    return out.getvalue()
