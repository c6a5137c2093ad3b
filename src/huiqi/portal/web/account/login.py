"""Log in and out."""

from django.contrib.auth import views
from django.urls import path

from huiqi.portal.base.access import anyone

login = anyone(views.LoginView.as_view(template_name="web/account/login.html"))
logout = anyone(views.LogoutView.as_view())

urlpatterns = [
    path("login/", login, name="login"),
    path("logout/", logout, name="logout"),
]
