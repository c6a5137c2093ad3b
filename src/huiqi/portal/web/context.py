"""What every template may use."""

from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject

from huiqi.portal.base.access import Actor, actor_of
from huiqi.portal.matching.models import Notice
from huiqi.portal.web.menu import menu_for

MOST_SHOWN = 99


def page(request: HttpRequest) -> dict[str, Any]:
    """The actor, the menu of the actor's audience, the account's links, how many notices wait.

    Links to pages that do not exist here are empty. Notices are counted when a template asks.
    """
    actor = actor_of(request)
    return {
        "actor": actor,
        "menu": menu_for(actor, request.path),
        "links": {
            "login": _address("web:login"),
            "logout": _address("web:logout"),
            "signup": _address("web:signup"),
            "account": _address("web:account"),
            "act_as": _address("web:act_as"),
            "notices": _address("web:notices"),
            "calculator": _address("web:calculator"),
            "documents": _address("web:documents"),
            "supports": _address("web:supports"),
            "api": _address("api:openapi-view"),
        },
        "unread": SimpleLazyObject(lambda: _unread(actor)),
    }


def _address(view: str) -> str:
    try:
        return reverse(view)
    except NoReverseMatch:
        return ""


def _unread(actor: Actor) -> str:
    """How many notices the actor has not read, as shown; empty for none."""
    if actor.user is None:
        return ""
    waiting = Notice.objects.filter(read_at=None)
    mine = waiting.filter(user=actor.user)
    if actor.is_enterprise:
        mine = mine | waiting.filter(unit=actor.unit)
    count = mine.order_by()[: MOST_SHOWN + 1].count()
    return "" if not count else (str(count) if count <= MOST_SHOWN else f"{MOST_SHOWN}+")
