"""An issuer of OpenID Connect that says whatever a test has it say, also what no issuer may."""

from __future__ import annotations

import base64
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

CLIENT, SECRET = "gridtwin", "of-the-client"


@dataclass
class LyingIssuer:
    """What the issuer says next."""

    url: str = ""
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    shown: list[RSAKey] = field(default_factory=list)  # keys it publishes
    claims: dict[str, Any] = field(default_factory=dict)  # in place of those that hold
    userinfo: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    forge: str = ""  # how the ID token is signed, if not as it has to be
    codes: dict[str, dict[str, str]] = field(default_factory=dict)  # what each was given for
    reuse_codes: bool = False
    asked: list[dict[str, str]] = field(default_factory=list)  # of the token endpoint

    def describe(self) -> dict[str, Any]:
        """Return its metadata."""
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "userinfo_endpoint": f"{self.url}/me",
            "end_session_endpoint": f"{self.url}/end",
        } | self.metadata

    def authorize(self, query: dict[str, str]) -> str:
        """Return where a browser is sent back to, as if a person had signed in."""
        code = secrets.token_hex(8)
        self.codes[code] = query
        back = {"code": code, "state": query["state"], "iss": self.url}
        return f"{query['redirect_uri']}?{urlencode(back)}"

    def give_token(self, form: dict[str, str], basic: str) -> tuple[int, dict[str, Any]]:
        """Return the answer to a code."""
        self.asked.append(form)
        given = self.codes.get(form.get("code", ""))
        if not self.reuse_codes:
            self.codes.pop(form.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(_sha256(form.get("code_verifier", ""))).rstrip(b"=")
        known = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if given is None or given["code_challenge"] != challenge.decode() or basic != known:
            return 400, {"error": "invalid_grant"}
        access = secrets.token_hex(8)
        now = int(time.time())
        claims = {
            "iss": self.url,
            "sub": "u-1",
            "aud": CLIENT,
            "exp": now + 300,
            "iat": now,
            "nonce": given["nonce"],
            "preferred_username": "ann",
            "roles": ["operator"],
        } | self.claims
        claims = {name: value for name, value in claims.items() if value is not None}
        token = {"access_token": access, "token_type": "Bearer", "id_token": self.sign(claims)}
        return 200, token

    def sign(self, claims: dict[str, Any]) -> str:
        """Return an ID token, signed as it is to be forged."""
        if self.forge == "none":
            head, body = ({"alg": "none"}, claims)
            return f"{_encode(head)}.{_encode(body)}."
        if self.forge == "shared secret":  # the public key taken for a secret
            secret = OctKey.import_key(self.key.as_pem(private=False))
            return jwt.encode({"alg": "HS256", "kid": "one"}, claims, secret)
        if self.forge == "client secret":
            return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET * 4))
        if self.forge == "another key":
            other = RSAKey.generate_key(2048, {"kid": "one"})
            return jwt.encode({"alg": "RS256", "kid": "one"}, claims, other)
        signed = jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key)
        if self.forge == "changed":
            head, _, tail = signed.split(".")
            return f"{head}.{_encode(claims | {'roles': ['administrator']})}.{tail}"
        return signed


def _sha256(text: str) -> bytes:
    import hashlib

    return hashlib.sha256(text.encode()).digest()


def _encode(document: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).rstrip(b"=").decode()


@contextmanager
def lying_issuer() -> Iterator[LyingIssuer]:
    """Run an issuer at a free port."""
    issuer = LyingIssuer()
    issuer.shown = [issuer.key]

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if parts.path == "/authorize":
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                self.send_response(302)
                self.send_header("Location", issuer.authorize(query))
                self.end_headers()
                return
            said = {
                "/.well-known/openid-configuration": issuer.describe,
                "/keys": lambda: {"keys": [each.as_dict(private=False) for each in issuer.shown]},
                "/me": lambda: {"sub": "u-1"} | issuer.userinfo,
            }
            self._answer(200, said[parts.path]())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            basic = self.headers.get("Authorization", "").removeprefix("Basic ")
            self._answer(*issuer.give_token(form, basic))

        def _answer(self, status: int, document: dict[str, Any]) -> None:
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        issuer.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield issuer
        finally:
            server.shutdown()
            thread.join()
