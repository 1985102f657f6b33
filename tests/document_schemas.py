"""Hold JSON documents to the schemas that are published of them."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from gridtwin.results.documents.document_tags import DocumentTag

SCHEMAS = Path(__file__).parents[1] / "docs/schemas"


def schema_of(tag: DocumentTag) -> dict[str, Any]:
    """Return the published JSON Schema of a document."""
    schema: dict[str, Any] = json.loads(
        (SCHEMAS / f"{tag.file_stem}.schema.json").read_text("utf-8")
    )
    return schema


@cache
def _make_validator(tag: DocumentTag) -> Draft202012Validator:
    return Draft202012Validator(schema_of(tag))


def hold_to_schema(document: dict[str, Any], tag: DocumentTag | None = None) -> None:
    """Check that a document fits the schema it names, and that the schema lets nothing be added."""
    named = DocumentTag(document.get("schema", tag))
    assert named is (tag or named)
    validator = _make_validator(named)
    validator.validate(document)
    assert not validator.is_valid(document | {"added": 1})
