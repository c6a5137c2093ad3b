"""An OpenID provider for tests: a process of its own on this machine, with a real key.

    python tests/portal/provider.py     prints its address, then serves until it is ended

It signs tokens without the library that reads them, and checks what a provider checks: client, secret,
address to return to, PKCE, each code once. What it says is bent by POST /plan with a JSON object:

    claims      laid over the claims of the token; null takes one away
    header      laid over the token's header
    sign        "other" key, "none", "secret" (HS256 with the client's secret), "public" (HS256 with
                the public key's text)
    metadata    laid over what it says of itself; null takes one away
    iss         the parameter iss of the answer
    error       sends the person back with this error
    asks        true: a page with a button, as people see it
    moved       true: the page of its keys redirects
    new_key     true: a new key with a new name from now on

GET /seen lists what was asked of /authorize and /token.
"""

import base64
import hmac
import json
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlencode, urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

CLIENT = "huiqi-tests"
SECRET = "a secret: of + two % halves"


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value: int) -> str:
    return b64(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class State:
    """What one provider knows."""

    def __init__(self) -> None:
        self.key, self.other, self.name = new_key(), new_key(), "key-1"
        self.plan: dict[str, Any] = {}
        self.codes: dict[str, dict[str, str]] = {}
        self.seen: list[dict[str, Any]] = []
        self.issuer = ""

    def metadata(self) -> dict[str, Any]:
        said = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "end_session_endpoint": f"{self.issuer}/end",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        }
        return laid_over(said, self.plan.get("metadata", {}))

    def keys(self) -> dict[str, Any]:
        public = self.key.public_key().public_numbers()
        return {
            "keys": [
                {
                    "kty": "RSA",
                    "use": "sig",
                    "kid": self.name,
                    "n": number(public.n),
                    "e": number(public.e),
                }
            ]
        }

    def token(self, asked: dict[str, str]) -> str:
        now = int(time.time())
        claims = laid_over(
            {
                "iss": self.issuer,
                "sub": "zhang-3",
                "aud": CLIENT,
                "exp": now + 300,
                "iat": now,
                "nonce": asked["nonce"],
                **({"auth_time": now} if "max_age" in asked else {}),
            },
            self.plan.get("claims", {}),
        )
        way = self.plan.get("sign", "")
        algorithm = {"none": "none", "secret": "HS256", "public": "HS256"}.get(way, "RS256")
        header = laid_over(
            {"alg": algorithm, "kid": self.name, "typ": "JWT"}, self.plan.get("header", {})
        )
        body = f"{b64(json.dumps(header).encode())}.{b64(json.dumps(claims).encode())}"
        return f"{body}.{b64(self.signature(way, body.encode()))}"

    def signature(self, way: str, body: bytes) -> bytes:
        if way == "none":
            return b""
        if way == "secret":
            return hmac.new(SECRET.encode(), body, sha256).digest()
        if way == "public":
            text = self.key.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            return hmac.new(text, body, sha256).digest()
        key = self.other if way == "other" else self.key
        return key.sign(body, padding.PKCS1v15(), hashes.SHA256())


def laid_over(values: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in (values | changes).items() if value is not None}


class Handler(BaseHTTPRequestHandler):
    state: State

    def do_GET(self) -> None:
        page = urlsplit(self.path).path
        if page == "/.well-known/openid-configuration":
            self.json(200, self.state.metadata())
        elif self.path == "/keys" and self.state.plan.get("moved"):
            self.send_response(302)
            self.send_header("Location", f"{self.state.issuer}/keys?moved")
            self.end_headers()
        elif page == "/keys":
            self.json(200, self.state.keys())
        elif page == "/authorize":
            self.authorize()
        elif page == "/seen":
            self.json(200, {"seen": self.state.seen})
        elif page == "/end":
            self.page("已退出")
        else:
            self.send_response(204)
            self.end_headers()

    def do_POST(self) -> None:
        page = urlsplit(self.path).path
        body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
        if page == "/plan":
            self.plan(json.loads(body))
        elif page == "/authorize":
            self.send_back()
        elif page == "/token":
            self.exchange({name: values[0] for name, values in parse_qs(body).items()})

    def plan(self, plan: dict[str, Any]) -> None:
        if plan.pop("new_key", False):
            self.state.key, self.state.name = new_key(), f"key-{secrets.token_hex(3)}"
        self.state.plan, self.state.seen = plan, []
        self.json(200, {})

    def asked(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}

    def authorize(self) -> None:
        self.state.seen.append({"authorize": self.asked()})
        if self.state.plan.get("asks"):
            self.page("示例统一身份认证", '<form method="post"><button>登录</button></form>')
        else:
            self.send_back()

    def send_back(self) -> None:
        asked, answer = self.asked(), {}
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256"
        assert asked["scope"].split() == ["openid"]
        answer["state"] = asked["state"]
        if "iss" in self.state.plan:
            answer["iss"] = self.state.plan["iss"]
        if "error" in self.state.plan:
            answer["error"] = self.state.plan["error"]
        else:
            answer["code"] = secrets.token_urlsafe(16)
            self.state.codes[answer["code"]] = asked
        self.send_response(303)
        self.send_header("Location", f"{asked['redirect_uri']}?{urlencode(answer)}")
        self.end_headers()

    def exchange(self, form: dict[str, str]) -> None:
        way, client, secret = "post", form.get("client_id", ""), form.get("client_secret", "")
        given = self.headers.get("Authorization", "")
        if given.startswith("Basic "):
            way = "basic"
            pair = base64.b64decode(given.removeprefix("Basic ")).decode().split(":")
            client, secret = (unquote_plus(one) for one in pair)
        self.state.seen.append({"token": way})
        if (client, secret) != (CLIENT, SECRET):
            self.json(401, {"error": "invalid_client"})
            return
        asked = self.state.codes.pop(form.get("code", ""), None)
        challenge = b64(sha256(form.get("code_verifier", "").encode()).digest())
        if (
            asked is None
            or form.get("grant_type") != "authorization_code"
            or asked["redirect_uri"] != form.get("redirect_uri")
            or asked["code_challenge"] != challenge
        ):
            self.json(400, {"error": "invalid_grant"})
            return
        token = self.state.token(asked)
        self.json(200, {"id_token": token, "access_token": "none", "token_type": "Bearer"})

    def json(self, status: int, value: dict[str, Any]) -> None:
        self.answer(status, "application/json", json.dumps(value).encode())

    def page(self, title: str, body: str = "") -> None:
        text = f'<!doctype html><html lang="zh-CN"><title>{title}</title><h1>{title}</h1>{body}'
        self.answer(200, "text/html; charset=utf-8", text.encode())

    def answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *told: Any) -> None:
        """Says nothing."""


def serve() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Handler.state = State()
    Handler.state.issuer = f"http://127.0.0.1:{server.server_port}"
    print(Handler.state.issuer, flush=True)
    server.serve_forever()


# ---------------------------------------------------------------- from the side of the tests


class Provider:
    """The process as a test speaks to it."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer

    def plan(self, **plan: Any) -> None:
        """How it behaves from now on; nothing given: as it should."""
        self._ask("POST", "/plan", json.dumps(plan))

    def seen(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self._ask("GET", "/seen")[1])["seen"]
        return found

    def visit(self, address: str) -> str:
        """Goes where a person was sent, and says where the provider sends the person then."""
        assert address.startswith(f"{self.issuer}/authorize?")
        status, _, location = self._ask_all("GET", address.removeprefix(self.issuer))
        assert status == 303
        return location

    def _ask(self, method: str, path: str, body: str = "") -> tuple[int, str]:
        status, said, _ = self._ask_all(method, path, body)
        return status, said

    def _ask_all(self, method: str, path: str, body: str = "") -> tuple[int, str, str]:
        line = HTTPConnection(self.issuer.removeprefix("http://"), timeout=20)
        try:
            line.request(method, path, body)
            answer = line.getresponse()
            return answer.status, answer.read().decode(), answer.headers.get("Location", "")
        finally:
            line.close()


@contextmanager
def running() -> Iterator[Provider]:
    """A provider as long as it is needed."""
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__))], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield Provider(process.stdout.readline().strip())
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


if __name__ == "__main__":
    serve()
