"""
Refuse what a page of another site sends in the name of who looks at it (CSRF).

Browsers say of each request that may change something where its page is from. What no page could
have sent, since it bears a token, is not asked for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gridtwin.errors import NotAllowedError

if TYPE_CHECKING:
    from starlette.datastructures import Headers


def refuse_other_sites(headers: Headers, own_url: str = "") -> None:
    """
    Refuse a request of a page of another site, or of one that does not say where it is from.

    Parameters
    ----------
    headers
        Those of the request.
    own_url
        Where the page of this server is, if a proxy calls the server by another name.

    Raises
    ------
    NotAllowedError
        If it is refused.
    """
    if not comes_from_here(headers, own_url):
        msg = "this was not sent by the page of this server: send a token instead of a session"
        raise NotAllowedError(msg)


def comes_from_here(headers: Headers, own_url: str = "") -> bool:
    """Return whether a browser says that the page of a request is of this server."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = headers.get("origin", "")
    known = {headers.get("host", "").casefold(), urlsplit(own_url).netloc.casefold()} - {""}
    return urlsplit(origin).netloc.casefold() in known
