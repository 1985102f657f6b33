"""Turn loads and houses of a GLM model into usage points, and what feeds in into sources."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from gridtwin.model import phases
from gridtwin.sources.frame_rows import UNKNOWN_NUMBER, FrameRows
from gridtwin.sources.glm.glm_classes import (
    GLM_GENERATORS,
    GLM_HOUSE_CLASSES,
    GLM_LOAD_CLASSES,
    GLM_NODE_CLASSES,
    GLM_TRIPLEX_CLASSES,
)
from gridtwin.sources.glm.glm_demand import read_demands
from gridtwin.sources.glm.glm_equipment import SPLIT_LEGS
from gridtwin.sources.glm.glm_values import RATED_VA_PER_UNIT, SPLIT

if TYPE_CHECKING:
    from gridtwin.sources.glm.glm_model import GlmModel
    from gridtwin.sources.glm.glm_parsing import GlmObject

_BITS_OF_LETTERS = {"a": phases.A, "b": phases.B, "c": phases.C, "1": phases.S1, "2": phases.S2}
_LOAD_CLASS = {"R": "residential", "C": "commercial", "I": "industrial", "A": "agricultural"}
SWING = frozenset({"SWING", "SWING_PQ"})


def make_glm_usage_points(model: GlmModel) -> FrameRows:
    """
    Return a row for each load, triplex node with power, and house.

    Raises
    ------
    SourceError
        If a parent cannot be followed.
    """
    rows = FrameRows(
        mrid="", node="", phases="", peak_w=UNKNOWN_NUMBER, service_class="", name="",
    )  # fmt: skip
    for each in model.iterate(GLM_NODE_CLASSES):
        if each.kind in GLM_LOAD_CLASSES | GLM_TRIPLEX_CLASSES:
            _add_load(model, each, rows)
    for each in model.iterate(GLM_HOUSE_CLASSES):
        at = model.find_root(each)
        if at.kind not in GLM_NODE_CLASSES:
            model.add_notice(
                "no_node",
                f"{each.place}: {each} stands at no meter or node: left out",
                "give it a parent",
            )
            continue
        mask = SPLIT_LEGS if at.kind in GLM_TRIPLEX_CLASSES else model.read_phases(at)[0]
        rows.add_row(
            mrid=each.mrid, node=at.mrid, phases=_format_used(mask), service_class="residential"
        )
    return rows


def _add_load(model: GlmModel, each: GlmObject, rows: FrameRows) -> None:
    """Add what a load is; a triplex node or meter is one only where something is drawn there."""
    mask, marks = model.read_phases(each)
    demands = read_demands(model, each, marks)
    if not demands and each.kind not in GLM_LOAD_CLASSES:
        return
    triplex = each.kind in GLM_TRIPLEX_CLASSES or SPLIT in marks
    used = 0
    for where in demands:
        for letter in where:
            used |= _BITS_OF_LETTERS[letter]
    if triplex:
        used = used & SPLIT_LEGS or SPLIT_LEGS
    known = [watts for watts in demands.values() if not math.isnan(watts)]
    total = sum(known) if known and len(known) == len(demands) else math.nan
    rows.add_row(
        mrid=each.mrid,
        node=model.find_node(each),
        phases=_format_used(used or mask),
        peak_w=max(total, 0.0) if not math.isnan(total) else math.nan,
        service_class=_LOAD_CLASS.get(each.read_text("load_class").upper(), ""),
    )


def _format_used(mask: int) -> str:
    return phases.format_phases(mask & ~phases.N)


def make_glm_sources(model: GlmModel) -> FrameRows:
    """
    Return a row for each swing bus, which supplies, and for each generator, which is a ``der``.

    Raises
    ------
    SourceError
        If a parent cannot be followed.
    """
    rows = FrameRows(
        mrid="", node="", phases="", kind="der", rated_va=UNKNOWN_NUMBER, substation="",
    )  # fmt: skip
    for each in model.iterate(GLM_NODE_CLASSES):
        if each.read_text("bustype").upper() in SWING:
            mask = model.read_phases(each)[0]
            rows.add_row(
                mrid=each.mrid, node=model.find_node(each), phases=_format_used(mask),
                kind="substation",
            )  # fmt: skip
    if not len(rows):
        model.add_notice(
            "no_supply",
            f"{model.where}: no node of it is of bustype SWING: nothing supplies it",
            "say bustype SWING at the node it is fed from",
        )
    for each in model.iterate(GLM_GENERATORS):
        _add_generator(model, each, rows)
    return rows


def _add_generator(model: GlmModel, each: GlmObject, rows: FrameRows) -> None:
    at = model.find_root(each)
    if at.kind in GLM_GENERATORS and at is each:
        model.add_notice(
            "no_node",
            f"{each.place}: {each} stands at no meter or node: left out",
            "give it a parent",
        )
        return
    parent = model.find(each.read_text("parent")) or each.within
    if parent is not None and parent.kind in GLM_GENERATORS:
        return  # behind an inverter, which feeds in for it
    mask, marks = model.read_phases(each)
    rows.add_row(
        mrid=each.mrid,
        node=at.mrid,
        phases=_format_used(
            SPLIT_LEGS if SPLIT in marks or at.kind in GLM_TRIPLEX_CLASSES else mask
        ),
        rated_va=model.read_quantity(each, "rated_power", {**RATED_VA_PER_UNIT, "": 1.0}),
    )
