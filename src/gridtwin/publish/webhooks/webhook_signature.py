"""
Sign what is sent, as Standard Webhooks has it: any of its libraries checks the signature.

The secret of a subscription is ``HMAC-SHA256(key of the environment, id of the subscription)``: it
is shown once, and kept nowhere.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from gridtwin.errors import NotAllowedError

SECRET_PREFIX = "whsec_"  # noqa: S105 - by which libraries know it
TOLERANCE_S = 300.0  # between the clocks of sender and receiver; what is older is a replay
ID_HEADER, TIME_HEADER, SIGNATURE_HEADER = "webhook-id", "webhook-timestamp", "webhook-signature"


def derive_secret(key: str, subscription: str) -> str:
    """Return the signing secret of a subscription, as it is shown to who receives."""
    made = hmac.digest(key.encode(), f"gridtwin webhook {subscription}".encode(), hashlib.sha256)
    return SECRET_PREFIX + base64.b64encode(made).decode()


def sign_message(secret: str, event: str, sent_s: int, body: bytes) -> str:
    """Return the signature of one message, as its header has it."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = f"{event}.{sent_s}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def check_message(secret: str, headers: dict[str, str], body: bytes, now_s: float) -> str:
    """
    Return the id of an event that was received; whoever knows the id already ignores it.

    Parameters
    ----------
    secret
        That of the subscription.
    headers
        Of the message, their names in lower case.
    body
        As it came, byte by byte.
    now_s
        Now, in unix seconds.

    Raises
    ------
    NotAllowedError
        If it is not signed with the secret, or was signed more than `TOLERANCE_S` from now.
    """
    event, sent = headers.get(ID_HEADER, ""), headers.get(TIME_HEADER, "")
    if not sent.isascii() or not sent.isdigit() or abs(now_s - int(sent)) > TOLERANCE_S:
        msg = "the message was not signed just now: check the clock, or it is a replay"
        raise NotAllowedError(msg)
    wanted = sign_message(secret, event, int(sent), body)
    given = headers.get(SIGNATURE_HEADER, "").split(" ")
    if not any(hmac.compare_digest(wanted.encode(), each.encode()) for each in given):
        msg = "the message is not signed with this secret"
        raise NotAllowedError(msg)
    return event
