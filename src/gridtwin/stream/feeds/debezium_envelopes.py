"""
Read envelopes of Debezium: JSON, with their schema beside them or without.

Only the row *after* a change is read. What stands in ``before`` is invented where the source does
not keep it, so of a deletion only the key counts. Which columns the key has is said by the key of
the message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from gridtwin.stream.feeds.source_change import SourceChange
from gridtwin.stream.feeds.source_positions import encode_position
from gridtwin.stream.message_checks import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridtwin.stream.feeds.feed_map import Feed
    from gridtwin.stream.feeds.source_change import ChangeKind, FeedMessage

# By connector: what orders its changes; of several names of one place the first that has a value.
CONNECTOR_ORDERS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "postgresql": (("lsn",),),
    "oracle": (("commit_scn", "scn"), ("scn",)),
    "sqlserver": (("commit_lsn",), ("change_lsn", "commit_lsn")),
    "mysql": (("file",), ("pos",), ("row",)),
    "mariadb": (("file",), ("pos",), ("row",)),
}
ROW_OPERATIONS: Mapping[str, ChangeKind] = {
    "c": "upsert",
    "r": "upsert",
    "u": "upsert",
    "d": "delete",
    "t": "truncate",
}
PASSED_OPERATIONS = frozenset("m")  # messages of the source's own


def read_json(text: bytes) -> Any:
    """Return what a JSON text says, or the reason why it says nothing."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        return Reason(f"no JSON: {' '.join(str(error).split())[:200]}")


def unwrap_schema(said: Any) -> Any:
    """Return what stands beside a schema, where there is one."""
    if isinstance(said, dict) and said.keys() == {"schema", "payload"}:
        return said["payload"]
    return said


def read_key(message: FeedMessage, feed: Feed, row: Mapping[str, Any]) -> dict[str, Any] | Reason:
    """Return the columns that name a row: those a map names, or those of the message's key."""
    said = unwrap_schema(read_json(message.key)) if message.key is not None else None
    if isinstance(said, Reason):
        return Reason(f"its key is {said}")
    given: Mapping[str, Any] = said if isinstance(said, dict) else {}
    names = feed.key or tuple(sorted(given))
    if not names:
        return Reason("it has no key: let the connector write one, or name its columns with key")
    named = {name: given.get(name, row.get(name)) for name in names}
    missing = [name for name, value in named.items() if value is None]
    if missing:
        return Reason(f"its key has no {', '.join(missing)}")
    return named


def read_envelope(message: FeedMessage, feed: Feed) -> SourceChange | Reason | None:
    """Return the change that an envelope tells of, the reason why it tells of none; None = pass."""
    if message.value is None:
        return None  # a tombstone: the deletion itself came before it
    said = unwrap_schema(read_json(message.value))
    if isinstance(said, Reason):
        return said
    if not isinstance(said, dict) or "op" not in said or not isinstance(said.get("source"), dict):
        return Reason("no envelope of Debezium: it has no op and source; is its format flat?")
    if str(said["op"]) in PASSED_OPERATIONS:
        return None
    position = _read_position(said, message, feed)
    if isinstance(position, Reason):
        return position
    return _read_row_change(said, position, message, feed)


def _read_row_change(
    said: Mapping[str, Any], position: str, message: FeedMessage, feed: Feed
) -> SourceChange | Reason:
    kind = ROW_OPERATIONS.get(str(said["op"]))
    if kind is None:
        return Reason(f"operation {said['op']!r} is none of c, r, u, d and t")
    if kind == "truncate":
        return SourceChange(kind, {}, {}, position)
    row = said.get("after" if kind == "upsert" else "before")
    if not isinstance(row, dict):
        if kind == "upsert":
            return Reason(f"operation {said['op']!r} comes without the row after it")
        row = {}
    key = read_key(message, feed, row)
    if isinstance(key, Reason):
        return key
    return SourceChange(kind, key, row if kind == "upsert" else {}, position)


def _read_position(said: Mapping[str, Any], message: FeedMessage, feed: Feed) -> str | Reason:
    if feed.order:
        return encode_position(
            feed.order, [feed.find_order(name, said, message) for name in feed.order]
        )
    source = said["source"]
    connector = str(source.get("connector", ""))
    places = CONNECTOR_ORDERS.get(connector)
    if places is None:
        return Reason(
            f"nothing is known of the order of {connector or 'its connector'}: name order"
        )
    values = [
        next((source[name] for name in names if source.get(name) is not None), None)
        for names in places
    ]
    return encode_position([f"source.{names[0]}" for names in places], values)
