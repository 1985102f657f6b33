"""
Publish a twin as Iceberg tables.

`lake_writer` writes them through DuckDB, `whole_publication` compares all that a twin holds with
what is there, `change_publication` follows a database by a logical slot, `reading_days` writes
readings by whole days, `publication_check` compares both sides.
"""
