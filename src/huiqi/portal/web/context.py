"""What every template may use."""

from typing import Any

from django.http import HttpRequest

from huiqi.portal.base.access import actor_of
from huiqi.portal.web.menu import menu_for


def page(request: HttpRequest) -> dict[str, Any]:
    """The actor, and the menu of the actor's audience."""
    actor = actor_of(request)
    return {"actor": actor, "menu": menu_for(actor, request.path)}
