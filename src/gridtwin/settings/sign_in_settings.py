"""Say how people sign in, and what they may do."""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from gridtwin.errors import InputError

HEADER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*")


@dataclass(frozen=True, slots=True)
class SignInSettings:
    """How a server knows who asks; see docs/security.md."""

    issuer: str = ""  # of OpenID Connect; none: nobody signs in
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    scopes: str = "openid profile email"
    name_claim: str = "preferred_username"  # who it is; else the subject
    role_claim: str = "roles"  # a dot goes into an object: realm_access.roles
    area_claim: str = ""  # where the substations of an operator stand
    user_header: str = ""  # in which the ingress says who asks; none: no header is believed
    roles: tuple[tuple[str, str], ...] = ()  # what a claim or user name means, in this order
    default_role: str = ""  # of whom nothing else is known; empty: none
    anonymous: str = "viewer"  # of nobody in particular; empty: none
    idle_s: float = 1_800.0  # after which a session that is not used ends
    longest_s: float = 43_200.0  # after which it ends anyway

    @property
    def demanded(self) -> bool:
        """Whether it is said in some way who asks."""
        return bool(self.issuer or self.user_header)

    @classmethod
    def from_environment(cls) -> SignInSettings:
        """
        Return what the environment says.

        Raises
        ------
        InputError
            If it says what cannot be, such as an issuer over plain HTTP on another machine.
        """
        words = os.environ.get
        issuer, client_id = words("GRIDTWIN_ISSUER", ""), words("GRIDTWIN_CLIENT_ID", "")
        header = words("GRIDTWIN_USER_HEADER", "")
        if bool(issuer) != bool(client_id):
            msg = "GRIDTWIN_ISSUER and GRIDTWIN_CLIENT_ID go together: set both, or neither"
            raise InputError(msg)
        if issuer and not is_safe_address(issuer):
            msg = f"GRIDTWIN_ISSUER is {issuer!r}: it has to begin with https://"
            raise InputError(msg)
        others = {"authorization", "cookie", "host"}  # which clients send themselves
        if header and (not HEADER_NAME.fullmatch(header) or header.lower() in others):
            msg = (
                f"GRIDTWIN_USER_HEADER is {header!r}: give the name of the header in which the"
                " ingress says who asks, such as Sf-Context-Current-User"
            )
            raise InputError(msg)
        idle, longest = _read_session(words("GRIDTWIN_SESSION", "30/720"))
        default = words("GRIDTWIN_DEFAULT_ROLE", "viewer" if header else "none")
        anonymous = words("GRIDTWIN_ANONYMOUS", "none" if issuer or header else "viewer")
        return cls(
            issuer=issuer.rstrip("/"),
            client_id=client_id,
            client_secret=words("GRIDTWIN_CLIENT_SECRET", ""),
            scopes=words("GRIDTWIN_SCOPES", "openid profile email"),
            name_claim=words("GRIDTWIN_NAME_CLAIM", "preferred_username"),
            role_claim=words("GRIDTWIN_ROLE_CLAIM", "roles"),
            area_claim=words("GRIDTWIN_AREA_CLAIM", ""),
            user_header=header,
            roles=_read_roles(words("GRIDTWIN_ROLES", "")),
            default_role="" if default == "none" else default,
            anonymous="" if anonymous == "none" else anonymous,
            idle_s=idle,
            longest_s=longest,
        )


def is_safe_address(url: str) -> bool:
    """Return whether secrets may be sent to an address: by TLS, or on this machine."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (
        parts.scheme == "http" and parts.hostname in {"localhost", "127.0.0.1", "::1"}
    )


def _read_roles(text: str) -> tuple[tuple[str, str], ...]:
    """Return what ``NAME=ROLE,NAME=ROLE`` says."""
    pairs = []
    for part in filter(None, (each.strip() for each in text.split(","))):
        name, sign, role = part.rpartition("=")
        if not sign or not name.strip():
            msg = f"GRIDTWIN_ROLES has {part!r}: write it as NAME=ROLE, such as dispatch=operator"
            raise InputError(msg)
        pairs.append((name.strip(), role.strip()))
    return tuple(pairs)


def _read_session(text: str) -> tuple[float, float]:
    """Return the seconds of ``IDLE/LONGEST``, both in minutes."""
    try:
        idle, longest = (float(part) * 60 for part in text.split("/"))
    except ValueError:
        idle = longest = 0.0
    if not 0 < idle <= longest < math.inf:
        msg = f"GRIDTWIN_SESSION is {text!r}: write it as minutes idle and in all, such as 30/720"
        raise InputError(msg)
    return idle, longest
