"""Write the page to print: map, title, legend and scale bar, one page for each substation."""

from __future__ import annotations

from uuid import NAMESPACE_URL, uuid5
from xml.etree.ElementTree import Element, SubElement

PAGE_TYPE, MAP_TYPE, LABEL_TYPE, LEGEND_TYPE, SCALE_BAR_TYPE = (
    "65638",
    "65639",
    "65641",
    "65642",
    "65646",
)  # as QGIS numbers the items of a page
PAGE_MM = (420, 297)  # A3, lying
MAP_MM = (10, 22, 332, 265)  # x, y, width, height


def write_layouts(box: tuple[float, float, float, float]) -> Element:
    """
    Return the layouts of a project: one page, and an atlas of the substations.

    Parameters
    ----------
    box
        What the map shows where the atlas is off, in the coordinate system of the map.
    """
    layouts = Element("Layouts")
    layout = SubElement(
        layouts, "Layout", name="Map page", units="mm", printResolution="300", worldFileMap=""
    )
    pages = SubElement(layout, "PageCollection")
    _add_item(pages, PAGE_TYPE, "page", (0, 0, *PAGE_MM))
    SubElement(pages, "GuideCollection", visible="1")
    frame = _add_item(layout, MAP_TYPE, "map", MAP_MM, z=1)
    frame.set("frame", "true")
    frame.set("followPreset", "false")
    SubElement(frame, "Extent", _fit_box(box))
    SubElement(frame, "LayerSet")
    SubElement(frame, "AtlasMap", atlasDriven="1", scalingMode="0", margin="0.1")
    label = _add_item(layout, LABEL_TYPE, "title", (10, 8, 300, 12), z=2)
    label.set(
        "labelText",
        "[% @project_title || coalesce(' - ' || @atlas_pagename, '') %]",
    )
    label.set("halign", "1")
    label.set("valign", "128")
    SubElement(label, "LabelFont", description="Sans Serif,18,-1,5,50,0,0,0,0,0", style="")
    legend = _add_item(layout, LEGEND_TYPE, "legend", (346, 22, 66, 120), z=3)
    for name, value in {
        "background": "true",
        "map_uuid": _make_id("map"),
        "resizeToContents": "1",
        "legendFilterByAtlas": "0",
        "columnCount": "1",
        "boxSpace": "2",
        "symbolWidth": "6",
        "symbolHeight": "3.6",
    }.items():
        legend.set(name, value)
    styles = SubElement(legend, "styles")
    for name, size in (
        ("title", 12),
        ("group", 10),
        ("subgroup", 9),
        ("symbol", 7),
        ("symbolLabel", 7),
    ):
        style = SubElement(styles, "style", name=name, alignment="1", indent="0", marginTop="1.2")
        font = f"Sans Serif,{size},-1,5,50,0,0,0,0,0"
        SubElement(style, "styleFont", description=font, style="")
    bar = _add_item(layout, SCALE_BAR_TYPE, "scale bar", (14, 272, 80, 12), z=4)
    for name, value in {
        "mapUuid": _make_id("map"),
        "style": "Single Box",
        "unitType": "meters",
        "unitLabel": "m",
        "numMapUnitsPerScaleBarUnit": "1",
        "numSegments": "2",
        "numSegmentsLeft": "0",
        "segmentSizeMode": "1",
        "minBarWidth": "30",
        "maxBarWidth": "70",
        "height": "2",
        "background": "true",
    }.items():
        bar.set(name, value)
    SubElement(
        layout,
        "Atlas",
        enabled="0",
        coverageLayer="gridtwin_substations",
        coverageLayerName="Substations",
        hideCoverage="0",
        filterFeatures="0",
        sortFeatures="1",
        sortKey="name",
        sortAscending="1",
        pageNameExpression='coalesce(nullif("name", \'\'), "mrid")',
        filenamePattern="'page_' || @atlas_featurenumber",
    )
    return layouts


def _add_item(
    parent: Element, kind: str, name: str, place: tuple[int, int, int, int], z: int = 0
) -> Element:
    x, y, width, height = place
    return SubElement(
        parent,
        "LayoutItem",
        type=kind,
        id=name,
        uuid=_make_id(name),
        templateUuid=_make_id(name),
        position=f"{x},{y},mm",
        positionOnPage=f"{x},{y},mm",
        size=f"{width},{height},mm",
        referencePoint="0",
        visibility="1",
        opacity="1",
        zValue=str(z),
        background="false",
        frame="false",
        excludeFromExports="0",
        itemRotation="0",
    )


def _make_id(name: str) -> str:
    return f"{{{uuid5(NAMESPACE_URL, f'urn:gridtwin:page:{name}')}}}"


def _fit_box(box: tuple[float, float, float, float]) -> dict[str, str]:
    """Return the extent that holds a box and has the shape of the map on the page."""
    west, south, east, north = box
    middle = ((west + east) / 2, (south + north) / 2)
    tall = max((north - south) * 1.1, (east - west) * 1.1 * MAP_MM[3] / MAP_MM[2], 1e-3)
    wide = tall * MAP_MM[2] / MAP_MM[3]
    sides = (
        middle[0] - wide / 2,
        middle[1] - tall / 2,
        middle[0] + wide / 2,
        middle[1] + tall / 2,
    )
    return dict(zip(("xmin", "ymin", "xmax", "ymax"), map(repr, sides), strict=True))
