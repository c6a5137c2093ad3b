"""OpenID Connect, the part a site plays: send a person to the provider, believe what comes back.

The authorization code flow with PKCE (S256), state and nonce, for a client with a secret: OpenID Connect
Core 1.0 section 3.1, Discovery 1.0, RFC 7636, RFC 9207. Signatures and claims are checked by PyJWT.
Nothing here knows accounts: the result is whom the provider speaks of, and how it made sure.
"""

import base64
import hmac
import json
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote_plus, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from huiqi.portal.environment import LOOPBACK, SignOn

ALGORITHMS = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA"),
)
"""Signatures by a key pair only: with a shared secret, a public key could pass as the secret."""
SKEW = timedelta(seconds=60)
"""How far the provider's clock may be off."""
PATIENCE = timedelta(minutes=10)
"""How long a person may take at the provider."""
SECONDS = 6
MOST_BYTES = 1024 * 1024
KEPT = 3600
"""Seconds for which what the provider says of itself is not asked again."""
RESTED = 30
"""Seconds between two questions when the last answer was of no use."""
LONGEST = 255
CODE = re.compile(r"[a-z_]{1,40}")


class Unreachable(Exception):
    """The provider does not answer, or not with what a provider says."""


class NotBelieved(Exception):
    """What came back was not proved; the text is the reason for the audit."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What was sent along with a person and must come back; kept in the person's session."""

    state: str
    nonce: str
    verifier: str
    at: int

    @classmethod
    def kept(cls, values: Mapping[str, Any]) -> "Asked":
        return cls(**{name: values[name] for name in ("state", "nonce", "verifier", "at")})

    def keep(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Told:
    """Whom the provider speaks of, and whether it made sure by a second step as the settings say."""

    issuer: str
    subject: str
    by_second_step: bool
    end_session: str
    """Where the person can end the session at the provider; empty where it has no such page."""


def ask(*, at: datetime) -> Asked:
    """New secrets for one sign-on."""
    return Asked(
        state=secrets.token_urlsafe(32),
        nonce=secrets.token_urlsafe(32),
        verifier=secrets.token_urlsafe(48),
        at=int(at.timestamp()),
    )


def address(provider: SignOn, asked: Asked, *, back: str, afresh: bool = False) -> str:
    """Where to send the person; ``afresh`` wants proof even from whoever is signed on there already."""
    challenge = base64.urlsafe_b64encode(sha256(asked.verifier.encode()).digest()).rstrip(b"=")
    query = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": back,
        "scope": "openid",
        "state": asked.state,
        "nonce": asked.nonce,
        "code_challenge": challenge.decode(),
        "code_challenge_method": "S256",
    }
    if provider.second_by_acr:
        query["acr_values"] = " ".join(provider.second_by_acr)
    if afresh:
        query |= {"prompt": "login", "max_age": "0"}
    page = _endpoint(_metadata(provider), "authorization_endpoint")
    return f"{page}{'&' if urlsplit(page).query else '?'}{urlencode(query)}"


def is_answer_to(asked: Asked, answer: Mapping[str, str], *, at: datetime) -> bool:
    """Whether an answer belongs to what was asked in this session, and came in time."""
    state = answer.get("state", "").encode()
    in_time = 0 <= int(at.timestamp()) - asked.at <= PATIENCE.total_seconds()
    return hmac.compare_digest(state, asked.state.encode()) and in_time


def told(
    provider: SignOn, asked: Asked, answer: Mapping[str, str], *, back: str, afresh: bool = False
) -> Told:
    """Exchanges the code of an answer for an identity, every part of it checked.

    ``afresh`` as for :func:`address`: who was signed on there already and was let through unasked is
    not believed, nor a provider that does not say when it asked.
    """
    said = _metadata(provider)
    named = answer.get("iss")
    if named is None and said.get("authorization_response_iss_parameter_supported") is True:
        raise NotBelieved("回应没有写明身份提供方")
    if named is not None and named != provider.issuer:
        raise NotBelieved("回应来自另一个身份提供方")
    code = answer.get("code", "")
    if not code:
        raise NotBelieved("回应没有授权码")
    claims = _checked(provider, said, _exchanged(provider, said, asked, code, back))
    if not hmac.compare_digest(str(claims["nonce"]).encode(), asked.nonce.encode()):
        raise NotBelieved("令牌不是为这次登录签发的")
    if afresh and not _was_asked(asked, claims.get("auth_time")):
        raise NotBelieved("身份提供方没有证明刚刚重新登录过")
    subject = claims["sub"]
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST or "\0" in subject:
        raise NotBelieved("令牌没有可用的标识")
    end = said.get("end_session_endpoint")
    return Told(
        issuer=provider.issuer,
        subject=subject,
        by_second_step=_second_step(provider, claims),
        end_session=end if isinstance(end, str) and _is_safe(end) else "",
    )


def error_of(answer: Mapping[str, str]) -> str:
    """The provider's own word for why it sent the person back without a code; empty for none."""
    word = answer.get("error", "")
    return word if not word or CODE.fullmatch(word) else "error"


def _was_asked(asked: Asked, when: object) -> bool:
    """Whether a person proved who it is after being sent there; ``when`` in seconds since 1970."""
    # True is an int as well; JSON has both.
    return type(when) is int and when >= asked.at - SKEW.total_seconds()


def _second_step(provider: SignOn, claims: Mapping[str, Any]) -> bool:
    ways = claims.get("amr")
    named = {one for one in ways if isinstance(one, str)} if isinstance(ways, list) else set()
    return bool(named & provider.second_by_amr) or claims.get("acr") in provider.second_by_acr


# ---------------------------------------------------------------- the token


def _exchanged(
    provider: SignOn, said: Mapping[str, Any], asked: Asked, code: str, back: str
) -> str:
    """The ID token for a code."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": back,
        "code_verifier": asked.verifier,
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    ways = said.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    if "client_secret_basic" in ways:
        pair = f"{quote_plus(provider.client_id)}:{quote_plus(provider.client_secret)}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    else:
        form |= {"client_id": provider.client_id, "client_secret": provider.client_secret}
    page = _endpoint(said, "token_endpoint")
    answer = _json(Request(page, urlencode(form).encode(), headers, method="POST"))
    token = answer.get("id_token")
    if not isinstance(token, str):
        raise NotBelieved("身份提供方没有给出令牌")
    return token


def _checked(provider: SignOn, said: Mapping[str, Any], token: str) -> dict[str, Any]:
    """The claims of a token that the provider signed for this site and that still holds."""
    # The library comes with the extra `sso`; without it no provider can be set.
    import jwt

    try:
        header = jwt.get_unverified_header(token)
        algorithm = header.get("alg")
        if algorithm not in ALGORITHMS:
            raise NotBelieved("令牌的签名方式不被接受")
        found = _key(said, header.get("kid"))
        # A key that does not say what it is for is taken for what the token says; kinds never mix.
        key = jwt.PyJWK(found, None if found.get("alg") else algorithm)
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=list(ALGORITHMS),
            issuer=provider.issuer,
            audience=provider.client_id,
            leeway=SKEW,
            options={
                "require": ["iss", "sub", "aud", "exp", "iat", "nonce"],
                "enforce_minimum_key_length": True,
            },
        )
    except (jwt.PyJWTError, TypeError, ValueError) as error:
        raise NotBelieved(f"令牌没有通过核对（{type(error).__name__}）") from error
    party = claims.get("azp")
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if (several or party is not None) and party != provider.client_id:
        raise NotBelieved("令牌是签发给另一个系统的")
    return claims


def _key(said: Mapping[str, Any], name: str | None) -> dict[str, Any]:
    """The provider's key of a name; asked for anew when it is not among those that are known."""
    page = _endpoint(said, "jwks_uri")
    for most_age in (KEPT, RESTED):
        listed = _document(page, most_age).get("keys")
        keys = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
        found = [
            one
            for one in keys
            if one.get("use", "sig") == "sig" and (name is None or one.get("kid") == name)
        ]
        if len(found) == 1:
            return found[0]
    raise NotBelieved("令牌不是用身份提供方公布的密钥签的")


# ---------------------------------------------------------------- what the provider says of itself


def _metadata(provider: SignOn) -> dict[str, Any]:
    page = f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration"
    said = _document(page, KEPT)
    if said.get("issuer") != provider.issuer:
        raise Unreachable(f"{page} is of another issuer: {said.get('issuer')!r}")
    return said


def _endpoint(said: Mapping[str, Any], name: str) -> str:
    found = said.get(name)
    if not isinstance(found, str) or not _is_safe(found):
        raise Unreachable(f"{name} of the provider cannot be used: {found!r}")
    return found


def _is_safe(page: str) -> bool:
    try:
        parts = urlsplit(page)
    except ValueError:
        return False
    local = parts.scheme == "http" and parts.hostname in LOOPBACK
    return bool(parts.hostname) and (parts.scheme == "https" or local)


_documents: dict[str, tuple[float, dict[str, Any] | None]] = {}
"""What was read, and when, by address; None where reading failed. Each process has its own."""


def _document(page: str, most_age: float) -> dict[str, Any]:
    now = time.monotonic()
    when, kept = _documents.get(page, (now - KEPT, None))
    if now - when < (RESTED if kept is None else most_age):
        if kept is None:
            raise Unreachable(f"{page} failed {now - when:.0f} s ago")
        return kept
    try:
        answer = _json(Request(page, headers={"Accept": "application/json"}))
    except Unreachable:
        _documents[page] = (now, None)
        raise
    _documents[page] = (now, answer)
    return answer


def forget() -> None:
    """Asks the provider anew what it says of itself."""
    _documents.clear()


# ---------------------------------------------------------------- the line


class _Straight(HTTPRedirectHandler):
    """A provider answers where it says; what leads elsewhere is not followed."""

    def redirect_request(
        self, req: Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> None:
        return None


def _json(request: Request) -> dict[str, Any]:
    """The JSON object that an address of the provider answers with."""
    try:
        with build_opener(_Straight).open(request, timeout=SECONDS) as response:
            body = response.read(MOST_BYTES + 1)
    except HTTPError as error:
        with error:
            if request.data is not None and 400 <= error.code < 500:
                raise NotBelieved(f"身份提供方没有兑换授权码（{_why(error)}）") from error
        raise Unreachable(f"{request.full_url}: {error}") from error
    except (OSError, HTTPException, ValueError) as error:
        raise Unreachable(f"{request.full_url}: {error}") from error
    try:
        answer = json.loads(body) if len(body) <= MOST_BYTES else None
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise Unreachable(f"{request.full_url} does not answer with a JSON object")
    return answer


def _why(error: HTTPError) -> str:
    """The code of an error that the provider gives, or its status."""
    try:
        word = json.loads(error.read(MOST_BYTES)).get("error", "")
    except (OSError, HTTPException, ValueError, RecursionError, AttributeError):
        word = ""
    return word if isinstance(word, str) and CODE.fullmatch(word) else str(error.code)
