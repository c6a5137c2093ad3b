"""Keys to the API: made, shown once, taken back."""

from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from huiqi.portal.base import tokens as keys
from huiqi.portal.base.access import Actor, actor_of, members
from huiqi.portal.base.enums import Scope
from huiqi.portal.base.models import Token
from huiqi.portal.web.acting import done, pressed

DAYS = ((30, "30天"), (90, "90天"), (180, "180天"), (366, "一年"))


class TokenForm(forms.Form):
    name = forms.CharField(label="用途", max_length=60, help_text="例如：财务系统读取应享政策")
    scopes = forms.MultipleChoiceField(label="可以做什么", widget=forms.CheckboxSelectMultiple)
    days = forms.TypedChoiceField(label="有效期", choices=DAYS, coerce=int, initial=90)

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(scope.value, scope.label) for scope in keys.scopes_of(actor)]
        self.fields["scopes"].choices = choices  # type: ignore[attr-defined]


@members
@never_cache
def tokens(request: HttpRequest) -> HttpResponse:
    """The keys of whoever is logged in, and a new one; its secret stands on this one answer only."""
    actor, at = actor_of(request), timezone.now()
    form = TokenForm(request.POST or None, actor=actor)
    made: list[tuple[Token, str]] = []

    def make(values: Any) -> None:
        made.append(keys.make(values["name"], values["scopes"], values["days"], by=actor, at=at))

    if request.method == "POST" and done(form, make):
        form = TokenForm(actor=actor)
    return render(
        request,
        "web/account/tokens.html",
        {
            "form": form,
            "secret": made[0][1] if made else "",
            "scopes": keys.scopes_of(actor),
            "tokens": _shown(actor, at),
        },
    )


@members
@require_POST
def token_revoke(request: HttpRequest, number: int) -> HttpResponse:
    """A key of one's own is of no use from now on."""
    actor = actor_of(request)
    token = get_object_or_404(Token, pk=number, user=actor.user)
    pressed(request, lambda: keys.revoke(token, by=actor, at=timezone.now()), "密钥已停用")
    return redirect("web:tokens")


def _shown(actor: Actor, at: datetime) -> list[dict[str, Any]]:
    rows = Token.objects.filter(user=actor.user).select_related("membership__unit")[:100]
    labels = {scope.value: scope.label for scope in Scope}
    return [
        {
            "token": row,
            "scopes": "、".join(labels.get(scope, scope) for scope in row.scopes),
            "state": "已停用" if row.revoked_at else ("已过期" if row.expires_at <= at else ""),
        }
        for row in rows
    ]


urlpatterns = [
    path("account/tokens/", tokens, name="tokens"),
    path("account/tokens/<int:number>/revoke/", token_revoke, name="token_revoke"),
]
