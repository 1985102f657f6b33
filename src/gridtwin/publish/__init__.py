"""
Floor 6: what others see.

Files for other programs (`gpkg`, `odin_document`), vector tiles (`tiles`), the map in a notebook
(`notebook_map`), and figures for a monitor (`prometheus_file`).
"""
