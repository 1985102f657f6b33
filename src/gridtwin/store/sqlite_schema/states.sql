-- Version 1: switch states, their log, overlays, trace specs.
CREATE TABLE twin (id TEXT NOT NULL, version INTEGER NOT NULL);
CREATE TABLE switch_state (mrid TEXT PRIMARY KEY, open_phases TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE overlay (name TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE overlay_switch (
    name TEXT NOT NULL REFERENCES overlay (name) ON DELETE CASCADE,
    mrid TEXT NOT NULL,
    open_phases TEXT NOT NULL,
    PRIMARY KEY (name, mrid)
) WITHOUT ROWID;
CREATE TABLE switch_event (
    version INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    mrid TEXT NOT NULL,
    from_phases TEXT NOT NULL,
    to_phases TEXT NOT NULL,
    actor TEXT NOT NULL
);
CREATE TABLE trace_spec (name TEXT PRIMARY KEY, spec TEXT NOT NULL) WITHOUT ROWID;
