"""A member lets a colleague act in the member's role for some days."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST

from huiqi.portal.base import accounts
from huiqi.portal.base.access import Actor, actor_of, in_force, members
from huiqi.portal.base.models import Membership, User
from huiqi.portal.web.acting import DayInput, done, pressed


class DelegationForm(forms.Form):
    to = forms.ModelChoiceField(User.objects.none(), label="委托给", empty_label="请选择同事")
    since = forms.DateField(label="自", widget=DayInput())
    until = forms.DateField(label="至（含当日）", widget=DayInput())

    def __init__(self, *args: Any, people: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = people  # type: ignore[attr-defined]


@members
def delegation(request: HttpRequest) -> HttpResponse:
    """Delegates the present role, and shows what was delegated."""
    actor, at = actor_of(request), timezone.now()
    on = timezone.localdate(at)
    people = _colleagues(actor)
    form = DelegationForm(request.POST or None, people=people, initial={"since": on})

    def delegate(values: Any) -> None:
        assert actor.membership is not None
        accounts.delegate(
            actor.membership,
            values["to"],
            since=values["since"],
            until=values["until"],
            by=actor,
            at=at,
        )

    if request.method == "POST" and actor.membership and done(form, delegate):
        messages.success(request, "已委托")
        return redirect("web:delegation")
    given = Membership.objects.filter(delegated_from__user=actor.user, ended_at__isnull=True)
    return render(
        request,
        "web/account/delegation.html",
        {
            "form": form,
            "may": actor.membership is not None and actor.membership.delegated_from_id is None,
            "people": people.exists(),
            "given": given.exclude(until__lt=on).select_related("user", "unit").order_by("since"),
        },
    )


@members
@require_POST
def delegation_end(request: HttpRequest, number: int) -> HttpResponse:
    """Takes a delegation back before its time."""
    actor = actor_of(request)
    given = get_object_or_404(Membership, pk=number, delegated_from__user=actor.user)
    pressed(request, lambda: accounts.end(given, by=actor, at=timezone.now()), "委托已收回")
    return redirect("web:delegation")


def _colleagues(actor: Actor) -> QuerySet[User]:
    if actor.membership is None or actor.user is None:
        return User.objects.none()
    on = timezone.localdate()
    held = Membership.objects.filter(in_force(on), unit=actor.unit, delegated_from__isnull=True)
    people = User.objects.filter(is_active=True, pk__in=held.values("user"))
    return people.exclude(pk=actor.user.pk).order_by("name")


urlpatterns = [
    path("account/delegation/", delegation, name="delegation"),
    path("account/delegation/<int:number>/end/", delegation_end, name="delegation_end"),
]
