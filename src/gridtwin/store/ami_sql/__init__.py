"""
Questions of the history of readings, each a file of SQL that PostgreSQL and DuckDB both run.

Values stand as ``:name``, as psql takes them: ``psql -v price=100 -v start="'2026-07-01Z'" ...``.
They ask the tables of schema ``gridtwin``; for a folder of Parquet,
`gridtwin.store.duckdb_queries` lays views of the same names over its files.
"""
