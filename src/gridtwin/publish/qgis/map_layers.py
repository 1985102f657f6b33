"""List the layers of the project: which rows of which frame, how drawn, and in which group."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from gridtwin.model import cim
from gridtwin.model.schema import SCHEMA
from gridtwin.publish.qgis import map_styles

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gridtwin.publish.qgis.map_fields import MapField
    from gridtwin.publish.qgis.symbol_xml import LabelStyle, StyleRule

BY_FEEDER, BY_VOLTAGE, PLAIN = "by feeder", "by voltage", "default"
_SWITCH_TEXTS = ", ".join(f"'{kind.name}'" for kind in cim.KINDS if kind.switch)
_LINE_TEXTS = "'ac_line_segment', 'busbar', 'series_reactor'"
_IS_LOW = f'"twin_v" <= {cim.LOW_VOLTAGE_V:g}'
_LINE_STYLES = {
    BY_FEEDER: map_styles.draw_lines(),
    BY_VOLTAGE: map_styles.draw_lines(by_voltage=True),
}


class MapLayer(NamedTuple):
    """
    One layer of the project.

    Attributes
    ----------
    id, title, frame
        Its id, what the tree of layers calls it, and the frame whose rows it shows.
    group
        Where it stands in the tree.
    styles
        The rules of each style; the first is shown. None for a table.
    rows
        Which rows of the frame, as SQL; empty for all.
    scale
        The denominator of the smallest scale at which it is drawn; 0 for all.
    labels
        What is written beside its rows.
    shown
        Whether it is drawn at first.
    """

    id: str
    title: str
    frame: str
    group: str
    styles: Mapping[str, tuple[StyleRule, ...]] = {}
    rows: str = ""
    scale: int = 0
    labels: LabelStyle | None = None
    shown: bool = True

    @property
    def geometry(self) -> str:
        """``Point`` or ``LineString``; empty for a table."""
        kind = SCHEMA[self.frame].columns[-1].kind
        return {"point": "Point", "line": "LineString"}.get(kind, "")


MAP_LAYERS = (  # from above
    MapLayer(
        "gridtwin_substations",
        "Substations",
        "substations",
        "Grid",
        {PLAIN: map_styles.draw_substations()},
        labels=map_styles.SUBSTATION_LABELS,
    ),
    MapLayer(
        "gridtwin_switches",
        "Switches",
        "equipment",
        "Grid",
        {PLAIN: map_styles.draw_switches()},
        f'"kind" IN ({_SWITCH_TEXTS})',
        map_styles.PROTECTION_SCALE,
        map_styles.SWITCH_LABELS,
    ),
    MapLayer(
        "gridtwin_transformers",
        "Transformers",
        "equipment",
        "Grid",
        {PLAIN: map_styles.draw_transformers()},
        f'"kind" IN ({map_styles.TRANSFORMER_WORDS})',
        map_styles.TRANSFORMER_SCALE,
        map_styles.TRANSFORMER_LABELS,
    ),
    MapLayer(
        "gridtwin_usage_points",
        "Usage points",
        "usage_points",
        "Customers",
        {PLAIN: map_styles.draw_usage_points()},
        scale=map_styles.USAGE_POINT_SCALE,
        labels=map_styles.USAGE_POINT_LABELS,
    ),
    MapLayer(
        "gridtwin_lines",
        "Lines",
        "equipment",
        "Grid",
        _LINE_STYLES,
        f'"kind" IN ({_LINE_TEXTS}) AND ("twin_v" IS NULL OR NOT {_IS_LOW})',
        labels=map_styles.LINE_LABELS,
    ),
    MapLayer(
        "gridtwin_low_voltage",
        "Low voltage and services",
        "equipment",
        "Grid",
        _LINE_STYLES,
        f'"kind" = \'service_drop\' OR ("kind" IN ({_LINE_TEXTS}) AND {_IS_LOW})',
        map_styles.LOW_VOLTAGE_SCALE,
    ),
    MapLayer(
        "gridtwin_nodes",
        "Nodes",
        "nodes",
        "Tables",
        {PLAIN: map_styles.draw_nodes()},
        scale=map_styles.NODE_SCALE,
        shown=False,
    ),
    MapLayer("gridtwin_feeders", "Feeders", "feeders", "Tables"),
    MapLayer("gridtwin_sources", "Sources", "sources", "Tables"),
)


class MapRelation(NamedTuple):
    """Rows of one layer that name a row of another by its mRID."""

    referring: MapLayer
    field: MapField
    referred: MapLayer

    @property
    def id(self) -> str:
        """Its id in the project."""
        return f"{self.referring.id}_{self.field.name}"

    @property
    def title(self) -> str:
        """What a form calls the rows that refer to its own."""
        return f"{self.referring.title} by {self.field.alias}"


def list_relations(fields: Mapping[str, list[MapField]]) -> Iterator[MapRelation]:
    """Yield the relations between the layers, as the columns of the frames refer to one another."""
    for layer in MAP_LAYERS:
        for field in fields[layer.frame]:
            if field.refers:
                yield MapRelation(layer, field, _find_referred(field))


def _find_referred(field: MapField) -> MapLayer:
    """Return the layer that holds what a column refers to; heads of feeders are switches."""
    if field.refers == "equipment":
        wanted = "gridtwin_transformers" if field.of else "gridtwin_switches"
        return next(layer for layer in MAP_LAYERS if layer.id == wanted)
    return next(layer for layer in MAP_LAYERS if layer.frame == field.refers)
