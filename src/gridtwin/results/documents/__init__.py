"""
Say the shape of every JSON document once: what `document()` returns is held to it by mypy.

`document_tags` names the documents, the other modules give each its fields, with meaning and unit;
`document_catalog` brings both together. The JSON Schemas in `docs/schemas` are generated from it
(`make schemas`).

Producers import shapes to annotate only, and tags to write them: nothing here imports pydantic.
"""
