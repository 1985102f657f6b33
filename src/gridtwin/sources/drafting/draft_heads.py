"""Draft where feeders begin and what is associated, by tables that name nodes and devices."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from gridtwin.sources.drafting.draft_text import DraftBlock, write_column
from gridtwin.sources.drafting.draft_words import FEEDER_NAMES, NAME_NAMES, fold_text
from gridtwin.sources.drafting.profile_links import CONTAINED, measure_containment

if TYPE_CHECKING:
    from gridtwin.sources.drafting.draft_context import DraftContext
    from gridtwin.sources.drafting.mapping_profile import (
        ColumnProfile,
        LayerProfile,
    )

STATION_NAMES = r"^sub$|substation|station|subest|umspann|^se_|_se$"
MOST_SOURCES = 0.2  # of the transformers: more of them without a line on one side feed nothing
HEADS_TEMPLATE = (
    "Where feeders begin is not recorded in a way that could be told, so that nothing is supplied"
    ' yet. Add a block: [[heads]] with from = "TABLE", feeder = "ID", and node = "NODE" or'
    ' at = "KEY OF A DEVICE"; or map a layer to = "sources"'
)
CONDUCTING = "1"  # association type of connectivity, as the product documents it


class RecordedFeeder(NamedTuple):
    """A column with the feeder of a row, and the one that it refers to."""

    layer: LayerProfile  # of feeders
    key: str  # its column
    column: str  # in the layers that record it
    layers: int


def find_recorded_feeder(context: DraftContext) -> RecordedFeeder | None:
    """Return the table of feeders and the column by which other layers refer to it."""
    best: tuple[tuple[bool, ...], int, RecordedFeeder] | None = None
    asking = context.list_role("customer", "line", "service", "device", "switch", "transformer")
    for layer in context.list_role("feeder"):
        own = context.keys.get(layer.name)
        for key in layer.columns:
            if not key.names_things or key.is_fid or not key.is_unique:
                continue
            for name in dict.fromkeys(each.name for other in asking for each in other.columns):
                if not re.search(FEEDER_NAMES, fold_text(name)):
                    continue
                count = sum(_records(other.find_column(name), key) for other in asking)
                if not count:
                    continue
                recorded = RecordedFeeder(layer, key.name, name, count)
                same = (key.name == name, own is not None and own.column == key.name)
                if best is None or (count, same) > (best[1], best[0]):
                    best = (same, count, recorded)
    return best[2] if best else None


def _records(column: ColumnProfile | None, key: ColumnProfile) -> bool:
    return (
        column is not None
        and column.names_things
        and not column.is_unique
        and measure_containment(column.values, key.values) >= CONTAINED
    )


def draft_heads(
    context: DraftContext, recorded: RecordedFeeder | None, stations: dict[str, str]
) -> list[DraftBlock]:
    """
    Return the blocks of heads, and of what they refer to.

    Parameters
    ----------
    context
        What is known of the source.
    recorded
        The table of feeders that other layers refer to.
    stations
        Takes, by layer, the column by which heads call a substation, where it is not its key.
    """
    blocks: list[DraftBlock] = []
    layers = context.list_role("feeder") if recorded is None else [recorded.layer]
    for layer in layers:
        if not layer.rows:
            continue
        if recorded is not None:
            feeder = recorded.key
        else:
            key = context.keys.get(layer.name)
            feeder = key.column if key else ""
        if feeder:
            blocks += _draft_head(layer, feeder, recorded, context, stations)
    return blocks


def _draft_head(
    layer: LayerProfile,
    feeder: str,
    recorded: RecordedFeeder | None,
    context: DraftContext,
    stations: dict[str, str],
) -> list[DraftBlock]:
    block = DraftBlock("[[heads]]")
    block.note(f"{layer.name}: {layer.rows:,} rows; feeders by its name")
    block.say("from", layer.name)
    why = ""
    if recorded is not None:
        why = f"{recorded.column} of {recorded.layers} layers refers to it"
    block.say("feeder", write_column(feeder), why)
    name = _find_feeder_name(layer, feeder)
    if name:
        block.say("name", write_column(name))
    blocks = [block]
    node, told = ("", "")
    if context.node_ids is not None:
        node, told = context.node_ids.find_node_column(layer, {feeder})
    if node:
        block.say("node", write_column(node), told)
    else:
        blocks += _say_device(block, layer, context)
        if "at" not in block.keys:
            return []
    _say_substation(block, layer, context, stations)
    return blocks


def _find_feeder_name(layer: LayerProfile, feeder: str) -> str:
    for column in layer.columns:
        folded = fold_text(column.name)
        named = folded in NAME_NAMES or re.search(rf"({FEEDER_NAMES}).*(name|nom)", folded)
        if named and column.kind == "text" and column.is_unique and column.name != feeder:
            return column.name
    return ""


def _say_device(block: DraftBlock, layer: LayerProfile, context: DraftContext) -> list[DraftBlock]:
    """Say at which device or station a feeder begins; return the block of the station's node."""
    for column in layer.columns:
        if column.kind != "text" or not column.distinct or column.is_fid:
            continue
        for other in context.profile.layers:
            key = context.keys.get(other.name)
            known = other.find_column(key.column) if key else None
            role = context.tell_role(other)
            if known is None or other is layer or role in {"", "unit", "association", "structure"}:
                continue
            if known.kind != "text" or measure_containment(column.values, known.values) < 1.0:
                continue
            block.say("at", write_column(column.name), f"keys of {other.name}")
            terminal = next(
                (each.name for each in layer.columns if "terminal" in fold_text(each.name)), ""
            )
            if terminal:
                block.say("terminal", write_column(terminal))
            return _draft_station_node(other, role)
    return []


def _draft_station_node(layer: LayerProfile, role: str) -> list[DraftBlock]:
    """Return a block that makes nodes of stations at which feeders begin."""
    if role != "substation" or layer.geometry != "point":
        return []
    block = DraftBlock("[[layer]]")
    block.note(f"feeders begin at {layer.name}, which are nodes for that")
    block.say("from", layer.name)
    block.say("to", "nodes")
    block.say("ends", "point")
    return [block]


def _say_substation(
    block: DraftBlock, layer: LayerProfile, context: DraftContext, stations: dict[str, str]
) -> None:
    for column in layer.columns:
        if not column.names_things or column.is_fid or column.name == block.keys["feeder"]:
            continue
        for other in context.list_role("substation"):
            key = context.keys.get(other.name)
            for target in other.columns:
                fits = target.names_things and not target.is_fid and target.is_unique
                alike = re.search(STATION_NAMES, fold_text(column.name))
                if fits and alike and measure_containment(column.values, target.values) == 1.0:
                    name = write_column(column.name)
                    if key and key.column == target.name:
                        expression = f"'{other.name}:' || {name}"
                        block.say("substation", expression, f"keys of {other.name}")
                    else:
                        stations[other.name] = target.name
                        block.say("substation", name, f"{target.name} of {other.name}")
                    return


def draft_sources(context: DraftContext) -> list[DraftBlock]:
    """Return blocks of sources: transformers of which one side meets nothing else."""
    ids = context.node_ids
    if ids is None:
        return []
    transformers = context.list_role("transformer")
    every = sum(layer.rows for layer in transformers)
    blocks: list[DraftBlock] = []
    for layer in transformers:
        pair = ids.pairs.get(layer.name)
        if pair is None or layer.rows > max(1, MOST_SOURCES * every):
            continue
        met = _gather_other_nodes(layer, context)
        sides = [layer.find_column(name) for name in pair]
        free = [column for column in sides if column is not None and not column.values & met]
        if len(free) != 1:
            continue
        name = write_column(free[0].name)
        block = DraftBlock("[[layer]]")
        block.note(
            f"{layer.name}: nothing else meets its {free[0].distinct:,} nodes in {free[0].name}, so"
            " that supply seems to come from there; those side by side share a source"
        )
        for key, value in (
            *(("from", layer.name), ("to", "sources"), ("ends", "columns"), ("mrid", name)),
            *(("prefer", "true"), ("node", name)),
        ):
            block.say(key, value)
        blocks.append(block)
    return blocks


def _gather_other_nodes(layer: LayerProfile, context: DraftContext) -> set[str]:
    """Return the nodes at which something else of the network stands."""
    ids = context.node_ids
    met: set[str] = set()
    for other in context.profile.layers:
        if other is layer or ids is None or context.tell_role(other) == "node":
            continue
        pair = ids.pairs.get(other.name)
        names = pair or (ids.find_node_column(other)[0],)
        for name in names:
            column = other.find_column(name) if name else None
            met |= column.values if column is not None else set()
    return met


def draft_associations(context: DraftContext) -> list[DraftBlock]:
    """Return blocks of what is joined although it lies apart."""
    keys = {
        value
        for name, key in context.keys.items()
        if (layer := context.profile.find_layer(name)) is not None
        and (column := layer.find_column(key.column)) is not None
        and column.kind == "text"
        for value in column.values
    }
    blocks: list[DraftBlock] = []
    for layer in context.list_role("association"):
        names = {fold_text(each.name): each for each in layer.columns}
        first, second = names.get("fromglobalid"), names.get("toglobalid")
        if first is None or second is None or not layer.rows:
            continue
        share = measure_containment(first.values | second.values, keys)
        block = DraftBlock("[[associations]]")
        block.note(f"{layer.name}: {layer.rows:,} rows, {share:.0%} of their ends are known keys")
        block.say("from", layer.name)
        kind = names.get("associationtype")
        if kind is not None and CONDUCTING in kind.values:
            block.say(
                "where",
                f"{write_column(kind.name)} = {CONDUCTING}",
                f"{kind.name} holds {kind.show_top()}: 1 is connectivity, others conduct nothing",
            )
        for end, column, word in (("a", first, "from"), ("b", second, "to")):
            block.say(end, write_column(column.name))
            terminal = names.get(f"{word}terminalid")
            if terminal is not None:
                block.say(f"{end}_terminal", write_column(terminal.name))
        blocks.append(block)
    return blocks
