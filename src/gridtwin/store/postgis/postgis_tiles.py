"""Ask a database for vector tiles: ``gridtwin.tile`` and ``gridtwin.live_tile``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridtwin.store.acting_role import OWNER

if TYPE_CHECKING:
    import psycopg

    from gridtwin.store.postgis.pool import Pool

TILES_IN_STEP = """
SELECT EXISTS (
    SELECT FROM gridtwin.tile_network t JOIN gridtwin.network n ON n.content_hash = t.content_hash
)
"""


class StoredTiles:
    """The tiles of a twin in a database; threads may share it."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def is_in_step(self) -> bool:
        """Return whether what is seen from afar is that of the network there is now."""
        return bool(self._select_value(TILES_IN_STEP))

    def refresh_tiles(self) -> int:
        """
        Bring the features of the tiles in step with the network; return how many changed.

        Raises
        ------
        StoreError
            If the login may not.
        """

        def refresh_all(connection: psycopg.Connection[Any]) -> int:
            row = connection.execute("SELECT gridtwin.refresh_tiles()").fetchone()
            return int(row[0]) if row else 0

        return self._pool.run_write(refresh_all, role=OWNER)

    def read_gates(self) -> dict[str, int]:
        """Return from which zoom on each group of features is drawn."""
        gates = self._select_value("SELECT jsonb_object_agg(drawn, gate) FROM gridtwin.tile_gates")
        return {str(name): int(gate) for name, gate in gates.items()}

    def read_tile(self, zoom: int, x: int, y: int) -> bytes:
        """Return a tile of the network, not compressed; empty where there is nothing."""
        return bytes(self._select_value("SELECT gridtwin.tile(%s, %s, %s)", zoom, x, y))

    def read_live_tile(self, zoom: int, x: int, y: int) -> bytes:
        """Return a tile of the current state, not compressed; empty where there is nothing."""
        return bytes(self._select_value("SELECT gridtwin.live_tile(%s, %s, %s)", zoom, x, y))

    def _select_value(self, query: str, *values: int) -> Any:
        row = self._pool.run_read(lambda connection: connection.execute(query, values).fetchone())
        return None if row is None else row[0]
