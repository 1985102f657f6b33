"""Say by which key webhooks are signed, and where they may be sent."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass, field
from pathlib import Path

from gridtwin.errors import InputError

IpNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network
SHORTEST_KEY = 32  # characters


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """What the environment says of webhooks; see docs/webhooks.md."""

    key: str = field(default="", repr=False)  # GRIDTWIN_WEBHOOK_KEY: all secrets follow from it
    networks: tuple[IpNetwork, ...] = ()  # GRIDTWIN_WEBHOOK_NETWORKS: private ones that may be told
    plain: bool = False  # GRIDTWIN_WEBHOOK_PLAIN=yes: also without TLS
    templates: Path | None = None  # GRIDTWIN_WEBHOOK_TEMPLATES: a folder of own texts

    @classmethod
    def from_environment(cls) -> WebhookSettings:
        """
        Return what the environment says.

        Raises
        ------
        InputError
            If there is no key, it is short, or a network is none.
        """
        key = os.environ.get("GRIDTWIN_WEBHOOK_KEY", "")
        if len(key) < SHORTEST_KEY:
            msg = (
                f"GRIDTWIN_WEBHOOK_KEY has to have {SHORTEST_KEY} random characters or more, the"
                " same wherever webhooks are added and sent: openssl rand -base64 32 makes one"
            )
            raise InputError(msg)
        folder = os.environ.get("GRIDTWIN_WEBHOOK_TEMPLATES", "")
        return cls(
            key=key,
            networks=_read_networks(os.environ.get("GRIDTWIN_WEBHOOK_NETWORKS", "")),
            plain=os.environ.get("GRIDTWIN_WEBHOOK_PLAIN", "") == "yes",
            templates=Path(folder) if folder else None,
        )


def _read_networks(text: str) -> tuple[IpNetwork, ...]:
    """Return the networks of ``10.2.0.0/16,fd00::/8``."""
    networks = []
    for part in filter(None, (each.strip() for each in text.split(","))):
        try:
            networks.append(ipaddress.ip_network(part))
        except ValueError as error:
            msg = f"GRIDTWIN_WEBHOOK_NETWORKS has {part!r}: write it as 10.2.0.0/16 ({error})"
            raise InputError(msg) from None
    return tuple(networks)
