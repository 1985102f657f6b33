-- Version 5: what was found when the source was read, and which findings are accepted.
CREATE TABLE load_finding (
    place INTEGER PRIMARY KEY,
    rule TEXT NOT NULL,
    severity TEXT NOT NULL,
    mrid TEXT NOT NULL,
    x REAL,
    y REAL,
    evidence TEXT NOT NULL,
    mend TEXT NOT NULL,
    layer TEXT NOT NULL,
    key TEXT NOT NULL
);
CREATE TABLE load_rule (rule TEXT PRIMARY KEY, found INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE accepted_finding (
    rule TEXT NOT NULL,
    key TEXT NOT NULL,
    reason TEXT NOT NULL CHECK (reason <> ''),
    actor TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (rule, key)
) WITHOUT ROWID;
