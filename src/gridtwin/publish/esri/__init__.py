"""A network, or a trace, in the layers and codes of an Esri Utility Network."""
