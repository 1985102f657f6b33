"""Keep the ground of a synthetic territory in its twin, for the map."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridtwin.cli.render import print_note
from gridtwin.errors import MissingExtraError

if TYPE_CHECKING:
    from gridtwin.sources.synthetic.laid_territory import LaidTerritory
    from gridtwin.store.protocol import Store


def keep_ground(store: Store, laid: LaidTerritory) -> None:
    """Draw streets and water into a twin; say so where it keeps none, or none can be made."""
    from gridtwin.publish.tiles.basemap import find_own_basemap
    from gridtwin.publish.tiles.town_basemap import write_basemap
    from gridtwin.sources.synthetic.town_map import draw_town

    path = find_own_basemap(store)
    if path is None:
        print_note(
            "no streets and water: a database keeps none; make the twin in a directory too, and"
            " serve this one with --basemap NAME.twin/basemap.pmtiles"
        )
        return
    try:
        write_basemap(path, draw_town(laid), attribution=laid.attribution)
    except MissingExtraError as error:
        print_note(f"no streets and water: {error}")
