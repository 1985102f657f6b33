"""Write what was found in data as a GeoPackage that QGIS opens in colors, worst first."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import numpy as np
import shapely

from gridtwin.model import cim
from gridtwin.model.frames import equipment_courses
from gridtwin.model.tables import decode_texts, encode_texts
from gridtwin.publish.gpkg import replace_gpkg, write_layer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gridtwin.model.findings import Finding
    from gridtwin.model.network import Network

FINDING_POINTS = "findings"
FINDING_LINES = "finding_lines"
FINDING_COLORS = {
    "error": "215,25,28,255",
    "warning": "245,140,20,255",
    "info": "44,123,182,255",
    "accepted": "150,150,150,255",
}
STYLE_TABLE = """
CREATE TABLE layer_styles (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256),
    f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
    useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30),
    update_time DATETIME DEFAULT CURRENT_TIMESTAMP
)
"""


def write_findings(findings: Sequence[Finding], network: Network, path: Path) -> None:
    """
    Write findings into one GeoPackage, all of it or nothing.

    Parameters
    ----------
    findings
        What was found.
    network
        What it was found in: the lines that findings are of are drawn from it.
    path
        The GeoPackage; one that is there already is replaced. Its layer ``findings`` has a point
        for each finding (none, where it has no place), ``finding_lines`` the lines they are of.

    Raises
    ------
    InputError
        If `path` is something else than a GeoPackage, or its folder is missing.
    """
    import geopandas as gpd

    columns = {
        "rule": [each.rule for each in findings],
        "severity": [each.severity for each in findings],
        "source_layer": [each.layer for each in findings],
        "source_key": [each.key for each in findings],
        "mrid": [each.mrid for each in findings],
        "words": [each.evidence for each in findings],
        "mend": [each.mend for each in findings],
        "accepted": [each.accepted.reason if each.accepted else "" for each in findings],
    }
    points = [None if each.place is None else shapely.Point(each.place) for each in findings]
    courses = _draw_lines(findings, network)
    drawn = np.array([each.mrid in courses for each in findings], dtype=bool)
    lines = [courses[each.mrid] for each in findings if each.mrid in courses]
    placed = gpd.GeoDataFrame(columns, geometry=points, crs=network.crs)
    along = gpd.GeoDataFrame(
        placed[drawn].drop(columns="geometry"), geometry=lines, crs=network.crs
    )
    with replace_gpkg(path) as partial:
        write_layer(placed, partial, FINDING_POINTS, "Point")
        write_layer(along, partial, FINDING_LINES, "LineString")
        _write_styles(partial)


def _draw_lines(findings: Sequence[Finding], network: Network) -> dict[str, shapely.LineString]:
    """Return the course of each line that a finding is of, by mRID."""
    equipment = network.data.equipment
    wanted = encode_texts([each.mrid for each in findings])
    rows = np.flatnonzero(np.isin(equipment.mrid, wanted) & np.isin(equipment.kind, cim.LINES))
    counts, xy = equipment_courses(network.data, rows)
    parts = np.split(xy, np.cumsum(counts)[:-1]) if len(rows) else []
    return {
        mrid: shapely.LineString(part)
        for mrid, part in zip(decode_texts(equipment.mrid[rows]).tolist(), parts, strict=True)
        if len(part) > 1 and np.isfinite(part).all()
    }


def _write_styles(path: Path) -> None:
    """Embed the styles, in the table where QGIS looks for them."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(STYLE_TABLE)
        connection.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier)"
            " VALUES ('layer_styles', 'attributes', 'layer_styles')"
        )
        for table, kind in ((FINDING_POINTS, "marker"), (FINDING_LINES, "line")):
            connection.execute(
                "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name,"
                " f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description,"
                " owner) VALUES ('', '', ?, 'geom', 'severity', ?, '', 1, 'By severity', '')",
                (table, _make_style(kind)),
            )


def _make_style(kind: str) -> str:
    """Return the style of markers or lines: a color for each severity, gray what is accepted."""
    root = ElementTree.Element("qgis", version="3.28.0", styleCategories="Symbology")
    renderer = ElementTree.SubElement(
        root,
        "renderer-v2",
        type="categorizedSymbol",
        attr="""if("accepted" <> '', 'accepted', "severity")""",
        symbollevels="0",
        forceraster="0",
        enableorderby="0",
    )
    categories = ElementTree.SubElement(renderer, "categories")
    symbols = ElementTree.SubElement(renderer, "symbols")
    for number, (word, color) in enumerate(FINDING_COLORS.items()):
        ElementTree.SubElement(
            *(categories, "category"),
            {
                "symbol": str(number),
                "value": word,
                "label": word,
                "render": "true",
                "type": "string",
            },
        )
        symbol = ElementTree.SubElement(symbols, "symbol", name=str(number), type=kind, alpha="1")
        layer = ElementTree.SubElement(
            *(symbol, "layer"),
            {
                "class": "SimpleMarker" if kind == "marker" else "SimpleLine",
                "enabled": "1",
                "locked": "0",
                "pass": "0",
            },
        )
        options = ElementTree.SubElement(layer, "Option", type="Map")
        for name, value in _list_properties(kind, color).items():
            ElementTree.SubElement(options, "Option", name=name, type="QString", value=value)
            ElementTree.SubElement(layer, "prop", k=name, v=value)  # as before QGIS 3.26
    ElementTree.SubElement(root, "layerGeometryType").text = "0" if kind == "marker" else "1"
    text = ElementTree.tostring(root, encoding="unicode")
    return f"<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n{text}"


def _list_properties(kind: str, color: str) -> dict[str, str]:
    if kind == "line":
        return {"line_color": color, "line_width": "0.8", "line_width_unit": "MM"}
    return {
        "name": "circle",
        "color": color,
        "outline_color": "255,255,255,255",
        "outline_width": "0.3",
        "size": "3",
        "size_unit": "MM",
    }
