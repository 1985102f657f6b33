"""SQL by which DuckDB normalizes records and decides on pairs."""
