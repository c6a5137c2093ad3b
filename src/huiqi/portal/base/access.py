"""Who may open what: an actor is a person in one role for one unit; a page names the roles it serves.

Every view of the portal is marked by :func:`allow`, :func:`members` or :func:`anyone`; a test refuses
one that is not, and prints the table of docs/permissions.md from the marks. What an actor may see of the
rows behind a page is decided by the `visible_to` of each part's queries.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.http import url_has_allowed_host_and_scheme

from huiqi.portal.base.enums import ENTERPRISE_ROLES, STAFF_ROLES, Role
from huiqi.portal.base.models import Membership, Unit, User

View = TypeVar("View", bound=Callable[..., HttpResponseBase])
SESSION_KEY = "membership"


@dataclass(frozen=True, slots=True)
class Actor:
    """A person, and the membership acted in (None: no role yet, or nobody is logged in)."""

    user: User | None = None
    membership: Membership | None = None
    others: tuple[Membership, ...] = field(default=())

    @property
    def role(self) -> Role | None:
        return Role(self.membership.role) if self.membership else None

    @property
    def unit(self) -> Unit | None:
        return self.membership.unit if self.membership else None

    @property
    def is_enterprise(self) -> bool:
        return self.role in ENTERPRISE_ROLES

    @property
    def is_staff(self) -> bool:
        return self.role in STAFF_ROLES

    @property
    def region(self) -> str:
        """The region whose enterprises the acting unit is concerned with; empty: all."""
        return self.unit.region if self.unit else ""

    def has(self, *roles: Role) -> bool:
        return self.role in roles


NOBODY = Actor()


def in_force(on: date, path: str = "") -> Q:
    """Memberships that hold on a day; ``path`` leads to them, with its two underscores."""
    return Q(
        Q(**{f"{path}until__isnull": True}) | Q(**{f"{path}until__gte": on}),
        **{f"{path}since__lte": on, f"{path}ended_at__isnull": True},
    )


def usable(on: date) -> Q:
    """Memberships in which a person may act on a day: a delegated one holds as long as its giver's."""
    return in_force(on) & Q(Q(delegated_from__isnull=True) | in_force(on, "delegated_from__"))


def memberships_of(user: User, on: date) -> QuerySet[Membership]:
    """What a person may act as on a day."""
    return (
        Membership.objects.filter(usable(on), user=user, unit__is_active=True)
        .select_related("unit")
        .order_by("id")
    )


def actor_of(request: HttpRequest) -> Actor:
    """The actor that the middleware (or the API's authentication) found."""
    return getattr(request, "actor", NOBODY)


@dataclass(frozen=True, slots=True)
class Allowed:
    """Whom a view serves: everybody, everybody with an account, or some roles."""

    everybody: bool = False
    roles: frozenset[Role] | None = None

    def permits(self, actor: Actor) -> bool:
        if self.everybody:
            return True
        if actor.user is None:
            return False
        return self.roles is None or actor.role in self.roles


def _to_login(request: HttpRequest) -> HttpResponseBase:
    """To the login page, and then back: to the page that was asked for, or to the one that sent a form.

    htmx would put the login page into a part of the page it is on; it is told to leave that page.
    """
    is_part = "HX-Request" in request.headers
    is_page = request.method in ("GET", "HEAD") and not is_part
    if request.method == "POST":
        messages.warning(request, "登录已过期，刚才填写的内容没有提交。请登录后再做一次")
    answer = redirect_to_login(request.get_full_path() if is_page else _sender(request))
    if not is_part:
        return answer
    told = HttpResponse()
    told["HX-Redirect"] = answer["Location"]
    return told


def _sender(request: HttpRequest) -> str:
    """The page of this site that a form or a part was sent from; the first page where none is told."""
    told = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(told, {request.get_host()}, request.is_secure()):
        return "/"
    found = urlsplit(told)
    return f"{found.path or '/'}{'?' if found.query else ''}{found.query}"


def _marked(allowed: Allowed) -> Callable[[View], View]:
    def mark(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            actor = actor_of(request)
            if not allowed.permits(actor):
                if actor.user is None:
                    return _to_login(request)
                raise PermissionDenied("您当前的角色不能打开这一页")
            return view(request, *args, **kwargs)

        guarded.allowed = allowed  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return mark


def allow(*roles: Role) -> Callable[[View], View]:
    """Marks a view as one for these roles only."""
    return _marked(Allowed(roles=frozenset(roles)))


def members(view: View) -> View:
    """Marks a view as one for everybody who is logged in."""
    return _marked(Allowed())(view)


def anyone(view: View) -> View:
    """Marks a view as public."""
    return _marked(Allowed(everybody=True))(view)
