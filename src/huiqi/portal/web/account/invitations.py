"""Colleagues of an enterprise: its administrator invites them, sees who is a member, takes roles back."""

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from huiqi.portal.base import accounts, sessions, site
from huiqi.portal.base.access import SESSION_KEY, actor_of, allow, anyone, in_force, members
from huiqi.portal.base.enums import Role
from huiqi.portal.base.models import Invitation, Membership
from huiqi.portal.web.acting import done, pressed

ROLES = [(role.value, role.label) for role in (Role.ENTERPRISE_STAFF, Role.ENTERPRISE_ADMIN)]


class InvitationForm(forms.Form):
    name = forms.CharField(label="同事姓名", max_length=64)
    role = forms.ChoiceField(
        label="角色",
        choices=ROLES,
        help_text="经办人可以看结果、补充信息、申请更正；管理员还能邀请和移除成员",
    )


@allow(Role.ENTERPRISE_ADMIN)
@never_cache
def colleagues(request: HttpRequest) -> HttpResponse:
    """Members and invitations of one's enterprise; a new invitation's link stands on this answer only."""
    actor, at = actor_of(request), timezone.now()
    form = InvitationForm(request.POST or None)
    made: list[str] = []

    def invite(values: Any) -> None:
        _, secret = accounts.invite(values["name"], Role(values["role"]), by=actor, at=at)
        address = reverse("web:invitation", args=[secret])
        made.append(site.absolute(address, request))

    if request.method == "POST" and done(form, invite):
        form = InvitationForm()
    held = Membership.objects.filter(in_force(timezone.localdate(at)), unit=actor.unit)
    waiting = Invitation.objects.filter(
        unit=actor.unit, used_at__isnull=True, revoked_at__isnull=True, expires_at__gt=at
    )
    return render(
        request,
        "web/account/colleagues.html",
        {
            "form": form,
            "link": made[0] if made else "",
            "members": held.select_related("user", "delegated_from__user").order_by("role", "id"),
            "invitations": waiting,
        },
    )


@allow(Role.ENTERPRISE_ADMIN)
@require_POST
def colleague_end(request: HttpRequest, number: int) -> HttpResponse:
    """Takes a colleague's role back."""
    actor = actor_of(request)
    member = get_object_or_404(Membership, pk=number, unit=actor.unit, ended_at__isnull=True)
    said = f"{member.user}不再是本企业的{member.get_role_display()}"
    pressed(request, lambda: accounts.end(member, by=actor, at=timezone.now()), said)
    return redirect("web:home" if member.pk == _own(actor.membership) else "web:colleagues")


@allow(Role.ENTERPRISE_ADMIN)
@require_POST
def invitation_revoke(request: HttpRequest, number: int) -> HttpResponse:
    """An invitation's link no longer works."""
    actor = actor_of(request)
    found = get_object_or_404(Invitation, pk=number, unit=actor.unit)
    pressed(
        request,
        lambda: accounts.revoke_invitation(found, by=actor, at=timezone.now()),
        "邀请已撤回",
    )
    return redirect("web:colleagues")


@anyone
@never_cache
def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """What one is invited to; whoever has no account opens one and comes back."""
    found = accounts.invitation(secret, at=timezone.now())
    if found is None:
        raise Http404("这个邀请已失效，请联系贵单位的管理员重新邀请")
    return render(request, "web/account/invitation.html", {"invitation": found, "secret": secret})


@members
@require_POST
def invitation_accept(request: HttpRequest, secret: str) -> HttpResponse:
    """Becomes a member and goes on in that role."""
    actor = actor_of(request)
    made: list[Membership] = []

    def accept() -> None:
        made.append(accounts.accept(secret, by=actor, at=timezone.now()))

    if not pressed(request, accept, "已加入企业"):
        return redirect("web:account")
    request.session[SESSION_KEY] = made[0].pk
    sessions.renewed(request)
    return redirect("web:home")


def _own(membership: Membership | None) -> int | None:
    return membership.pk if membership else None


urlpatterns = [
    path("my/colleagues/", colleagues, name="colleagues"),
    path("my/colleagues/<int:number>/end/", colleague_end, name="colleague_end"),
    path("my/invitations/<int:number>/revoke/", invitation_revoke, name="invitation_revoke"),
    path("account/invitations/<str:secret>/", invitation, name="invitation"),
    path("account/invitations/<str:secret>/accept/", invitation_accept, name="invitation_accept"),
]
