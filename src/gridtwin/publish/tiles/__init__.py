"""
The map as vector tiles.

What enters is a network with its topology; what leaves is one archive of all tiles (`build_tiles`),
or a tile at a time (`tile_sources`). One zoom plan (`zoom_plan`), one set of layers (`tile_layers`)
and one encoder serve both, so they cannot disagree.
"""
