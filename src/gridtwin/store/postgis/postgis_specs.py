"""Ask for and write trace specs in PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridtwin.store.store_rules import build_spec_error

if TYPE_CHECKING:
    from gridtwin.store.postgis.pool import Pool

KEEP_SPEC = """
INSERT INTO gridtwin.specs (name, text) VALUES (%s, %s::jsonb)
ON CONFLICT (name) DO UPDATE SET text = excluded.text
"""
LIST_SPECS = 'SELECT name, text::text FROM gridtwin.specs ORDER BY name COLLATE "C"'


class PostgisSpecs:
    """The trace specs of a twin that is kept in PostgreSQL."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def save_spec(self, name: str, text: str) -> None:
        """Keep a trace spec, as JSON, in place of any of that name."""
        self._pool.run_write(lambda connection: connection.execute(KEEP_SPEC, (name, text)))

    def read_spec(self, name: str) -> str:
        """Return a trace spec by name; NotFoundError, with close matches, if there is none."""
        kept = self._read_specs()
        if name not in kept:
            raise build_spec_error(name, list(kept))
        return kept[name]

    def list_names(self) -> list[str]:
        """Return the names of the trace specs kept, sorted."""
        return list(self._read_specs())

    def _read_specs(self) -> dict[str, str]:
        return dict(
            self._pool.run_read(lambda connection: connection.execute(LIST_SPECS).fetchall())
        )
