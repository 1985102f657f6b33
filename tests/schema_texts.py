"""Write what other files say of the columns, from the schema; a test holds them against it."""

from __future__ import annotations

import inspect
import textwrap
from pathlib import Path

from gridtwin.model.schema import SCHEMA, UNITS, FrameColumn

ROOT = Path(__file__).parents[1]
PAGE, COMMENTS = ROOT / "docs/data-model.md", ROOT / "sql/postgis/comments.sql"
BEGIN, END = "<!-- columns, as python tests/schema_texts.py writes them -->", "<!-- columns end -->"
SHAPES = {"point": "Point", "line": "LineString"}
OWN_SAYS = (
    "what is known of the columns that are not of the model, by their names in own_columns; null ="
    " nothing"
)
ORIGIN_SAYS = {
    "source_layer": "layer, table or file of the source it is made of; null = no row of the source",
    "source_key": "what names its row there; null = its mrid does, alone or behind source_layer:",
    "load_number": "load that added it or last changed it; null = not known",
}
PROJECTED = "the same in EPSG:3857, for tiles; null outside of the web Mercator square"
RECORD = """INSERT INTO gridtwin.definitions (file) VALUES ('comments.sql')
ON CONFLICT (file) DO UPDATE SET checksum = NULL, applied_at = now();

COMMIT;
"""
HOLDS = {
    "id": "text",
    "label": "text; false means none",
    "count": "whole number",
    "flag": "true or false",
    "phases": "letters of phases",
    "open phases": "letters of phases, or true for all",
    **SHAPES,
}


def main() -> None:
    """Bring the files up to date."""
    PAGE.write_text(page())
    COMMENTS.write_text(comments())


def page() -> str:
    """Return the page on the model with the columns of the schema."""
    text = PAGE.read_text()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{tables()}\n{END}{after}"


def tables() -> str:
    """Return the columns of every frame in Markdown."""
    lines: list[str] = []
    for name, frame in SCHEMA.items():
        lines += [f"**`{name}`**: {_lower(inspect.getdoc(frame.table) or '')}", ""]
        lines += ["| column | holds | says | if left out |", "| --- | --- | --- | --- |"]
        lines += [
            f"| `{each.name}` | {_holds(each)} | {each.meaning} | {_left_out(each)} |"
            for each in frame.columns
        ]
        lines.append("")
    return "\n".join(lines)


def _holds(column: FrameColumn) -> str:
    match column.kind:
        case "number":
            return f"number in {UNITS[column.unit]}"
        case "word":
            *first, last = filter(None, column.words)
            return f"{', '.join(first)} or {last}"
        case "row":
            return f"`mrid` of `{column.refers}`"
    return HOLDS.get(column.kind, column.kind)


def _left_out(column: FrameColumn) -> str:
    if column.required:
        return "refused"
    if column.usual is not None:
        return f"what is usual for its {column.usual[0]}"
    if column.at:
        return f"where its {column.at} lies"
    return column.nothing or str(column.default).lower()


def _lower(text: str) -> str:
    sentence = text.rstrip(".")
    return sentence[0].lower() + sentence[1:]


def comments() -> str:
    """Return the statements that comment on the tables of the frames and their columns."""
    lines = [
        "-- What the tables and columns of the six frames mean.",
        "-- python tests/schema_texts.py writes this file from the schema of the model.",
        "",
        "BEGIN;",
    ]
    for name, frame in SCHEMA.items():
        table = f"gridtwin.{name}"
        lines += ["", *_comment(f"TABLE {table}", (inspect.getdoc(frame.table) or "").rstrip("."))]
        place = "place in the engine's arrays, from 0; how other rows refer to this one"
        lines += _comment(f"COLUMN {table}.row", place)
        for column in frame.columns:
            lines += _comment(f"COLUMN {table}.{column.name}", _says(column))
            if column.kind in SHAPES:
                lines += _comment(f"COLUMN {table}.{column.name}_3857", PROJECTED)
        lines += _comment(f"COLUMN {table}.own", OWN_SAYS)
        for origin, says in ORIGIN_SAYS.items():
            lines += _comment(f"COLUMN {table}.{origin}", says)
    return "\n".join([*lines, "", RECORD])


def _says(column: FrameColumn) -> str:
    """Return what a column of the database says, with what its values stand for."""
    says, nothing = column.meaning, column.nothing
    match column.kind:
        case "number":
            return f"{says} in {UNITS[column.unit]}; null = {nothing}"
        case "row":
            says = f"row of the {says}"
            return f"{says}; null = {nothing}" if nothing else says
        case "phases" | "open phases":
            return f"{says}, as bits (A 1, B 2, C 4, N 8, s1 16, s2 32); 0 = {nothing}"
        case "word":
            says += f": {_holds(column)}"
        case "point" | "line":
            says += ", in EPSG:4326, or planar where network.crs is null"
            return f"{says}; null = {nothing}" if nothing else says
    return f"{says}; empty = {nothing}" if nothing else says


def _comment(of: str, text: str) -> list[str]:
    quoted = (text[0].upper() + text[1:]).replace("'", "''")
    line = f"COMMENT ON {of} IS '{quoted}';"
    if len(line) <= 100:
        return [line]
    *first, last = textwrap.wrap(quoted, 92, drop_whitespace=False)
    return [f"COMMENT ON {of} IS", *(f"    '{part}'" for part in first), f"    '{last}';"]


if __name__ == "__main__":
    main()
