"""
Read rows in flat JSON: what became of them says a column, or a mark of OData.

OData delta files say of an entity what it is now, and of one that is gone its key or its id, in
version 4.0, 4.01 or 2; see `gridtwin.stream.feeds.odata_files` for how a file becomes rows.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from gridtwin.stream.feeds.debezium_envelopes import read_json, read_key, unwrap_schema
from gridtwin.stream.feeds.source_change import SourceChange
from gridtwin.stream.feeds.source_positions import encode_position
from gridtwin.stream.message_checks import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridtwin.stream.feeds.feed_map import Feed
    from gridtwin.stream.feeds.source_change import ChangeKind, FeedMessage

# What the words of common sources mean; a map may say others.
OPERATION_WORDS: Mapping[str, str] = {
    **dict.fromkeys(
        ("", "c", "r", "u", "i", "l", "insert", "update", "create", "upsert"), "upsert"
    ),
    **dict.fromkeys(("d", "x", "delete", "deleted"), "delete"),
    **dict.fromkeys(("t", "truncate"), "truncate"),
    **dict.fromkeys(("b", "before"), "pass"),
}
ENTITY_ID = re.compile(r"[^()]*\((?P<key>.*)\)")
LONGEST_ENTITY_ID = 2_000
KEY_PART = re.compile(r"(?:(?P<name>\w+)=)?(?P<value>'(?:[^']|'')*'|[^,']+)(?:,|$)")


def read_flat_row(message: FeedMessage, feed: Feed) -> SourceChange | Reason | None:
    """Return the change that a row tells of, the reason why it tells of none; None = pass."""
    if message.value is None:
        return _read_tombstone(message, feed)
    row = unwrap_schema(read_json(message.value))
    if isinstance(row, Reason):
        return row
    if not isinstance(row, dict):
        return Reason("it is no JSON object")
    kind = read_operation(row, feed)
    if isinstance(kind, Reason) or kind == "pass":
        return None if kind == "pass" else Reason(kind)
    return build_change(kind, row, message, feed)


def read_operation(row: Mapping[str, Any], feed: Feed) -> str | Reason:
    """Return what became of a row: upsert, delete, truncate or pass."""
    if not feed.operation:
        return "upsert"
    word = feed.find_value(feed.operation, row)
    text = "" if word is None else str(word).lower()
    kind = feed.operations.get(text) or OPERATION_WORDS.get(text)
    return kind or Reason(
        f"{feed.operation} {word!r} is no operation: say in operations what it is"
    )


def build_change(
    kind: str, row: Mapping[str, Any], message: FeedMessage, feed: Feed
) -> SourceChange | Reason:
    """Return a change with its key and position."""
    names = feed.order
    position = encode_position(names, [feed.find_order(name, row, message) for name in names])
    if isinstance(position, Reason):
        return position
    if kind == "truncate":
        return SourceChange("truncate", {}, {}, position)
    key = read_key(message, feed, row)
    if isinstance(key, Reason):
        return key
    spoken: ChangeKind = "delete" if kind == "delete" else "upsert"
    return SourceChange(spoken, key, row if spoken == "upsert" else {}, position)


def _read_tombstone(message: FeedMessage, feed: Feed) -> SourceChange | Reason | None:
    """Take a key without a row as its deletion, where offsets order the changes; else pass it."""
    return build_change("delete", {}, message, feed) if feed.order == ("@offset",) else None


def read_entity(message: FeedMessage, feed: Feed) -> SourceChange | Reason | None:
    """Return the change that an entity of an OData file tells of."""
    entity = read_json(message.value or b"")
    if not isinstance(entity, dict):
        return entity if isinstance(entity, Reason) else Reason("it is no entity: no JSON object")
    marked = any(mark in entity for mark in ("@removed", "@odata.removed"))
    context = str(entity.get("@odata.context", entity.get("@context", "")))
    gone = marked or context.endswith("/$deletedEntity")
    row = {
        name: value for name, value in entity.items() if "@" not in name and name != "__metadata"
    }
    if gone:
        row |= read_entity_id(
            str(entity.get("@id", entity.get("@odata.id", entity.get("id", "")))), feed
        )
        return build_change("delete", row, message, feed)
    kind = read_operation(row, feed)
    if isinstance(kind, Reason):
        return kind
    return None if kind == "pass" else build_change(kind, row, message, feed)


def read_entity_id(text: str, feed: Feed) -> dict[str, str]:
    """Return the columns of the key that an id names, such as ``Crews(Plant='1',Crew='7')``."""
    match = ENTITY_ID.fullmatch(text.rsplit("/", 1)[-1])
    if match is None or len(text) > LONGEST_ENTITY_ID:
        return {}
    key: dict[str, str] = {}
    for part in KEY_PART.finditer(match["key"]):
        name = part["name"] or (feed.key[0] if len(feed.key) == 1 else "")
        value = part["value"]
        key[name] = value[1:-1].replace("''", "'") if value.startswith("'") else value
    return key
