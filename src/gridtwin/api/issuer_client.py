"""
Ask an issuer of OpenID Connect who somebody is: authorization code with PKCE.

Authlib speaks the protocol; what is checked of the ID token is its signature by a key of the
issuer, issuer, audience, times, nonce, and the hash of the access token.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from gridtwin.errors import MissingExtraError, NotAllowedError
from gridtwin.model.access import make_secret
from gridtwin.settings import is_safe_address

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridtwin.settings import SignInSettings

TIMEOUT_S = 10.0
KEPT_METADATA_S = 3_600.0
KEPT_KEYS_S = 30.0  # within which an unknown key does not make the keys be read again
CLOCK_SKEW_S = 60  # by which the clock of the issuer may differ
# Signatures by keys that the issuer alone has: no shared secret, and never none.
SIGNATURES = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")
FOREVER_AGO = float("-inf")


def require_authlib() -> None:
    """Refuse, as MissingExtraError, to sign anybody in without the optional part."""
    try:
        import authlib.integrations.httpx_client  # noqa: F401
    except ModuleNotFoundError as error:
        need = "signing in"
        raise MissingExtraError(need, "sso") from error


class IssuerClient:
    """One issuer, as one client of it."""

    def __init__(self, settings: SignInSettings) -> None:
        require_authlib()
        self._settings = settings
        self._metadata: dict[str, Any] = {}
        self._metadata_at = FOREVER_AGO
        self._keys: Any = None
        self._keys_at = FOREVER_AGO

    async def begin(self, redirect_uri: str) -> tuple[str, dict[str, str]]:
        """
        Return where a browser is sent, and what has to be remembered of it until it comes back.

        Raises
        ------
        NotAllowedError
            If the issuer cannot be asked.
        """
        metadata = await self._read_metadata()
        secrets = {name: make_secret() for name in ("state", "nonce", "verifier")}
        async with self._connect(redirect_uri) as client:
            url, _ = client.create_authorization_url(
                metadata["authorization_endpoint"],
                state=secrets["state"],
                nonce=secrets["nonce"],
                code_verifier=secrets["verifier"],
            )
        return url, secrets | {"redirect_uri": redirect_uri}

    async def finish(self, remembered: Mapping[str, str], code: str) -> dict[str, Any]:
        """
        Return the claims of who has come back with a code.

        Raises
        ------
        NotAllowedError
            If the issuer refuses the code, or what it says does not hold.
        """
        from authlib.integrations.base_client import OAuthError
        from httpx2 import HTTPError

        metadata = await self._read_metadata()
        try:
            async with self._connect(remembered["redirect_uri"]) as client:
                token = await client.fetch_token(
                    metadata["token_endpoint"], code=code, code_verifier=remembered["verifier"]
                )
                claims = await self._check_token(token, remembered["nonce"])
                return await self._add_userinfo(client, claims)
        except (OAuthError, HTTPError, ValueError) as error:
            raise NotAllowedError(_describe(error)) from error

    def find_sign_out(self) -> str:
        """Return where a browser signs out of the issuer; empty where that is not known."""
        url = str(self._metadata.get("end_session_endpoint", ""))
        return url if is_safe_address(url) else ""

    def check_issuer(self, said: str) -> None:
        """Refuse, as NotAllowedError, who was sent back by another issuer (RFC 9207)."""
        if said and said.rstrip("/") != self._settings.issuer:
            msg = "another issuer sent you here"
            raise NotAllowedError(msg)

    def _connect(self, redirect_uri: str) -> Any:
        from authlib.integrations.httpx_client import AsyncOAuth2Client

        known = self._metadata.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        method = "client_secret_basic" if "client_secret_basic" in known else "client_secret_post"
        secret = self._settings.client_secret
        return AsyncOAuth2Client(
            self._settings.client_id,
            secret or None,
            token_endpoint_auth_method=method if secret else "none",
            scope=self._settings.scopes,
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
            timeout=TIMEOUT_S,
        )

    async def _read_metadata(self) -> dict[str, Any]:
        if time.monotonic() - self._metadata_at < KEPT_METADATA_S:
            return self._metadata
        url = f"{self._settings.issuer}/.well-known/openid-configuration"
        metadata = await _fetch_json(url)
        if str(metadata.get("issuer", "")).rstrip("/") != self._settings.issuer:
            msg = f"{url} is of another issuer"
            raise NotAllowedError(msg)
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            if not is_safe_address(str(metadata.get(name, ""))):
                msg = f"{url} names no {name} over https"
                raise NotAllowedError(msg)
        self._metadata, self._metadata_at = metadata, time.monotonic()
        return metadata

    async def _read_keys(self, *, anew: bool = False) -> Any:
        from joserfc.jwk import KeySet

        age = time.monotonic() - self._keys_at
        if age > KEPT_METADATA_S or (anew and age > KEPT_KEYS_S):
            keys = await _fetch_json(self._metadata["jwks_uri"])
            self._keys, self._keys_at = KeySet.import_key_set(keys), time.monotonic()  # type: ignore[arg-type]
        return self._keys

    async def _check_token(self, token: Mapping[str, Any], nonce: str) -> dict[str, Any]:
        """Return the claims of an ID token, once all of them hold; else ValueError and the like."""
        from authlib.oidc.core import CodeIDToken
        from joserfc import jwt
        from joserfc.errors import JoseError

        id_token, keys = str(token.get("id_token", "")), await self._read_keys()
        algorithms = [*SIGNATURES]
        try:
            try:
                decoded = jwt.decode(id_token, keys, algorithms=algorithms)
            except (JoseError, ValueError):  # perhaps the issuer has other keys by now
                again = await self._read_keys(anew=True)
                if again is keys:
                    raise
                decoded = jwt.decode(id_token, again, algorithms=algorithms)
            claims = CodeIDToken(
                decoded.claims,
                decoded.header,
                options={
                    "iss": {"essential": True, "values": _with_slash(self._settings.issuer)},
                    "aud": {"essential": True, "value": self._settings.client_id},
                    "nonce": {"essential": True, "value": nonce},
                },
                params={
                    "nonce": nonce,
                    "client_id": self._settings.client_id,
                    "access_token": token.get("access_token"),
                },
            )
            claims.validate(leeway=CLOCK_SKEW_S)
        except JoseError as error:
            raise ValueError(str(error)) from error
        return dict(claims)

    async def _add_userinfo(self, client: Any, claims: dict[str, Any]) -> dict[str, Any]:
        """Return claims with those the issuer tells only when it is asked (OIDC core, 5.3)."""
        url = str(self._metadata.get("userinfo_endpoint", ""))
        if not is_safe_address(url):
            return claims
        answer = await client.get(url)
        answer.raise_for_status()
        more = answer.json()
        if not isinstance(more, dict) or more.get("sub") != claims["sub"]:
            msg = "the issuer tells of another person"
            raise ValueError(msg)
        return {**more, **claims}


async def _fetch_json(url: str) -> dict[str, Any]:
    from httpx2 import AsyncClient, HTTPError

    try:
        async with AsyncClient(timeout=TIMEOUT_S) as client:
            answer = await client.get(url)
            answer.raise_for_status()
            document = answer.json()
    except (HTTPError, ValueError) as error:
        msg = f"the issuer does not answer at {url}: {_describe(error)}"
        raise NotAllowedError(msg) from error
    if not isinstance(document, dict):
        msg = f"{url} is no JSON object"
        raise NotAllowedError(msg)
    return document


def _with_slash(issuer: str) -> list[str]:
    """Return an issuer as it is written with and without a slash at its end."""
    return [issuer, f"{issuer}/"]


def _describe(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
