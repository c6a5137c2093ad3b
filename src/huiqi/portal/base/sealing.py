"""Small secrets in the database, of no use to whoever has the database alone.

Sealed by Fernet (AES-128-CBC with HMAC-SHA256) with a key that follows from the site's secret. What a
former secret sealed opens as long as that secret stands in SECRET_KEY_FALLBACKS.
"""

from base64 import urlsafe_b64encode
from functools import cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

PURPOSE = b"huiqi sealing 1"
"""Sets this key apart from whatever else is made of the same secret."""


class Unreadable(Exception):
    """Sealed with a secret that the site no longer knows, or changed since."""


def seal(text: str) -> str:
    """The text, to be kept."""
    return _present().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """The text that was sealed; :class:`Unreadable` where no secret opens it."""
    try:
        return _all().decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise Unreadable from None


def renewed(sealed: str) -> str | None:
    """The same text sealed with the present secret; None where it is so already, or unreadable."""
    try:
        _present().decrypt(sealed.encode())
    except InvalidToken:
        try:
            return seal(unseal(sealed))
        except Unreadable:
            return None
    return None


def _present() -> Fernet:
    return _fernet(settings.SECRET_KEY)


def _all() -> MultiFernet:
    return MultiFernet(
        [_fernet(key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
    )


@cache
def _fernet(secret: str) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(secret.encode())
    return Fernet(urlsafe_b64encode(derived))
