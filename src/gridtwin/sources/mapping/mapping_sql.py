"""
Evaluate the expressions of a mapping in a DuckDB that can do nothing else.

A mapping is a program that somebody sends: it may compute with the rows of the source and must not
read files, reach the network, load extensions or change settings. Every query is one SELECT.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridtwin.errors import MissingExtraError, SourceError
from gridtwin.sources.mapping.mapping_domains import OWN_ALIAS, explain_words, name_domains
from gridtwin.sources.mapping.mapping_layers import ROW_COLUMN
from gridtwin.sources.mapping.mapping_values import quote_name, write_phase_macro

if TYPE_CHECKING:
    from collections.abc import Mapping

    import duckdb
    import pyarrow as pa

    from gridtwin.sources.mapping.mapping_file import LayerBlock
    from gridtwin.sources.mapping.mapping_values import PhaseDecoder

LOCKED_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": False,
    "python_enable_replacements": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "memory_limit": "1GB",
    "threads": 2,
}


class ExpressionRunner:
    """
    Runs the expressions of one mapping.

    Parameters
    ----------
    name
        The mapping file, for messages.
    decoders
        What ``phases('NAME', COLUMN)`` knows.

    Raises
    ------
    MissingExtraError
        If DuckDB is not installed.
    """

    def __init__(self, name: str, decoders: Mapping[str, PhaseDecoder]) -> None:
        try:
            import duckdb
        except ImportError as error:
            need = "a mapping"
            raise MissingExtraError(need, "mapping") from error
        self.name = name
        self._duckdb = duckdb
        self._connection: duckdb.DuckDBPyConnection = duckdb.connect(
            ":memory:", config=LOCKED_CONFIG
        )
        self._connection.execute(write_phase_macro(decoders))
        self._connection.execute("SET lock_configuration = true")

    def close(self) -> None:
        """Let go of the tables."""
        self._connection.close()

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
            If an expression is none, or reads what is not there: with file, block and key.
        """
        for alias, table in tables.items():
            self._connection.register(f"rows_{alias}", table)
        source, where, grouped = _write_rows(block, tables[OWN_ALIAS].column_names)
        columns = {key: _write_column(key, text) for key, text in expressions.items()}
        every = ", ".join([f"{OWN_ALIAS}.{ROW_COLUMN}", *columns.values()])
        query = f"select {every}\n{source}{where}{grouped}\norder by {OWN_ALIAS}.{ROW_COLUMN}"
        tries = {"join": f"select 1 {source}", "where": f"select 1 {source}{where}"} | {
            key: f"select {column}\n{source}{where}{grouped}" for key, column in columns.items()
        }
        try:
            self._require_expressions(block, expressions)
            table = self._run_query(query, layer).to_arrow_table()
            if table.num_columns == 1 + len(columns):
                return table
            raise self._refuse_key(block, self._find_wide(tries, layer), "it is several columns")
        except self._duckdb.Error as error:
            raise self._blame_key(error, block, layer, tries) from error
        finally:
            for alias in tables:
                self._connection.unregister(f"rows_{alias}")

    def _run_query(self, query: str, layer: str) -> duckdb.DuckDBPyConnection:
        """Run one SELECT, and nothing else."""
        statements = self._connection.extract_statements(query)
        if len(statements) != 1 or statements[0].type != self._duckdb.StatementType.SELECT:
            msg = f"{self.name}: write one expression for each key, and no statement"
            raise SourceError(msg)
        return self._connection.execute(query, {"layer": layer})

    def _find_wide(self, tries: Mapping[str, str], layer: str) -> str:
        """Return the key whose expression stands for several columns."""
        return next(
            (
                key
                for key, query in tries.items()
                if self._run_query(query, layer).to_arrow_table().num_columns > 1
            ),
            "",
        )

    def _blame_key(
        self, error: duckdb.Error, block: LayerBlock, layer: str, tries: Mapping[str, str]
    ) -> SourceError:
        """Return the error of the first key that fails by itself."""
        for key, query in tries.items():
            try:
                self._run_query(query, layer).fetchall()
            except self._duckdb.Error as own:
                return self._refuse_key(block, key, f"{layer}: {_shorten_error(own)}")
        return self._refuse_key(block, "", f"{layer}: {_shorten_error(error)}")

    def _require_expressions(self, block: LayerBlock, expressions: Mapping[str, str]) -> None:
        """Refuse what is no expression: a statement, or several."""
        select = self._duckdb.StatementType.SELECT
        joins = {f"join {join.alias}": join.on for join in block.joins}
        for key, text in {**expressions, "where": block.where, **joins}.items():
            if not text:
                continue
            try:
                statements = self._connection.extract_statements(
                    f"select (\n{name_domains(text)}\n)"
                )
            except self._duckdb.Error as error:
                raise self._refuse_key(block, key, _shorten_error(error)) from error
            if len(statements) != 1 or statements[0].type != select:
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


def _shorten_error(error: Any) -> str:
    """Return the first lines of an error of DuckDB without its drawing of the query."""
    text = str(error).split("\n\nLINE ")[0].split("\nLINE ")[0]
    return explain_words(" ".join(text.split()))[:300]
