"""
Floor 6: what others see.

Files for other programs (`gpkg`, `cim_writer`, `odin_document`), a project for QGIS (`qgis`),
layers for Esri (`esri`), vector tiles (`tiles`), the map in a notebook (`notebook_map`), and
figures for a monitor (`prometheus_file`).
"""
