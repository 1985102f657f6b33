"""
The tables that a warehouse gets of a twin, in types of no engine.

`table_shapes` declares them, `snapshot_tables` fills them; what a type is called where they go is
said there.
"""
