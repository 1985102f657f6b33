"""Write the JSON Schema of each table that feeds land in; ``python -m ... FOLDER`` writes all."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridtwin.model.feed_tables import FEED_TABLES
from gridtwin.stream.contracts import CONTRACT_VERSION, TOPICS

if TYPE_CHECKING:
    from gridtwin.model.feed_tables import FeedColumn, FeedTable

JSON_TYPES = {"text": "string", "time": "string", "number": "number", "whole": "integer"}
PLAIN_TEXT = "^[^\\u0000-\\u0008\\u000b-\\u001f\\u007f]*$"  # line ends and tabs are text
MOMENT_PATTERN = (
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}"
    "(\\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})$"
)
QUARTER_PATTERN = (
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:(00|15|30|45):00"
    "(\\.0{1,6})?(Z|[+-][0-9]{2}:(00|15|30|45))$"
)


def write_feed_schema(table: FeedTable) -> str:
    """Return the JSON Schema of the rows of a table, as text."""
    made: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{table.name}-{CONTRACT_VERSION}",
        "title": table.title,
        "description": f"Key: {', '.join(table.key)}",
        "type": "object",
        "properties": {each.name: _describe_column(table, each) for each in table.columns},
        "required": [each.name for each in table.columns if each.required],
    }
    if table.needs:
        made["allOf"] = [
            {"if": {"properties": {"kind": {"enum": list(kinds)}}}, "then": {"required": [name]}}
            for kinds, name in table.needs
        ]
    return json.dumps(made, indent=2, ensure_ascii=False) + "\n"


def _describe_column(table: FeedTable, column: FeedColumn) -> dict[str, Any]:
    plain = JSON_TYPES[column.kind]
    made: dict[str, Any] = {"type": plain if column.required else [plain, "null"]}
    if column.kind == "text":
        made |= _describe_text(column, is_key=column.name in table.key)
    elif column.kind == "time":
        made |= {
            "format": "date-time",
            "pattern": QUARTER_PATTERN if column.is_quarter else MOMENT_PATTERN,
        }
    else:
        limits = {"minimum": column.least, "maximum": column.most}
        made |= {name: limit for name, limit in limits.items() if limit is not None}
    personal = "; personal" if column.is_personal else ""
    return made | {"description": f"{column.meaning}{personal}"}


def _describe_text(column: FeedColumn, *, is_key: bool) -> dict[str, Any]:
    if column.choices:
        return {"enum": list(column.choices)}
    least = {"minLength": 1} if is_key and column.required else {}
    return {**least, "maxLength": column.longest, "pattern": column.pattern or PLAIN_TEXT}


def main(folder: Path) -> None:
    """Write the schemas into a folder."""
    for table in FEED_TABLES.values():
        if table.name in TOPICS:
            continue  # its messages had a contract before feeds landed there
        path = folder / f"{table.name}-{CONTRACT_VERSION}.schema.json"
        path.write_text(write_feed_schema(table), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
