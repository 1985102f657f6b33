"""The tables in which customers are kept, by the same names in SQLite and PostgreSQL."""

from __future__ import annotations

from gridtwin.model.customers import (
    COMPLAINT_COLUMNS,
    DESIGNATION_COLUMNS,
    RECORD_COLUMNS,
    SERVICE_POINT_COLUMNS,
    USAGE_COLUMNS,
)

# What is normalized of a record, to be searched by.
SEARCH_COLUMNS = ("name_key", "phone_key", "email_key", "place_key")
LINK_COLUMNS = ("record_l", "record_r", "weight", "decision", "reason", "weights")
CUSTOMER_TABLES: dict[str, tuple[str, ...]] = {
    "record": (*RECORD_COLUMNS, *SEARCH_COLUMNS),
    "party_member": ("record", "party"),
    "record_key": ("key", "record"),
    "link": LINK_COLUMNS,
    "label": ("record_l", "record_r", "same", "at", "actor", "decided"),
    "party_change": ("at", "actor", "change", "from_party", "into_party", "records", "reason"),
    "service_point": tuple(SERVICE_POINT_COLUMNS),
    "designation": tuple(DESIGNATION_COLUMNS),
    "complaint": tuple(COMPLAINT_COLUMNS),
    "usage": tuple(USAGE_COLUMNS),
    "model": ("name", "trained_at", "text"),
    "lookup": ("at", "actor", "question", "subject", "parties"),
    "erasure": ("at", "actor", "reason", "subject", "records", "proof"),
}
