"""A QGIS project of a network: data, symbols, labels, forms, relations, bookmarks and a page."""
