"""Draft how the ends of equipment are known: by node ids, or by place and the sides of devices."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.sources.drafting.draft_context import find_terminals
from gridtwin.sources.drafting.draft_switches import find_separator
from gridtwin.sources.drafting.draft_text import write_code, write_column
from gridtwin.sources.drafting.draft_words import find_line_class

if TYPE_CHECKING:
    from gridtwin.sources.drafting.draft_context import DraftContext
    from gridtwin.sources.drafting.draft_text import DraftBlock
    from gridtwin.sources.drafting.mapping_profile import LayerProfile


def say_ends(block: DraftBlock, layer: LayerProfile, parted: str, context: DraftContext) -> None:
    """Say how the ends of equipment are known: by ids, or by place."""
    ids = context.node_ids
    if ids is not None and layer.name in ids.pairs:
        pair = ids.pairs[layer.name]
        block.say(
            "node_a", write_column(pair.first), f"node ids, shared by {len(ids.pairs)} layers"
        )
        block.say("node_b", write_column(pair.second))
        third = _find_third(layer, context)
        if third:
            block.say("node_c", *third)
        return
    if layer.geometry == "line":
        tapped = context.evidence.tapped.get(layer.name, 0)
        why = f"{tapped:,} ends or devices lie at its inner vertices" if tapped else ""
        block.say("ends", "line_and_vertices" if tapped else "line", why)
        terminals = find_terminals(layer)
        if terminals:
            block.say("terminal_a", write_column(terminals[0]))
            block.say("terminal_b", write_column(terminals[1]))
        return
    block.say("ends", "point")
    if context.has_terminals:
        block.say("sides", "terminal", "lines say at which terminal of a device they end")
    elif parted == "class":
        block.say("sides", {"a": "primary", "b": "secondary"}, "lines of both classes meet there")


def _find_third(layer: LayerProfile, context: DraftContext) -> tuple[str, str] | None:
    """Return the column of the third node of devices, without what is no node."""
    ids = context.node_ids
    if ids is None:
        return None
    pair = ids.pairs[layer.name]
    name = re.sub(r"2(?!.*2)|[bB]$", lambda each: "3" if each[0] == "2" else "c", pair.second)
    column = layer.find_column(name)
    if column is None or column.name in pair:
        return None
    other = column.values - ids.values
    if len(other) > 1 or column.distinct == len(other):
        return None
    sql = write_column(column.name)
    blank = next(iter(other), "")
    why = f"{column.distinct - len(other):,} rows name a third node"
    return (f"nullif({sql}, {write_code(blank, column.kind)})" if other else sql), why


def split_sides(layer: LayerProfile, role: str, context: DraftContext) -> list[tuple[str, str]]:
    """Return filters of the rows of a layer, and how the sides of each part are dealt out."""
    touches = context.evidence.touches.get(layer.name)
    by_place = context.node_ids is None or layer.name not in context.node_ids.pairs
    if role != "transformer" or not by_place or not touches or not context.has_classes:
        return [("", "")]
    met = {
        word: sum(
            (counts for other, counts in touches.items() if find_line_class(other) == word),
            np.zeros(layer.rows, dtype=np.intp),
        )
        for word in ("primary", "secondary")
    }
    both = (met["primary"] > 0) & (met["secondary"] > 0)
    if both.all() or not both.any():
        return [("", "class" if both.all() else "")]
    where = find_separator(layer, ~both)
    return [(where[0], ""), (where[1], "class")] if where else [("", "class")]
