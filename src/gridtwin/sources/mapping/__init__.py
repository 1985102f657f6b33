"""
Read a utility's own GIS as one TOML file maps it.

`mapping_file` holds what the file says, `mapping_layers` reads the source to Arrow, `mapping_sql`
evaluates the columns in a locked DuckDB, `mapping_rows` makes the rows of a block of them,
`mapping_places` and `mapping_ends` say which ends meet in one node, `mapping_sides` which side of a
device each takes, `mapping_heads` where feeders begin, and `mapping_reader` joins it all.
"""
