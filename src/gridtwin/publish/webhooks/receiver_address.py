"""
Decide where a webhook may be sent: to public addresses, and private ones that are named.

A name is resolved once for each attempt, every address that comes back is checked, and the
connection is made to the address that was checked: a name that means another place a moment later
changes nothing.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from gridtwin.errors import InputError, NotAllowedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridtwin.settings import WebhookSettings

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
LONGEST_URL = 2_000
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
COMPATIBLE = ipaddress.IPv6Network("::/96")  # IPv4 in the last four bytes, long deprecated
# Not told apart by `is_global`, yet no receivers.
PLATFORM_NETWORKS = (
    ipaddress.IPv4Network("168.63.129.16/32"),  # Azure answers its guests there
    ipaddress.IPv4Network("192.0.0.0/24"),  # for protocols; Oracle answers its guests there
    ipaddress.IPv4Network("192.88.99.0/24"),  # relays of IPv6 in IPv4
)


class ReceiverUrl(NamedTuple):
    """The parts of the address of a receiver."""

    secure: bool
    host: str
    port: int
    target: str  # path and query


def read_receiver_url(url: str, settings: WebhookSettings) -> ReceiverUrl:
    """
    Return the parts of an address that webhooks may have.

    Raises
    ------
    InputError
        If it is none, is not https, or says a user name.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        host = host if ":" in host else host.encode("idna").decode()
    except ValueError:  # UnicodeError among them
        host, port = "", None
    schemes = ("https", "http") if settings.plain else ("https",)
    if not host or len(url) > LONGEST_URL or not url.isascii() or any(c <= " " for c in url):
        msg = "the address of a webhook is one such as https://hooks.example.com/outages"
        raise InputError(msg)
    if parts.scheme not in schemes:
        msg = (
            f"the webhook is to be sent by {parts.scheme or 'nothing'}: give an https address, or"
            " set GRIDTWIN_WEBHOOK_PLAIN=yes"
        )
        raise InputError(msg)
    if parts.username is not None or parts.password is not None or parts.fragment:
        msg = "the address of a webhook has no user name and no #: receivers check the signature"
        raise InputError(msg)
    secure = parts.scheme == "https"
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return ReceiverUrl(secure, host, port or (443 if secure else 80), target)


def resolve_host(host: str, port: int) -> list[str]:
    """Return the addresses of a name; OSError if there are none."""
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(answer[4][0]) for answer in answers))


def pin_address(
    url: ReceiverUrl,
    settings: WebhookSettings,
    resolve: Callable[[str, int], list[str]] = resolve_host,
) -> str:
    """
    Return the one address to connect to.

    Raises
    ------
    NotAllowedError
        If any address of the name is private, of this machine, or otherwise not public, and of no
        network that the settings name.
    OSError
        If the name has no address.
    """
    addresses = resolve(url.host, url.port)
    for each in addresses:
        if not is_reachable(each, settings):
            raise NotAllowedError(_explain_refusal(url.host))
    if not addresses:
        msg = f"{url.host} has no address"
        raise OSError(msg)
    return addresses[0]


def check_literal(url: ReceiverUrl, settings: WebhookSettings) -> None:
    """Refuse at once, as InputError, an address that is written as a number and not sent to."""
    try:
        ipaddress.ip_address(url.host)
    except ValueError:
        return  # a name is resolved when it is sent to
    if not is_reachable(url.host, settings):
        raise InputError(_explain_refusal(url.host))


def _explain_refusal(host: str) -> str:
    return (
        f"{host} is not a public address: it is not sent to, unless GRIDTWIN_WEBHOOK_NETWORKS"
        " names its network"
    )


def is_reachable(address: str, settings: WebhookSettings) -> bool:
    """Return whether webhooks may be sent to an address."""
    try:
        parsed = _unwrap_address(ipaddress.ip_address(address.partition("%")[0]))
    except ValueError:
        return False
    if any(parsed in network for network in settings.networks):
        return True
    if any(parsed in network for network in PLATFORM_NETWORKS):
        return False
    if parsed.is_multicast or parsed.is_reserved:
        return False
    site_local = isinstance(parsed, ipaddress.IPv6Address) and parsed.is_site_local
    return parsed.is_global and not site_local


def _unwrap_address(address: IpAddress) -> IpAddress:
    """Return the IPv4 address that stands in an IPv6 address, if one does."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    own = int(address) > 1  # `::` and `::1` are addresses themselves
    if address in NAT64 or (own and address in COMPATIBLE):
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address
