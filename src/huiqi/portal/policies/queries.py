"""What is read of the policy library: documents, supports, releases. Nothing here writes."""

from datetime import date

from django.db.models import Count, Q, QuerySet

from huiqi.portal.base.access import Actor
from huiqi.portal.base.enums import Role
from huiqi.portal.base.models import User
from huiqi.portal.policies.enums import DocumentState, ReleaseState
from huiqi.portal.policies.files import BACKDROPS
from huiqi.portal.policies.models import Clause, Document, Release, Subscription, SupportEntry
from huiqi.rulebook.library.policy import Library

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


def applies_in(code: str, library: Library) -> list[str]:
    """The codes whose documents apply in a region: its own and those of the regions above it."""
    tree = library.vocabulary.regions
    out, at = [], tree.get(code)
    while at is not None:
        out.append(at.code)
        at = tree.get(at.parent) if at.parent else None
    return out


def issuers() -> list[str]:
    """Who issued the public documents, each once."""
    listed = documents().values_list("issuers", flat=True)
    return sorted({name for names in listed for name in names})


def beneficiaries() -> list[str]:
    """Whom the supports in force are for, each once."""
    return list(supports().order_by("beneficiary").values_list("beneficiary", flat=True).distinct())


def counts_of_supports(slugs: list[str]) -> dict[str, int]:
    """How many supports of each policy are in force."""
    found = supports().filter(release__slug__in=slugs).order_by().values("release__slug")
    return {row["release__slug"]: row["many"] for row in found.annotate(many=Count("pk"))}


def subscriptions(user: User) -> QuerySet[Subscription]:
    """What a person follows, in the order it was asked for."""
    return Subscription.objects.filter(user=user).order_by("made_at", "pk")


def follows(user: User | None, *, slug: str = "", region: str = "") -> bool:
    """Whether a person follows a policy, a region, or (both empty) everything."""
    if user is None:
        return False
    return subscriptions(user).filter(slug=slug, region=region).exists()


def news() -> QuerySet[Release]:
    """Policies as they came into force, newest first, for feeds."""
    return (
        policies_in_force().defer("files", "problems", "warnings").order_by("-released_at", "slug")
    )


def released(slug: str) -> QuerySet[Release]:
    """The versions of one policy that are or were in force, newest first."""
    return (
        Release.objects.filter(slug=slug, released_at__isnull=False)
        .exclude(slug__in=list(BACKDROPS))
        .defer("files", "problems", "warnings")
        .order_by("-version")
    )


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
