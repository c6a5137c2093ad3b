"""Where a request comes from, behind as many trusted proxies as the settings say."""

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


def of(request: HttpRequest) -> str | None:
    """The client's address, None where there is none that can be trusted.

    Each trusted proxy adds the address it was called from to X-Forwarded-For; what stands further
    left was written by the client and is not believed.
    """
    told = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    proxies: int = settings.PROXIES
    found = told[-proxies] if 0 < proxies <= len(told) else request.META.get("REMOTE_ADDR", "")
    try:
        return str(ip_address(found))
    except ValueError:
        return None
