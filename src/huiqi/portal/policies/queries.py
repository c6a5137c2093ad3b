"""What is read of the policy library: documents, supports, releases. Nothing here writes."""

from datetime import date

from django.db.models import Q, QuerySet

from huiqi.portal.base.access import Actor
from huiqi.portal.base.enums import Role
from huiqi.portal.policies.enums import DocumentState, ReleaseState
from huiqi.portal.policies.files import BACKDROPS
from huiqi.portal.policies.models import Clause, Document, Release, SupportEntry

DESK = (Role.AUTHOR, Role.SIGNER)


def documents() -> QuerySet[Document]:
    """The documents that everybody may read: those a person confirmed, or a release brought."""
    return Document.objects.filter(state=DocumentState.CONFIRMED)


def imports() -> QuerySet[Document]:
    """Documents that were read and wait for a person."""
    return Document.objects.filter(state=DocumentState.READ)


def clauses() -> QuerySet[Clause]:
    """The clauses of public documents."""
    return Clause.objects.filter(document__state=DocumentState.CONFIRMED)


def supports() -> QuerySet[SupportEntry]:
    """The supports of the releases in force."""
    return SupportEntry.objects.filter(release__state=ReleaseState.IN_FORCE)


def valid_on(found: QuerySet[SupportEntry], day: date) -> QuerySet[SupportEntry]:
    """Those whose period holds a day."""
    return found.filter(Q(starts_on__isnull=True) | Q(starts_on__lte=day)).filter(
        Q(ends_on__isnull=True) | Q(ends_on__gte=day)
    )


def in_regions(codes: tuple[str, ...]) -> Q:
    """Rows whose region is one of these; nothing where there are none."""
    return Q(region__in=codes)


def in_force() -> QuerySet[Release]:
    """One release for each folder: the one in force."""
    return Release.objects.filter(state=ReleaseState.IN_FORCE).order_by("slug")


def policies_in_force() -> QuerySet[Release]:
    """Without the vocabulary and the reference data."""
    return in_force().exclude(slug__in=list(BACKDROPS))


def releases(actor: Actor) -> QuerySet[Release]:
    """All versions for those who make or sign them; what is or was in force for everybody else."""
    if actor.has(*DESK):
        return Release.objects.all()
    return Release.objects.filter(
        state__in=[ReleaseState.IN_FORCE, ReleaseState.SUPERSEDED, ReleaseState.WITHDRAWN],
        released_at__isnull=False,
    )
