"""The one place that decides what of a customer is shown to whom."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Any

# What is shown of a record to everybody who may ask at all; the rest is personal.
OPEN_FIELDS = frozenset(
    {"party", "source", "kind", "city", "zip", "retailer", "valid_from", "valid_to"}
)
# What names somebody or something of theirs: shown as a pseudonym, which stays the same.
PSEUDONYM_FIELDS = frozenset({"record", "account", "esi_id", "premise", "usage_point"})
HIDDEN_TEXT = "***"
PSEUDONYM_LENGTH = 12


def digest_text(text: str, secret: bytes) -> str:
    """Return what tells a text from others; nobody without the secret finds it by trying texts."""
    return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks, whether names, contacts and addresses may be shown to them, and what was read."""

    actor: str = ""
    may_see_personal_data: bool = False
    may_see_readings: bool = True  # of one meter, as a complaint is held against


@dataclass(frozen=True, slots=True)
class CustomerMask:
    """
    Shows of customers what a viewer may see.

    Attributes
    ----------
    viewer
        Who asks.
    secret
        Of the twin: without it nobody finds who a pseudonym is by trying names.
    """

    viewer: Viewer
    secret: bytes

    def mask_record(self, record: dict[str, Any]) -> dict[str, Any]:
        """Return a record as the viewer may see it."""
        if self.viewer.may_see_personal_data:
            return dict(record)
        return {name: self._mask_field(name, value) for name, value in record.items()}

    def mask_id(self, name: str) -> str:
        """Return an id as the viewer may see it: the same id is the same pseudonym."""
        if self.viewer.may_see_personal_data or not name:
            return name
        return f"#{digest_text(name, self.secret)[:PSEUDONYM_LENGTH]}"

    def mask_text(self, text: str) -> str:
        """Return a name, a contact or an address as the viewer may see it."""
        return text if self.viewer.may_see_personal_data or not text else HIDDEN_TEXT

    def _mask_field(self, name: str, value: Any) -> Any:
        if name in OPEN_FIELDS:
            return value
        text = str(value or "")
        return self.mask_id(text) if name in PSEUDONYM_FIELDS else self.mask_text(text)
