"""Send one signed message to one receiver: no redirects, no proxies, and never for long."""

from __future__ import annotations

import socket
import ssl
from functools import cache
from http.client import HTTPConnection, HTTPException
from threading import Timer
from typing import TYPE_CHECKING, Any

from gridtwin.errors import InputError, NotAllowedError, WebhookRefusedError
from gridtwin.publish.webhooks.receiver_address import (
    pin_address,
    read_receiver_url,
    resolve_host,
)
from gridtwin.publish.webhooks.webhook_signature import (
    ID_HEADER,
    SIGNATURE_HEADER,
    TIME_HEADER,
    derive_secret,
    sign_message,
)
from gridtwin.publish.webhooks.webhook_text import render_message

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridtwin.model.webhook import Subscription
    from gridtwin.settings import WebhookSettings

CONNECT_S = 5.0
WHOLE_S = 15.0  # from connecting to the status of the answer
LONGEST_RETRY_AFTER_S = 3_600.0
RESTING_STATUSES = frozenset({408, 425, 429})  # of these and 5xx the receiver as a whole rests
STATUS_GONE = 410


class PinnedConnection(HTTPConnection):
    """A connection to an address that was checked, with TLS for the name it stands for."""

    def __init__(self, host: str, port: int, address: str, *, secure: bool) -> None:
        super().__init__(host, port, timeout=CONNECT_S)
        self.default_port = 443 if secure else 80
        self._address = address
        self._secure = secure

    def connect(self) -> None:
        """Connect."""
        self.sock = socket.create_connection((self._address, self.port), CONNECT_S)
        if self._secure:
            self.sock = _make_tls().wrap_socket(
                self.sock, server_hostname=self.host, do_handshake_on_connect=False
            )

    def cut_off(self) -> None:
        """End it, whatever it waits for."""
        if self.sock is not None:
            _shut_socket(self.sock)


class WebhookSender:
    """
    Who sends messages.

    Parameters
    ----------
    settings
        The key, and where may be sent to.
    resolve
        Returns the addresses of a name.
    """

    def __init__(
        self,
        settings: WebhookSettings,
        resolve: Callable[[str, int], list[str]] = resolve_host,
        *,
        whole_s: float = WHOLE_S,
    ) -> None:
        self._settings = settings
        self._resolve = resolve
        self._whole_s = whole_s

    def send_message(self, subscription: Subscription, event: str, body: str, now_s: float) -> None:
        """
        Send one event, and return when the receiver has taken it.

        Raises
        ------
        WebhookRefusedError
            If it was not taken.
        """
        message = render_message(body, subscription.form)
        secret = derive_secret(self._settings.key, subscription.id)
        sent_s = int(now_s)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "gridtwin-webhooks",
            ID_HEADER: event,
            TIME_HEADER: str(sent_s),
            SIGNATURE_HEADER: sign_message(secret, event, sent_s, message),
        }
        try:
            status, retry_after = self._post(subscription.url, message, headers)
        except (InputError, NotAllowedError) as error:
            raise WebhookRefusedError(str(error), rest=True) from error
        except (OSError, HTTPException, ValueError) as error:
            reason = f"{type(error).__name__}: no answer"
            raise WebhookRefusedError(reason, rest=True) from error
        if not 200 <= status < 300:
            rest = status in RESTING_STATUSES or status >= 500
            after_s = _read_retry_after(retry_after) if rest else 0.0
            reason = f"HTTP {status}"
            raise WebhookRefusedError(
                reason, rest=rest, gone=status == STATUS_GONE, after_s=after_s
            )

    def _post(self, url: str, message: bytes, headers: dict[str, str]) -> tuple[int, str]:
        """Return the status of the answer, and its Retry-After; its body is not read."""
        target = read_receiver_url(url, self._settings)
        address = pin_address(target, self._settings, self._resolve)
        connection = PinnedConnection(target.host, target.port, address, secure=target.secure)
        deadline = Timer(self._whole_s, connection.cut_off)
        deadline.daemon = True
        deadline.start()
        try:
            connection.request("POST", target.target, message, headers)
            answer = connection.getresponse()
            return answer.status, answer.headers.get("Retry-After", "")
        finally:
            deadline.cancel()
            connection.close()


@cache
def _make_tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _shut_socket(open_socket: Any) -> None:
    try:
        open_socket.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it has ended


def _read_retry_after(text: str) -> float:
    """Return the seconds of a Retry-After; 0 for a date or none."""
    known = text.isascii() and text.isdigit() and len(text) < 10
    return min(float(text), LONGEST_RETRY_AFTER_S) if known else 0.0
