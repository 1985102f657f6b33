"""Write the QGIS project: layers with their styles, groups, relations, themes and bookmarks."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from gridtwin.publish.qgis.map_colors import MAP_COLORS
from gridtwin.publish.qgis.map_fields import write_forms
from gridtwin.publish.qgis.map_layers import BY_FEEDER, BY_VOLTAGE, MAP_LAYERS, list_relations
from gridtwin.publish.qgis.page_layout import write_layouts
from gridtwin.publish.qgis.symbol_xml import read_color, write_labeling, write_renderer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gridtwin.publish.qgis.map_fields import MapField
    from gridtwin.publish.qgis.map_layers import MapLayer
    from gridtwin.publish.qgis.symbol_xml import LabelStyle, StyleRule

QGIS_VERSION = "3.22.0"  # the oldest that reads the project; newer ones bring it up to date
THEMES = {"By feeder": BY_FEEDER, "By voltage": BY_VOLTAGE}
MAP_MARGIN = 0.05  # of the extent, around it
Box = tuple[float, float, float, float]  # west, south, east, north


class DataSource(NamedTuple):
    """Where QGIS finds the rows of a layer."""

    provider: str
    address: str


class MapBookmark(NamedTuple):
    """A place to go to."""

    name: str
    group: str
    box: Box  # in the coordinate system of the data


class MapProject(NamedTuple):
    """
    All that a project says.

    Attributes
    ----------
    title
        What it is called.
    data_crs, map_crs
        The coordinate systems of the data and of the map, as ``EPSG:...``; empty for planar ones.
    box
        What is shown at first, in the coordinate system of the map.
    fields
        The columns of each frame.
    find_source
        Where the rows of a layer are.
    bookmarks
        Places to go to.
    """

    title: str
    data_crs: str
    map_crs: str
    box: Box
    fields: Mapping[str, list[MapField]]
    find_source: Callable[[MapLayer], DataSource]
    bookmarks: Sequence[MapBookmark]


def write_project(project: MapProject) -> bytes:
    """Return the project file; the same project is the same bytes."""
    root = Element("qgis", projectname=project.title, version=QGIS_VERSION)
    SubElement(root, "homePath", path="")
    SubElement(root, "title").text = project.title
    SubElement(root, "projectCrs").append(_write_crs(project.map_crs))
    root.append(_write_tree(project))
    root.append(_write_relations(project))
    layers = SubElement(root, "projectlayers")
    for layer in MAP_LAYERS:
        layers.append(_write_layer(layer, project))
    order = SubElement(root, "layerorder")
    for layer in MAP_LAYERS:
        SubElement(order, "layer", id=layer.id)
    root.append(_write_properties())
    root.append(_write_themes())
    root.append(write_layouts(project.box))
    root.append(_write_bookmarks(project))
    view = SubElement(root, "ProjectViewSettings", UseProjectScales="0")
    extent = SubElement(view, "DefaultViewExtent", _name_box(_widen_box(project.box)))
    extent.append(_write_crs(project.map_crs))
    ElementTree.indent(root, " ")
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)


def write_style(rules: Sequence[StyleRule], labels: LabelStyle | None, scale: int) -> Element:
    """Return a style by itself, as a QML file or the table ``layer_styles`` holds it."""
    root = Element("qgis", _describe_drawing(labels, scale), version=QGIS_VERSION)
    root.set("styleCategories", "AllStyleCategories")
    root.append(write_renderer(rules))
    if labels is not None:
        root.append(write_labeling(labels))
    return root


def _describe_drawing(labels: LabelStyle | None, scale: int) -> dict[str, str]:
    return {
        "labelsEnabled": "0" if labels is None else "1",
        "hasScaleBasedVisibilityFlag": "1" if scale else "0",
        "minScale": str(scale or 100_000_000),
        "maxScale": "0",
        "simplifyDrawingHints": "1",
        "simplifyDrawingTol": "1",
        "simplifyLocal": "1",
        "simplifyMaxScale": "1",
        "simplifyAlgorithm": "0",
    }


def _write_layer(layer: MapLayer, project: MapProject) -> Element:
    source = project.find_source(layer)
    geometry = {"Point": "Point", "LineString": "Line", "": "No geometry"}[layer.geometry]
    element = Element(
        "maplayer",
        _describe_drawing(layer.labels, layer.scale),
        type="vector",
        geometry=geometry,
        wkbType=layer.geometry or "NoGeometry",
        styleCategories="AllStyleCategories",
        readOnly="0",
    )
    SubElement(element, "id").text = layer.id
    SubElement(element, "datasource").text = source.address
    SubElement(element, "layername").text = layer.title
    if layer.geometry:
        SubElement(element, "srs").append(_write_crs(project.data_crs))
    SubElement(element, "provider", encoding="UTF-8").text = source.provider
    if layer.styles:
        element.append(_write_styles(layer, project))
        element.append(write_renderer(next(iter(layer.styles.values()))))
    if layer.labels is not None:
        element.append(write_labeling(layer.labels))
    for form in write_forms(project.fields[layer.frame]):
        element.append(form)
    names = {field.name for field in project.fields[layer.frame]}
    called = 'coalesce(nullif("name", \'\'), "mrid")' if "name" in names else '"mrid"'
    SubElement(element, "previewExpression").text = called
    SubElement(element, "mapTip").text = f"[% {called} %]"
    return element


def _write_styles(layer: MapLayer, project: MapProject) -> Element:
    """Return the styles of a layer by their names; the first is its own."""
    current, *others = layer.styles
    manager = Element("map-layer-style-manager", current=current)
    SubElement(manager, "map-layer-style", name=current)
    for name in others:
        style = SubElement(manager, "map-layer-style", name=name)
        qml = write_style(layer.styles[name], layer.labels, layer.scale)
        for form in write_forms(project.fields[layer.frame]):
            qml.append(form)
        style.append(qml)
    return manager


def _write_tree(project: MapProject) -> Element:
    """Return the layers in their groups, from above."""
    root = Element("layer-tree-group")
    groups: dict[str, Element] = {}
    for layer in MAP_LAYERS:
        if layer.group not in groups:
            groups[layer.group] = SubElement(
                root,
                "layer-tree-group",
                name=layer.group,
                checked="Qt::Checked",
                expanded="0" if layer.group == "Tables" else "1",
            )
        source = project.find_source(layer)
        SubElement(
            groups[layer.group],
            "layer-tree-layer",
            id=layer.id,
            name=layer.title,
            providerKey=source.provider,
            source=source.address,
            checked="Qt::Checked" if layer.shown else "Qt::Unchecked",
            expanded="0",
        )
    order = SubElement(root, "custom-order", enabled="1")
    for layer in MAP_LAYERS:
        SubElement(order, "item").text = layer.id
    return root


def _write_relations(project: MapProject) -> Element:
    relations = Element("relations")
    for relation in list_relations(project.fields):
        element = SubElement(
            relations,
            "relation",
            id=relation.id,
            name=relation.title,
            strength="Association",
            referencingLayer=relation.referring.id,
            referencedLayer=relation.referred.id,
        )
        SubElement(
            element, "fieldRef", referencingField=relation.field.name, referencedField="mrid"
        )
    return relations


def _write_themes() -> Element:
    """Return the themes: the same layers, lines in another style."""
    themes = Element("visibility-presets")
    for name, style in THEMES.items():
        theme = SubElement(themes, "visibility-preset", name=name)
        for layer in MAP_LAYERS:
            if layer.shown and layer.styles:
                current = style if style in layer.styles else next(iter(layer.styles))
                SubElement(theme, "layer", id=layer.id, visible="1", style=current)
    return themes


def _write_bookmarks(project: MapProject) -> Element:
    bookmarks = Element("Bookmarks")
    for number, bookmark in enumerate(project.bookmarks):
        west, south, east, north = bookmark.box
        corners = ((west, south), (east, south), (east, north), (west, north), (west, south))
        ring = ",".join(f"{x!r} {y!r}" for x, y in corners)
        element = SubElement(
            bookmarks,
            "Bookmark",
            id=f"gridtwin_{number}",
            name=bookmark.name,
            group=bookmark.group,
            extent=f"POLYGON(({ring}))",
        )
        element.append(_write_crs(project.data_crs))
    return bookmarks


def _write_properties() -> Element:
    """Return that paths are relative, that maps are projected, and the color of the ground."""
    properties = Element("properties")
    systems = SubElement(properties, "SpatialRefSys")
    SubElement(systems, "ProjectionsEnabled", type="int").text = "1"
    paths = SubElement(properties, "Paths")
    SubElement(paths, "Absolute", type="bool").text = "false"
    ground = SubElement(properties, "Gui")
    parts = read_color(MAP_COLORS["ground"]).split(",")
    for part, value in zip(("Red", "Green", "Blue"), parts, strict=False):
        SubElement(ground, f"CanvasColor{part}Part", type="int").text = value
    return properties


@cache
def _describe_crs(crs: str) -> str:
    import pyproj

    return pyproj.CRS.from_user_input(crs).to_wkt()


def _write_crs(crs: str) -> Element:
    """Return a coordinate system; an empty code is none."""
    element = Element("spatialrefsys")
    if crs:
        SubElement(element, "wkt").text = _describe_crs(crs)
        SubElement(element, "authid").text = crs
    return element


def _name_box(box: Box) -> dict[str, str]:
    return dict(zip(("xmin", "ymin", "xmax", "ymax"), map(repr, box), strict=True))


def _widen_box(box: Box) -> Box:
    """Return a box with a margin, and of some width where it has none."""
    west, south, east, north = box
    margin = MAP_MARGIN * max(east - west, north - south, 1e-3)
    return west - margin, south - margin, east + margin, north + margin
