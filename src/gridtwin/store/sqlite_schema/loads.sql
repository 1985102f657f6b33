-- Version 6: the loads of the network, and the texts of the mappings they were read by.
CREATE TABLE network_load (
    number INTEGER PRIMARY KEY,
    at_s REAL NOT NULL,
    source TEXT NOT NULL,
    options TEXT NOT NULL,
    mapping TEXT NOT NULL,
    mapping_hash TEXT NOT NULL,
    rows INTEGER NOT NULL,
    added INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    removed INTEGER NOT NULL
);
CREATE TABLE mapping_text (hash TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
