"""Write the JSON Schema of a mapping file, from the tables of keys by which it is read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gridtwin.model.schema import SCHEMA
from gridtwin.sources.mapping.mapping_keys import (
    ACCEPT_KEYS,
    CHECK_KEYS,
    CONNECT_KEYS,
    END_ORDER,
    END_WORDS,
    ID_KEYS,
    JOIN_KEYS,
    LAYER_KEYS,
    MAPPING_TARGETS,
    PHASE_DECODERS,
    POSITION_COLUMNS,
    ROW_KEYS,
    SIDE_WORDS,
    SOURCE_KEYS,
    TOP_KEYS,
    list_block_columns,
    list_units,
)
from gridtwin.sources.mapping.mapping_values import SWITCH_PHASES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MAPPING_SCHEMA_ID = "gridtwin.mapping"
TEXT = {"type": "string", "minLength": 1}
FLAG = {"type": "boolean"}
TEXTS = {"anyOf": [TEXT, {"type": "array", "items": TEXT, "minItems": 1}]}
CODE = {"type": ["string", "number", "boolean"]}
CODES = {"anyOf": [CODE, {"type": "array", "items": CODE}]}
SQL = {"type": ["string", "number", "boolean"]}


def write_mapping_schema() -> str:
    """Return the JSON Schema of a mapping file as text."""
    return json.dumps(make_mapping_schema(), indent=2, ensure_ascii=False) + "\n"


def make_mapping_schema() -> dict[str, Any]:
    """Return the JSON Schema of a mapping file."""
    properties = {
        "source": _close(_describe(SOURCE_KEYS, {"crs": TEXT})),
        "ids": _close(_describe(ID_KEYS, {"key": {"anyOf": [TEXT, _map_of(TEXT)]}})),
        "units": _close({name: {"enum": list(units)} for name, units in list_units().items()}),
        "phases": _map_of(_make_decoder()),
        "layer": {"type": "array", "minItems": 1, "items": _make_layer()},
        "connect": _close(
            _describe(
                CONNECT_KEYS,
                {
                    "tolerance_m": {"type": "number", "minimum": 0},
                    "rejoin_open": FLAG,
                    "order": {"type": "array", "items": {"enum": list(END_ORDER)}},
                },
            )
        ),
        "associations": {"type": "array", "items": _make_block("associations")},
        "heads": {"type": "array", "items": _make_block("heads")},
        "checks": _close(
            _describe(CHECK_KEYS, {key: {"anyOf": [TEXT, _map_of(TEXT)]} for key in CHECK_KEYS})
        ),
        "accept": {
            "type": "array",
            "items": _close(
                _describe(ACCEPT_KEYS, dict.fromkeys(ACCEPT_KEYS, TEXT)), required=ACCEPT_KEYS
            ),
        },
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": MAPPING_SCHEMA_ID,
        "title": "What the layers of a utility's own GIS mean",
        **_close(_describe(TOP_KEYS, properties), required=("layer",)),
        "$defs": {
            "codes": _make_codes(),
            "positions": _make_positions(),
            **{to: _make_columns(to) for to in (*MAPPING_TARGETS, "associations", "heads")},
        },
    }


def _describe(
    meanings: Mapping[str, str], shapes: Mapping[str, dict[str, Any]]
) -> dict[str, dict[str, Any]]:
    """Return the shapes of keys with what each says; every key has a shape."""
    return {key: {"description": meaning, **shapes[key]} for key, meaning in meanings.items()}


def _close(properties: Mapping[str, Any], required: Iterable[str] = ()) -> dict[str, Any]:
    """Return a table that has no other keys."""
    needs = {"required": list(required)} if required else {}
    return {
        "type": "object",
        "properties": dict(properties),
        **needs,
        "additionalProperties": False,
    }


def _map_of(shape: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": shape}


def _make_decoder() -> dict[str, Any]:
    numbers = {"bits": {"type": "integer"}}
    kinds = {kind: _map_of(numbers.get(kind, {"type": "string"})) for kind in PHASE_DECODERS}
    return {**_close(kinds), "minProperties": 1, "maxProperties": 1}


def _make_codes() -> dict[str, Any]:
    return {
        "type": "object",
        "description": "What the codes of a column mean; others are reported, or as else says.",
        "properties": {"column": TEXT, "else": {"type": "string"}},
        "required": ["column"],
        "additionalProperties": {"type": ["string", "number", "boolean"]},
    }


def _make_positions() -> dict[str, Any]:
    words = dict.fromkeys(("open", "closed", "absent"), CODES)
    shape = _close(
        {"column": TEXT, **dict.fromkeys(SWITCH_PHASES, TEXT), **words},
        required=("open", "closed"),
    )
    return {"description": "Which words say that a switch, or a pole of it, stands open.", **shape}


def _make_columns(to: str) -> dict[str, Any]:
    """Return what a block of a target may say in SQL."""
    frame = SCHEMA.get(to)
    properties: dict[str, Any] = {}
    for name, meaning in list_block_columns(to).items():
        column = frame.find_column(name) if frame and name in frame.names else None
        table = "positions" if name in POSITION_COLUMNS else "codes"
        shapes: list[dict[str, Any]] = [SQL, {"$ref": f"#/$defs/{table}"}]
        if column is not None and column.words:
            shapes.insert(0, {"enum": [word for word in column.words if word]})
        properties[name] = {"description": meaning, "anyOf": shapes}
    return {"properties": properties}


def _row_shapes() -> dict[str, dict[str, Any]]:
    join = _close(_describe(JOIN_KEYS, dict.fromkeys(JOIN_KEYS, TEXT)), required=JOIN_KEYS)
    return {
        "from": TEXTS,
        "optional": FLAG,
        "where": TEXT,
        "join": {"type": "array", "items": join},
        "prefer": TEXT,
    }


def _make_block(to: str) -> dict[str, Any]:
    """Return a block of associations or heads."""
    return {
        "type": "object",
        "properties": _describe(ROW_KEYS, _row_shapes()),
        "required": ["from"],
        "$ref": f"#/$defs/{to}",
        "unevaluatedProperties": False,
    }


def _make_layer() -> dict[str, Any]:
    """Return a block of a layer, whose columns are those of the frame it goes to."""
    classes = {"type": "object", "properties": {"a": TEXTS, "b": TEXTS}, "required": ["a", "b"]}
    sides = [{"enum": [word for word in SIDE_WORDS if word != "class"]}, classes]
    own: dict[str, dict[str, Any]] = {
        "to": {"enum": list(MAPPING_TARGETS)},
        "ends": {"enum": list(END_WORDS)},
        "sides": {"anyOf": sides},
        "keep": TEXTS,
        "class": TEXT,
    }
    return {
        "type": "object",
        "properties": _describe(ROW_KEYS, _row_shapes()) | _describe(LAYER_KEYS, own),
        "required": ["from", "to"],
        "allOf": [
            {
                "if": {"properties": {"to": {"const": to}}, "required": ["to"]},
                "then": {"$ref": f"#/$defs/{to}"},
            }
            for to in MAPPING_TARGETS
        ],
        "unevaluatedProperties": False,
    }
