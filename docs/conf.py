"""How `make docs` builds the site: Sphinx, the pages beside this file, nothing from elsewhere."""

from importlib.metadata import version as installed

project = "gridtwin"
author = "the gridtwin authors"
version = release = installed("gridtwin")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
]
exclude_patterns = ["schemas"]
root_doc = "index"

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

default_role = "code"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented_params"
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True, "show-inheritance": False}
napoleon_google_docstring = False
napoleon_use_rtype = False

html_theme = "furo"
html_title = "gridtwin"
html_static_path: list[str] = []
html_show_sphinx = False
