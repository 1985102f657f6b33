"""Turn rows of a source into rows of the table they land in, and hold these to its contract."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

import orjson

from gridtwin.model.feed_tables import EARLIEST_VALIDITY
from gridtwin.model.moments import LATEST_S
from gridtwin.stream.contracts import CLOCK_AHEAD_S, Window, read_contract
from gridtwin.stream.feeds.field_values import UNAVAILABLE, make_value
from gridtwin.stream.message_checks import Parsed, Reason, check_messages

if TYPE_CHECKING:
    from collections.abc import KeysView, Mapping, Sequence

    from gridtwin.model.feed_tables import FeedRow, FeedValue
    from gridtwin.stream.feeds.feed_map import Feed
    from gridtwin.stream.feeds.source_change import SourceChange

LOG = logging.getLogger("gridtwin.feeds")
EARLIEST_ROW_S = -2_208_988_800.0  # the year 1900: an asset is older than its meter
MEASURED_COLUMN = "at"
LARGEST_OWN = 64 * 1024  # bytes of columns that are kept though the table does not know them


class RowMapping:
    """
    What a feed makes of rows.

    Parameters
    ----------
    feed
        The feed.
    """

    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        self._contract = read_contract(feed.table.name)
        self._told: set[str] = set()  # columns that nobody named, said once

    def map_rows(
        self, changes: Sequence[SourceChange]
    ) -> list[tuple[FeedRow, str | None, tuple[str, ...]] | Reason]:
        """Return what becomes of the row of each change, with what else is kept; or why not."""
        mapped: list[Any] = [self._map_row(each) for each in changes]
        good = [at for at, each in enumerate(mapped) if not isinstance(each, Reason)]
        checked = check_messages(
            Parsed([mapped[at][0] for at in good], good, []), self._contract, self._build_window()
        )
        for at, reason in checked.rejected:
            mapped[at] = Reason(reason)
        return [
            each if isinstance(each, Reason) else (self._lay_out(each[0]), *each[1:])
            for each in mapped
        ]

    def _build_window(self) -> Window:
        """Return the times that rows may speak of: what was measured was not measured ahead."""
        if MEASURED_COLUMN in self.feed.table.names:
            return Window(EARLIEST_ROW_S, time.time() + CLOCK_AHEAD_S)
        return Window(EARLIEST_ROW_S, LATEST_S)

    def _map_row(
        self, change: SourceChange
    ) -> tuple[dict[str, FeedValue], str | None, tuple[str, ...]] | Reason:
        feed, row = self.feed, change.row
        values: dict[str, FeedValue] = dict(feed.fixed)
        unchanged = []
        for each in feed.fields:
            if UNAVAILABLE in {row.get(name) for name in each.fields if _is_plain(row.get(name))}:
                if each.column.required:
                    return Reason(f"{each.column.name} did not come: set REPLICA IDENTITY FULL")
                unchanged.append(each.column.name)
                continue
            value = make_value(each, feed, row)
            if isinstance(value, Reason):
                return value
            values[each.column.name] = value
        if "valid_from" in feed.table.names and values.get("valid_from") is None:
            values["valid_from"] = EARLIEST_VALIDITY
        own = self._collect_own(row, change.key.keys())
        return own if isinstance(own, Reason) else (values, own, tuple(unchanged))

    def _collect_own(self, row: Mapping[str, Any], key: KeysView[str]) -> str | Reason | None:
        """Return the columns that no one named as the map wants them kept."""
        unknown = row.keys() - self.feed.known - key
        if not unknown:
            return None
        names = sorted(unknown)
        for name in names:
            if name not in self._told and len(self._told) < LARGEST_OWN:
                self._told.add(name)
                LOG.warning(
                    "feed %s: column %s of the source is named nowhere in the map: %s",
                    self.feed.name, name, {"ignore": "it is passed over", "keep": "it is kept",
                                           "refuse": "its rows are refused"}[self.feed.unknown],
                )  # fmt: skip
        if self.feed.unknown == "refuse":
            return Reason(f"columns that the map does not name: {', '.join(names)[:200]}")
        if self.feed.unknown == "ignore":
            return None
        text = orjson.dumps({name: row[name] for name in names}).decode()
        if "\\u0000" in text:
            return Reason("a column that is kept holds a character that no text may hold")
        if len(text) > LARGEST_OWN:
            return Reason(f"columns that are kept are larger than {LARGEST_OWN:,} bytes")
        return text

    def _lay_out(self, values: Mapping[str, FeedValue]) -> FeedRow:
        return tuple(
            "" if (value := values.get(column.name)) is None and column.kind == "text"
            and not column.is_nullable_text else value
            for column in self.feed.table.columns
        )  # fmt: skip


def _is_plain(value: Any) -> bool:
    return isinstance(value, str)
