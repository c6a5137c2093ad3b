"""What every template may use."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from huiqi.portal.base.access import Actor, actor_of
from huiqi.portal.matching import queries
from huiqi.portal.web.menu import address, menu_for

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
            "login": address("web:login"),
            "logout": address("web:logout"),
            "signup": address("web:signup"),
            "account": address("web:account"),
            "act_as": address("web:act_as"),
            "notices": address("web:notices"),
            "calculator": address("web:calculator"),
            "documents": address("web:documents"),
            "supports": address("web:supports"),
            "api": address("api:openapi-view"),
        },
        "unread": SimpleLazyObject(lambda: _unread(actor)),
    }


def _unread(actor: Actor) -> str:
    """How many notices the actor has not read, as shown; empty for none."""
    waiting = queries.notices(actor).filter(read_at=None)
    count = waiting.order_by()[: MOST_SHOWN + 1].count()
    return "" if not count else (str(count) if count <= MOST_SHOWN else f"{MOST_SHOWN}+")
