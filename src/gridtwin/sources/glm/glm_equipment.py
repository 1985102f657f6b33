"""Turn the links of a GLM model into rows of equipment."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from gridtwin.model import phases
from gridtwin.sources.frame_rows import FrameRows, make_equipment_rows
from gridtwin.sources.glm.glm_classes import (
    GLM_LINK_KINDS,
    GLM_PLACEMENTS,
    GLM_SWITCH_KINDS,
)
from gridtwin.sources.glm.glm_values import (
    AMPERES_PER_UNIT,
    METERS_PER_GLM_UNIT,
    RATED_VA_PER_UNIT,
    SPLIT,
)

if TYPE_CHECKING:
    from gridtwin.sources.glm.glm_model import GlmModel
    from gridtwin.sources.glm.glm_parsing import GlmObject

SPLIT_LEGS = phases.S1 | phases.S2
CENTER_TAP = "SINGLE_PHASE_CENTER_TAPPED"
CONNECTIONS = {  # of a transformer: its vector group, as far as it says
    "WYE_WYE": "Yy", "DELTA_DELTA": "Dd", "DELTA_GWYE": "Dyn", "DELTA_WYE": "Dy",
}  # fmt: skip
CONDUCTORS = ("conductor_a", "conductor_b", "conductor_c", "conductor_1", "conductor_2")
SUMMER_RATING = "rating.summer.continuous"
_OPEN_WORDS = frozenset({"open", "0", "blown", "false"})
_CLOSED_WORDS = frozenset({"closed", "1", "good", "true"})
_POLES = (("a", phases.A), ("b", phases.B), ("c", phases.C))


def make_glm_equipment(model: GlmModel) -> FrameRows:
    """
    Return a row for each link.

    Raises
    ------
    SourceError
        If an end names no node.
    """
    rows = make_equipment_rows()
    for each in model.iterate(frozenset(GLM_LINK_KINDS)):
        _add_link(model, each, rows)
    return rows


def _add_link(model: GlmModel, each: GlmObject, rows: FrameRows) -> None:
    mask = read_link_phases(model, each)
    opened = _read_open(model, each, mask)
    kind = GLM_LINK_KINDS[each.kind]
    if opened and each.kind not in GLM_SWITCH_KINDS:
        model.add_notice(
            "open_link",
            f"{each.place}: {each} stands open: it is taken as a jumper",
            "write a switch beside it",
        )
        kind = "jumper"
    configuration = model.find_configuration(each)
    connection = configuration.read_text("connect_type").upper() if configuration else ""
    rows.add_row(
        mrid=each.mrid,
        owner=each.mrid,
        kind=kind,
        node_a=model.require_node(each, "from"),
        node_b=model.require_node(each, "to"),
        phases=phases.format_phases(mask),
        normal_open=True if opened and opened == mask else phases.format_phases(opened),
        rated_a=_read_amperes(model, each, configuration),
        rated_va=_read_rated_va(model, each, configuration),
        length_m=model.read_quantity(each, "length", METERS_PER_GLM_UNIT),
        placement=GLM_PLACEMENTS.get(each.kind, "") if kind == "ac_line_segment" else "",
        vector_group=CONNECTIONS.get(connection, "") if kind == "power_transformer" else "",
    )


def read_link_phases(model: GlmModel, each: GlmObject) -> int:
    """
    Return the phases of a link.

    A center-tapped transformer has the phase that feeds it and both legs, a triplex line the legs.
    """
    mask, marks = model.read_phases(each)
    if each.kind == "triplex_line":
        return SPLIT_LEGS | (mask & phases.N)
    if SPLIT in marks:
        return (mask & ~phases.N) | SPLIT_LEGS
    return mask


def _read_open(model: GlmModel, each: GlmObject, mask: int) -> int:
    """Return which phases stand open: all by ``status``, or single ones by their own state."""
    whole = mask or phases.ABC
    if _is_open(model, each, "status"):
        return whole
    opened = 0
    for letter, bit in _POLES:
        for name in (f"phase_{letter}_state", f"phase_{letter}_status"):
            opened |= bit if _is_open(model, each, name) else 0
    carried = whole & phases.ABC
    return whole if carried and opened & carried == carried else opened & whole


def _is_open(model: GlmModel, each: GlmObject, name: str) -> bool:
    text = each.read_text(name)
    word = text.casefold()
    if word and word not in _OPEN_WORDS | _CLOSED_WORDS:
        model.note_odd(each, name, text, "neither OPEN nor CLOSED")
    return word in _OPEN_WORDS


def _read_amperes(model: GlmModel, each: GlmObject, configuration: GlmObject | None) -> float:
    """Return the rated current: a fuse's limit, a link's own, or its weakest conductor's."""
    own = "current_limit" if each.kind == "fuse" else "continuous_rating"
    stated = model.read_quantity(each, own, AMPERES_PER_UNIT)
    if not math.isnan(stated) or configuration is None:
        return stated
    conductors = (model.find(configuration.read_text(name)) for name in CONDUCTORS)
    rated = [
        model.read_quantity(conductor, SUMMER_RATING, AMPERES_PER_UNIT)
        for conductor in conductors
        if conductor is not None
    ]
    return min((value for value in rated if value > 0), default=math.nan)


def _read_rated_va(model: GlmModel, each: GlmObject, configuration: GlmObject | None) -> float:
    if each.kind != "transformer" or configuration is None:
        return math.nan
    return model.read_quantity(configuration, "power_rating", RATED_VA_PER_UNIT)
