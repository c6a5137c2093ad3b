"""The address of this site, for what is read elsewhere: mails, feeds, links to pass on."""

from django.conf import settings
from django.http import HttpRequest


def absolute(path: str, request: HttpRequest | None = None) -> str:
    """The whole address of a page by its path.

    By the site's public address; where none is set, by the address the request came to, and empty
    where there is no request either.
    """
    if settings.SITE_URL:
        return f"{settings.SITE_URL}{path}"
    return request.build_absolute_uri(path) if request is not None else ""
