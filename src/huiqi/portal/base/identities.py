"""Identities of an OpenID provider, linked to accounts: by the account's holder or by an operator.

An identity nobody linked opens nothing: no account is made, no right is given.
"""

from datetime import datetime

from django.db import IntegrityError, transaction

from huiqi.portal.base import audit
from huiqi.portal.base.access import Actor
from huiqi.portal.base.models import Identity, User
from huiqi.portal.base.oidc import LONGEST
from huiqi.portal.base.refusal import Refused
from huiqi.portal.environment import SignOn


def find(issuer: str, subject: str) -> Identity | None:
    """The identity, with its account, where it is linked."""
    return Identity.objects.select_related("user").filter(issuer=issuer, subject=subject).first()


def of(user: User, provider: SignOn | None) -> tuple[list[Identity], bool]:
    """What is linked to an account, and whether an identity of the site's provider still can be."""
    linked = list(user.identities.select_related("linked_by").order_by("pk"))
    here = provider.issuer if provider else None
    return linked, here is not None and all(one.issuer != here for one in linked)


@transaction.atomic
def link(user: User, issuer: str, subject: str, *, by: Actor, at: datetime) -> Identity:
    """From now on the identity signs on to the account."""
    if by.user is None:
        raise Refused("请先登录")
    if not subject or len(subject) > LONGEST or not subject.isprintable():
        raise Refused("标识应为1至255个字", "请照登录页上显示的填写", "subject")
    if Identity.objects.filter(user=user, issuer=issuer).exists():
        raise Refused("这个账户已绑定身份", "要换一个，请先解除", "subject")
    try:
        with transaction.atomic():
            made = Identity.objects.create(
                user=user, issuer=issuer, subject=subject, linked_at=at, linked_by=by.user
            )
    except IntegrityError:
        raise Refused(
            "这个身份已绑定另一个账户", "请先在那个账户解除，或联系平台管理员", "subject"
        ) from None
    audit.record(
        "identity.link",
        at=at,
        actor=by,
        subject=user.username,
        issuer=issuer,
        identity=subject,
    )
    return made


@transaction.atomic
def unlink(identity: Identity, *, by: Actor, at: datetime) -> None:
    """The identity opens the account no more; logins that hold go on until they end."""
    if not Identity.objects.filter(pk=identity.pk).delete()[0]:
        raise Refused("这个身份已经解除")
    audit.record(
        "identity.unlink",
        at=at,
        actor=by,
        subject=identity.user.username,
        issuer=identity.issuer,
        identity=identity.subject,
    )
