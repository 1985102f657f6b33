"""
gridtwin: the open digital twin of an electric distribution utility.

>>> import gridtwin
>>> network = gridtwin.synthesize("houston", meters=500, seed=1)
>>> twin = gridtwin.open(network)

Names are imported when they are first used, so that a command line starts at once.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gridtwin.ask.conversation import Conversation
    from gridtwin.ask.twin_asking import TwinAsker
    from gridtwin.errors import GridtwinError
    from gridtwin.model.network import Network
    from gridtwin.sources.network_reading import read
    from gridtwin.sources.synthetic import synthesize
    from gridtwin.sources.synthetic.tree_groups import synthesize_vegetation
    from gridtwin.twin import Twin
    from gridtwin.twin import open_twin as open  # noqa: A004 - gridtwin.open, as in gzip.open

__all__ = [
    "Conversation",
    "GridtwinError",
    "Network",
    "Twin",
    "TwinAsker",
    "open",
    "read",
    "synthesize",
    "synthesize_vegetation",
]

_HOMES = {
    "Conversation": ("gridtwin.ask.conversation", "Conversation"),
    "GridtwinError": ("gridtwin.errors", "GridtwinError"),
    "Network": ("gridtwin.model.network", "Network"),
    "Twin": ("gridtwin.twin", "Twin"),
    "TwinAsker": ("gridtwin.ask.twin_asking", "TwinAsker"),
    "open": ("gridtwin.twin", "open_twin"),
    "read": ("gridtwin.sources.network_reading", "read"),
    "synthesize": ("gridtwin.sources.synthetic", "synthesize"),
    "synthesize_vegetation": ("gridtwin.sources.synthetic.tree_groups", "synthesize_vegetation"),
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name not in _HOMES:
        msg = f"module 'gridtwin' has no attribute {name!r}"
        raise AttributeError(msg)
    module, attribute = _HOMES[name]
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    """Return the public names."""
    return __all__
