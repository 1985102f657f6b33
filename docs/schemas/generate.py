"""
Write the JSON Schema of every document and of mappings, and the list of the documents.

`python docs/schemas/generate.py` writes the schemas beside itself and the list above them; with
``--check`` it writes nothing, shows what differs, and ends with 1 if anything does.
"""

from __future__ import annotations

import difflib
import inspect
import json
import sys
from pathlib import Path
from types import UnionType
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema
from typing_extensions import TypedDict

from gridtwin.results.documents.document_catalog import SHAPES
from gridtwin.sources.mapping.mapping_schema import write_mapping_schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic_core import core_schema

    from gridtwin.results.documents.document_tags import DocumentTag

DOCS = Path(__file__).parents[1]
SCHEMAS = "schemas/{}.schema.json"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
PREFACE = """\
# The documents

What `--json` prints is one document, named by its `schema`. The JSON Schema of each says its
fields, with meaning and unit; no document has others. Times are in ISO 8601, and what is no number
is null. `make schemas` generates the schemas and this page from the shapes in
`src/gridtwin/results/documents`.

| document | what it says | from |
| --- | --- | --- |
"""


class DocumentSchema(GenerateJsonSchema):
    """JSON Schema as a person writes it: no titles that repeat names, null beside a type."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        """Return that no field has a title."""
        return False

    def nullable_schema(self, schema: core_schema.NullableSchema) -> dict[str, Any]:
        """Return a type that may be null as a list of two types, where it is a plain one."""
        inner = self.generate_inner(schema["schema"])
        if isinstance(inner.get("type"), str) and not {"enum", "const"} & set(inner):
            return inner | {"type": [inner["type"], "null"]}
        return super().nullable_schema(schema)

    def typed_dict_schema(self, schema: core_schema.TypedDictSchema) -> dict[str, Any]:
        """Return the schema of an object, its inherited fields described as its own."""
        made = super().typed_dict_schema(schema)
        made.pop("title", None)
        for base in schema["cls"].__orig_bases__:
            if base is not TypedDict:
                inherited = TypeAdapter(base).json_schema(schema_generator=type(self))
                for name, field in inherited.get("properties", {}).items():
                    if "description" in field:
                        made["properties"][name]["description"] = field["description"]
        return made

    def sort(self, value: Any, parent_key: str | None = None) -> Any:  # noqa: ARG002
        """Leave keywords in the order in which they were made."""
        return value


def generate() -> dict[str, str]:
    """Return the text of every file that is generated, by its path in the documentation."""
    files = {SCHEMAS.format(tag.file_stem): _schema(tag, shape) for tag, shape in SHAPES.items()}
    rows = [
        f"| [`{tag}`]({SCHEMAS.format(tag.file_stem)}) | {_said(shape)[0]} | {_said(shape)[1]} |\n"
        for tag, shape in SHAPES.items()
    ]
    files[SCHEMAS.format("mapping")] = write_mapping_schema()
    return files | {"documents.md": PREFACE + "".join(rows)}


def _schema(tag: DocumentTag, shape: Any) -> str:
    made = TypeAdapter(shape).json_schema(schema_generator=DocumentSchema)
    title, description = _said(shape)
    head = {"$schema": DIALECT, "$id": tag.file_stem, "title": title, "description": description}
    tail = {"$defs": made.pop("$defs")} if "$defs" in made else {}
    return json.dumps({**head, **(made | head), **tail}, indent=2, ensure_ascii=False) + "\n"


def _said(shape: Any) -> tuple[str, str]:
    """Return the title of a document, and what writes it; of several shapes that of their base."""
    one = shape.__args__[0].__orig_bases__[0] if isinstance(shape, UnionType) else shape
    title, description = inspect.cleandoc(one.__doc__).split("\n\n")
    return title.removesuffix("."), " ".join(description.split())


def differ(files: dict[str, str]) -> Iterator[str]:
    """Yield how the files that are there differ from what is generated, as lines of a diff."""
    for name in sorted(_written() | set(files)):
        path = DOCS / name
        old = path.read_text(encoding="utf-8") if path.exists() else ""
        before, after = (text.splitlines(keepends=True) for text in (old, files.get(name, "")))
        yield from difflib.unified_diff(before, after, f"a/{name}", f"b/{name}")


def _written() -> set[str]:
    return {path.relative_to(DOCS).as_posix() for path in DOCS.glob(SCHEMAS.format("*"))}


def main(words: list[str]) -> int:
    """Write the files, or with ``--check`` show what differs."""
    files = generate()
    if words == ["--check"]:
        lines = list(differ(files))
        sys.stdout.writelines(lines)
        return int(bool(lines))
    for stale in _written() - set(files):
        (DOCS / stale).unlink()
    for name, text in files.items():
        (DOCS / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
