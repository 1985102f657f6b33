"""
Open a project in QGIS itself, draw it, and print what it is like, as JSON.

Run by the Python that QGIS came with: ``python3 open_in_qgis.py PROJECT PICTURE [SCALE [THEME]]``.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from qgis.core import (  # type: ignore[import-not-found]
    Qgis,
    QgsApplication,
    QgsExpression,
    QgsLayoutExporter,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsProject,
    QgsRenderContext,
)
from qgis.PyQt.QtCore import QSize  # type: ignore[import-not-found]

PIXELS = QSize(1100, 800)


def main(path: str, picture: str, scale: str = "0", theme: str = "") -> None:
    """Print what the project holds, and draw it."""
    application = QgsApplication([], False)
    application.initQgis()
    project = QgsProject.instance()
    is_read = project.read(path)
    layers = list(project.mapLayers().values())
    told: dict[str, Any] = {
        "version": Qgis.QGIS_VERSION,
        "read": is_read,
        "title": project.title(),
        "layers": {layer.name(): describe(layer) for layer in layers},
        "relations": {
            relation.name(): relation.isValid()
            for relation in project.relationManager().relations().values()
        },
        "bookmarks": [bookmark.name() for bookmark in project.bookmarkManager().bookmarks()],
        "themes": project.mapThemeCollection().mapThemes(),
        "layouts": [layout.name() for layout in project.layoutManager().layouts()],
    }
    draw(project, picture, float(scale), theme)
    for layout in project.layoutManager().layouts():
        exporter = QgsLayoutExporter(layout)
        settings = QgsLayoutExporter.ImageExportSettings()
        settings.dpi = 70
        exporter.exportToImage(picture.replace(".png", "_page.png"), settings)
    project.write(path.replace(".qgs", "_by_qgis.qgs"))
    sys.stdout.write(json.dumps(told))
    sys.stdout.flush()
    os._exit(0)  # QGIS takes long to go


def describe(layer: Any) -> dict[str, Any]:
    """Return what a layer is like; of its expressions those that name columns it has not."""
    fields = [field.name() for field in layer.fields()]
    renderer = layer.renderer()
    used: set[str] = set()
    if renderer is not None:
        context = QgsRenderContext()
        renderer.startRender(context, layer.fields())
        used |= set(renderer.usedAttributes(context))
        renderer.stopRender(context)
        for rule in renderer.rootRule().descendants():
            used |= set(rule.filter().referencedColumns() if rule.filter() else [])
    wrong = []
    if layer.labelsEnabled():
        label = QgsExpression(layer.labeling().settings().fieldName)
        used |= set(label.referencedColumns())
        wrong += [label.parserErrorString()] if label.hasParserError() else []
    return {
        "valid": layer.isValid(),
        "crs": layer.crs().authid(),
        "rows": layer.featureCount(),
        "missing": sorted(used - set(fields) - {"*"}),
        "wrong": wrong,
        "fields": {field.name(): field.alias() for field in layer.fields()},
        "coded": [
            field.name()
            for number, field in enumerate(layer.fields())
            if layer.editorWidgetSetup(number).type() == "ValueMap"
        ],
        "rules": 0 if renderer is None else len(renderer.rootRule().descendants()),
        "styles": layer.styleManager().styles(),
    }


def draw(project: Any, picture: str, scale: float, theme: str) -> None:
    """Draw the map as it opens, or at a scale around its middle."""
    settings = QgsMapSettings()
    settings.setDestinationCrs(project.crs())
    settings.setBackgroundColor(project.backgroundColor())
    settings.setOutputSize(PIXELS)
    settings.setOutputDpi(96)
    settings.setExtent(project.viewSettings().defaultViewExtent())
    settings.setTransformContext(project.transformContext())
    root = project.layerTreeRoot()
    layers = [each for each in root.layerOrder() if root.findLayer(each.id()).isVisible()]
    settings.setLayers([layer for layer in layers if layer.isSpatial()])
    if theme:
        styles = project.mapThemeCollection().mapThemeStyleOverrides(theme)
        settings.setLayerStyleOverrides(styles)
    if scale:
        extent = settings.visibleExtent()
        extent.scale(scale / settings.scale())
        settings.setExtent(extent)
    settings.setFlag(QgsMapSettings.DrawLabeling, True)
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    job.renderedImage().save(picture)


main(*sys.argv[1:])
