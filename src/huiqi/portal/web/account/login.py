"""Log in and out."""

from typing import Any

from django.conf import settings
from django.contrib.auth import views
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from huiqi.portal.base import address, audit, sessions
from huiqi.portal.base.access import NOBODY, actor_of, anyone
from huiqi.portal.base.models import AuditEntry, SecondFactor, User
from huiqi.portal.web.account.second import ask_for_code
from huiqi.portal.web.account.signon import signed_off

WRONG = "用户名或密码不对，请检查后重新输入。"


class LoginForm(AuthenticationForm):
    """Says the same whether the name is unknown, the password wrong or the account closed."""

    error_messages = {"invalid_login": WRONG, "inactive": WRONG}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "用户名"
        self.fields["password"].label = "密码"


class Login(views.LoginView):
    """The login page; whoever is logged in already is sent on."""

    template_name = "web/account/login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs, sign_on=settings.SIGN_ON)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        user, request = form.get_user(), self.request
        assert isinstance(user, User)
        if SecondFactor.objects.filter(user=user).exists():
            return ask_for_code(request, user, self.get_success_url())
        response = super().form_valid(form)
        sessions.opened(request, user, at=timezone.now(), address=address.of(request))
        return response


@method_decorator(never_cache, name="dispatch")
class Logout(views.LogoutView):
    """Logs out by POST; a GET is answered with 405."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        user = actor_of(request).user
        elsewhere = request.session.get(sessions.SIGNED_ON)
        if user is not None:
            sessions.closed(request, user, at=timezone.now(), address=address.of(request))
        answer = super().post(request, *args, **kwargs)
        if not elsewhere or settings.SIGN_ON is None:
            return answer
        request.actor = NOBODY  # type: ignore[attr-defined]
        return signed_off(request, elsewhere)


def locked(
    request: HttpRequest,
    original: HttpResponse | None = None,
    credentials: dict[str, Any] | None = None,
) -> HttpResponse:
    """The answer to whoever typed wrong passwords too often; the audit keeps it once each time."""
    at, came_from = timezone.now(), address.of(request)
    name = str((credentials or {}).get("username") or request.POST.get("username", ""))[:64]
    before = AuditEntry.objects.filter(act="login.locked", subject=name, address=came_from)
    if not before.filter(at__gt=at - settings.AXES_COOLOFF_TIME).exists():
        audit.record("login.locked", at=at, subject=name, address=came_from)
    limit = {"failure_limit": settings.AXES_FAILURE_LIMIT}
    return render(request, "web/account/locked.html", limit, status=429)


login = anyone(Login.as_view())
logout = anyone(Logout.as_view())

urlpatterns = [
    path("login/", login, name="login"),
    path("logout/", logout, name="logout"),
]
