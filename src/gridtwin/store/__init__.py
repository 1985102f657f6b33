"""
Keep a twin: its network, its topology index, and what changes while it is operated.

`protocol.Store` says what every store can do; `local.LocalStore` keeps a twin in a directory,
`memory.MemoryStore` for as long as a process lives, both by the books of
`sqlite_books.SqliteBooks`; `postgis.store.PostgisStore` keeps one in a database.
"""
