"""Give browsers secrets that no script reads and no other site sends, and take them back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from starlette.datastructures import Headers
from starlette.requests import cookie_parser

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import Scope

SAFE_PREFIX = "__Host-"  # of cookies that only this host could have set, over TLS


class Cookies:
    """
    The cookies of one server.

    Parameters
    ----------
    own_url
        Where browsers find it, if that is known; else what they ask says whether TLS is used.
    """

    def __init__(self, own_url: str) -> None:
        self._own_url = own_url

    def find(self, scope: Scope, name: str) -> str:
        """Return the secret of a cookie; empty for none."""
        cookies = cookie_parser(Headers(scope=scope).get("cookie", ""))
        return cookies.get(self._complete_name(scope, name), "")

    def give(
        self,
        scope: Scope,
        answer: Response,
        name: str,
        secret: str,
        *,
        seconds: float,
        site: Literal["lax", "strict"],
    ) -> None:
        """Give a browser a secret for some seconds; `site`: whether links of others bring it."""
        answer.set_cookie(
            self._complete_name(scope, name),
            secret,
            max_age=int(seconds),
            path="/",
            secure=self._uses_tls(scope),
            httponly=True,
            samesite=site,
        )

    def drop(self, scope: Scope, answer: Response, name: str) -> None:
        """Take a secret back."""
        answer.delete_cookie(
            self._complete_name(scope, name),
            path="/",
            secure=self._uses_tls(scope),
            httponly=True,
        )

    def _complete_name(self, scope: Scope, name: str) -> str:
        return f"{SAFE_PREFIX}{name}" if self._uses_tls(scope) else name

    def _uses_tls(self, scope: Scope) -> bool:
        return scope["scheme"] == "https" or self._own_url.startswith("https://")
