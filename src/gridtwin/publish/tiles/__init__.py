"""
The map as vector tiles.

What enters is a network with its topology; what leaves is one archive of all tiles (`build`), or a
tile at a time (`sources`). One zoom plan (`plan`), one set of layers (`layers`) and one encoder
serve both, so they cannot disagree.
"""
