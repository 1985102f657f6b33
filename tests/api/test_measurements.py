"""What SCADA measured, as the API shows it: with its quality, on the card and in a list."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from gridtwin.model.feed_changes import FeedBatch, FeedChanges, RowChange
from gridtwin.model.feed_tables import FEED_TABLES

if TYPE_CHECKING:
    import httpx

    from gridtwin.twin import Twin

TABLE = FEED_TABLES["measurements"]


def test_values_are_shown_with_their_quality(twin: Twin, client: httpx.Client) -> None:
    at = (datetime.now(UTC) - timedelta(minutes=5)).isoformat(timespec="microseconds")
    rows = [
        ("BKR1", "switch_status", "", None, "all", "suspect", at, None, "P1"),
        ("BKR1", "current_a", "A", 212.5, None, "good", at, 60.0, "P2"),
        ("TIE", "switch_status", "", None, "", "good", at, 3600.0, "P3"),
    ]
    changes = [RowChange(f'["{row[-1]}"]', "1", row) for row in rows]
    twin.store.feeds.apply_batch(FeedBatch([FeedChanges("scada", TABLE, changes)]), {})

    said = client.get("/api/measurements").json()
    assert said["total"] == 3
    assert [(each["element"], each["shown"], each["quality"]) for each in said["measurements"]] == [
        ("BKR1", "212.5 A", "stale"), ("BKR1", "open", "suspect"), ("TIE", "closed", "good"),
    ]  # fmt: skip
    said = client.get("/api/measurements", params={"untrusted": True, "limit": 1}).json()
    assert (said["total"], len(said["measurements"])) == (2, 1)
    assert client.get("/api/measurements", params={"mrid": "TIE"}).json()["total"] == 1
    assert client.get("/api/measurements", params={"limit": 0}).status_code == 422

    card = client.get("/api/elements/BKR1").json()
    assert card["open"] == ""  # what is suspect moves nothing
    assert card["attributes"]["scada.switch_status"].startswith("open (suspect, ")
    assert card["attributes"]["scada.current_a.A"].startswith("212.5 A (stale, ")
