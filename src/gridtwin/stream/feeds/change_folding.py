"""Fold changes that came together to the last of each row, so that each row is written once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from gridtwin.model.feed_changes import FeedChanges, RowChange, Truncation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gridtwin.model.feed_tables import FeedRow
    from gridtwin.stream.feeds.feed_map import Feed


class Folded(NamedTuple):
    """What is to be written, how many changes were older than others, and who lost their key."""

    changes: list[FeedChanges]
    late: int
    displaced: list[tuple[str, str]]  # key in the source, and the key here that another row has


def fold_changes(feed: Feed, changes: Iterable[RowChange | Truncation]) -> Folded:
    """
    Return the last change of each row, between truncations.

    A change of the position of another is the same change told again, or a later one of a source
    that counts coarsely: what came last counts.
    """
    folded = Folded([], 0, [])
    late = 0
    latest: dict[str, RowChange] = {}
    for change in changes:
        if isinstance(change, Truncation):
            _finish_run(feed, latest, folded)
            folded.changes.append(FeedChanges(feed.name, feed.table, change))
            latest = {}
            continue
        before = latest.get(change.key)
        if before is not None and change.position < before.position:
            late += 1
        else:
            latest[change.key] = _merge_unchanged(feed, before, change)
    _finish_run(feed, latest, folded)
    return folded._replace(late=late)


def _merge_unchanged(feed: Feed, before: RowChange | None, change: RowChange) -> RowChange:
    """Return a change with what it left out, where the change before it says that."""
    if before is None or before.row is None or change.row is None or not change.unchanged:
        return change
    names = feed.table.names
    row = tuple(
        old if name in change.unchanged else new
        for name, old, new in zip(names, before.row, change.row, strict=True)
    )
    left = tuple(name for name in change.unchanged if name in before.unchanged)
    return change._replace(row=row, unchanged=left)


def _finish_run(feed: Feed, latest: dict[str, RowChange], folded: Folded) -> None:
    """Append what a run came to; of rows that claim one key here the latest has it."""
    owners: dict[FeedRow, RowChange] = {}
    for change in sorted(_list_rows(latest), key=lambda each: each.position):
        row = change.row or ()
        held = owners.get(row[: feed.table.key_size])
        if held is not None:
            folded.displaced.append((held.key, repr(row[: feed.table.key_size])))
            del latest[held.key]
        owners[row[: feed.table.key_size]] = change
    if latest:
        folded.changes.append(FeedChanges(feed.name, feed.table, list(latest.values())))


def _list_rows(latest: dict[str, RowChange]) -> Iterator[RowChange]:
    return (change for change in latest.values() if change.row is not None)
