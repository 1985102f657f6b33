"""
Evaluate the expressions of a mapping in a DuckDB that can do nothing else.

A mapping is a program that somebody sends: it may compute with the rows of the source and must not
read files, reach the network, load extensions or change settings. Every query is one SELECT, and
runs in a process of its own that is stopped when it takes too long or too much memory.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from gridtwin.errors import MissingExtraError, SourceError
from gridtwin.sources.mapping.mapping_domains import OWN_ALIAS, explain_words, name_domains
from gridtwin.sources.mapping.mapping_layers import ROW_COLUMN
from gridtwin.sources.mapping.mapping_values import quote_name, write_phase_macro
from gridtwin.sources.mapping.query_client import QueryClient, QueryError, QueryLimits

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

    from gridtwin.sources.mapping.mapping_file import LayerBlock
    from gridtwin.sources.mapping.mapping_values import PhaseDecoder


class ExpressionRunner:
    """
    Runs the expressions of one mapping.

    Parameters
    ----------
    name
        The mapping file, for messages.
    decoders
        What ``phases('NAME', COLUMN)`` knows.
    limits
        How long a query may take, and how much memory.

    Raises
    ------
    MissingExtraError
        If DuckDB is not installed.
    """

    def __init__(
        self,
        name: str,
        decoders: Mapping[str, PhaseDecoder],
        limits: QueryLimits = QueryLimits(),  # noqa: B008 - it is frozen
    ) -> None:
        if find_spec("duckdb") is None:
            need = "a mapping"
            raise MissingExtraError(need, "mapping")
        self.name = name
        self._client = QueryClient([write_phase_macro(decoders)], limits)
        self._blaming_s = limits.seconds / 4  # for one of the keys of a query that took too long

    def close(self) -> None:
        """Let go of the tables."""
        self._client.close()

    def select_rows(
        self,
        block: LayerBlock,
        layer: str,
        expressions: Mapping[str, str],
        tables: Mapping[str, pa.Table],
    ) -> pa.Table:
        """
        Return the rows of a layer that a block takes, one column for each expression.

        Parameters
        ----------
        block
            Whose filter and joins are meant.
        layer
            The name of the layer, which the expressions know as ``layer``.
        expressions
            SQL by the key it stands under.
        tables
            The layer as ``own``, and each joined table under its alias.

        Raises
        ------
        SourceError
            If an expression is none, reads what is not there, makes several rows of one, or takes
            more time or memory than it may: with file, block and key.
        """
        own = tables[OWN_ALIAS]
        source, where, grouped = _write_rows(block, own.column_names)
        columns = {key: _write_column(key, text) for key, text in expressions.items()}
        every = ", ".join([f"{OWN_ALIAS}.{ROW_COLUMN}", *columns.values()])
        query = f"select {every}\n{source}{where}{grouped}\norder by {OWN_ALIAS}.{ROW_COLUMN}"
        rest = f"{source}{where}{grouped}\nlimit {own.num_rows + 1}"
        tries = {"join": f"select 1 {source}", "where": f"select 1 {source}{where}"} | {
            key: f"select {column}\n{rest}" for key, column in columns.items()
        }
        try:
            self._client.hold_tables({f"rows_{alias}": table for alias, table in tables.items()})
            self._require_expressions(block, expressions)
            table = self._select(f"{query}\nlimit {own.num_rows + 1}", layer)
        except QueryError as error:
            raise self._blame_key(error, block, layer, tries) from error
        if table.num_columns != 1 + len(columns):
            raise self._refuse_key(block, self._find_wide(tries, layer), "it is several columns")
        if table.num_rows > own.num_rows:
            key = self._find_long(tries, layer, own.num_rows)
            raise self._refuse_key(block, key, f"{layer}: it makes several rows of one")
        return table

    def _select(self, query: str, layer: str) -> pa.Table:
        return self._client.select_rows(query, {"layer": layer})

    def _find_wide(self, tries: Mapping[str, str], layer: str) -> str:
        """Return the key whose expression stands for several columns."""
        return next(
            (key for key, query in tries.items() if self._select(query, layer).num_columns > 1), ""
        )

    def _find_long(self, tries: Mapping[str, str], layer: str, rows: int) -> str:
        """Return the key whose expression stands for several rows."""
        return next(
            (key for key, query in tries.items() if self._select(query, layer).num_rows > rows), ""
        )

    def _blame_key(
        self, error: QueryError, block: LayerBlock, layer: str, tries: Mapping[str, str]
    ) -> SourceError:
        """Return the error of the first key that fails by itself."""
        for key, query in tries.items():
            try:
                self._client.select_rows(query, {"layer": layer}, seconds=self._blaming_s)
            except QueryError as own:
                return self._refuse_key(block, key, f"{layer}: {_shorten_error(own)}")
        return self._refuse_key(block, "", f"{layer}: {_shorten_error(error)}")

    def _require_expressions(self, block: LayerBlock, expressions: Mapping[str, str]) -> None:
        """Refuse what is no expression: a statement, or several."""
        joins = {f"join {join.alias}": join.on for join in block.joins}
        for key, text in {**expressions, "where": block.where, **joins}.items():
            if not text:
                continue
            try:
                kinds = self._client.list_statements(f"select (\n{name_domains(text)}\n)")
            except QueryError as error:
                raise self._refuse_key(block, key, _shorten_error(error)) from error
            if kinds != ["SELECT"]:
                raise self._refuse_key(block, key, "write one expression, and no statement")

    def _refuse_key(self, block: LayerBlock, key: str, reason: str) -> SourceError:
        place = ", ".join(part for part in (block.label, key) if part)
        return SourceError(f"{self.name}: {place}: {reason}")


def _write_rows(block: LayerBlock, columns: list[str]) -> tuple[str, str, str]:
    """Return the SQL of the rows of a block: from where, which, and joined rows as one."""
    source = f"from (select *, $layer as layer from rows_{OWN_ALIAS}) as {OWN_ALIAS}"  # noqa: S608
    for join in block.joins:
        on = name_domains(join.on)
        source += f"\nleft join rows_{join.alias} as {join.alias} on (\n{on}\n)"
    where = f"\nwhere (\n{name_domains(block.where)}\n)" if block.where else ""
    own = ", ".join(f"{OWN_ALIAS}.{quote_name(name)}" for name in (*columns, "layer"))
    return source, where, f"\ngroup by {own}" if block.joins else ""


def _write_column(key: str, expression: str) -> str:
    return f"\n(\n{name_domains(expression)}\n) as {quote_name(key)}"


def _shorten_error(error: QueryError) -> str:
    """Return the first lines of an error of DuckDB without its drawing of the query."""
    text = str(error).split("\n\nLINE ")[0].split("\nLINE ")[0]
    return explain_words(" ".join(text.split()))[:300]
