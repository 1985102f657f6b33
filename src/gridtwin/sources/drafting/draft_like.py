"""Hold a mapping that comes with gridtwin against a source, and say block by block what misfits."""

from __future__ import annotations

import difflib
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from gridtwin.errors import SourceError
from gridtwin.sources.drafting.draft_text import write_comment
from gridtwin.sources.mapping.mapping_domains import TAGS_COLUMN
from gridtwin.sources.mapping.mapping_file import (
    list_shipped_mappings,
    parse_mapping,
    read_mapping_text,
)
from gridtwin.sources.mapping.mapping_rows import RowReader
from gridtwin.sources.mapping.mapping_sql import ExpressionRunner

if TYPE_CHECKING:
    from gridtwin.sources.mapping.mapping_file import LayerBlock, UtilityMapping
    from gridtwin.sources.mapping.mapping_layers import MappedSource
    from gridtwin.sources.mapping.mapping_values import ColumnValue

TAGGED_MAPPING = "osm-power"  # with which sources of OpenStreetMap begin
WILDCARDS = frozenset("*?[")


class LikeReport(NamedTuple):
    """A mapping to begin with, and what of it does not fit a source."""

    name: str
    misfits: list[str]
    text: str  # the mapping, with what does not fit as its first comment


def compare_like(source: MappedSource, name: str) -> LikeReport:
    """
    Return a mapping that comes with gridtwin, and which layers, columns and codes it misses.

    Parameters
    ----------
    source
        The source.
    name
        The mapping; a file of one's own is held against the source as well.

    Raises
    ------
    SourceError
        If there is no such mapping.
    """
    text = read_mapping_text(name)
    plan = parse_mapping(text.text, text.name)
    misfits: list[str] = []
    runner = ExpressionRunner(plan.name, plan.phases)
    try:
        for block in (*plan.layers, *plan.associations, *plan.heads):
            misfits += _list_misfits(source, plan, block, runner)
    finally:
        runner.close()
    told = [f"Does not fit: {misfit}" for misfit in misfits] or ["All of it fits the source."]
    head = [f"Begun from {name}, held against {source.path.name}.", *told]
    comment = "\n".join(line for said in head for line in write_comment(said))
    return LikeReport(name, misfits, f"{comment}\n\n{text.text}")


def find_alike(source: MappedSource) -> list[str]:
    """Return the mappings that come with gridtwin all of whose named layers a source has."""
    alike = []
    for name in list_shipped_mappings():
        text = read_mapping_text(name)
        plan = parse_mapping(text.text, text.name)
        wanted = [
            pattern
            for block in (*plan.layers, *plan.heads)
            if not block.optional
            for pattern in block.patterns
        ]
        if all(source.match_layers([pattern])[pattern] for pattern in wanted):
            alike.append(name)
    return alike


def is_tagged(source: MappedSource) -> bool:
    """Return whether a source is of OpenStreetMap, whose rows are told apart by their tags."""
    return any(TAGS_COLUMN in source.list_fields(layer) for layer in source.layers)


def _list_misfits(
    source: MappedSource, plan: UtilityMapping, block: LayerBlock, runner: ExpressionRunner
) -> list[str]:
    """Return what of one block does not fit: its layers, or else its keys one by one."""
    missing = [
        pattern for pattern, found in source.match_layers(block.patterns).items() if not found
    ]
    if missing and not block.optional:
        return [f"{block.label}: no layer {_suggest_layer(source, each)}" for each in missing]
    error = _try_block(source, plan, block, runner)
    if error is None:
        return []
    errors = [
        each
        for key, value in block.columns.items()
        if (each := _try_block(source, plan, _keep_only(block, {key: value}), runner))
    ]
    return list(dict.fromkeys(errors)) or [error]


def _keep_only(block: LayerBlock, columns: dict[str, ColumnValue]) -> LayerBlock:
    """Return a block with some of its columns, and nothing kept beside them."""
    return replace(block, columns=columns, keep=())


def _try_block(
    source: MappedSource, plan: UtilityMapping, block: LayerBlock, runner: ExpressionRunner
) -> str | None:
    """Return why a block cannot be read, or what codes it does not list; None if it fits."""
    reader = RowReader(source, plan, runner)
    try:
        reader.read_block(block)
    except SourceError as error:
        return str(error).removeprefix(f"{plan.name}: ")
    told = [notice for notice in reader.told.notices if notice.rule == "unmapped_code"]
    return told[0].evidence.removeprefix(f"{plan.name}: ") if told else None


def _suggest_layer(source: MappedSource, pattern: str) -> str:
    bare = "".join(each for each in pattern.casefold() if each not in WILDCARDS)
    by_fold = {layer.casefold(): layer for layer in source.layers}
    close = [by_fold[name] for name in difflib.get_close_matches(bare, by_fold, n=2)]
    return f"{pattern}; close to it: {', '.join(close)}" if close else pattern
